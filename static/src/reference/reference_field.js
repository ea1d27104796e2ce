import { registry } from "@web/core/registry";
import { ReferenceField, referenceField } from "@web/views/fields/reference/reference_field";

/** A reference that only offers the models which another field of the record lists. One model needs no selector. */
export class FilterableReferenceField extends ReferenceField {
    static props = { ...ReferenceField.props, whitelist_fname: { type: String } };

    get models() {
        return this.props.record.data[this.props.whitelist_fname] || [];
    }

    get selection() {
        return super.selection.filter(([model]) => this.models.includes(model));
    }

    get hideModelSelector() {
        return super.hideModelSelector || this.models.length === 1;
    }

    getRelation() {
        return this.models.length === 1 ? this.models[0] : super.getRelation();
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
