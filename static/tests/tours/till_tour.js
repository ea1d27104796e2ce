/* global posmodel */
import * as Chrome from "@point_of_sale/../tests/pos/tours/utils/chrome_util";
import * as Dialog from "@point_of_sale/../tests/generic_helpers/dialog_util";
import * as NumberPopup from "@point_of_sale/../tests/generic_helpers/number_popup_util";
import * as Offline from "@point_of_sale/../tests/generic_helpers/offline_util";
import * as PaymentScreen from "@point_of_sale/../tests/pos/tours/utils/payment_screen_util";
import * as ProductScreen from "@point_of_sale/../tests/pos/tours/utils/product_screen_util";
import * as ReceiptScreen from "@point_of_sale/../tests/pos/tours/utils/receipt_screen_util";
import * as TextInputPopup from "@point_of_sale/../tests/generic_helpers/text_input_popup_util";
import * as Utils from "@point_of_sale/../tests/generic_helpers/utils";
import { ConnectionLostError } from "@web/core/network/rpc";
import { registry } from "@web/core/registry";

export const see = (selector, content = selector) => ({ content, trigger: selector });
export const press = (selector, content = selector) => ({ content, trigger: selector, run: "click" });
export const run = (what, content) => ({ content, trigger: "body", run: what });
export const start = () => [Chrome.startPoS(), Dialog.confirm("Open Register")];
export const choose = (name) => [ProductScreen.clickPartnerButton(), ProductScreen.clickCustomer(name)];
export const balance = (points) => see(`.retail-points-balance:contains(/^${points}$/)`);
export const lamp = () => ProductScreen.addOrderline("Till Lamp", "1");
export const live = () => see(".retail-points-live");
export const old = () => see(".retail-points-age:contains(As of)");
export const redeem = (points) => [
    press("button.retail-points-redeem"),
    NumberPopup.enterValue(points),
    NumberPopup.isShown(points),
    Dialog.confirm("Redeem"),
    see(`.retail-points-redeemed:contains(${points})`),
];
export const finish = () => [
    PaymentScreen.clickPaymentMethod("Cash"),
    PaymentScreen.clickValidate(),
    ReceiptScreen.isShown(),
];
export const pay = () => [ProductScreen.clickPayButton(), finish()];

/** Wait until a function returns something. */
export async function until(check, what, milliseconds = 8000) {
    const end = Date.now() + milliseconds;
    for (;;) {
        const found = check();
        if (found) {
            return found;
        }
        if (Date.now() > end) {
            throw new Error(`Not within ${milliseconds} ms: ${what}`);
        }
        await new Promise((resolve) => setTimeout(resolve, 10));
    }
}

const goOffline = () => [
    Offline.setOfflineMode(),
    run(async () => {
        window.dispatchEvent(new Event("offline"));
        await until(() => posmodel.data.network.offline, "offline");
    }, "The till notices"),
];

const annsCard = () => posmodel.getOrder().retailCards()[0].id;

/** Another till holds points of the card. */
function holdElsewhere(points) {
    const hold = (card) =>
        posmodel.data.orm.call("pos.config", "retail_hold_points", [
            [posmodel.config.id],
            "another-till",
            { [card]: points },
        ]);
    return run(async () => hold(annsCard()), `Another till holds ${points}`);
}

export function add(name, steps) {
    registry.category("web_tour.tours").add(`retail_hub_till_${name}`, { steps: () => steps().flat(Infinity) });
}

/** The engine answers: the live balance, a part of the points redeemed, and what the receipt says. */
add("live", () => [
    start(),
    choose("Ann Lee"),
    live(),
    balance(100),
    lamp(),
    see(".retail-points-forecast"),
    redeem("37"),
    balance(63),
    ProductScreen.totalAmountIs("163"),
    ProductScreen.clickDisplayedProduct("Till Lamp", true, "2"),
    ProductScreen.totalAmountIs("363"),
    see(".retail-points-redeemed:contains(37)", "The amount stays when the order changes"),
    ProductScreen.clickPayButton(),
    see(".payment-screen .retail-points-forecast:contains(About 363 Stars for this purchase)"),
    finish(),
    see(".retail-receipt-redeemed:contains(37)"),
    see(".retail-receipt-balance:contains(63)"),
    see(".retail-receipt-later"),
]);

