import { ControlButtons } from "@point_of_sale/app/screens/product_screen/control_buttons/control_buttons";
import { NumberPopup } from "@point_of_sale/app/components/popups/number_popup/number_popup";
import { PosStore } from "@point_of_sale/app/services/pos_store";
import { SelectionPopup } from "@point_of_sale/app/components/popups/selection_popup/selection_popup";
import { _t } from "@web/core/l10n/translation";
import { formatPoints, wholeSteps } from "./format";
import { makeAwaitable } from "@point_of_sale/app/utils/make_awaitable_dialog";
import { parseFloat } from "@web/views/fields/parsers";
import { patch } from "@web/core/utils/patch";

function parsed(buffer) {
    try {
        return parseFloat(String(buffer || 0));
    } catch {
        return 0;
    }
}

/** How many points a customer needs for a reward, besides those that they have. */
export function missingText(card, missing) {
    const names = { points: formatPoints(missing), unit: card.program_id.portal_point_name };
    return _t("%(points)s more %(unit)s needed", names);
}

function takesAnyAmount(reward) {
    return reward.reward_type === "discount" && reward.discount_mode === "per_point";
}

patch(PosStore.prototype, {
    /** The most points that a customer can redeem with a reward now. */
    retailMost(order, reward, card) {
        const most = order.retailMost(reward, card);
        return this.retailKnown(card).isLive ? most : Math.min(most, this.retailOfflineLeft(card, order));
    },
    /** The reward of a card that takes any amount of points, if the order can have it. */
    retailAnyAmount(order, card) {
        return card.program_id.reward_ids.find((each) => takesAnyAmount(each) && order.retailMost(each, card) > 0);
    },
    /** Ask how many points to redeem with a reward that takes any amount, and apply it. */
    async retailAskAndRedeem(order, reward, card) {
        await this.retailReadIfOld(order);
        const unit = card.program_id.portal_point_name;
        const most = this.retailMost(order, reward, card);
        if (most < reward.required_points) {
            const text = this.retailKnown(card).isLive
                ? _t("No %(unit)s can be redeemed in this order.", { unit })
                : _t("The balance cannot be confirmed. No %(unit)s can be redeemed now.", { unit });
            this.notification.add(text, { type: "warning" });
            return;
        }
        const step = reward.required_points;
        const isWhole = (buffer) => formatPoints(wholeSteps(parsed(buffer), step)) === formatPoints(parsed(buffer));
        const isValid = (buffer) => parsed(buffer) >= 0 && parsed(buffer) <= most && isWhole(buffer);
        const refusal = (buffer) => {
            if (isWhole(buffer)) {
                return _t("More than %(points)s", { points: formatPoints(most) });
            }
            return step === 1
                ? _t("Whole %(unit)s only", { unit })
                : _t("In steps of %(step)s only", { step: formatPoints(step) });
        };
        const names = { points: formatPoints(most), step: formatPoints(step) };
        const limit = this.retailKnown(card).isLive
            ? _t("Up to %(points)s for this order", names)
            : _t("Up to %(points)s while the balance cannot be confirmed", names);
        const answer = await makeAwaitable(this.dialog, NumberPopup, {
            title: _t("Redeem %(unit)s", { unit }),
            subtitle: step === 1 ? limit : _t("%(limit)s, in steps of %(step)s", { ...names, limit }),
            startingValue: formatPoints(most),
            confirmButtonLabel: _t("Redeem"),
            feedback: (buffer) =>
                isValid(buffer)
                    ? this.env.utils.formatCurrency(parsed(buffer) * reward.discount)
                    : refusal(buffer),
            isValid,
        });
        if (answer === undefined) {
            return;
        }
        const applied = this.retailRedeem(order, reward, card.id, parsed(answer));
        if (applied !== true) {
            this.notification.add(applied, { type: "warning" });
        }
    },
});

patch(ControlButtons.prototype, {
    async _applyReward(reward, couponId) {
        const card = this.pos.models["loyalty.card"].get(couponId);
        if (card?.isOfEngine && takesAnyAmount(reward)) {
            return this.pos.retailAskAndRedeem(this.pos.getOrder(), reward, card);
        }
        return super._applyReward(...arguments);
    },
    get retailOutOfReach() {
        return this.pos.getOrder()?.retailOutOfReach() || [];
    },
    /** Rewards that cost more than the customer has are listed, too: with what is missing, and not to be chosen. */
    clickRewards() {
        const outOfReach = this.retailOutOfReach;
        if (!outOfReach.length) {
            return super.clickRewards(...arguments);
        }
        const possible = this.getPotentialRewards().map((item) => ({
            id: item.reward.id,
            label: item.reward.program_id.name,
            description: item.reward.description,
            item,
        }));
        const others = outOfReach.map(({ reward, card, missing }) => ({
            id: reward.id,
            label: card.program_id.name,
            description: `${reward.description} · ${missingText(card, missing)}`,
            isDisabled: true,
        }));
        this.dialog.add(SelectionPopup, {
            title: _t("Rewards"),
            list: [...possible, ...others],
            getPayload: ({ reward, coupon_id, potentialQty }) => this._applyReward(reward, coupon_id, potentialQty),
        });
    },
});
