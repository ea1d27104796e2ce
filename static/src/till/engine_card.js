import { LoyaltyCard } from "@pos_loyalty/app/models/loyalty_card";
import { DataServiceOptions } from "@point_of_sale/app/models/data_service_options";
import { patch } from "@web/core/utils/patch";

/** Cards of programs whose points a loyalty engine owns. */
patch(LoyaltyCard.prototype, {
    get isOfEngine() {
        return Boolean(this.program_id?.retail_engine_owned);
    },
    /** The points that this till can redeem: others hold the rest. */
    get retailAvailable() {
        return Math.max(this.points - (this.retail_held || 0), 0);
    },
});

/** Odoo's till forgets cards at a reload. These stay: without a network, there is no other balance. */
patch(DataServiceOptions.prototype, {
    get databaseTable() {
        const tables = super.databaseTable;
        const cards = tables["loyalty.card"];
        const condition = (card) => (card.isOfEngine && card.id > 0 ? false : cards.condition(card));
        return { ...tables, "loyalty.card": { ...cards, condition } };
    },
});
