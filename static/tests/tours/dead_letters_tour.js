import { registry } from "@web/core/registry";

registry.category("web_tour.tours").add("retail_hub_repair", {
    steps: () => [
        {
            content: "Open the group",
            trigger: ".o_data_row td[name=cause]:contains('HubSpot: a value was refused (email)')",
            run: "click",
        },
        { content: "Two are dead", trigger: "button[name=action_view_dead]:contains('2')" },
        { content: "Repair", trigger: ".o_form_view button[name=action_repair]", run: "click" },
        { content: "The first was corrected", trigger: ".modal .alert-success:contains('differs from what failed')" },
        { content: "What differs stands out", trigger: ".modal tr.table-warning:contains('email'):contains('fixed@example.com')" },
        { content: "It is one of two", trigger: ".modal .o_field_widget[name=position]:contains('1 of 2')" },
        { content: "The next", trigger: ".modal button[name=action_next]", run: "click" },
        { content: "It was not corrected", trigger: ".modal .alert-warning:contains('very likely fail again')" },
        { content: "Validate", trigger: ".modal button[name=action_validate]", run: "click" },
        { content: "Nothing was sent", trigger: ".modal .alert-info:contains('Nothing was sent')" },
        { content: "One differs", trigger: ".modal li:contains('will be sent with changes') .o_field_widget:contains('1')" },
        { content: "Replay", trigger: ".modal footer button[name=action_replay]", run: "click" },
        { content: "Both go", trigger: ".o_notification:contains('Events queued: 2.')" },
        { content: "The group tells so", trigger: ".o_form_view .alert-warning:contains('as soon as the events that are sent instead, or again, have arrived')" },
    ],
});
