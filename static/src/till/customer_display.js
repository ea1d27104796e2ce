import { CustomerDisplayPosAdapter } from "@point_of_sale/app/customer_display/customer_display_adapter";
import { formatPoints } from "./format";
import { patch } from "@web/core/utils/patch";

/** The customer sees their points: how many are left, and how many they redeem. */
patch(CustomerDisplayPosAdapter.prototype, {
    formatOrderData(order) {
        super.formatOrderData(order);
        const redeemed = order.retailRedeemed();
        this.data.retailPoints = order.retailCards().map((card) => ({
            id: card.id,
            unit: card.program_id.portal_point_name,
            left: formatPoints(card.retailAvailable - (redeemed[card.id] || 0)),
        }));
    },
});
