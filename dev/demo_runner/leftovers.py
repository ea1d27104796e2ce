"""What is left at the end of the day, on purpose, for somebody to look at and correct."""

from __future__ import annotations

from remote import Unexpected, expect
from shop import OPEN_STATES, WAIT, Shop
from stage import without_delay

from stack import free_port, wait_until


def refused(shop: Shop):
    names = ("Leen Aerts", "Mia Bogaert")
    ids = [
        shop.customer(name, email=f"{name.split()[0].lower()}@example.com", zip=f"9O{n}O", city="Gent")
        for n, name in enumerate(names, 1)
    ]
    shop.left.update(ids)
    yield "Left for you: Leen Aerts and Mia Bogaert, with postal codes that HubSpot refuses"
    for partner_id in ids:
        delivery = shop.last_delivery(partner_id)
        expect((delivery["state"], delivery["error_code"]), ("dead", "INVALID_ZIP"), "the delivery")
    yield "two failed events with one cause: correct the postal codes"


def shared_address(shop: Shop):
    shop.customer("Nand Cools", email="family@cools.example")
    yield WAIT
    nora = shop.customer("Nora Cools", email="family@cools.example")
    shop.left.add(nora)
    shop.changed_for_second_account.append(nora)
    yield "Left for you: Nora Cools, who shares an email address with Nand Cools"
    expect(shop.last_delivery(nora)["state"], "delivered", "the delivery")
    expect(shop.call("retail.alias", "search_count", [("res_id", "=", nora)]), 1, "the number of duplicates")
    shop.hubspot.the_contact(email="family@cools.example")
    yield "one contact, Nand’s; she is a possible duplicate: merge the two, or change one address"


def waiting(shop: Shop):
    yield WAIT
    shop.resolve()
    shop.hubspot.fault(path="/batch/", status=503, times=3)
    omer = shop.customer("Omer Wils", email="omer@example.com")
    shop.left.add(omer)
    shop.changed_for_second_account.append(omer)
    wait_until(lambda: shop.last_delivery(omer)["attempts"], 30, "no attempt was made to send Omer Wils")
    yield "Left for you: Omer Wils, sent while HubSpot is down (503)"
    delivery = shop.last_delivery(omer)
    if delivery["state"] not in OPEN_STATES or delivery["error_code"] != "HTTP_503":
        raise Unexpected(f"the delivery is {delivery['state']}")
    yield "no contact yet: it is retried automatically, after 5 s, 30 s, 5 min, …"


def second_account_down(shop: Shop):
    nobody = f"http://127.0.0.1:{free_port()}"
    values = {"name": "HubSpot (second account)", "base_url": nobody}
    connector = shop.call("retail.connector", "create", [values])
    [credentials] = shop.call("retail.connector", "read", connector, ["credential_ids"])
    shop.call("retail.credential", "write", credentials["credential_ids"], {"value": "sandbox-token"})
    [shop.second_account_id] = connector
    without_delay(shop, shop.second_account_id)
    shop.call("retail.connector", "action_activate", connector)
    guests = shop.call("res.partner", "search", [("email", "=like", "guest%@market.example")], limit=20)
    shop.call("res.partner", "write", guests, {"website": "https://market.example"})
    shop.changed_for_second_account += guests
    wait_until(
        lambda: shop.call("retail.connector", "read", connector, ["is_circuit_open"])[0]["is_circuit_open"],
        60,
        "the circuit breaker does not open",
    )
    shop.resolve()
    yield "Left for you: a second account, at an address where nobody answers; 20 customers are changed"
    deliveries = [("connector_id", "in", connector), ("state", "!=", "pending")]
    expect(shop.call("retail.delivery", "search_count", deliveries), 0, "the number of lost deliveries")
    yield "its 20 changes wait; the first account has received them: one does not delay the other"


STEPS = (refused, shared_address, second_account_down, waiting)
