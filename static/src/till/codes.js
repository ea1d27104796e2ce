import { ConnectionLostError } from "@web/core/network/rpc";
import { PosStore } from "@point_of_sale/app/services/pos_store";
import { logPosMessage } from "@point_of_sale/app/utils/pretty_console_log";
import { patch } from "@web/core/utils/patch";

const ENGINE_TIMEOUT = 6000; // milliseconds; the server gives the engine half of it
const RELEASE_TIMEOUT = 3000;

/** Codes of a loyalty engine: the server asks for them, and holds them for the order. */
patch(PosStore.prototype, {
    async activateCode(code) {
        const { error, code: known } = await this._retailGetCode(this.getOrder(), code);
        return error || super.activateCode(known);
    },
    async deleteOrders(orders) {
        for (const order of orders) {
            this._retailReleaseCodes(order);
        }
        return super.deleteOrders(...arguments);
    },

    async _retailGetCode(order, code) {
        const unchanged = { error: null, code };
        if (order._code_activated_coupon_ids.some((coupon) => coupon.code === code)) {
            return unchanged;
        }
        const lines = order.lines
            .filter((line) => !line.is_reward_line)
            .map((line) => ({ product_id: line.product_id.id, quantity: line.qty, total: line.priceIncl }));
        const customer = order.getPartner()?.id || false;
        try {
            const answer = await this._retailCall("retail_get_code", [order.uuid, code, customer, lines], ENGINE_TIMEOUT);
            if (answer.program_id && !this.models["loyalty.program"].get(answer.program_id)) {
                this.models.connectNewData(await this.data.missingRecursive(answer.records));
                for (const rule of this.models["loyalty.program"].get(answer.program_id).rule_ids) {
                    rule.validProductIds = new Set(rule.raw.valid_product_ids); // as when a till is opened
                }
            }
            order.uiState.retailHasCodes ||= Boolean(answer.program_id);
            return answer;
        } catch (error) {
            if (error instanceof ConnectionLostError) {
                return unchanged; // Odoo's own way says that it is offline
            }
            return { error: error.data?.message || error.message, code };
        }
    },
    /** Release the codes of an order that is deleted. Without a network, they expire. */
    _retailReleaseCodes(order) {
        if (order.finalized || !order.uiState?.retailHasCodes) {
            return;
        }
        this._retailCall("retail_release_codes", [order.uuid], RELEASE_TIMEOUT).catch((error) => {
            logPosMessage("Retail Hub", "retailReleaseCodes", error.message, false);
        });
    },
});
