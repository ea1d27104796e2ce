import { AutoComplete } from "@web/core/autocomplete/autocomplete";
import { registry } from "@web/core/registry";
import { useChildRef } from "@web/core/utils/hooks";
import { CharField, charField } from "@web/views/fields/char/char_field";
import { useInputField } from "@web/views/fields/input_field_hook";

const MAX_SHOWN = 25;

/** A text in a line of a mapping, with suggestions of the form that the lines are in; anything else may be typed. */
export class SuggestField extends CharField {
    static template = "retail_hub.SuggestField";
    static components = { ...CharField.components, AutoComplete };

    setup() {
        super.setup();
        this.inputRef = useChildRef();
        useInputField({
            getValue: () => this.props.record.data[this.props.name] || "",
            parse: (value) => this.parse(value),
            ref: this.inputRef,
        });
    }

    get value() {
        return this.props.record.data[this.props.name] || "";
    }

    get suggestions() {
        const { object_name: object, source } = this.props.record.data;
        const form = this.props.record.model.root.data?.field_map_suggestions || {};
        const column = this.props.name === "expression" ? source : this.props.name;
        return form[object]?.[column] || [];
    }

    get sources() {
        return [{ options: (request) => this.search(request) }];
    }

    search(request) {
        const wanted = request.trim().toLowerCase();
        const isUnchanged = request === this.value;
        return this.suggestions
            .filter(([text, label]) => isUnchanged || `${text} ${label}`.toLowerCase().includes(wanted))
            .slice(0, MAX_SHOWN)
            .map(([text, label]) => ({
                label: label && label !== text ? `${text} (${label})` : text,
                onSelect: () => this.props.record.update({ [this.props.name]: text }),
            }));
    }
}

registry.category("fields").add("retail_suggest", { ...charField, component: SuggestField });