/** Six ways lead to a customer; an order that comes with one is none of Odoo's own hooks. */
add("new_order_with_a_customer", () => [
    start(),
    run(() => {
        const partner = posmodel.models["res.partner"].find((each) => each.name === "Ann Lee");
        posmodel.addNewOrder({ partner_id: partner });
    }, "An order that has a customer from the beginning"),
    live(),
    balance(100),
    lamp(),
    ...ProductScreen.clickControlButton("Reward"),
    see(".modal .selection-item:enabled:contains(per point)"),
]);

/** A customer who is no member joins at the till. */
add("join", () => [
    start(),
    choose("Bo Nobody"),
    see(".retail-points-none"),
    lamp(),
    press(".retail-points-join"),
    see(".modal:contains(Does Bo Nobody agree to the terms of Club?)"),
    Dialog.confirm("Agreed"),
    balance(0),
    pay(),
    see(".retail-receipt-later"),
]);

/** The engine takes two seconds: what was known is shown long before. */
add("slow", () => [
    start(),
    run(async () => {
        const partner = posmodel.models["res.partner"].find((each) => each.name === "Ann Lee");
        posmodel.getOrder().setPartner(partner);
        const seen = (selector) => () => document.querySelector(selector);
        await until(seen(".retail-points-balance"), "the balance that was known", 300);
        await until(seen(".retail-points-age"), "its age", 1000);
        if (document.querySelector(".retail-points-live")) {
            throw new Error("The engine did not answer.");
        }
    }, "The balance and its age appear"),
    balance(100),
    old(),
    lamp(),
    pay(),
    see(".retail-receipt-balance:contains(100)"),
]);

/** The engine is down: nothing can be redeemed, and the sale goes on. */
add("down", () => [
    start(),
    choose("Ann Lee"),
    old(),
    balance(100),
    lamp(),
    press("button.retail-points-redeem"),
    see(".o_notification:contains(The balance cannot be confirmed. No Stars can be redeemed now)"),
    pay(),
    see(".retail-receipt-later"),
]);

/** The engine is down, and the program lets customers redeem a few points meanwhile. */
add("down_with_a_limit", () => [
    start(),
    choose("Ann Lee"),
    old(),
    lamp(),
    press("button.retail-points-redeem"),
    see(".modal:contains(Up to 30 while the balance cannot be confirmed)"),
    NumberPopup.enterValue("20"),
    Dialog.confirm("Redeem"),
    see(".retail-points-redeemed:contains(20)"),
    pay(),
    see(".retail-receipt-redeemed:contains(20)"),
]);

/** Another till holds the points between the reward and the payment: the cashier is told, and takes what is left. */
add("two_tills", () => [
    start(),
    choose("Ann Lee"),
    live(),
    lamp(),
    redeem("60"),
    holdElsewhere(80),
    ProductScreen.clickPayButton(false),
    see(".modal:contains(20 Stars are available: 80 are being redeemed at another checkout.)"),
    Dialog.confirm("Redeem 20"),
    see(".retail-points-redeemed:contains(20)"),
    ProductScreen.totalAmountIs("180"),
    pay(),
]);

