import * as PosLoyalty from "@pos_loyalty/../tests/tours/utils/pos_loyalty_util";
import * as Dialog from "@point_of_sale/../tests/generic_helpers/dialog_util";
import * as Chrome from "@point_of_sale/../tests/pos/tours/utils/chrome_util";
import * as PaymentScreen from "@point_of_sale/../tests/pos/tours/utils/payment_screen_util";
import * as ProductScreen from "@point_of_sale/../tests/pos/tours/utils/product_screen_util";
import * as ReceiptScreen from "@point_of_sale/../tests/pos/tours/utils/receipt_screen_util";
import * as TicketScreen from "@point_of_sale/../tests/pos/tours/utils/ticket_screen_util";
import { registry } from "@web/core/registry";

const open = () => [Chrome.startPoS(), Dialog.confirm("Open Register")];
const takeBack = (quantity) => [
    ...ProductScreen.clickRefund(),
    TicketScreen.filterIs("Paid"),
    TicketScreen.selectOrder("001"),
    ProductScreen.clickNumpad(quantity),
    TicketScreen.confirmRefund(),
];
const isPaidBack = (amount) => [
    PaymentScreen.isShown(),
    PaymentScreen.totalIs(amount),
    PaymentScreen.clickPaymentMethod("Cash"),
    PaymentScreen.clickValidate(),
    ReceiptScreen.isShown(),
];
const sell = (total) => [
    ProductScreen.clickPartnerButton(),
    ProductScreen.clickCustomer("Ann Lee"),
    ProductScreen.addOrderline("Mug", "2"),
    PosLoyalty.claimReward("on your order"),
    PosLoyalty.finalizeOrder("Cash", total),
];

registry.category("web_tour.tours").add("retail_hub_return_with_discount", {
    steps: () => [open(), sell("30"), takeBack("1"), isPaidBack("-15.00")].flat(Infinity),
});

registry.category("web_tour.tours").add("retail_hub_return_deducted", {
    steps: () =>
        [
            open(),
            takeBack("2"),
            PaymentScreen.isShown(),
            PaymentScreen.clickBack(),
            ProductScreen.orderLineHas("Points Already Spent"),
            { trigger: ".orderline:contains(30 Stars of Club already spent)" },
            ProductScreen.clickPayButton(),
            isPaidBack("-37.00"),
        ].flat(Infinity),
});

registry.category("web_tour.tours").add("retail_hub_return_refused", {
    steps: () =>
        [
            open(),
            takeBack("2"),
            Dialog.is({ title: "Points already spent" }),
            Dialog.confirm("Ok"),
            PaymentScreen.isShown(),
            PaymentScreen.clickPaymentMethod("Cash"),
            PaymentScreen.clickValidate(),
            Dialog.is({ title: "Points already spent" }),
        ].flat(Infinity),
});

registry.category("web_tour.tours").add("retail_hub_pending_points", {
    steps: () =>
        [
            open(),
            ProductScreen.clickPartnerButton(),
            ProductScreen.clickCustomer("Ann Lee"),
            ProductScreen.addOrderline("Mug", "2"),
            PosLoyalty.pointsAwardedAre("40"),
            PosLoyalty.pointsTotalIs("70"),
            { trigger: ".o_retail_pending:contains(40 Stars can be spent in 14 days)" },
            PosLoyalty.isRewardButtonHighlighted(false),
            ProductScreen.clickPayButton(),
            PaymentScreen.clickPaymentMethod("Cash"),
            PaymentScreen.clickValidate(),
            ReceiptScreen.isShown(),
            { trigger: ".pos-receipt:contains(40 Stars can be spent in 14 days)" },
        ].flat(Infinity),
});
