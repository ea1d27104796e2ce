"""A till: five sales, points earned and redeemed, a refund, and the close, as the middleware receives them."""

from __future__ import annotations

import uuid
from datetime import UTC, datetime
from typing import Any

import story
from remote import expect
from shop import Shop

PRICE = 12.5
OPENING_CASH = 100.0
EARNED, REDEEMED, REWARD = 25.0, 20.0, 5.0
# Candles of each sale: the first is Carla's, who earns points; the fifth is hers too, and she redeems them.
SOLD = (2, 3, 4, 5, 1)
TOTALS = [PRICE * number for number in SOLD[:-1]] + [PRICE - REWARD]


class Till:
    """A till that is open, and what it needs to sell something for cash. It talks to Odoo as a till does."""

    def __init__(self, shop: Shop, name: str = "Till", sells: str = "Candle"):
        self.call = shop.call
        product = {
            "name": sells,
            "default_code": sells.upper(),
            "list_price": PRICE,
            "taxes_id": [(6, 0, [])],
        }
        [self.product] = self.call("product.product", "create", [product])
        [config] = self.call("pos.config", "create", [{"name": name}])
        self.cash = self._cash(config, name)
        self.call("pos.config", "open_ui", [config])
        [values] = self.call("pos.config", "read", [config], ["current_session_id"])
        self.config = config
        self.session = values["current_session_id"][0]
        self.call("pos.session", "set_opening_control", [self.session], OPENING_CASH, "")

    def _cash(self, config: int, name: str) -> int:
        """Return the till's way to pay in cash, which no other till may have."""
        [values] = self.call("pos.config", "read", [config], ["payment_method_ids"])
        cash = [("id", "in", values["payment_method_ids"]), ("is_cash_count", "=", True)]
        found = self.call("pos.payment.method", "search", cash)
        if not found:
            journal = {"name": f"Cash of {name}", "type": "cash", "code": f"CS{config}"}
            [journal] = self.call("account.journal", "create", [journal])
            method = {"name": f"Cash at {name}", "journal_id": journal, "config_ids": [(4, config)]}
            found = self.call("pos.payment.method", "create", [method])
        return found[0]

    def sell(
        self, quantity: float, *further_lines: dict, customer: int = 0, order_uuid: str = "", **line: Any
    ) -> int:
        """Sell so many pieces (or take them back), and return the order's id."""
        lines = [line_of(self.product, quantity, PRICE, **line), *further_lines]
        return self.order(lines, customer, order_uuid)

    def order(self, lines: list[dict], customer: int, order_uuid: str = "") -> int:
        """Send an order that was paid in cash, and return its id."""
        total = sum(line["price_subtotal_incl"] for line in lines)
        return self.send(
            {
                "uuid": order_uuid or str(uuid.uuid4()),
                "session_id": self.session,
                "partner_id": customer,
                "user_id": 2,
                "date_order": datetime.now(UTC).strftime("%Y-%m-%d %H:%M:%S"),
                "state": "paid",
                "is_refund": total < 0,
                "amount_total": total,
                "amount_tax": 0,
                "amount_paid": total,
                "amount_return": 0,
                "lines": [(0, 0, line) for line in lines],
                "payment_ids": [(0, 0, {"amount": total, "payment_method_id": self.cash, "name": "now"})],
            }
        )

    def send(self, order: dict) -> int:
        """Send an order twice, as a till does that got no answer the first time; return its id."""
        for _time in range(2):
            self.call("pos.order", "sync_from_ui", [order])
        [found] = self.call("pos.order", "search", [("uuid", "=", order["uuid"])])
        return found

    def close(self, counted: float) -> None:
        self.call("pos.session", "post_closing_cash_details", [self.session], counted)
        answer = self.call("pos.session", "close_session_from_ui", [self.session])
        expect(answer, {"successful": True}, "the closing of the till")


def line_of(product, quantity, price, **more):
    return {
        "uuid": str(uuid.uuid4()),
        "product_id": product,
        "qty": quantity,
        "price_unit": price,
        "discount": 0,
        "price_subtotal": price * quantity,
        "price_subtotal_incl": price * quantity,
        "tax_ids": [(6, 0, [])],
        **more,
    }


