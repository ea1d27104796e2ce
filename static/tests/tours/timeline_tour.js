import { registry } from "@web/core/registry";

registry.category("web_tour.tours").add("retail_hub_timeline", {
    steps: () => [
        { content: "It has failed", trigger: "button[name=action_retail_sync_state]:contains('Failed')" },
        {
            content: "Two events",
            trigger: "button[name=action_retail_timeline]:contains('2')",
            run: "click",
        },
        { content: "Placed", trigger: ".o_data_row:eq(0):contains('Order placed') .badge:contains('HubSpot: Delivered')" },
        { content: "Cancelled", trigger: ".o_data_row:eq(1):contains('No such order.'):contains('Order cancelled')" },
        {
            content: "Open the delivery that failed",
            trigger: ".o_data_row:eq(1) button.badge:contains('HubSpot: Failed since')",
            run: "click",
        },
        { content: "It is shown", trigger: ".o_form_view .alert-danger:contains('No such order.')" },
        { content: "Back", trigger: ".breadcrumb-item a:contains('Timeline of')", run: "click" },
        { content: "Open the event", trigger: ".o_data_row:eq(1) td[name=event_type]", run: "click" },
        { content: "What led to it", trigger: ".o_form_view .o_field_widget[name=caused_by_id]:contains('Order placed')" },
        { content: "Its content", trigger: ".nav-link[name=content]", run: "click" },
        { content: "Masked", trigger: ".tab-pane.active:contains('Personal data is masked') .ace_line:contains('cancelled')" },
        { content: "Back", trigger: ".breadcrumb-item a:contains('Timeline of')", run: "click" },
        { content: "The record", trigger: ".o_data_row:eq(0) button[name=action_open_record]", run: "click" },
        { content: "Resync", trigger: "button[name=action_retail_resync]", run: "click" },
        { content: "Queued", trigger: ".o_notification:contains('Events queued: 1')" },
        { content: "Waiting", trigger: "button[name=action_retail_sync_state]:contains('Waiting')" },
    ],
});

const number = new URLSearchParams(window.location.search).get("order");

registry.category("web_tour.tours").add("retail_hub_events", {
    steps: () => [
        { content: "Both are there", trigger: ".o_data_row:eq(1)" },
        { content: "Its number", trigger: ".o_searchview_input", run: `edit ${number}` },
        { content: "By process", trigger: ".o_searchview_autocomplete .o-dropdown-item:contains('Process')", run: "click" },
        { content: "One", trigger: `.o_list_view:not(:has(.o_data_row:eq(1))) .o_data_row:contains('${number}')` },
        { content: "Its connector", trigger: ".o_searchview_input", run: "edit hubs" },
        { content: "By connector", trigger: ".o_searchview_autocomplete .o-dropdown-item:contains('Connector')", run: "click" },
        { content: "Both", trigger: ".o_searchview_facet:eq(1):contains('Connector')" },
        { content: "Badge", trigger: ".o_data_row .badge:contains('HubSpot: Failed since')" },
        { content: "Open it", trigger: ".o_data_row td[name=event_type]", run: "click" },
        { content: "Its delivery", trigger: ".o_field_widget[name=delivery_ids] .o_data_row:contains('No such shop.')" },
        { content: "The whole story", trigger: "button[name=action_timeline]", run: "click" },
        { content: "Of that order", trigger: `.o_breadcrumb:contains('Timeline of ${number}')` },
    ],
});

registry.category("web_tour.tours").add("retail_hub_flow_template", {
    steps: () => [
        { content: "Flows", trigger: ".nav-link[name=flows]", run: "click" },
        { content: "The provider's usual flows", trigger: "button[name=action_add_flows]", run: "click" },
        { content: "What was done", trigger: ".o_notification:contains('Switched on: Customer created')" },
        { content: "Again", trigger: "button[name=action_add_flows]", run: "click" },
        { content: "Nothing to do", trigger: ".o_notification:contains('Nothing to add')" },
    ],
});
