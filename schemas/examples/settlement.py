"""An example of the closing of a till."""

from ..settlement import (
    SettlementAmountsV1,
    SettlementCashV1,
    SettlementPaymentV1,
    SettlementTaxV1,
    SettlementV1,
)
from .example import COMPANY, Example

NOTHING = SettlementAmountsV1(untaxed="0.00", tax="0.00", total="0.00")
SETTLEMENT = SettlementV1(
    id="2000000080",
    number="POS/SAMPLE",
    store="Shop",
    company=COMPANY,
    currency="EUR",
    opened_at="2026-11-23T08:00:00Z",
    closed_at="2026-11-23T17:00:00Z",
    cashier="Bo Peeters",
    order_count=2,
    refund_count=1,
    untaxed="180.00",
    tax="37.80",
    total="217.80",
    sales=SettlementAmountsV1(untaxed="200.00", tax="42.00", total="242.00"),
    refunds=SettlementAmountsV1(untaxed="20.00", tax="4.20", total="24.20"),
    settled=NOTHING,
    invoiced=NOTHING,
    taxes=(SettlementTaxV1(name="21%", rate="21", base="180.00", amount="37.80"),),
    payments=(
        SettlementPaymentV1(method="Cash", kind="cash", count=2, amount="96.80", difference="-1.80"),
        SettlementPaymentV1(method="Card", kind="bank", count=1, amount="121.00"),
    ),
    cash=SettlementCashV1(
        opening="100.00",
        payments="96.80",
        moves="-50.00",
        expected="146.80",
        counted="145.00",
        difference="-1.80",
    ),
    entry_number="POSS/2026/11/SAMPLE",
)

EXAMPLES = {"settlement.closed": Example(SETTLEMENT)}
