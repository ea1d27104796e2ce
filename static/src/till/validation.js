import OrderPaymentValidation from "@point_of_sale/app/utils/order_payment_validation";
import { patch } from "@web/core/utils/patch";

/** No payment is validated before its points are held, or the cashier has decided what becomes of them. */
patch(OrderPaymentValidation.prototype, {
    async validateOrder() {
        if (!(await this.pos.retailHold(this.order))) {
            return false;
        }
        return super.validateOrder(...arguments);
    },
    async finalizeValidation() {
        const redeemed = Object.entries(this.order.retailRedeemed());
        const result = await super.finalizeValidation(...arguments);
        if (this.order?.finalized ?? true) {
            for (const [cardId, points] of redeemed) {
                const card = this.pos.models["loyalty.card"].get(Number(cardId));
                card.points -= points; // until the balance is read again
            }
        }
        return result;
    },
});
