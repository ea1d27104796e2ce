import { registry } from "@web/core/registry";
import { ReferenceField, referenceField } from "@web/views/fields/reference/reference_field";

/** A reference that only offers the models which another field of the record lists. */
export class FilterableReferenceField extends ReferenceField {
    static props = { ...ReferenceField.props, whitelist_fname: { type: String } };

    get selection() {
        const models = this.props.record.data[this.props.whitelist_fname] || [];
        return super.selection.filter(([model]) => models.includes(model));
    }
}

registry.category("fields").add("retail_reference", {
    ...referenceField,
    component: FilterableReferenceField,
    supportedTypes: ["reference"],
    extractProps({ options }) {
        return { ...referenceField.extractProps(...arguments), whitelist_fname: options.whitelist_fname };
    },
});
