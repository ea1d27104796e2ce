import { Component } from "@odoo/owl";
import { deserializeDateTime } from "@web/core/l10n/dates";
import { _t } from "@web/core/l10n/translation";
import { registry } from "@web/core/registry";
import { useService } from "@web/core/utils/hooks";
import { standardFieldProps } from "@web/views/fields/standard_field_props";

const { DateTime } = luxon;

const COLORS = {
    delivered: "text-bg-success",
    dead: "text-bg-danger",
    unknown: "text-bg-warning",
    in_flight: "text-bg-warning",
    pending: "text-bg-info",
    blocked: "text-bg-danger",
    corrected: "text-bg-info",
};
const OPEN = ["pending", "in_flight", "unknown", "dead", "blocked"];

/** How an event stands with each connector, since when, and a click that opens the delivery. */
export class DeliveryBadges extends Component {
    static template = "retail_hub.DeliveryBadges";
    static props = standardFieldProps;

    setup() {
        this.action = useService("action");
    }

    get badges() {
        return (this.props.record.data[this.props.name] || []).map((delivery) => ({
            ...delivery,
            color: COLORS[delivery.state] || "text-bg-300",
            text: this.text(delivery),
            tooltip: this.tooltip(delivery),
        }));
    }

    text({ connector, label, state, since }) {
        const names = { connector, state: label, since: this.format(since) };
        return OPEN.includes(state)
            ? _t("%(connector)s: %(state)s since %(since)s", names)
            : _t("%(connector)s: %(state)s", names);
    }

    tooltip({ label, since, next_attempt_at, attempts, error }) {
        const lines = [_t("%(state)s, %(since)s", { state: label, since: this.format(since) })];
        if (next_attempt_at) {
            lines.push(_t("Next attempt: %s", this.format(next_attempt_at)));
        }
        if (attempts) {
            lines.push(_t("Attempts: %s", attempts));
        }
        return [...lines, error].filter(Boolean).join("\n");
    }

    format(text) {
        const time = deserializeDateTime(text);
        return time.hasSame(DateTime.now(), "day")
            ? time.toLocaleString(DateTime.TIME_SIMPLE)
            : time.toLocaleString(DateTime.DATETIME_MED);
    }

    open(delivery) {
        this.action.doAction({
            type: "ir.actions.act_window",
            res_model: "retail.delivery",
            res_id: delivery.id,
            views: [[false, "form"]],
        });
    }
}

registry.category("fields").add("retail_delivery_badges", {
    component: DeliveryBadges,
    displayName: _t("Outgoing Events"),
    supportedTypes: ["json"],
});