/** The points are gone when the payment is validated: the reward is taken off, and the rest is paid. */
add("gone_at_the_payment", () => [
    start(),
    choose("Ann Lee"),
    live(),
    lamp(),
    redeem("60"),
    ProductScreen.clickPayButton(),
    run(async () => {
        const order = posmodel.getOrder();
        await posmodel._retailCall("retail_hold_points", [order.uuid, {}], 5000);
    }, "The hold expires"),
    holdElsewhere(100),
    PaymentScreen.clickPaymentMethod("Cash"),
    PaymentScreen.clickValidate(),
    see(".modal:contains(0 Stars are available)"),
    Dialog.confirm("Remove the Reward"),
    PaymentScreen.remainingIs("60"),
    PaymentScreen.clickPaymentMethod("Bank"),
    PaymentScreen.clickValidate(),
    ReceiptScreen.isShown(),
]);

/** Whoever changes their mind frees the points at once. */
add("released", () => [
    start(),
    choose("Ann Lee"),
    live(),
    lamp(),
    redeem("60"),
    ProductScreen.clickPayButton(),
    PaymentScreen.clickBack(),
    press("button.retail-points-redeem"),
    NumberPopup.enterValue("0"),
    Dialog.confirm("Redeem"),
    ProductScreen.totalAmountIs("200"),
    run(
        () => until(() => !Object.keys(posmodel.getOrder().uiState.retailHeld).length, "released"),
        "The till has released the points"
    ),
]);

/** No network from the choice of the customer on: the sale goes on, and is sent once after a reload. */
add("offline", () => [
    start(),
    lamp(),
    goOffline(),
    choose("Ann Lee"),
    old(),
    balance(100),
    press("button.retail-points-redeem"),
    see(".modal:contains(Up to 30 while the balance cannot be confirmed)"),
    NumberPopup.enterValue("25"),
    Dialog.confirm("Redeem"),
    see(".retail-points-redeemed:contains(25)"),
    pay(),
    see(".retail-receipt-redeemed:contains(25)"),
    see(".retail-receipt-later"),
    Utils.refresh(),
    run(
        () => until(() => window.posmodel?.models["pos.order"].every((each) => each.isSynced), "all orders are sent"),
        "After the reload, the order is sent"
    ),
    Utils.refresh(),
    see(".product-screen, .receipt-screen"),
]);

/** No network and no limit: nothing can be redeemed. */
add("offline_without_a_limit", () => [
    start(),
    lamp(),
    choose("Ann Lee"),
    live(),
    redeem("25"),
    goOffline(),
    ProductScreen.clickPayButton(false),
    see(".modal:contains(Odoo cannot be reached. No Stars can be redeemed now.)"),
    Dialog.confirm("Remove the Reward"),
    ProductScreen.totalAmountIs("200"),
    Offline.setOnlineMode(),
]);

/** What the till knows gets old, and is never shown as of now when the till is offline. */
const passMinutes = (minutes) =>
    run(() => {
        const { now } = Date;
        Date.now = () => now() + minutes * 60000;
        posmodel.retailNow = Date.now(); // as it does each 10 seconds
    }, `${minutes} minutes pass`);
const asOf = (age) => see(`.retail-points-age:contains(/^As of ${age}$/)`);
add("gets_old", () => [
    start(),
    choose("Ann Lee"),
    live(),
    lamp(),
    goOffline(),
    asOf("a moment ago"),
    balance(100),
    ProductScreen.clickPayButton(),
    see(".payment-screen .retail-points-forecast:contains(added when Odoo can be reached again)"),
    PaymentScreen.clickBack(),
    passMinutes(10),
    asOf("10 minutes ago"),
    Offline.setOnlineMode(),
    run(() => window.dispatchEvent(new Event("online")), "The till notices"),
    live(),
    passMinutes(1),
    asOf("1 minute ago"),
    ProductScreen.clickPayButton(),
    see(".payment-screen .retail-points-live", "It is read again when the payment begins"),
    see(".payment-screen .retail-points-forecast:contains(About 200 Stars for this purchase)"),
    Offline.setOfflineMode(),
    run(() => posmodel.retailForecast(posmodel.getOrder()), "A call fails, of which the browser does not know"),
    see(".payment-screen .retail-points-forecast:contains(added when Odoo can be reached again)"),
    asOf("a moment ago"),
    Offline.setOnlineMode(),
    run(() => posmodel._retailTick(), "10 seconds later, it is read again"),
    live(),
    see(".payment-screen .retail-points-forecast:contains(About 200 Stars for this purchase)"),
]);

