import { PosOrder } from "@point_of_sale/app/models/pos_order";
import { _t } from "@web/core/l10n/translation";
import { patch } from "@web/core/utils/patch";

function isPendingFirst(program) {
    return Boolean(program?.retail_has_lots && program.retail_pending_days > 0);
}

/** Programs of Odoo whose points are pending first: what an order earns, it cannot spend. */
patch(PosOrder.prototype, {
    _getRealCouponPoints(couponId) {
        let points = super._getRealCouponPoints(couponId);
        const change = Object.values(this.uiState.couponPointChanges).find((each) => each.coupon_id === couponId);
        const program = change && this.models["loyalty.program"].get(change.program_id);
        if (program && program.applies_on !== "future" && isPendingFirst(program)) {
            points -= change.points;
        }
        return points;
    },
    getLoyaltyPoints() {
        return super.getLoyaltyPoints().map((stat) => {
            if (!isPendingFirst(stat.program)) {
                return stat;
            }
            const { balance, spent } = stat.points;
            const total = parseFloat((balance - spent).toFixed(2));
            return { ...stat, points: { ...stat.points, total } };
        });
    },
    /**
     * What there is to say of points that the order earns and that cannot be spent yet.
     *
     * @param {boolean} isForCustomer only of programs whose points are shown to customers
     */
    retailPendingTexts(isForCustomer = false) {
        return this.getLoyaltyPoints()
            .filter(({ program, points }) => isPendingFirst(program) && points.won > 0)
            .filter(({ program }) => program.portal_visible || !isForCustomer)
            .map(({ program, points }) =>
                _t("%(points)s %(unit)s can be spent in %(days)s days", {
                    points: points.won,
                    unit: program.portal_point_name,
                    days: program.retail_pending_days,
                })
            );
    },
});
