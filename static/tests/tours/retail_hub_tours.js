import { registry } from "@web/core/registry";

function openMenu(section, entry, trigger) {
    const steps = [
        { content: `Menu ${section}`, trigger: `.o_menu_sections [data-menu-xmlid='retail_hub.${section}']`, run: "click" },
    ];
    if (entry) {
        steps.push({
            content: `Menu ${entry}`,
            trigger: `.o-dropdown--menu [data-menu-xmlid='retail_hub.${entry}']`,
            run: "click",
        });
    }
    return [...steps, { content: `${entry || section} is shown`, trigger }];
}

const openFirstRow = (trigger) => [
    { content: "Open the first", trigger: ".o_data_row .o_data_cell:not(:empty)", run: "click" },
    { content: "It is shown", trigger },
];

registry.category("web_tour.tours").add("retail_hub_every_screen", {
    steps: () => [
        ...openMenu("menu_deliveries", "menu_delivery", ".o_breadcrumb:contains('Outgoing Events')"),
        ...openFirstRow(".o_form_view .o_field_widget[name=attempt_ids]"),
        ...openMenu("menu_deliveries", "menu_delivery_dead", ".o_data_row:contains('HubSpot: the record has no value for the match key (email)')"),
        { content: "As a kanban", trigger: ".o_switch_view.o_kanban", run: "click" },
        { content: "Cards", trigger: ".o_kanban_record:contains('HubSpot: the record has no value for the match key (email)')" },
        ...openMenu("menu_deliveries", "menu_event", ".o_breadcrumb:contains('Events')"),
        ...openFirstRow(".o_form_view .o_field_widget[name=uuid]"),
        ...openMenu("menu_configuration", "menu_setup_check", ".o_field_widget[name=line_ids] .o_data_row:contains('HubSpot: connection')"),
        ...openMenu("menu_configuration", "menu_flow", ".o_breadcrumb:contains('Flows')"),
        ...openFirstRow(".o_form_view .o_field_widget[name=domain]"),
        ...openMenu("menu_configuration", "menu_settings", ".o_setting_box:contains('Realtime Window')"),
        ...openMenu("menu_connectors", undefined, ".o_breadcrumb:contains('Connectors')"),
        ...openFirstRow(".o_form_view .o_field_widget[name=credential_ids] .o_data_row"),
        { content: "Failed ones", trigger: "button[name=action_view_dead]", run: "click" },
        { content: "By cause", trigger: ".o_data_row:contains('HubSpot: the record has no value for the match key (email)')" },
    ],
});

registry.category("web_tour.tours").add("retail_hub_first_connector", {
    steps: () => [
        { content: "New connector", trigger: ".o_list_button_add", run: "click" },
        { content: "Name it", trigger: ".o_field_widget[name=name] input", run: "edit Tour HubSpot" },
        {
            content: "Where it is",
            trigger: ".o_field_widget[name=base_url] input",
            run: `edit ${new URLSearchParams(window.location.search).get("sandbox")}`,
        },
        { content: "Save", trigger: ".o_form_button_save", run: "click" },
        { content: "Credentials come first", trigger: ".o_notebook .nav-item:first-child .nav-link.active[name=credentials]" },
        { content: "It says so", trigger: ".alert:contains('Enter the credentials below, then save.')" },
        { content: "Edit the token", trigger: ".o_field_widget[name=credential_ids] .o_data_row td[name=value]", run: "click" },
        { content: "Type it", trigger: ".o_field_widget[name=credential_ids] td[name=value] input", run: "edit sandbox-token" },
        { content: "Save", trigger: ".o_form_button_save", run: "click" },
        { content: "It is set", trigger: ".o_field_widget[name=credential_ids] td[name=is_set] input:checked" },
        { content: "Test is the main button", trigger: ".btn-primary[name=action_test_connection]" },
        { content: "Activate is not", trigger: "button[name=action_activate]:not(.btn-primary)" },
        { content: "It has its flows", trigger: ".nav-link[name=flows]", run: "click" },
        { content: "As its provider has", trigger: ".o_field_widget[name=flow_ids] .o_data_row:nth-child(4)" },
        { content: "Test", trigger: "button[name=action_test_connection]", run: "click" },
        { content: "It answers", trigger: ".o_notification:contains('Connected to HubSpot account')" },
        { content: "Activate", trigger: ".btn-primary[name=action_activate]", run: "click" },
        { content: "It is active", trigger: "button[name=action_pause]" },
        { content: "Send existing customers?", trigger: ".alert button[name=action_backfill]", run: "click" },
        { content: "The form of a backfill", trigger: ".o_form_view .o_field_widget[name=preview_count]" },
    ],
});

registry.category("web_tour.tours").add("retail_hub_resync", {
    steps: () => [
        { content: "In sync", trigger: "button[name=action_retail_sync_state]:contains('In sync')" },
        { content: "Resync", trigger: "button[name=action_retail_resync]", run: "click" },
        { content: "Queued", trigger: ".o_notification:contains('Events queued: 1')" },
        { content: "Waiting", trigger: "button[name=action_retail_sync_state]:contains('Waiting')", run: "click" },
        { content: "Per connector", trigger: ".o_data_row td[name=state]:contains('Waiting')" },
        { content: "Details", trigger: ".o_data_row button[name=action_open_delivery]", run: "click" },
        { content: "The delivery", trigger: ".o_form_view .o_field_widget[name=event_type]:contains('Customer updated')" },
    ],
});
