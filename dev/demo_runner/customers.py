"""The customers of the day."""

from __future__ import annotations

import time

from remote import Unexpected, expect
from shop import WAIT, Shop
from stage import WINDOW

EDITS = 50
IMPORTED = 200


def new_web_customer(shop: Shop):
    ann = shop.customer("Ann Janssens", email="Ann.Janssens@example.com", phone="0470 12 34 56", city="Gent")
    yield "Ann Janssens signs up in the web shop"
    contact = shop.hubspot.the_contact(email="ann.janssens@example.com")
    expect(contact["properties"]["firstname"], "Ann", "the first name")
    expect(contact["properties"]["phone"], "+32470123456", "the phone number")
    expect([d["state"] for d in shop.deliveries(ann)], ["delivered"], "the state of her deliveries")
    yield f"contact {contact['id']}, phone in international form"


def company_with_contacts(shop: Shop):
    people = [("Bart Claes", "bart@delinde.example"), ("Lotte Smet", "lotte@delinde.example")]
    children = [{"name": name, "email": email, "type": "contact"} for name, email in people]
    children.append({"name": "Warehouse", "type": "delivery", "street": "Kaai 7", "city": "Antwerpen"})
    company = shop.customer(
        "De Linde NV",
        is_company=True,
        email="info@delinde.example",
        street="Lindestraat 1",
        city="Brugge",
        zip="8000",
        child_ids=[(0, 0, child) for child in children],
    )
    yield "De Linde NV becomes a customer, with two contacts and a delivery address"
    own = shop.hubspot.the_contact(email="info@delinde.example")
    expect(own["properties"]["city"], "Brugge", "the city")
    for _name, email in people:
        contact = shop.hubspot.the_contact(email=email)
        expect(contact["properties"]["company"], "De Linde NV", f"the company of {email}")
    expect(shop.hubspot.living(lastname="Warehouse"), [], "the list of contacts made of the address")
    expect(shop.last_delivery(company)["state"], "delivered", "the state of the delivery")
    yield "three contacts of one company, and none for the address"


def many_edits(shop: Shop):
    ben = shop.customer("Ben Peeters", email="ben@example.com")
    shop.resolve()
    before, started = shop.hubspot.request_count(), time.monotonic()
    for number in range(1, EDITS + 1):
        shop.call("res.partner", "write", [ben], {"street": f"Marktplein {number}"})
    windows = (time.monotonic() - started) / WINDOW
    shop.resolve()
    calls = shop.hubspot.calls(before)
    yield f"{EDITS} quick edits of Ben Peeters"
    contact = shop.hubspot.the_contact(email="ben@example.com")
    expect(contact["properties"]["address"], f"Marktplein {EDITS}", "the address")
    if not 1 <= len(calls) <= windows + 2:
        raise Unexpected(f"{len(calls)} calls for {EDITS} edits")
    yield f"the last address, in {len(calls)} call{'s' * (len(calls) > 1)}"


def without_email(shop: Shop):
    carla = shop.customer("Carla Mertens", phone="+32 9 123 45 67")
    yield "Carla Mertens becomes a customer at the till, without an email address"
    contact = shop.hubspot.the_contact(odoo_customer_id=str(carla))
    expect(contact["properties"]["lastname"], "Mertens", "the last name")
    yield f"contact {contact['id']}, found by its odoo_customer_id"


def unreadable_phone(shop: Shop):
    dirk = shop.customer("Dirk Willems", email="dirk@example.com", phone="ask the neighbour")
    yield "Dirk Willems has a phone number that cannot be parsed"
    contact = shop.hubspot.the_contact(email="dirk@example.com")
    expect(contact["properties"].get("phone", ""), "", "the phone number")
    delivery = shop.last_delivery(dirk)
    expect(delivery["state"], "delivered", "the state of the delivery")
    if "phone" not in (delivery["warning"] or ""):
        raise Unexpected("the outgoing event has no warning about the phone number")
    yield "the contact without a phone number; the outgoing event has a warning"


