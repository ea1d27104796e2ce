"""What goes wrong on an ordinary day between Odoo and HubSpot."""

from __future__ import annotations

from remote import expect
from shop import Shop


def lost_answer(shop: Shop):
    shop.resolve()
    shop.hubspot.fault(path="/batch/upsert", drop="after", times=1)
    jef = shop.customer("Jef Michiels", email="jef@example.com")
    shop.resolve()
    yield "The connection breaks after HubSpot has stored Jef Michiels, before it answers"
    contact = shop.hubspot.the_contact(email="jef@example.com")
    delivery = shop.last_delivery(jef)
    expect((delivery["state"], delivery["attempts"]), ("delivered", 2), "the delivery")
    yield f"one contact, {contact['id']}: the second attempt found it"


def asked_to_slow_down(shop: Shop):
    shop.hubspot.fault(path="/batch/upsert", limit="burst", retry_after=1, times=1)
    kaat = shop.customer("Kaat Wuyts", email="kaat@example.com")
    shop.resolve()
    yield "HubSpot asks to slow down (429) when Kaat Wuyts is sent"
    contact = shop.hubspot.the_contact(email="kaat@example.com")
    delivery = shop.last_delivery(kaat)
    expect((delivery["state"], delivery["attempts"]), ("delivered", 1), "the delivery")
    yield f"contact {contact['id']}, after the pause; no attempt was used up"


STEPS = (lost_answer, asked_to_slow_down)
