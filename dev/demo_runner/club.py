"""A loyalty club whose points an engine (Voucherify) owns: earned, redeemed, returned, and proved at the end."""

from __future__ import annotations

import contextlib
import uuid

from remote import Unexpected, expect
from shop import OPEN_STATES, Shop
from storefront import PRICE, order, payment, place
from till import PRICE as TILL_PRICE
from till import Till, line_of

from stack import wait_until

PROGRAM = "lprg_5a1d000000000001"  # the sandbox's: a point for each euro that was paid
CREDENTIALS = {"app_id": "sandbox-app", "app_token": "sandbox-token"}
NAMES = ("Nele Segers", "Otto Baert", "Pien Maris", "Quinten Roels", "Rosa Lenaerts")
SALES = 8  # candles in a sale at the till: 100.00
VASES = 4  # in an order of the web shop: 116.00
OFF = 0.1  # euros for a point
NEVER = {"reward_point_mode": "money", "reward_point_amount": 1, "product_domain": "[('id', '=', 0)]"}


class Club:
    """The club's program, its members and the tills that know it."""

    def __init__(self, shop: Shop):
        self.shop, self.call = shop, shop.call
        reward = {"discount_mode": "per_point", "discount": OFF, "required_points": 1}
        values = {
            "name": "Linden Club",
            "program_type": "loyalty",
            "applies_on": "both",
            "trigger": "auto",
            "portal_point_name": "points",
            "retail_owner": "engine",
            "retail_connector_id": shop.engine_id,
            "retail_remote_program": PROGRAM,
            "rule_ids": [(0, 0, NEVER)],
            "reward_ids": [(0, 0, {**reward, "description": "Points"})],
        }
        [self.program] = self.call("loyalty.program", "create", [values])
        [program] = self.call("loyalty.program", "read", [self.program], ["reward_ids"])
        [self.reward] = self.call(
            "loyalty.reward", "read", program["reward_ids"], ["discount_line_product_id"]
        )
        self.cards: dict[str, int] = {}
        self.customers: dict[str, int] = {}
        self.sales = 0
        self.tills: tuple[Till, Till] | None = None

    def open_tills(self) -> None:
        self.tills = (Till(self.shop, "Club Till", "Tea"), Till(self.shop, "Second Club Till", "Cocoa"))

    def enroll(self, name: str) -> None:
        email = f"{name.split()[0].lower()}@example.com"
        address = {"street": "Kaai 7", "zip": "2000", "city": "Antwerpen"}
        self.customers[name] = self.shop.customer(name, email=email, **address)
        values = {"program_id": self.program, "partner_id": self.customers[name]}
        [self.cards[name]] = self.call("loyalty.card", "create", [values])

    def points(self, name: str) -> float:
        [card] = self.call("loyalty.card", "read", [self.cards[name]], ["points"])
        return card["points"]

    def total(self) -> float:
        return sum(map(self.points, self.cards))

    def at_engine(self) -> float:
        """Return the points of all members, as the engine has them."""
        self.shop.hubspot.act("process", "voucherify")
        return sum(card["balance"]["points"] for card in self.shop.hubspot.records("cards", "voucherify"))

    def wait_for(self, points: float, timeout: float = 90) -> None:
        with contextlib.suppress(TimeoutError):
            wait_until(lambda: self.total() == points == self.at_engine(), timeout, "")
        expect((self.total(), self.at_engine()), (points, points), "the points in (Odoo, Voucherify)")

    def sell(self, name: str, points: float = 0) -> int:
        """Sell eight pieces of tea at the till, and redeem points of the member's."""
        till, order_uuid = self.tills[0], str(uuid.uuid4())
        lines = []
        if points:
            expect(self.hold(till, order_uuid, name, points), None, "what the till is refused")
            lines = [self._reward_line(name, points)]
        return till.sell(SALES, *lines, customer=self.customers[name], order_uuid=order_uuid)

    def hold(self, till: Till, order_uuid: str, name: str, points: float) -> dict | None:
        """Hold points at a till, as it does when the cashier begins the payment; return what is refused."""
        wanted = {str(self.cards[name]): points}
        return self.call("pos.config", "retail_hold_points", [till.config], order_uuid, wanted)["refused"]

    def _reward_line(self, name, points):
        return line_of(
            self.reward["discount_line_product_id"][0],
            1,
            -points * OFF,
            is_reward_line=True,
            reward_id=self.reward["id"],
            coupon_id=self.cards[name],
            reward_identifier_code=f"club-{self.cards[name]}",
            points_cost=points,
        )

    def buy_online(self, name: str) -> str:
        """Buy four vases in the web shop; return the number of the order."""
        self.sales += 1
        number = f"C-{self.sales}"
        email = f"{name.split()[0].lower()}@example.com"
        place(self.shop.storefront, order(self.shop, number, VASES, name, email, "CLUBVASE"))
        payment(self.shop.storefront, "capture", number, f"pay-{number}", VASES * PRICE, method="card")
        return number


