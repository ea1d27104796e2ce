"""What a manager does, and sees: an outage, a repair, a backfill, a replay of events."""

from __future__ import annotations

from remote import expect
from shop import Shop
from stage import POSTAL_CODE_RULE, REGULARS

from stack import wait_until

TITLE_RULE = {
    "property": "jobtitle",
    "pattern": "(?!Courier).*",
    "error": "INVALID_OPTION",
    "message": "Courier was not one of the allowed options",
}


def outage(shop: Shop):
    shop.resolve()
    before = shop.hubspot.request_count()
    shop.hubspot.fault(path="/batch/", status=503)
    names = [f"Queue {n}" for n in range(1, 13)]
    ids = [shop.customer(name, email=f"queue{n}@outage.example") for n, name in enumerate(names)]
    wait_until(lambda: shop.connector("is_circuit_open"), 60, "the circuit breaker does not open")
    refused = len(shop.hubspot.calls(before))
    for number in range(1, 6):
        shop.call("res.partner", "write", ids, {"street": f"Dorpsstraat {number}"})
    while_open = len(shop.hubspot.calls(before)) - refused
    shop.hubspot.faults_clear()
    shop.call("retail.connector", "action_probe", [shop.connector_id])
    shop.resolve()
    calls = len(shop.hubspot.calls(before)) - refused
    yield f"HubSpot is down ({refused} calls get 503); 12 customers sign up and are changed five times"
    expect(while_open, 0, "the number of calls while the connector waits")
    expect(shop.connector("is_circuit_open"), False, "the circuit")
    found = [shop.hubspot.the_contact(email=f"queue{n}@outage.example") for n in range(len(names))]
    expect({contact["properties"]["address"] for contact in found}, {"Dorpsstraat 5"}, "the address")
    yield f"no calls while down; after “Retry Now” one test call, then the 12 contacts, in {calls} calls in all"


def repaired(shop: Shop):
    shop.hubspot.configure(validation_rules=[POSTAL_CODE_RULE, TITLE_RULE])
    ids = [
        shop.customer(f"Driver {n}", email=f"driver{n}@fleet.example", function="Courier") for n in range(4)
    ]
    shop.resolve()
    expect({shop.last_delivery(id_)["state"] for id_ in ids}, {"dead"}, "the state before the repair")
    shop.hubspot.configure(validation_rules=[POSTAL_CODE_RULE])
    domain = [("connector_id", "=", shop.connector_id), ("error_code", "=", "INVALID_OPTION")]
    [group] = wait_until(
        lambda: shop.call("retail.error.group", "search", domain), 10, "the failed events have no group"
    )
    action = shop.call("retail.error.group", "action_repair", [group])
    shop.call("retail.dead.letter.wizard", "action_replay", [action["res_id"]])
    yield "HubSpot lacks an option: 4 events fail for one cause. The option is added; Repair sends all again"
    for number in range(4):
        shop.hubspot.the_contact(email=f"driver{number}@fleet.example")
    expect({shop.last_delivery(id_)["state"] for id_ in ids}, {"delivered"}, "the state of the deliveries")
    yield "four contacts; the cause is resolved"


def backfilled(shop: Shop):
    before = shop.hubspot.request_count()
    domain = "[('partner_share', '=', True), ('email', '=like', '%@regulars.example')]"
    values = {"kind": "backfill", "connector_id": shop.connector_id, "domain": domain}
    run = shop.call("retail.bulk.run", "create", [values])
    shop.call("retail.bulk.run", "action_start", run)
    done = [("id", "in", run), ("state", "=", "done")]
    wait_until(lambda: shop.call("retail.bulk.run", "search_count", done), 60, "the backfill does not end")
    calls = len(shop.hubspot.calls(before))
    yield f"Backfill: {REGULARS} customers from before the connector"
    found = {contact["properties"].get("email") for contact in shop.hubspot.living()}
    count = sum(str(email).endswith("@regulars.example") for email in found)
    expect(count, REGULARS, "the number of contacts")
    yield f"{count} contacts, in {calls} calls of the bulk lane"


STEPS = (outage, repaired, backfilled)
