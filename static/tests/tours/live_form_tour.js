import { registry } from "@web/core/registry";

const current = (state) => `.o_statusbar_status .o_arrow_button_current:contains('${state}')`;

/** Another user, or the drain, changes the run that the form shows. */
async function change() {
    const id = Number(new URL(location.href).pathname.split("/").pop());
    const body = { params: { model: "retail.bulk.run", method: "action_pause", args: [[id]], kwargs: {} } };
    await fetch("/web/dataset/call_kw", {
        method: "POST",
        headers: { "Content-Type": "application/json" },
        body: JSON.stringify(body),
    });
}

registry.category("web_tour.tours").add("retail_hub_live_form", {
    steps: () => [
        { content: "It runs", trigger: current("Running") },
        { content: "Somebody pauses it", trigger: ".o_form_sheet", run: change },
        { content: "The form shows what happened, without a click", trigger: current("Paused") },
    ],
});