def club_opens(shop: Shop):
    connect_engine(shop)
    shop.stocked("Club Vase", "CLUBVASE", PRICE, 100)
    shop.club = club = Club(shop)
    for name in NAMES:
        club.enroll(name)
    shop.resolve()
    wait_until(lambda: len(_members(shop)) == len(NAMES), 60, "not all are members of the club")
    club.open_tills()
    yield f"Voucherify owns the points of the Linden Club; {len(NAMES)} customers join"
    expected = sorted(f"odoo-{each}" for each in club.customers.values())
    expect(sorted(_members(shop)), expected, "who is a member")
    yield f"Voucherify: {len(NAMES)} members, each once"


def connect_engine(shop: Shop) -> None:
    values = {"name": "Voucherify", "provider": "voucherify", "base_url": shop.hubspot.url}
    [shop.engine_id] = shop.call("retail.connector", "create", [values])
    of_engine = [("connector_id", "=", shop.engine_id)]
    for each in shop.call("retail.credential", "search_read", of_engine, ["name"]):
        shop.call("retail.credential", "write", [each["id"]], {"value": CREDENTIALS[each["name"]]})
    flows = shop.call("retail.flow", "search", of_engine)
    shop.call("retail.flow", "write", flows, {"window_seconds": 0})
    shop.call("retail.connector", "action_activate", [shop.engine_id])


def _members(shop):
    """Return what Voucherify calls its customers who are members: ``odoo-7`` of the customer 7."""
    names = {each["id"]: each["source_id"] for each in shop.hubspot.records("customers", "voucherify")}
    return [names[each["customer_id"]] for each in shop.hubspot.records("members", "voucherify")]


def earn(shop: Shop):
    club = shop.club
    for name in NAMES:
        club.sell(name)
        club.online = club.buy_online(name)
    earned = len(NAMES) * (SALES * TILL_PRICE + VASES * PRICE)
    shop.resolve()
    club.wait_for(earned)
    yield f"Each member buys for {SALES * TILL_PRICE:.2f} at the till and for {VASES * PRICE:.2f} in the web shop"
    yield f"Voucherify gives {earned:g} points; the cards in Odoo show them, with the order of each"


