import { PosOrder } from "@point_of_sale/app/models/pos_order";
import { deserializeDateTime } from "@web/core/l10n/dates";
import { formatPoints, shownTime, wholeSteps } from "./format";
import { patch } from "@web/core/utils/patch";

// Points that the reward being computed may cost: {couponId, points}. Rewards are computed without awaiting anything.
let cap = null;

/** Orders whose customer has points of a loyalty engine. */
patch(PosOrder.prototype, {
    /** The cards of the customer, whose points an engine owns. */
    retailCards() {
        const partner = this.getPartner();
        if (!partner) {
            return [];
        }
        return this.models["loyalty.card"].filter(
            (card) => card.id > 0 && card.isOfEngine && card.partner_id?.id === partner.id
        );
    },
    /** The points that the rewards of this order cost: {id of a card: points}. */
    retailRedeemed() {
        const redeemed = {};
        for (const line of this._get_reward_lines() || []) {
            const card = line.coupon_id;
            if (card?.isOfEngine && line.points_cost > 0) {
                redeemed[card.id] = (redeemed[card.id] || 0) + line.points_cost;
            }
        }
        return redeemed;
    },
    retailRewardLines(cardId) {
        return this._get_reward_lines().filter((line) => line.coupon_id?.id === cardId);
    },
    /** The most points that a reward can take from a card in this order, with what it has taken already. */
    retailMost(reward, card) {
        const lines = this.retailRewardLines(card.id).filter((line) => line.reward_id?.id === reward.id);
        const taken = lines.reduce((sum, line) => sum + line.points_cost, 0);
        if (reward.discount_mode !== "per_point") {
            return taken || (card.retailAvailable >= reward.required_points ? reward.required_points : 0);
        }
        const values = this._getRewardLineValues({ reward, coupon_id: card.id });
        const more = Array.isArray(values) ? values.reduce((sum, { points_cost }) => sum + points_cost, 0) : 0;
        return wholeSteps(taken + more, reward.required_points);
    },
    /** The rewards that cost more points than the customer has left: [{reward, card, missing}], the nearest first. */
    retailOutOfReach() {
        const redeemed = this.retailRedeemed();
        const used = this._get_reward_lines().map((line) => line.reward_id?.id);
        const found = this.retailCards().flatMap((card) => {
            const left = card.retailAvailable - (redeemed[card.id] || 0);
            return card.program_id.reward_ids
                .filter((reward) => reward.required_points > left && !used.includes(reward.id))
                .map((reward) => ({ reward, card, missing: reward.required_points - left }));
        });
        return found.sort((one, other) => one.missing - other.missing);
    },

    // -- what Odoo computes ----------------------------------------------------------------------

    _programIsApplicable(program) {
        // Odoo wants a rule. The rules of these programs are the engine's.
        return program.retail_engine_owned ? Boolean(this.getPartner()) : super._programIsApplicable(program);
    },
    pointsForPrograms(programs) {
        const points = super.pointsForPrograms(programs);
        for (const program of programs.filter((each) => each.retail_engine_owned)) {
            points[program.id] = []; // the engine decides what an order earns
        }
        return points;
    },
    _getRealCouponPoints(couponId) {
        let points = super._getRealCouponPoints(couponId);
        const card = this.models["loyalty.card"].get(couponId);
        if (card?.isOfEngine) {
            points -= card.retail_held || 0;
        }
        return cap?.couponId === couponId ? Math.min(points, cap.points) : points;
    },
    _getRewardLineValuesDiscount(args) {
        if (!args.cost || !args.reward.program_id.retail_engine_owned) {
            return super._getRewardLineValuesDiscount(args);
        }
        cap = { couponId: args.coupon_id, points: args.cost };
        try {
            return super._getRewardLineValuesDiscount(args);
        } finally {
            cap = null;
        }
    },
    /** The panel and the receipt show the points of engines themselves, with their age. */
    getLoyaltyPoints() {
        return super.getLoyaltyPoints().filter(({ program }) => !program.retail_engine_owned);
    },

    // -- what the order says of its points -------------------------------------------------------

    /**
     * Note what the customer redeems and what the till showed: it travels with the order.
     *
     * @param {Object} live ids of the cards whose balance is the engine's of now: {id: true}
     * @param {Object} offline ids of the cards whose points are not held: {id: true}
     */
    retailClaim(live, offline = {}) {
        const redeemed = this.retailRedeemed();
        const claims = {};
        for (const card of this.retailCards()) {
            claims[card.id] = {
                points: redeemed[card.id] || 0,
                shown: card.retailAvailable,
                read_at: card.retail_read_at?.toUTC().toFormat("yyyy-MM-dd HH:mm:ss") || null,
                live: Boolean(live[card.id]),
                offline: Boolean(offline[card.id]),
            };
        }
        this.retail_loyalty_claims = Object.keys(claims).length ? claims : false;
    },
    /** What the receipt says of the points. */
    retailReceiptPoints() {
        const claims = Object.entries(this.retail_loyalty_claims || {});
        return claims.flatMap(([cardId, claim]) => {
            const card = this.models["loyalty.card"].get(Number(cardId));
            if (!card) {
                return [];
            }
            return [
                {
                    cardId,
                    program: card.program_id.name,
                    unit: card.program_id.portal_point_name,
                    redeemed: claim.points && formatPoints(claim.points),
                    left: formatPoints(claim.shown - claim.points),
                    readAt: !claim.live && claim.read_at ? shownTime(deserializeDateTime(claim.read_at)) : "",
                    isSale: this.priceIncl > 0,
                },
            ];
        });
    },
});
