import { PosOrderline } from "@point_of_sale/app/models/pos_order_line";
import { TicketScreen } from "@point_of_sale/app/screens/ticket_screen/ticket_screen";
import { PosStore } from "@point_of_sale/app/services/pos_store";
import OrderPaymentValidation from "@point_of_sale/app/utils/order_payment_validation";
import { AlertDialog } from "@web/core/confirmation_dialog/confirmation_dialog";
import { _t } from "@web/core/l10n/translation";
import { ConnectionLostError } from "@web/core/network/rpc";
import { patch } from "@web/core/utils/patch";

/**
 * Returns at the till: discounts and payments by card are taken back with the goods, and spent points are deducted.
 *
 * The server says what changes the amount (see pos.order.retail_prepare_return). Without a connection the return goes on: then
 * only what the receipt shows is taken back.
 */

patch(PosOrderline.prototype, {
    /** What is returned earns nothing: the server reverses what it earned. */
    ignoreLoyaltyPoints({ program }) {
        const isReturn = this.refunded_orderline_id || this.retail_return;
        return (isReturn && program.is_nominative) || super.ignoreLoyaltyPoints(...arguments);
    },
});

patch(PosStore.prototype, {
    /**
     * Add to a return what changes its amount, instead of what was added before.
     * @returns {Promise<{refused: string, isChanged: boolean}>}
     */
    async retailPrepareReturn(order) {
        const sold = order.lines.filter((line) => line.refunded_orderline_id && !line.retail_return);
        const returned = sold
            .filter((line) => typeof line.refunded_orderline_id.id === "number")
            .map((line) => ({
                line: line.refunded_orderline_id.id,
                quantity: -line.qty,
                amount: Math.abs(line.prices.total_included) * Math.sign(-line.qty * line.price_unit),
            }));
        if (!returned.length) {
            return { refused: "", isChanged: false };
        }
        let answer;
        try {
            answer = await this.data.call("pos.order", "retail_prepare_return", [returned]);
        } catch (error) {
            if (error instanceof ConnectionLostError) {
                return { refused: "", isChanged: false };
            }
            throw error;
        }
        const before = order.priceIncl;
        for (const line of order.lines.filter((line) => line.retail_return)) {
            order.removeOrderline(line);
        }
        for (const discount of answer.discounts) {
            const line = this.models["pos.order.line"].get(discount.line);
            if (line) {
                this.retailAddLine(order, line.product_id, {
                    qty: -1,
                    price_unit: discount.price_unit,
                    tax_ids: line.tax_ids.map((tax) => ["link", tax]),
                    refunded_orderline_id: line,
                    retail_return: { kind: "discount" },
                });
            }
        }
        const product = this.models["product.product"].get(answer.product);
        for (const spent of product ? answer.spent : []) {
            this.retailAddLine(order, product, {
                qty: 1,
                price_unit: spent.amount,
                customer_note: spent.text,
                retail_return: { kind: "spent", card: spent.card, points: spent.points },
            });
        }
        const isChanged = !this.currency.isZero(order.priceIncl - before);
        return { refused: answer.refused, isChanged };
    },
    retailAddLine(order, product, values) {
        return this.models["pos.order.line"].create({
            order_id: order,
            product_id: product,
            price_type: "automatic",
            ...values,
        });
    },
    retailShowRefusal(message) {
        this.dialog.add(AlertDialog, { title: _t("Points already spent"), body: message });
    },
});

patch(TicketScreen.prototype, {
    async addAdditionalRefundInfo(order, destinationOrder) {
        await super.addAdditionalRefundInfo(...arguments);
        const { refused } = await this.pos.retailPrepareReturn(destinationOrder);
        if (refused) {
            this.pos.retailShowRefusal(refused);
        }
    },
});

patch(OrderPaymentValidation.prototype, {
    /** Ask again: meanwhile the points may have been spent, or the lines changed. */
    async validateOrder() {
        const { refused, isChanged } = await this.pos.retailPrepareReturn(this.order);
        if (refused) {
            this.pos.retailShowRefusal(refused);
            return false;
        }
        if (isChanged) {
            this.pos.dialog.add(AlertDialog, {
                title: _t("The amount has changed"),
                body: _t("Points or discounts of this return have changed. Check the payment, and validate again."),
            });
            return false;
        }
        return super.validateOrder(...arguments);
    },
});
