import { ConnectionLostError, ConnectionAbortedError } from "@web/core/network/rpc";
import { PosStore } from "@point_of_sale/app/services/pos_store";
import { _t } from "@web/core/l10n/translation";
import { deserializeDateTime } from "@web/core/l10n/dates";
import { effect } from "@web/core/utils/reactive";
import { formatPoints, shownAge } from "./format";
import { logPosMessage } from "@point_of_sale/app/utils/pretty_console_log";
import { patch } from "@web/core/utils/patch";

const { DateTime } = luxon;

const SHOWN_AFTER = 500; // milliseconds, after which the mirrored balance is shown with its age
const GIVEN_UP_AFTER = 5000;
const FRESH = 30000; // milliseconds, after which a balance is read again before anything is redeemed
const SHOWN_LIVE = 60000; // milliseconds for which a balance is shown as the engine's
const TICK = 10000; // milliseconds, after which ages are shown anew, and what was not reached is retried

/** Reads the balances of a customer from the loyalty engine. Nothing waits for it. */
patch(PosStore.prototype, {
    async setup() {
        // {id of a customer: {state, live, at}}: state is "reading", "read", "late" or "offline". See retailReading.
        this.retailReadings = {};
        this.retailNow = Date.now();
        this.retailServerAhead = 0; // milliseconds
        await super.setup(...arguments);
        setInterval(() => this._retailTick(), TICK);
        effect(
            ({ data: { network } }) => {
                if (network.offline || network.warningTriggered) {
                    this._retailLoseConnection();
                }
            },
            [this]
        );
        let known = "";
        effect(
            (pos) => {
                const order = pos.getOrder();
                const partner = order?.partner_id;
                const chosen = partner ? `${order.uuid}/${partner.id}` : "";
                if (chosen !== known) {
                    known = chosen;
                    if (partner && !order.finalized) {
                        this.retailRead(partner, order);
                    }
                }
            },
            [this]
        );
        window.addEventListener("pos-network-online", () => this.retailReadAgain());
    },
    get retailPrograms() {
        return this.models["loyalty.program"].filter((program) => program.retail_engine_owned);
    },
    /**
     * What the last reading of a customer says now: {state, live, age}.
     *
     * Its state is "old" instead of "read" when it is no longer shown as of now.
     */
    retailReading(partner) {
        const reading = this.retailReadings[partner?.id] || { live: [] };
        const now = Math.max(this.retailNow, Date.now()); // the first has screens be drawn again
        const isOld = reading.state === "read" && Math.abs(now - reading.at) >= SHOWN_LIVE;
        const age = isOld ? shownAge(DateTime.fromMillis(reading.at)) : "";
        return { state: isOld ? "old" : reading.state, live: reading.live, age };
    },
    /** How the balance of a card is known: {isLive, isReading, age}. */
    retailKnown(card) {
        const { state, live } = this.retailReading(card.partner_id);
        return {
            isLive: state === "read" && live.includes(card.id),
            isReading: state === "reading",
            age: card.retail_read_at ? shownAge(card.retail_read_at, this.retailServerAhead) : "",
        };
    },
    /** Take no balance for the engine's of now any more that was read before a time. */
    _retailLoseConnection(before = Infinity) {
        for (const reading of Object.values(this.retailReadings)) {
            if (reading.at <= before) {
                reading.state = "offline";
            }
        }
    },
    /** Odoo reads again only when the network comes back, but calls also fail while there is one. */
    _retailTick() {
        this.retailNow = Date.now();
        const { state } = this.retailReading(this.getOrder()?.partner_id);
        if (state === "offline" && !this.data.network.offline) {
            this.retailReadAgain();
        }
    },
    retailReadAgain() {
        const order = this.getOrder();
        if (order?.partner_id && !order.finalized) {
            this.retailRead(order.partner_id, order);
        }
    },
    /**
     * Read the balances of a customer. Resolves when they are known, or after half a second: then what the engine says
     * is shown whenever it comes.
     */
    async retailRead(partner, order) {
        if (!this.retailPrograms.length || typeof partner.id !== "number") {
            return;
        }
        const number = (this.retailReadings[partner.id]?.number || 0) + 1;
        this.retailReadings[partner.id] = { number, state: "reading", live: [], at: Date.now() };
        const reading = this.retailReadings[partner.id];
        const isLast = () => this.retailReadings[partner.id]?.number === number;
        const read = this._retailAsk(partner.id, order).then(
            (answer) => {
                if (isLast()) {
                    this._retailEnter(answer, order);
                    this.retailServerAhead = deserializeDateTime(answer.now).toMillis() - Date.now();
                    Object.assign(reading, { state: "read", live: answer.live, at: Date.now() });
                }
            },
            (error) => {
                if (isLast()) {
                    reading.state = error instanceof ConnectionLostError ? "offline" : "late";
                }
                if (!(error instanceof ConnectionLostError)) {
                    logPosMessage("Retail Hub", "retailRead", error.message, false, [error]);
                }
            }
        );
        const late = new Promise((resolve) => setTimeout(resolve, SHOWN_AFTER)).then(() => {
            if (isLast() && reading.state === "reading") {
                reading.state = "late";
            }
        });
        await Promise.race([read, late]);
    },
    /** Read the balances again if the last time was not a moment ago. */
    async retailReadIfOld(order) {
        const reading = this.retailReadings[order.partner_id?.id];
        const isNew = reading?.state === "read" && Date.now() - reading.at < FRESH;
        const isLive = order.retailCards().every((card) => this.retailKnown(card).isLive);
        if (order.partner_id && !(isNew && isLive)) {
            await this.retailRead(order.partner_id, order);
        }
    },
    async _retailAsk(partnerId, order) {
        return this._retailCall("retail_read_balances", [partnerId, order.uuid], GIVEN_UP_AFTER);
    },
    /** Call the server without a spinner, and for a limited time. */
    async _retailCall(method, args, milliseconds) {
        if (this.data.network.offline) {
            throw new ConnectionLostError();
        }
        const startedAt = Date.now();
        const call = this.data.orm.silent.call("pos.config", method, [[this.config.id], ...args]);
        const timer = setTimeout(() => call.abort(), milliseconds);
        try {
            return await call;
        } catch (error) {
            if (!(error instanceof ConnectionLostError || error instanceof ConnectionAbortedError)) {
                throw error;
            }
            this._retailLoseConnection(startedAt);
            throw new ConnectionLostError();
        } finally {
            clearTimeout(timer);
        }
    },
    /** Take what the server says of the cards, and apply the rewards of an order to it. */
    _retailEnter(answer, order) {
        this.models.loadConnectedData({ "loyalty.card": answer["loyalty.card"] });
        const changes = order.uiState.couponPointChanges || {};
        const local = Object.entries(changes).filter(
            ([, change]) =>
                change.coupon_id < 0 &&
                this.models["loyalty.program"].get(change.program_id)?.retail_engine_owned
        );
        for (const [key] of answer["loyalty.card"].length ? local : []) {
            delete changes[key];
        }
        const redeemed = order.retailRedeemed();
        const known = Object.values(changes).map((change) => change.coupon_id);
        const isNew = local.length || order.retailCards().some((card) => !known.includes(card.id));
        if (this.getOrder()?.uuid === order.uuid && (isNew || Object.keys(redeemed).length)) {
            this._retailSayLess(order, redeemed);
            this.updateRewards();
        }
    },
    /** Rewards that cost more than there is now become smaller: the cashier has to know. */
    _retailSayLess(order, redeemed) {
        for (const card of order.retailCards().filter((each) => redeemed[each.id] > each.retailAvailable)) {
            const names = { points: formatPoints(card.retailAvailable), unit: card.program_id.portal_point_name };
            this.notification.add(_t("Only %(points)s %(unit)s are left. The discount was reduced to match.", names), {
                type: "warning",
            });
        }
    },
    async fetchLoyaltyCard(programId, partnerId) {
        try {
            return await super.fetchLoyaltyCard(programId, partnerId);
        } catch (error) {
            const program = this.models["loyalty.program"].get(programId);
            if (!program?.retail_engine_owned || !(error instanceof ConnectionLostError)) {
                throw error;
            }
            return this._retailLocalCard(program, partnerId);
        }
    },
    /** A card without points for a customer whose own is not known: the sale goes on. It is replaced when it is. */
    _retailLocalCard(program, partnerId) {
        this.retailLocalId = (this.retailLocalId || -1000000) - 1;
        return this.models["loyalty.card"].create({
            id: this.retailLocalId,
            code: null,
            program_id: program,
            partner_id: this.models["res.partner"].get(partnerId),
            points: 0,
        });
    },
    /** Odoo's till confirms points after the order. Those of engines are taken with it. */
    async postProcessLoyalty(order) {
        const programs = [
            ...Object.values(order.uiState.couponPointChanges).map((change) =>
                this.models["loyalty.program"].get(change.program_id)
            ),
            ...order._get_reward_lines().map((line) => line.reward_id?.program_id),
        ];
        if (programs.some((program) => !program?.retail_engine_owned)) {
            await super.postProcessLoyalty(order);
        }
    },
});