class Club:
    """The loyalty program of the tills: a point for each euro of a purchase of 20 or more; 20 points are 5 off."""

    def __init__(self, shop: Shop):
        self.call = shop.call
        rule = {"reward_point_mode": "money", "reward_point_amount": 1, "minimum_amount": 20}
        reward = {"discount_mode": "per_order", "discount": REWARD, "required_points": REDEEMED}
        values = {
            "name": "Candle Club",
            "program_type": "loyalty",
            "applies_on": "both",
            "trigger": "auto",
            "sale_ok": False,
            "portal_point_name": "points",
            "rule_ids": [(0, 0, rule)],
            "reward_ids": [(0, 0, {**reward, "description": "5 off"})],
        }
        [self.program] = self.call("loyalty.program", "create", [values])
        [program] = self.call("loyalty.program", "read", [self.program], ["reward_ids"])
        [self.reward] = self.call(
            "loyalty.reward", "read", program["reward_ids"], ["discount_line_product_id"]
        )

    def earn(self, order: int, customer: int) -> int:
        """Give the points of a first purchase, with a new card; return its id."""
        values = {"points": EARNED, "program_id": self.program, "partner_id": customer}
        answer = self.call("pos.order", "confirm_coupon_programs", [order], {"-1": values})
        return answer["coupon_updates"][0]["id"]

    def reward_line(self, card: int) -> dict:
        """Return the line of an order that takes the reward off, once Odoo has said that the points are there."""
        answer = self.call("pos.order", "validate_coupon_programs", [], {str(card): -REDEEMED}, [])
        expect(answer["successful"], True, "whether the points may be redeemed")
        return line_of(
            self.reward["discount_line_product_id"][0],
            1,
            -REWARD,
            is_reward_line=True,
            reward_id=self.reward["id"],
            coupon_id=card,
            reward_identifier_code="candle-club",
            points_cost=REDEEMED,
        )

    def redeem(self, order: int, card: int) -> None:
        """Take the points off the card, when the order has been sent."""
        values = {"points": -REDEEMED, "program_id": self.program, "line_codes": ["candle-club"]}
        self.call("pos.order", "confirm_coupon_programs", [order], {str(card): values})


def till(shop: Shop):
    club, till = Club(shop), Till(shop)
    [carla] = shop.call("res.partner", "search", [("name", "=", "Carla Mertens")])
    first = till.sell(SOLD[0], customer=carla)
    card = club.earn(first, carla)
    others = [till.sell(number) for number in SOLD[1:-1]]
    [sold] = shop.call("pos.order", "read", others[:1], ["lines"])
    till.sell(-1, refunded_orderline_id=sold["lines"][0])
    last = till.sell(SOLD[-1], club.reward_line(card), customer=carla)
    club.redeem(last, card)
    till.close(OPENING_CASH + sum(TOTALS) - PRICE)
    processes = [f"pos.order,{order}" for order in (first, last)]
    shop.stories.append(("Carla Mertens buys at the till, and earns points", processes[0]))
    shop.stories.append(("Carla Mertens comes back, and redeems them", processes[1]))
    shop.resolve()
    yield "The till sells five times, takes one candle back, and is closed. It sends each order twice"
    received = [event for event in shop.middleware_events() if event["data"].get("store") == "Till"]
    data = {
        name: [event["data"] for event in received if story.name(event) == name]
        for name in ("order.placed", "refund.issued", "settlement.closed")
    }
    [refund], [settlement] = data["refund.issued"], data["settlement.closed"]
    # Orders are sent side by side: only the events of one order arrive in order.
    totals = sorted(float(each["total"]) for each in data["order.placed"])
    expect(totals, sorted(TOTALS), "the totals")
    expect(refund["total"], f"{PRICE:.2f}", "the refund's total")
    counts = (settlement["order_count"], settlement["refund_count"])
    expect(counts, (len(SOLD), 1), "the numbers of sales and refunds")
    expect(settlement["total"], f"{sum(TOTALS) - PRICE:.2f}", "the settlement's total")
    expect(settlement["cash"]["difference"], "0.00", "the cash difference")
    yield f"Middleware: {len(SOLD)} orders, each once, one refund, and the settlement with their sum"


def loyalty(shop: Shop):
    yield f"Carla Mertens earns {EARNED:g} points with the first sale, and redeems {REDEEMED:g} with the fifth"
    first, last = [process for title, process in shop.stories if title.startswith("Carla Mertens")]
    placed = "order.placed"
    earned = story.check(
        shop, first, {placed: "", "order.paid": placed, "loyalty.enrolled": placed, "loyalty.earned": placed}
    )
    redeemed = story.check(shop, last, {placed: "", "order.paid": placed, "loyalty.redeemed": placed})
    changes = [event["data"] for event in earned + redeemed if "points" in event["data"]]
    expect([each["points"] for each in changes], [f"{EARNED:g}", f"-{REDEEMED:g}"], "the points")
    expect(len({each["code"] for each in changes}), 1, "the number of cards")
    balance = f"{EARNED - REDEEMED:g}"
    expect(changes[-1]["balance"], balance, "the balance")
    yield f"Middleware: a new card, +{EARNED:g} and -{REDEEMED:g} points, each linked to its order; balance {balance}"


STEPS = (till, loyalty)