/** Whether a customer is a member gets old, too. */
add("no_member_gets_old", () => [
    start(),
    choose("Bo Nobody"),
    see(".retail-points-none:contains(/^Not a member$/)"),
    passMinutes(2),
    see(".retail-points-none:contains(/^Not a member as of 2 minutes ago$/)"),
    goOffline(),
    see(".retail-points-unknown"),
    Utils.elementDoesNotExist(".retail-points-join"),
    Offline.setOnlineMode(),
]);

/** A forecast is that of the amount to pay. */
add("forecast_changes", () => [
    start(),
    choose("Ann Lee"),
    live(),
    lamp(),
    redeem("60"),
    ProductScreen.clickPayButton(),
    see(".payment-screen .retail-points-forecast:contains(About 140 Stars)"),
    run(() => {
        const order = posmodel.getOrder();
        posmodel.retailRedeem(order, order.retailRewardLines(annsCard())[0].reward_id, annsCard(), 0);
    }, "The reward is removed, as when the hold is refused"),
    see(".payment-screen .retail-points-forecast:contains(About 200 Stars)"),
]);

/** Rewards that cost more than the customer has are listed with what is missing, and cannot be chosen. */
const inReach = (text) => see(`.modal .selection-item:enabled:contains(${text})`);
const outOfReach = (text) => see(`.modal .selection-item:disabled:contains(${text})`);
add("out_of_reach", () => [
    start(),
    lamp(),
    choose("Ann Lee"),
    live(),
    see(".retail-points-details:contains(/^Ten off: 20 more Stars needed$/)"),
    ...ProductScreen.clickControlButton("Reward"),
    inReach("per point"),
    inReach("Five off"),
    outOfReach("Ten off · 20 more Stars needed"),
    outOfReach("Twenty off · 150 more Stars needed"),
    press(".modal .selection-item:contains(Five off)"),
    ProductScreen.totalAmountIs("190"),
    balance(20),
    see(".retail-points-details:contains(/^Ten off: 100 more Stars needed$/)"),
    pay(),
]);

/** Without a reward in reach, the cashier still sees what there is. */
add("nothing_in_reach", () => [
    start(),
    lamp(),
    choose("Ann Lee"),
    live(),
    Utils.elementDoesNotExist(".retail-points-redeem"),
    ...ProductScreen.clickControlButton("Reward"),
    outOfReach("per point on your order · 50 more Stars needed"),
    Dialog.cancel(),
    pay(),
]);

/** Any amount in the steps of the reward, also of an order whose total is no multiple of them. */
add("steps", () => [
    start(),
    ProductScreen.addOrderline("Till Candle", "1"),
    choose("Ann Lee"),
    live(),
    press("button.retail-points-redeem"),
    see(".modal:contains(Up to 35 for this order, in steps of 5)"),
    NumberPopup.isShown("35"),
    NumberPopup.enterValue("33"),
    see(".modal:contains(In steps of 5 only)"),
    Dialog.discard(),
    press("button.retail-points-redeem"),
    NumberPopup.enterValue("20"),
    Dialog.confirm("Redeem"),
    ProductScreen.totalAmountIs("17.5"),
    press("button.retail-points-redeem"),
    NumberPopup.isShown("35"),
    Dialog.confirm("Redeem"),
    ProductScreen.totalAmountIs("2.5"),
    balance(65),
    pay(),
]);

