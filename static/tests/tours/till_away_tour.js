/* global luxon, posmodel */
import * as Dialog from "@point_of_sale/../tests/generic_helpers/dialog_util";
import * as NumberPopup from "@point_of_sale/../tests/generic_helpers/number_popup_util";
import * as Offline from "@point_of_sale/../tests/generic_helpers/offline_util";
import * as ProductScreen from "@point_of_sale/../tests/pos/tours/utils/product_screen_util";
import * as ReceiptScreen from "@point_of_sale/../tests/pos/tours/utils/receipt_screen_util";
import * as Utils from "@point_of_sale/../tests/generic_helpers/utils";
import { add, balance, choose, finish, lamp, live, pay, press, redeem, run, see, start, until } from "./till_tour";

const OPENED_AT = 9; // o'clock, yesterday: nothing is of the future, and the day does not end meanwhile

const serverFetch = window.fetch.bind(window);

/** What outlasts a reload: that the computer has no network, and what it takes for the time. */
const computer = {
    get: (name) => Number(sessionStorage.getItem(`retail_hub_${name}`)),
    set: (name, value) => sessionStorage.setItem(`retail_hub_${name}`, value),
};
const { now } = Date;
if (computer.get("clock")) {
    Date.now = () => now() + computer.get("clock");
}
if (computer.get("offline")) {
    unplug();
}

function unplug() {
    Offline.setOfflineMode().run();
    Object.defineProperty(navigator, "onLine", { value: false, configurable: true });
}
const isAllSent = () => posmodel.models["pos.order"].every((each) => each.isSynced || !each.finalized);
const loseNetwork = () =>
    run(async () => {
        computer.set("offline", 1);
        unplug();
        window.dispatchEvent(new Event("offline"));
        await until(() => posmodel.data.network.offline, "offline");
    }, "The computer loses its network");
const findNetwork = () =>
    run(async () => {
        computer.set("offline", 0);
        Offline.setOnlineMode().run();
        Object.defineProperty(navigator, "onLine", { value: true, configurable: true });
        window.dispatchEvent(new Event("online"));
        await until(isAllSent, "all orders are sent");
    }, "The computer is in the network again");

const open = () =>
    run(() => {
        const opened = luxon.DateTime.now().minus({ days: 1 }).startOf("day").set({ hour: OPENED_AT });
        computer.set("clock", opened.toMillis() - now());
        Date.now = () => now() + computer.get("clock");
    }, "It is nine o'clock");
/** Let hours pass for the browser, and for the server, which may do what others do meanwhile. */
const pass = (hours) =>
    run(async () => {
        computer.set("clock", computer.get("clock") + hours * 3600000);
        const call = { model: "pos.config", method: "pass_hours", args: [[posmodel.config.id], hours], kwargs: {} };
        const answer = await serverFetch("/web/dataset/call_kw", {
            method: "POST",
            headers: { "Content-Type": "application/json" },
            body: JSON.stringify({ jsonrpc: "2.0", method: "call", params: call }),
        });
        const { error } = await answer.json();
        if (error) {
            throw new Error(error.data.message);
        }
        posmodel.retailNow = Date.now(); // as it does each 10 seconds
    }, `${hours} hours pass`);

const later = () => see(".retail-receipt-later:contains(The points for this purchase will be added to your card.)");
const next = () => ReceiptScreen.clickNextOrder();
const of = (time) => see(`.retail-points-age:contains(${time})`);

const warned = () => Dialog.confirm("Continue with limited functionality");

/** Eight hours without a network, with a reload: members buy, earn and redeem, and everything arrives once. */
add("eight_hours_away", () => [
    start(),
    open(),
    choose("Ann Lee"),
    live(),
    lamp(),
    redeem("20"),
    ProductScreen.clickPayButton(),
    loseNetwork(),
    of("a moment ago"),
    finish(),
    warned(),
    see(".retail-receipt-redeemed:contains(20)"),
    later(),
    next(),

    pass(4),
    choose("Cy Poe"),
    of("/As of \\d/"),
    balance(50),
    lamp(),
    pay(),
    later(),
    next(),
    Utils.refresh(),

    choose("Ann Lee"),
    of("/As of \\d/"),
    balance(80),
    lamp(),
    press("button.retail-points-redeem"),
    see(".modal:contains(Up to 10 while the balance cannot be confirmed)"),
    NumberPopup.isShown("10"),
    Dialog.confirm("Redeem"),
    balance(70),
    pay(),
    warned(),
    see(".retail-receipt-redeemed:contains(10)"),
    later(),
    next(),

    pass(4),
    choose("Ann Lee"),
    balance(70),
    lamp(),
    press("button.retail-points-redeem"),
    see(".o_notification:contains(The balance cannot be confirmed. No Stars can be redeemed now.)"),
    pay(),
    see(".retail-receipt-balance:contains(70)"),
    later(),
    next(),

    findNetwork(),
    choose("Ann Lee"),
    live(),
    run(() => posmodel.syncAllOrders(), "Nothing is sent again"),
    Utils.refresh(),
    see(".product-screen"),
    run(() => until(isAllSent, "all orders are sent"), "Nor after a reload"),
]);
