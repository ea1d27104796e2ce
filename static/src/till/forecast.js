import { PosStore } from "@point_of_sale/app/services/pos_store";
import { logPosMessage } from "@point_of_sale/app/utils/pretty_console_log";
import { patch } from "@web/core/utils/patch";

const GIVEN_UP_AFTER = 3000; // milliseconds; the server gives the engine less than half a second

/** What an order would earn, which the engine says when the payment begins, and when the order changes then. */
patch(PosStore.prototype, {
    /** Ask what the order would earn. Without an answer, the till says that points are added later. */
    async retailForecast(order) {
        order.uiState.retailForecast = {};
        if (!order.retailCards().length || order.priceIncl <= 0) {
            return;
        }
        const lines = order.lines.map((line) => ({
            product_id: line.product_id.id,
            quantity: line.qty,
            total: line.priceIncl,
            is_reward: Boolean(line.is_reward_line),
        }));
        const [total, customer] = [order.priceIncl, order.partner_id.id];
        try {
            const args = [order.uuid, customer, lines];
            const forecast = await this._retailCall("retail_forecast_points", args, GIVEN_UP_AFTER);
            if (order.priceIncl === total && order.partner_id?.id === customer) {
                order.uiState.retailForecast = forecast;
            }
        } catch (error) {
            logPosMessage("Retail Hub", "retailForecast", error.message, false);
        }
    },
});
