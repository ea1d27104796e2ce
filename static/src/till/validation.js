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
});
