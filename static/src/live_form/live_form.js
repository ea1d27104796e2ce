import { Component, onWillUnmount, useEffect, xml } from "@odoo/owl";
import { registry } from "@web/core/registry";
import { standardWidgetProps } from "@web/views/widgets/standard_widget_props";

const SECONDS = 3;

/** Reloads a form every few seconds while its record is in the state ``running``, so that its figures are live. */
export class LiveForm extends Component {
    static template = xml`<t/>`;
    static props = standardWidgetProps;

    setup() {
        useEffect(
            (isRunning) => {
                clearInterval(this.timer);
                if (isRunning) {
                    this.timer = setInterval(() => this.reload(), SECONDS * 1000);
                }
            },
            () => [this.props.record.data.state === "running"]
        );
        onWillUnmount(() => clearInterval(this.timer));
    }

    async reload() {
        const { record } = this.props;
        if (!(await record.isDirty())) {
            await record.load();
        }
    }
}

registry.category("view_widgets").add("retail_live_form", { component: LiveForm });
