import { Component, onWillUnmount, useEffect, xml } from "@odoo/owl";
import { registry } from "@web/core/registry";
import { standardWidgetProps } from "@web/views/widgets/standard_widget_props";

const SECONDS = 3;

/**
 * Reloads a form every few seconds while a field has one of the values, so that its figures are live:
 * ``<widget name="retail_live_form" field="state" values="pending,in_flight" />``. Without values: while it is set.
 */
export class LiveForm extends Component {
    static template = xml`<t/>`;
    static props = { ...standardWidgetProps, field: String, values: { type: Array, optional: true } };

    setup() {
        useEffect(
            (isRunning) => {
                clearInterval(this.timer);
                if (isRunning) {
                    this.timer = setInterval(() => this.reload(), SECONDS * 1000);
                }
            },
            () => [this.isLive]
        );
        onWillUnmount(() => clearInterval(this.timer));
    }

    get isLive() {
        const value = this.props.record.data[this.props.field];
        return this.props.values ? this.props.values.includes(value) : Boolean(value);
    }

    async reload() {
        const { record } = this.props;
        if (!(await record.isDirty())) {
            await record.load();
        }
    }
}

registry.category("view_widgets").add("retail_live_form", {
    component: LiveForm,
    extractProps: ({ attrs }) => ({ field: attrs.field, values: attrs.values?.split(",") }),
});
