import { registry } from "@web/core/registry";

const FORM = ".o_retail_cart_points";
const press = (name) => ({
    content: `press ${name}`,
    trigger: `${FORM} button:contains(${name})`,
    run: "click",
    expectUnloadPage: true,
});

registry.category("web_tour.tours").add("retail_hub_cart_points", {
    steps: () => [
        { trigger: `${FORM}:contains(100 Stars available):not(:contains(Remove))` },
        { trigger: `${FORM} input[name=points]`, run: "edit 30" },
        press("Apply"),
        { trigger: `${FORM}:contains(Remove) input[name=points]:value(30)` },
        { trigger: ".o_cart_total :contains(30.00)" },
        press("Remove"),
        { trigger: `${FORM}:not(:contains(Remove))` },
        { trigger: ".o_cart_total :contains(60.00)" },
    ],
});
