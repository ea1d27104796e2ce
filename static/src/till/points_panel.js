import { Component, onMounted, useEffect } from "@odoo/owl";
import { OrderSummary } from "@point_of_sale/app/screens/product_screen/order_summary/order_summary";
import { PaymentScreen } from "@point_of_sale/app/screens/payment_screen/payment_screen";
import { _t } from "@web/core/l10n/translation";
import { formatPoints } from "./format";
import { missingText } from "./redeem";
import { usePos } from "@point_of_sale/app/hooks/pos_hook";

const { DateTime } = luxon;

/** The customer's points in the programs of loyalty engines: how many, since when that is known, and what to do. */
export class PointsPanel extends Component {
    static template = "retail_hub.PointsPanel";
    static props = { order: Object, isPayment: { type: Boolean, optional: true } };

    setup() {
        this.pos = usePos();
        useEffect(
            () => {
                if (this.props.isPayment && this.partner && !this.isOffline) {
                    this.pos.retailForecast(this.props.order);
                }
            },
            () => [this.props.order?.uuid, this.partner?.id, this.props.order?.priceIncl, this.isOffline]
        );
        onMounted(() => {
            if (this.props.isPayment && this.partner) {
                this.pos.retailReadIfOld(this.props.order);
            }
        });
    }

    get partner() {
        return this.props.order?.getPartner();
    }

    /** The programs, each with the customer's card; without one if they are no member. */
    get rows() {
        if (!this.partner) {
            return [];
        }
        const cards = this.props.order.retailCards();
        return this.pos.retailPrograms.map((program) => {
            const card = cards.find((each) => each.program_id.id === program.id);
            return card ? this.row(program, card) : { program };
        });
    }

    row(program, card) {
        const redeemed = this.props.order.retailRedeemed()[card.id] || 0;
        return {
            program,
            card,
            ...this.pos.retailKnown(card),
            points: formatPoints(card.retailAvailable),
            redeemed: redeemed && formatPoints(redeemed),
            left: formatPoints(card.retailAvailable - redeemed),
            forecast: this.forecast(card),
            details: this.details(card),
            reward: this.props.isPayment ? undefined : this.pos.retailAnyAmount(this.props.order, card),
        };
    }

    /** What the customer gets for this purchase, as far as it is known. */
    forecast(card) {
        if (this.isOffline) {
            return _t("Points for this purchase are added when Odoo can be reached again.");
        }
        const points = this.props.isPayment && this.props.order.uiState.retailForecast?.[card.id];
        if (points > 0) {
            const unit = card.program_id.portal_point_name;
            return _t("About %(points)s %(unit)s for this purchase, added after payment.", { points: formatPoints(points), unit });
        }
        return _t("Points for this purchase are added after payment.");
    }

    details(card) {
        const details = [];
        if (card.retail_held > 0) {
            details.push(_t("%s at another checkout", formatPoints(card.retail_held)));
        }
        if (card.retail_pending > 0) {
            details.push(_t("%s pending", formatPoints(card.retail_pending)));
        }
        if (card.retail_expiring_points > 0 && card.retail_expiring_on) {
            const day = card.retail_expiring_on.toLocaleString(DateTime.DATE_MED);
            details.push(_t("%(points)s expire on %(day)s", { points: formatPoints(card.retail_expiring_points), day }));
        }
        const next = this.props.order.retailOutOfReach().find((each) => each.card.id === card.id);
        if (next && !this.props.isPayment) {
            details.push(`${next.reward.description}: ${missingText(card, next.missing)}`);
        }
        return details.join(" · ");
    }

    get reading() {
        return this.pos.retailReading(this.partner);
    }

    get isOffline() {
        return this.reading.state === "offline";
    }

    get mayJoin() {
        return ["read", "old"].includes(this.reading.state);
    }

    get isSale() {
        return this.props.order.priceIncl > 0;
    }

    join({ program }) {
        return this.pos.retailEnroll(this.props.order, program);
    }

    redeem({ reward, card }) {
        return this.pos.retailAskAndRedeem(this.props.order, reward, card);
    }
}

for (const screen of [OrderSummary, PaymentScreen]) {
    screen.components = { ...screen.components, PointsPanel };
}
