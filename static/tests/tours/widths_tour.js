import { registry } from "@web/core/registry";

const LINES = ".o_field_widget[name=field_map_ids]";
const NAMES = "Object, Property, Source, Field or Text, Transform, Check, On";

/** Fail for each column or cell of the mapping that is cut off or stands outside the window. */
function checkColumns() {
    const cells = [...document.querySelectorAll(`${LINES} :is(th, td)`)];
    const names = cells.filter((cell) => cell.matches("th[data-name]")).map((cell) => cell.innerText.trim());
    if (names.filter(Boolean).join(", ") !== NAMES) {
        throw new Error(`the columns are ${names}`);
    }
    const wrong = cells.filter((cell) => isOutside(cell) || [cell, ...cell.querySelectorAll("*")].some(isCut));
    if (wrong.length) {
        throw new Error(`these cannot be read: ${wrong.map((cell) => cell.innerText)}`);
    }
}

function isOutside(element) {
    const { left, right } = element.getBoundingClientRect();
    return left < 0 || right > document.documentElement.clientWidth;
}

function isCut(element) {
    return element.scrollWidth > element.clientWidth && getComputedStyle(element).overflowX !== "visible";
}

/** Fail unless an element shows this text, all of it, within the width of the window. */
function checkShown(selector, text) {
    const found = [...document.querySelectorAll(selector)].filter((element) => element.checkVisibility());
    if (found.length !== 1 || found[0].innerText.trim() !== text || isOutside(found[0]) || isCut(found[0])) {
        throw new Error(`${selector} does not show ${text}: ${found.map((element) => element.outerHTML)}`);
    }
}

registry.category("web_tour.tours").add("retail_hub_mapping_columns", {
    steps: () => [
        { content: "Mapping", trigger: ".o_notebook .nav-link[name=mapping]", run: "click" },
        { content: "Its lines", trigger: `${LINES} td:contains('addresses.contact|0.postal_code')`, run: checkColumns },
    ],
});

const statusOnAPhone = (name, field, status) => [
    {
        content: "Its card says how it is",
        trigger: `.o_kanban_record:contains('${name}')`,
        run: () => checkShown(`.o_kanban_record [name=${field}]`, status),
    },
    { content: "Open it", trigger: `.o_kanban_record:contains('${name}')`, run: "click" },
    {
        content: "So does its form",
        trigger: ".o_form_view .o_statusbar_status",
        run: () => checkShown(".o_statusbar_status button", status),
    },
];

registry.category("web_tour.tours").add("retail_hub_connector_on_a_phone", {
    steps: () => statusOnAPhone("HubSpot", "health", "Active"),
});

registry.category("web_tour.tours").add("retail_hub_delivery_on_a_phone", {
    steps: () => statusOnAPhone("Nobody", "status", "Failed"),
});