def duplicate_merged(shop: Shop):
    eva = shop.customer("Eva Maes", email="eva.maes@example.com")
    again = shop.customer("Eva Maes-Dubois", email="eva@dubois.example")
    yield WAIT
    both = [
        shop.hubspot.the_contact(email=email)["id"]
        for email in ("eva.maes@example.com", "eva@dubois.example")
    ]
    wizard = {"partner_ids": [(6, 0, [eva, again])], "dst_partner_id": eva, "state": "selection"}
    wizard_id = shop.call("base.partner.merge.automatic.wizard", "create", [wizard])
    shop.call("base.partner.merge.automatic.wizard", "action_merge", wizard_id)
    shop.merged[again] = eva
    yield "Eva Maes exists twice: the admin merges the two"
    contact = shop.hubspot.the_contact(email="eva.maes@example.com")
    expect(shop.hubspot.living(email="eva@dubois.example"), [], "the list of contacts with the other address")
    expect(
        set(both) - {contact["id"], *contact["mergedIds"]}, set(), "the set of contacts left out of the merge"
    )
    yield f"one contact, {contact['id']}, merged from the two"


def archived(shop: Shop):
    fien = shop.customer("Fien Jacobs", email="fien@example.com")
    yield WAIT
    shop.call("res.partner", "action_archive", [fien])
    yield "Fien Jacobs is archived"
    contact = shop.hubspot.the_contact(email="fien@example.com")
    yield f"contact {contact['id']} stays: HubSpot cannot archive contacts"


def deleted(shop: Shop):
    gust = shop.customer("Gust Hermans", email="gust@example.com")
    yield WAIT
    shop.call("res.partner", "unlink", [gust])
    shop.erased.append(gust)
    yield "Gust Hermans wants to be forgotten, and is deleted"
    expect(shop.hubspot.living(email="gust@example.com"), [], "the list of living contacts")
    yield "the contact is deleted too (in HubSpot's recycle bin)"


def imported(shop: Shop):
    before = shop.hubspot.request_count()
    names = ["name", "email", "zip", "city"]
    rows = [[f"Guest {n}", f"guest{n}@market.example", "9000", "Gent"] for n in range(1, IMPORTED + 1)]
    answer = shop.call("res.partner", "load", names, rows)
    if not answer["ids"]:
        raise RuntimeError(f"the import failed: {answer['messages']}")
    shop.resolve()
    calls = shop.hubspot.calls(before)
    yield f"{IMPORTED} customers are imported from a list"
    found = [
        c for c in shop.hubspot.living(city="Gent") if c["properties"]["email"].endswith("@market.example")
    ]
    expect(len({c["properties"]["email"] for c in found}), IMPORTED, "the number of contacts")
    expect(len(found), IMPORTED, "the number of contacts")
    yield f"{IMPORTED} contacts, in {len(calls)} calls"


def invalid_then_corrected(shop: Shop):
    hilde = shop.customer("Hilde Goossens", email="hilde@example.com", zip="9OOO", city="Gent")
    yield WAIT
    refused = shop.last_delivery(hilde)
    expect(
        (refused["state"], refused["error_code"]),
        ("dead", "INVALID_ZIP"),
        "the delivery before the correction",
    )
    shop.clerk.call("res.partner", "write", [hilde], {"zip": "9000"})
    yield "Hilde Goossens has a postal code that HubSpot refuses (“9OOO”); the clerk corrects it"
    contact = shop.hubspot.the_contact(email="hilde@example.com")
    expect(contact["properties"]["zip"], "9000", "the postal code")
    expect(
        [d["state"] for d in shop.deliveries(hilde)],
        ["superseded", "delivered"],
        "the state of her deliveries",
    )
    yield "the contact; the failed event was superseded by the correction"


def colleague(shop: Shop):
    [user] = shop.call("res.users", "create", [{"name": "Ine Maas", "login": "ine@example.com"}])
    [values] = shop.call("res.users", "read", [user], ["partner_id"])
    yield "A colleague, Ine Maas, gets a user account"
    expect(shop.hubspot.living(email="ine@example.com"), [], "the list of contacts")
    expect(shop.last_delivery(values["partner_id"][0])["state"], "cancelled", "the state of the delivery")
    yield "nothing: the flow sends customers only"


STEPS = (
    new_web_customer,
    company_with_contacts,
    without_email,
    unreadable_phone,
    colleague,
    many_edits,
    imported,
    duplicate_merged,
    archived,
    deleted,
    invalid_then_corrected,
)
