import { ConnectionLostError } from "@web/core/network/rpc";
import { PosStore } from "@point_of_sale/app/services/pos_store";
import { _t } from "@web/core/l10n/translation";
import { ask } from "@point_of_sale/app/utils/make_awaitable_dialog";
import { patch } from "@web/core/utils/patch";

const TIMEOUT = 5000; // milliseconds

/** Customers join a program at the till, if they agree to its terms. */
patch(PosStore.prototype, {
    async retailEnroll(order, program) {
        const partner = order.getPartner();
        const names = { customer: partner.name, program: program.name };
        const agreed = await ask(this.dialog, {
            title: _t("Join %(program)s", names),
            body: _t("Does %(customer)s agree to the terms of %(program)s?", names),
            confirmLabel: _t("Agreed"),
            cancelLabel: _t("No"),
        });
        if (!agreed) {
            return;
        }
        try {
            this._retailEnter(await this._retailCall("retail_enroll", [partner.id, program.id], TIMEOUT), order);
            this.retailReadAgain();
        } catch (error) {
            const text =
                error instanceof ConnectionLostError
                    ? _t("Odoo cannot be reached. Nobody can join %(program)s now.", names)
                    : error.data?.message || error.message;
            this.notification.add(text, { type: "warning" });
        }
    },
});