/** The answer to the order is lost: it is sent again, and booked once. */
add("answer_lost", () => [
    start(),
    choose("Ann Lee"),
    live(),
    lamp(),
    redeem("40"),
    run(() => {
        const { orm } = posmodel.data;
        const call = orm.call;
        orm.call = async (model, method, ...args) => {
            const answer = await call.call(orm, model, method, ...args);
            if (method === "sync_from_ui") {
                orm.call = call;
                throw new ConnectionLostError();
            }
            return answer;
        };
        const { error } = console;
        console.error = (...args) => (`${args[0]}`.includes("ConnectionLostError") ? null : error(...args));
    }, "The next answer is lost"),
    pay(),
    run(() => posmodel.syncAllOrders(), "It is sent again"),
    run(() => posmodel.syncAllOrders(), "And again"),
    see(".receipt-screen"),
]);

/** A cashier enters a code of the engine: one that it does not know, and one of a program that the till has not loaded. */
const enter = (code) => [
    ...ProductScreen.clickControlButton("Enter Code"),
    TextInputPopup.inputText(code),
    Dialog.confirm(),
];
add("code", () => [
    start(),
    lamp(),
    enter("TEA11"),
    see(".o_notification:contains(TEA11)"),
    enter("TEA10"),
    see(".orderline:contains(10%)"),
    ProductScreen.checkTotalAmount("180.00"),
    enter("GIFT"),
    ProductScreen.checkTotalAmount("130.00"),
    pay(),
]);

/** Large redemptions are confirmed by the customer. */
const code = (text) => ({
    content: `Enter ${text}`,
    trigger: ".modal .retail-confirmation input",
    run: `edit ${text}`,
});
const wrong = (text) => see(`.modal .retail-confirmation-error:contains(${text})`);
const scan = (text) => run(() => posmodel.barcodeReader.scan(text), `Scan ${text}`);

add("confirm_by_code", () => [
    start(),
    choose("Ann Lee"),
    live(),
    lamp(),
    redeem("80"),
    ProductScreen.clickPayButton(false),
    see(".modal:contains(Confirm 80 Stars) .retail-confirmation:contains(Up to 50 Stars a day need no confirmation.)"),
    press(".modal .retail-confirmation-email:contains(a***@example.com)"),
    see(".modal .retail-confirmation-sent:contains(A code was sent to a***@example.com.)"),
    code("999999"),
    Dialog.confirm("Confirm"),
    wrong("The code is wrong. Attempts left: 4."),
    press(".modal .retail-confirmation-email"),
    see(".modal .retail-confirmation:not(:has(.retail-confirmation-error))"),
    code("000001"),
    Dialog.confirm("Confirm"),
    wrong("The code is wrong. Attempts left: 4."),
    code("123456"),
    Dialog.confirm("Confirm"),
    finish(),
]);

add("confirm_by_card", () => [
    start(),
    choose("Ann Lee"),
    live(),
    lamp(),
    redeem("80"),
    ProductScreen.clickPayButton(false),
    Dialog.confirm("Back", ".btn-secondary"),
    redeem("40"),
    ProductScreen.clickPayButton(),
    PaymentScreen.clickBack(),
    redeem("80"),
    ProductScreen.clickPayButton(false),
    see(".modal .retail-confirmation"),
    scan("044-NOT-HERS"),
    wrong("This is not the code of the customer's card."),
    scan("CLUB-ANN-7"),
    finish(),
]);

add("confirm_offline", () => [
    start(),
    choose("Ann Lee"),
    live(),
    lamp(),
    redeem("60"),
    goOffline(),
    ProductScreen.clickPayButton(false),
    see(".modal .retail-confirmation:not(:has(.retail-confirmation-email))"),
    code("044-NOT-HERS"),
    Dialog.confirm("Confirm"),
    wrong("Scan it again."),
    code("CLUB-ANN-7"),
    Dialog.confirm("Confirm"),
    finish(),
    Offline.setOnlineMode(),
    run(() => posmodel.syncAllOrders(), "The order is sent"),
    run(() => until(() => posmodel.models["pos.order"].every((each) => each.isSynced), "sent"), "It arrives"),
]);