def redeem_half(shop: Shop):
    club = shop.club
    before = club.total()
    half = {name: club.points(name) // 2 for name in NAMES}
    earned = 0.0
    for name in NAMES[:3]:
        club.sell(name, half[name])
        earned += SALES * TILL_PRICE - half[name] * OFF
    for name in NAMES[3:]:
        _redeem_online(shop, club, name, half[name])
    shop.resolve()
    club.wait_for(before - sum(half.values()) + _whole(earned, 3))
    yield f"They redeem half of them, {sum(half.values()):g}: three at the till, two in the web shop"
    yield "Voucherify took the same points, once each; the paid rest of the sales at the till earned anew"


def _whole(amount, sales):
    """Return the points of so many equal sales: the engine gives whole ones."""
    return sales * (amount / sales // 1)


def _redeem_online(shop, club, name, points):
    [card] = shop.call("loyalty.card", "read", [club.cards[name]], ["code"])
    content = {
        "external_id": f"H-{NAMES.index(name)}",
        "card": {"code": card["code"]},
        "points": f"{points:g}",
    }
    storefront = shop.storefront
    for path, body in (("", content), (f"/{content['external_id']}/commit", {})):
        answer = storefront.post(f"/loyalty/holds{path}", body)
        expect(answer.status_code in (200, 201), True, f"whether {name}’s points are redeemed: {answer.text}")


def redeem_twice(shop: Shop):
    club, name = shop.club, NAMES[0]
    points = club.points(name)
    first, second = (str(uuid.uuid4()) for _till in club.tills)
    refused = [
        club.hold(till, order_uuid, name, points)
        for till, order_uuid in zip(club.tills, (first, second), strict=True)
    ]
    [card] = shop.call("loyalty.card", "read", [club.cards[name]], ["code"])
    content = {"external_id": "H-twice", "card": {"code": card["code"]}, "points": "1"}
    status = shop.storefront.post("/loyalty/holds", content).status_code
    shop.call("pos.config", "retail_hold_points", [club.tills[0].config], first, {})  # she changes her mind
    yield f"{name} wants to spend all of her {points:g} points at two tills and in the web shop at once"
    expect(refused[0], None, "what the first till is refused")
    expect(refused[1]["available"], 0, "what is available at the second till")
    expect(status, 409, "the answer to the web shop")
    yield "the first till holds them; the second till and the web shop are told that none are available"


def outage(shop: Shop):
    club, before = shop.club, shop.club.total()
    shop.hubspot.fault(status=503, path="/v")
    for name in NAMES:
        club.sell(name)
        club.online = club.buy_online(name)
    wait_until(lambda: _waiting(shop) >= len(NAMES), 30, "nothing waits for Voucherify")
    waiting = _waiting(shop)
    shop.hubspot.faults_clear()
    shop.resolve()
    earned = len(NAMES) * (SALES * TILL_PRICE + VASES * PRICE)
    club.wait_for(before + earned)
    yield f"Voucherify is down while the members buy {2 * len(NAMES)} times; nobody is kept waiting"
    if not waiting:
        raise Unexpected("nothing waited while Voucherify was down")
    yield f"{waiting} events waited; all arrive when it is back, and {earned:g} points come once"


def _waiting(shop):
    waiting = [("connector_id", "=", shop.engine_id), ("state", "in", OPEN_STATES)]
    return shop.call("retail.delivery", "search_count", waiting)


def return_in_the_store(shop: Shop):
    club, before = shop.club, shop.club.total()
    [found] = shop.call("sale.order", "search", [("client_order_ref", "=", f"#{club.online}")])
    [sold] = shop.call("sale.order", "read", [found], ["order_line", "partner_id"])
    [line] = shop.call("sale.order.line", "read", sold["order_line"], ["product_id"])
    of_order = {"sale_order_origin_id": found, "sale_order_line_id": line["id"]}
    back = line_of(line["product_id"][0], -1, PRICE, **of_order)
    club.tills[0].order([back], sold["partner_id"][0])
    shop.resolve()
    club.wait_for(before - PRICE)
    yield f"{NAMES[-1]} brings one vase of her online order {club.online} back to the store"
    yield f"the till gives {PRICE:.2f} back; Voucherify takes the {PRICE:g} points of that vase back"


def close_tills(shop: Shop):
    for till in shop.club.tills:
        [session] = shop.call("pos.session", "read", [till.session], ["cash_register_balance_end"])
        till.close(session["cash_register_balance_end"])
    yield "The tills of the club are closed"
    yield _proof(shop)


def _proof(shop):
    """Compare the cards, the ledger and the engine, and say that they agree."""
    club = shop.club
    shop.call("retail.loyalty.difference", "action_prove", [])
    found = shop.call("retail.loyalty.difference", "search_read", [("state", "=", "open")], ["display_name"])
    expect([each["display_name"] for each in found], [], "the list of differences")
    cards = list(club.cards.values())
    entries = shop.call("retail.loyalty.entry", "search_read", [("card_id", "in", cards)], ["points"])
    ledger = sum(entry["points"] for entry in entries)
    expect((ledger, club.at_engine()), (club.total(), club.total()), "the points of (the ledger, Voucherify)")
    return (
        f"cards, ledger ({len(entries)} entries) and Voucherify agree: {club.total():g} points, no difference"
    )


STEPS = (club_opens, earn, redeem_half, redeem_twice, outage, return_in_the_store, close_tills)
