import { ConfirmationDialog } from "@web/core/confirmation_dialog/confirmation_dialog";
import { ConnectionLostError, RPCError } from "@web/core/network/rpc";
import { PosStore } from "@point_of_sale/app/services/pos_store";
import { _t } from "@web/core/l10n/translation";
import { ask } from "@point_of_sale/app/utils/make_awaitable_dialog";
import { effect } from "@web/core/utils/reactive";
import { formatPoints } from "./format";
import { logPosMessage } from "@point_of_sale/app/utils/pretty_console_log";
import { patch } from "@web/core/utils/patch";

const HOLD_TIMEOUT = 3000; // milliseconds, after which the server counts as not reachable
const RELEASED_AFTER = 800; // rewards are removed and made again with each change of an order

const { DateTime } = luxon;

/** Holds the points of an order's rewards at the server, so that no other checkout spends them. */
patch(PosStore.prototype, {
    async setup() {
        await super.setup(...arguments);
        effect(
            (pos) => {
                const order = pos.getOrder();
                const redeemed = order?.retailRedeemed() || {};
                if (order && this._retailHoldsTooMuch(order, redeemed)) {
                    setTimeout(() => this._retailReleaseUnused(order), RELEASED_AFTER);
                }
            },
            [this]
        );
    },
    async pay() {
        const order = this.getOrder();
        if (order && !(await this.retailHold(order))) {
            return;
        }
        return super.pay(...arguments);
    },
    async deleteOrders(orders) {
        for (const order of orders) {
            this.retailRelease(order);
        }
        return super.deleteOrders(...arguments);
    },

    /**
     * Have the server hold the points of an order's rewards. If it refuses, the cashier decides: the promise is false,
     * and the order has another total then. Without a network, up to the limit of the program.
     */
    async retailHold(order) {
        const redeemed = order.retailRedeemed();
        if (!Object.keys(redeemed).length) {
            this.retailRelease(order);
            order.retailClaim(this._retailLive(order));
            return true;
        }
        const answer = await this._retailHoldConfirmed(order, redeemed);
        if (!answer) {
            order.uiState.retailHeld = redeemed; // the cashier went back, but a call may be on its way
            return false;
        }
        const { refused, offline } = answer;
        if (!refused) {
            order.uiState.retailHeld = redeemed;
            order.retailClaim(this._retailLive(order), offline);
            return true;
        }
        order.uiState.retailHeld = {};
        await this._retailRefuse(order, refused);
        this.retailReadAgain();
        return false;
    },
    _retailLive(order) {
        return Object.fromEntries(order.retailCards().map((card) => [card.id, this.retailKnown(card).isLive]));
    },
    /** @param {Object} codes with which the customer confirms a large redemption: {id of a card: code} */
    async _retailAttemptHold(order, redeemed, codes = {}) {
        try {
            await this.retailReadIfOld(order);
            const answer = await this._retailCall("retail_hold_points", [order.uuid, redeemed, codes], HOLD_TIMEOUT);
            const offline = {};
            for (const [cardId, { is_offline }] of Object.entries(answer.held)) {
                offline[cardId] = is_offline;
            }
            return { refused: answer.refused, offline };
        } catch (error) {
            if (error instanceof ConnectionLostError) {
                return this._retailHoldOffline(order, redeemed, codes);
            }
            const message = error instanceof RPCError ? error.data?.message || error.message : error.message;
            logPosMessage("Retail Hub", "retailHold", message, false, [error]);
            return { refused: { card_id: Number(Object.keys(redeemed)[0]), available: 0, message } };
        }
    },
    _retailHoldOffline(order, redeemed, codes) {
        const offline = {};
        for (const [cardId, points] of Object.entries(redeemed)) {
            const card = this.models["loyalty.card"].get(Number(cardId));
            const available = this.retailOfflineLeft(card, order);
            if (points > available) {
                const names = { points: formatPoints(available), unit: card.program_id.portal_point_name };
                const message = available
                    ? _t("Odoo cannot be reached. At most %(points)s %(unit)s can be redeemed now.", names)
                    : _t("Odoo cannot be reached. No %(unit)s can be redeemed now.", names);
                return { refused: { card_id: card.id, available, message } };
            }
            const message = this._retailUnconfirmedOffline(order, card, points, codes[cardId]);
            if (message) {
                const limit = this.config.retail_confirm_above;
                return { refused: { card_id: card.id, available: limit, message, ways: [] } };
            }
            offline[cardId] = true;
        }
        return { refused: null, offline };
    },
    /** The points of a card that may be redeemed today without a network: what other orders of this till leave. */
    retailOfflineLeft(card, order) {
        const isToday = (each) => each.date_order?.hasSame?.(DateTime.now(), "day") ?? true;
        const used = this.models["pos.order"]
            .filter((each) => each.uuid !== order.uuid && isToday(each))
            .map((each) => each.retail_loyalty_claims?.[card.id])
            .reduce((sum, claim) => sum + (claim?.offline ? claim.points : 0), 0);
        return Math.max(Math.min(card.program_id.retail_offline_limit - used, card.retailAvailable), 0);
    },

    // -- refused ---------------------------------------------------------------------------------

    async _retailRefuse(order, { card_id, available, message }) {
        const lines = order.retailRewardLines(card_id);
        const reward = lines[0]?.reward_id;
        const isLess = reward?.discount_mode === "per_point" && available >= reward.required_points;
        const confirmed = await ask(
            this.dialog,
            {
                title: _t("The points cannot be redeemed"),
                body: message,
                confirmLabel: isLess
                    ? _t("Redeem %(points)s", { points: formatPoints(available) })
                    : _t("Remove the Reward"),
                cancelLabel: _t("Back"),
            },
            {},
            ConfirmationDialog
        );
        if (confirmed) {
            this.retailRedeem(order, reward, card_id, isLess ? available : 0);
        }
    },
    /** Redeem so many points with a reward, instead of those that it takes now; 0 to remove it. */
    retailRedeem(order, reward, cardId, points) {
        for (const line of order.retailRewardLines(cardId)) {
            if (line.reward_id?.id === reward.id) {
                line.delete();
            }
        }
        const applied = points > 0 ? order._applyReward(reward, cardId, { cost: points }) : true;
        this.updateRewards();
        return applied;
    },

    // -- released --------------------------------------------------------------------------------

    _retailHoldsTooMuch(order, redeemed) {
        const held = Object.entries(order.uiState?.retailHeld || {});
        return !order.finalized && held.some(([cardId, points]) => (redeemed[cardId] || 0) < points);
    },
    _retailReleaseUnused(order) {
        if (this._retailHoldsTooMuch(order, order.retailRedeemed())) {
            this.retailRelease(order);
        }
    },
    /** Release what an order holds. Without a network, it expires. */
    retailRelease(order) {
        if (order.finalized || !Object.keys(order.uiState?.retailHeld || {}).length) {
            return;
        }
        order.uiState.retailHeld = {};
        this._retailCall("retail_hold_points", [order.uuid, {}], HOLD_TIMEOUT).catch((error) => {
            logPosMessage("Retail Hub", "retailRelease", error.message, false);
        });
    },
});
