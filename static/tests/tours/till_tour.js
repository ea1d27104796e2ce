/* global posmodel */
import * as Chrome from "@point_of_sale/../tests/pos/tours/utils/chrome_util";
import * as Dialog from "@point_of_sale/../tests/generic_helpers/dialog_util";
import * as NumberPopup from "@point_of_sale/../tests/generic_helpers/number_popup_util";
import * as PaymentScreen from "@point_of_sale/../tests/pos/tours/utils/payment_screen_util";
import * as ProductScreen from "@point_of_sale/../tests/pos/tours/utils/product_screen_util";
import * as ReceiptScreen from "@point_of_sale/../tests/pos/tours/utils/receipt_screen_util";
import { registry } from "@web/core/registry";

const see = (selector, content = selector) => ({ content, trigger: selector });
const press = (selector, content = selector) => ({ content, trigger: selector, run: "click" });
const start = () => [Chrome.startPoS(), Dialog.confirm("Open Register")];
const choose = (name) => [ProductScreen.clickPartnerButton(), ProductScreen.clickCustomer(name)];
const balance = (points) => see(`.retail-points-balance:contains(/^${points}$/)`);
const live = () => see(".retail-points-live");
const redeem = (points) => [
    press("button.retail-points-redeem"),
    NumberPopup.enterValue(points),
    NumberPopup.isShown(points),
    Dialog.confirm("Redeem"),
    see(`.retail-points-redeemed:contains(${points})`),
];
const pay = (method, amount) => [
    ProductScreen.clickPayButton(),
    PaymentScreen.clickPaymentMethod(method),
    PaymentScreen.clickValidate(),
    ReceiptScreen.isShown(),
];

function add(name, steps) {
    registry.category("web_tour.tours").add(`retail_hub_till_${name}`, { steps: () => steps().flat(Infinity) });
}

/** The engine answers: the live balance, a part of the points redeemed, and what the receipt says. */
add("live", () => [
    start(),
    choose("Ann Lee"),
    live(),
    balance(100),
    ProductScreen.addOrderline("Till Lamp", "1"),
    see(".retail-points-forecast"),
    redeem("37"),
    balance(63),
    ProductScreen.totalAmountIs("163"),
    ProductScreen.clickDisplayedProduct("Till Lamp", true, "2"),
    ProductScreen.totalAmountIs("363"),
    see(".retail-points-redeemed:contains(37)", "The amount stays when the order changes"),
    pay("Cash"),
    see(".retail-receipt-redeemed:contains(37)"),
    see(".retail-receipt-balance:contains(63)"),
    see(".retail-receipt-later"),
]);
