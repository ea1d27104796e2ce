import { registry } from "@web/core/registry";

registry.category("web_tour.tours").add("retail_hub_try_it", {
    steps: () => [
        { content: "Try it", trigger: ".o_form_view button[name=action_try_it]", run: "click" },
        { content: "An example is there", trigger: ".modal .o_field_widget[name=target] input:value('/orders')" },
        { content: "A command to copy", trigger: ".modal .nav-link:contains('curl')", run: "click" },
        { content: "It has no key in it", trigger: ".modal .o_field_widget[name=curl]:contains('$RETAIL_HUB_KEY')" },
        { content: "Send", trigger: ".modal footer button[name=action_send]", run: "click" },
        { content: "The answer", trigger: ".modal .nav-link:contains('Answer')", run: "click" },
        { content: "What was wrong", trigger: ".modal .alert-warning:contains('Status 422'):contains('The call was refused.')" },
        { content: "Close", trigger: ".modal footer button[special=cancel]", run: "click" },
        { content: "What was refused", trigger: "button[name=action_open_refused]:contains('Refused Today')", run: "click" },
        { content: "The message of the order", trigger: ".o_data_row td[name=subject]:contains('order/W-77')", run: "click" },
        { content: "Why", trigger: ".o_form_view .o_field_widget[name=problem]:contains('Odoo does not know: product CUP')" },
        { content: "What was asked", trigger: ".o_form_view .nav-link:contains('Request')", run: "click" },
        { content: "Without the address", trigger: ".o_form_view .o_field_widget[name=shown_content]:contains('CUP'):not(:contains('gil@example.com'))" },
    ],
});
