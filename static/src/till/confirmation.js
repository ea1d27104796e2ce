import { Component, useState } from "@odoo/owl";
import { ConnectionLostError } from "@web/core/network/rpc";
import { Dialog } from "@web/core/dialog/dialog";
import { PosStore } from "@point_of_sale/app/services/pos_store";
import { _t } from "@web/core/l10n/translation";
import { formatPoints } from "./format";
import { makeAwaitable } from "@point_of_sale/app/utils/make_awaitable_dialog";
import { patch } from "@web/core/utils/patch";
import { useAutofocus } from "@web/core/utils/hooks";
import { useBarcodeReader } from "@point_of_sale/app/hooks/barcode_reader_hook";

const SEND_TIMEOUT = 5000; // milliseconds
// What a scanner may take the code of a loyalty card for: engines choose their codes themselves.
const BARCODES = ["coupon", "client", "cashier", "product", "error"];

/** The customer confirms a large redemption: with a code that they get, or with their loyalty card. */
export class ConfirmationPopup extends Component {
    static template = "retail_hub.ConfirmationPopup";
    static components = { Dialog };
    static props = {
        title: String,
        customer: String,
        hint: String,
        ways: Array, // [[channel, masked address]]
        send: Function, // takes a channel; returns where the code was sent to
        confirm: Function, // takes a code; returns why it confirms nothing
        getPayload: Function,
        close: Function,
    };

    setup() {
        this.state = useState({ code: "", error: "", sentTo: "", isBusy: false });
        this.input = useAutofocus({ refName: "code" });
        const scanned = ({ code }) => {
            this.state.code = code;
            return this.confirm();
        };
        useBarcodeReader(Object.fromEntries(BARCODES.map((type) => [type, scanned])), true);
    }

    async send(channel) {
        await this._while(async () => {
            Object.assign(this.state, { code: "", sentTo: "" });
            this.state.sentTo = await this.props.send(channel);
        });
        this.input.el?.focus();
    }
    async confirm() {
        const isConfirmed = await this._while(async () => {
            this.state.error = await this.props.confirm(this.state.code.trim());
        });
        if (isConfirmed) {
            this.props.close();
        } else {
            this.input.el?.select();
        }
    }
    onKeydown(ev) {
        if (ev.key === "Enter") {
            this.confirm();
        }
    }
    /** Do one thing at a time, and show why it failed; return whether it was done. */
    async _while(what) {
        if (this.state.isBusy) {
            return false;
        }
        Object.assign(this.state, { isBusy: true, error: "" });
        try {
            await what();
        } catch (error) {
            this.state.error = error.data?.message || error.message;
        } finally {
            this.state.isBusy = false;
        }
        return !this.state.error;
    }
}

patch(PosStore.prototype, {
    /**
     * Hold points, and have the customer confirm those that they have to.
     * @returns {Promise<Object | undefined>} what _retailAttemptHold returns; nothing if the cashier went back
     */
    async _retailHoldConfirmed(order, redeemed) {
        let answer = await this._retailAttemptHold(order, redeemed);
        while (answer?.refused?.ways) {
            answer = await this._retailAskToConfirm(order, redeemed, answer.refused);
        }
        return answer;
    },
    async _retailAskToConfirm(order, redeemed, { card_id, available, ways }) {
        const card = this.models["loyalty.card"].get(card_id);
        const unit = card.program_id.portal_point_name;
        let answer;
        await makeAwaitable(this.dialog, ConfirmationPopup, {
            title: _t("Confirm %(points)s %(unit)s", { points: formatPoints(redeemed[card_id]), unit }),
            customer: order.getPartner().name,
            hint: _t("Up to %(points)s %(unit)s a day need no confirmation.", { points: formatPoints(available), unit }),
            ways,
            send: (channel) => this._retailSendCode(order, card_id, redeemed[card_id], channel),
            confirm: async (code) => {
                const attempt = await this._retailAttemptHold(order, redeemed, { [card_id]: code });
                const isUnconfirmed = attempt.refused?.ways && attempt.refused.card_id === card_id;
                answer = isUnconfirmed ? undefined : attempt;
                return isUnconfirmed ? attempt.refused.message : "";
            },
        });
        return answer;
    },
    async _retailSendCode(order, cardId, points, channel) {
        try {
            const args = [order.uuid, cardId, points, channel];
            return (await this._retailCall("retail_send_confirmation", args, SEND_TIMEOUT)).sent_to;
        } catch (error) {
            throw error instanceof ConnectionLostError
                ? new Error(_t("Odoo cannot be reached to send a code. Scan the loyalty card."))
                : error;
        }
    },
    /** Return why the customer has not confirmed so many points. Without a network, the till knows their card itself. */
    _retailUnconfirmedOffline(order, card, points, code) {
        const limit = this.config.retail_confirm_above;
        const shown = (order.uiState.retailShown ||= {});
        if (code && code === card.code) {
            shown[card.id] = points;
        }
        if (limit <= 0 || points <= Math.max(limit, shown[card.id] || 0)) {
            return "";
        }
        return code
            ? _t("This is not the code of the customer's card. Scan it again.")
            : _t("Odoo cannot be reached. Scan the loyalty card.");
    },
});
