import { registry } from "@web/core/registry";

const ROW = ".o_field_widget[name=field_map_ids] .o_selected_row";
const suggestion = (text) => `.o-autocomplete--dropdown-item:contains('${text}')`;
const RECORD = ".modal .o_field_widget[name=record_ref]";
const toast = (text) => `.o_notification:contains('${text}')`;

registry.category("web_tour.tours").add("retail_hub_field_map", {
    steps: () => [
        { content: "Mapping", trigger: ".o_notebook .nav-link[name=mapping]", run: "click" },
        { content: "Nothing is checked yet", trigger: ".o_field_widget[name=field_map_ids] .badge:contains('Not checked')" },
        { content: "Ask the remote", trigger: "button[name=action_refresh_properties]", run: "click" },
        { content: "All fit", trigger: toast("All lines are OK") },
        { content: "They say so", trigger: ".o_field_widget[name=field_map_ids] .badge:contains('OK')" },
        { content: "One more", trigger: ".o_field_widget[name=field_map_ids] a:contains('Add a line')", run: "click" },
        { content: "Type a part", trigger: `${ROW} [name=remote_property] input`, run: "edit club" },
        { content: "By its label", trigger: suggestion("club_number (Number in the Club)"), run: "click" },
        { content: "It is taken", trigger: `${ROW} [name=remote_property] input:value('club_number')` },
        { content: "From Odoo", trigger: `${ROW} [name=source] input`, run: "click" },
        { content: "A field of Odoo", trigger: ".o_select_menu_item:contains('Odoo field')", run: "click" },
        { content: "A part of its label", trigger: `${ROW} [name=expression] input`, run: "edit tax i" },
        { content: "Of the record", trigger: suggestion("vat (Tax ID)"), run: "click" },
        { content: "Save", trigger: ".o_form_button_save", run: "click" },
        { content: "It fits", trigger: ".o_form_saved, .o_form_view:not(:has(.o_form_dirty))" },
        { content: "Preview", trigger: "button[name=action_preview_mapping]", run: "click" },
        { content: "What would be sent", trigger: ".modal tr:contains('Number in the Club'):contains('BE0477472701')" },
        { content: "One model needs no selector", trigger: ".modal .o_field_widget[name=record_ref]:not(:has(select))" },
        { content: "Where it comes from", trigger: ".modal tr:contains('club_number'):contains('Odoo: vat')" },
        { content: "Another object", trigger: ".modal .o_field_widget[name=object_name] input", run: "click" },
        { content: "Orders", trigger: ".o_select_menu_item:contains('Order')", run: "click" },
        { content: "Their models", trigger: `${RECORD} select:has(option[value='sale.order']):has(option[value='pos.order'])` },
        { content: "No others", trigger: `${RECORD} select:not(:has(option[value='res.partner']))` },
        { content: "Close", trigger: ".modal footer button:contains('Close')", run: "click" },
        { content: "Compare", trigger: "button[name=action_compare_field_maps]", run: "click" },
        { content: "One was removed", trigger: ".modal .o_data_row:contains('Removed by you'):contains('website')" },
        { content: "Take it over", trigger: ".modal .o_data_row button[name=action_take_over]", run: "click" },
        { content: "Nothing differs", trigger: ".modal .alert-success:contains('the same as the defaults of the provider')" },
        { content: "Close", trigger: ".modal footer button:contains('Close')", run: "click" },
        { content: "Back", trigger: ".o_form_view .o_field_widget[name=field_map_ids]" },
    ],
});
