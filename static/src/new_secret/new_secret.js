import { Component } from "@odoo/owl";
import { CopyButton } from "@web/core/copy_button/copy_button";
import { Dialog } from "@web/core/dialog/dialog";
import { _t } from "@web/core/l10n/translation";
import { registry } from "@web/core/registry";

/** Shows a secret or key that was just generated: once, since it is stored encrypted or as a hash. */
export class NewSecretDialog extends Component {
    static template = "retail_hub.NewSecretDialog";
    static components = { CopyButton, Dialog };
    static props = {
        close: Function,
        secret: String,
        label: String,
        note: { type: String, optional: true },
    };

    get copied() {
        return _t("Copied");
    }
}

registry.category("actions").add("retail_hub.new_secret", (env, action) => {
    const { secret, label, note } = action.params;
    return new Promise((resolve) => {
        env.services.dialog.add(
            NewSecretDialog,
            { secret, label, note },
            { onClose: () => resolve({ type: "ir.actions.client", tag: "soft_reload" }) }
        );
    });
});
