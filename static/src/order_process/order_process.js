import { Component } from "@odoo/owl";
import { deserializeDateTime } from "@web/core/l10n/dates";
import { _t } from "@web/core/l10n/translation";
import { registry } from "@web/core/registry";
import { useService } from "@web/core/utils/hooks";
import { standardFieldProps } from "@web/views/fields/standard_field_props";

const { DateTime } = luxon;

const STATES = {
    done: { icon: "fa-check-circle text-success", label: _t("Done") },
    waiting: { icon: "fa-clock-o text-info", label: _t("Waiting") },
    failed: { icon: "fa-exclamation-circle text-danger", label: _t("Failed") },
};

/** The steps of an order in all systems, and a button for those that failed. */
export class OrderProcess extends Component {
    static template = "retail_hub.OrderProcess";
    static props = standardFieldProps;

    setup() {
        this.action = useService("action");
    }

    get steps() {
        return (this.props.record.data[this.props.name] || []).map((step, number) => ({
            ...step,
            ...STATES[step.state],
            name: step.label,
            status: STATES[step.state].label,
            number,
            time: deserializeDateTime(step.at).toLocaleString(DateTime.DATETIME_MED),
        }));
    }

    open(step) {
        this.action.doAction({
            type: "ir.actions.act_window",
            res_model: step.res_model,
            res_id: step.res_id,
            views: [[false, "form"]],
        });
    }
}

registry.category("fields").add("retail_order_process", {
    component: OrderProcess,
    displayName: _t("Process of an Order"),
    supportedTypes: ["json"],
});
