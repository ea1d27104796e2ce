"""Start and stop what the demo needs, and set it up as an admin would."""

from __future__ import annotations

import base64
import contextlib
import socket
from collections.abc import Iterator

from cryptography.fernet import Fernet
from report import progress, say
from rpc import Session
from shop import Shop

from front import Front
from stack import Database, OdooServer, Sandbox, database_name, free_port, wait_until

MODULES = ("retail_hub", "payment_demo", "contacts", "sale_management", "pos_sale")
COMPANY = "Linden & Daughters"
OWN_PROPERTY = {"name": "odoo_customer_id", "label": "Odoo customer id", "hasUniqueValue": True}
REGULARS = 250
WORKERS = 6  # more than the capacity of root, as the README asks
WINDOW = 1  # seconds in which the changes of a record are sent as one
CLERK_GROUPS = (
    "base.group_partner_manager",
    "sales_team.group_sale_salesman_all_leads",
    "account.group_account_invoice",
    "point_of_sale.group_pos_user",
    "stock.group_stock_user",
    "retail_hub.group_user",
)
SECRET = "whsec_" + base64.b64encode(b"the secret of the sandbox itself").decode()
POSTAL_CODE_RULE = {
    "property": "zip",
    "pattern": r"\d{4}",
    "error": "INVALID_ZIP",
    "message": "Enter a postal code of four digits",
}


@contextlib.contextmanager
def stage(port: int | None = None) -> Iterator[Shop]:
    """Give a shop whose connector is active; everything ends and is removed with the block."""
    say("Starting (about half a minute)")
    with contextlib.ExitStack() as stack:
        database = stack.enter_context(Database(database_name("demo")))
        progress(f"installing retail_hub in the new database {database.name} (about 20 s)")
        database.install(*MODULES)
        progress("starting the sandbox, which stands in for HubSpot")
        sandbox = stack.enter_context(Sandbox(label="demo-sandbox"))
        progress(f"starting Odoo: {WORKERS} workers, the job runner and its channels")
        odoo = OdooServer(database, workers=WORKERS, config_extra=_secrets())
        stack.callback(odoo.kill)  # nothing of it is kept, so that it need not end politely
        wait_until(odoo.begin().is_healthy, 120, f"Odoo did not start; its log is {odoo.log_path}")
        front = stack.enter_context(Front(port or usual_port(), odoo))
        shop = Shop(odoo, sandbox, front.url)
        progress("setting up the shop, its HubSpot connector and a middleware")
        set_up_people(shop)
        set_up_web_shop(shop)
        set_up_regulars(shop)
        set_up_account(shop)
        set_up_connector(shop)
        set_up_middleware(shop)
        odoo.wait_until_ready()
        open_shop(shop)
        yield shop


def usual_port() -> int:
    """Return Odoo's usual port, or a free one if that is taken."""
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("127.0.0.1", 8069))
        except OSError:
            return free_port()
    return 8069


def _secrets():
    # The receiver of the webhooks is on this machine, which a webhook may call only if the option allows it.
    return {"retail_hub": {"secret_keys": Fernet.generate_key().decode()}}


def set_up_people(shop: Shop) -> None:
    """The company, and a clerk: a user of sales, invoicing, the till and the warehouse."""
    [belgium] = shop.call("res.country", "search", [("code", "=", "BE")])
    [euro] = shop.call("res.currency", "search", [("name", "=", "EUR")], context={"active_test": False})
    shop.call("res.currency", "write", [euro], {"active": True})
    company = {
        "name": COMPANY,
        "country_id": belgium,
        "currency_id": euro,
        "stock_text_confirmation": False,
    }
    shop.call("res.company", "write", [1], company)
    pricelists = shop.call("product.pricelist", "search", [])
    shop.call("product.pricelist", "write", pricelists, {"currency_id": euro})
    groups = [group_id(shop, *name.split(".")) for name in CLERK_GROUPS]
    clerk = {"name": "Clara Wouters", "login": "clerk", "password": "clerk", "group_ids": [(6, 0, groups)]}
    users = [2, *shop.call("res.users", "create", [clerk])]
    # No chat window that opens by itself: on a phone it hides the page.
    shop.call("res.users", "write", users, {"odoobot_state": "disabled"})
    shop.clerk = Session(shop.odoo.url, shop.odoo.db.name, "clerk", "clerk")


def set_up_web_shop(shop: Shop) -> None:
    """A payment provider that says yes to everything, and mails without PDFs, which nobody reads here."""
    provider = shop.call("payment.provider", "search", [("code", "=", "demo")])
    shop.call("payment.provider", "write", provider, {"state": "test", "is_published": True})
    mails = shop.call("mail.template", "search", [("model", "=", "sale.order")])
    shop.call("mail.template", "write", mails, {"report_template_ids": [(5, 0, 0)]})


def set_up_regulars(shop: Shop) -> None:
    """Customers from before the connector, which knows nothing of them."""
    rows = [[f"Regular {n}", f"regular{n}@regulars.example", "Brugge"] for n in range(1, REGULARS + 1)]
    ids = shop.call("res.partner", "load", ["name", "email", "city"], rows)["ids"]
    shop.first_regular, shop.first_of_today = min(ids), max(ids) + 1


def group_id(shop: Shop, module: str, name: str) -> int:
    """Return the id of a group that a module defines."""
    domain = [("module", "=", module), ("name", "=", name)]
    [found] = shop.call("ir.model.data", "search_read", domain, ["res_id"])
    return found["res_id"]


def set_up_account(shop: Shop) -> None:
    """In HubSpot: a property of the shop's own with unique values, a rule for postal codes, the limits of a plan."""
    shop.hubspot.configure(
        custom_properties=[OWN_PROPERTY],
        validation_rules=[POSTAL_CODE_RULE],
        ten_secondly_limit=100,
        daily_limit=250_000,
    )


def without_delay(shop: Shop, connector_id: int) -> None:
    """Send everything within a second or two: nobody wants to wait for the end of the day here."""
    flows = shop.call("retail.flow", "search", [("connector_id", "=", connector_id)])
    shop.call("retail.flow", "write", flows, {"mode": "realtime", "window_seconds": WINDOW})


def set_up_middleware(shop: Shop) -> None:
    """A receiver of webhooks, which receives every event."""
    values = {"name": "Middleware", "provider": "webhook", "base_url": f"{shop.hubspot.url}/hooks/middleware"}
    [shop.middleware_id] = shop.call("retail.connector", "create", [values])
    secret = [("connector_id", "=", shop.middleware_id), ("name", "=", "signing_secret")]
    shop.call(
        "retail.credential", "write", shop.call("retail.credential", "search", secret), {"value": SECRET}
    )
    shop.call("retail.connector", "action_add_flows", [shop.middleware_id])
    of_connector = [("connector_id", "=", shop.middleware_id)]
    flows = shop.call("retail.flow", "search", of_connector, context={"active_test": False})
    shop.call("retail.flow", "write", flows, {"active": True})
    without_delay(shop, shop.middleware_id)
    shop.call("retail.connector", "action_activate", [shop.middleware_id])


def open_shop(shop: Shop) -> None:
    """Note the time, as Odoo's records have it: what is made from now on is of today."""
    [(now,)] = shop.odoo.db.query("SELECT to_char(now() AT TIME ZONE 'UTC', 'YYYY-MM-DD HH24:MI:SS')")
    shop.opened_at = now


def set_up_connector(shop: Shop) -> None:
    """What the README asks an admin to do: create, set the credential, look at the flows, test, activate."""
    [shop.connector_id] = shop.call(
        "retail.connector", "create", [{"name": "HubSpot", "base_url": shop.hubspot.url}]
    )
    [connector] = shop.call("retail.connector", "read", [shop.connector_id], ["credential_ids"])
    shop.call("retail.credential", "write", connector["credential_ids"], {"value": "sandbox-token"})
    shop.call("retail.connector", "action_add_flows", [shop.connector_id])
    without_delay(shop, shop.connector_id)
    of_customers = [
        ("connector_id", "=", shop.connector_id),
        ("subject", "in", ["customer", "business_customer"]),
    ]
    rows = shop.call("retail.connector.object", "search", of_customers)
    shop.call("retail.connector.object", "write", rows, {"fallback_key_property": OWN_PROPERTY["name"]})
    answer = shop.call("retail.connector", "action_test_connection", [shop.connector_id])
    if answer["params"]["type"] != "success":
        raise RuntimeError(f"the connection test failed: {answer['params']['message']}")
    shop.call("retail.connector", "action_activate", [shop.connector_id])
    # A second account that is not set up yet, so that the setup check has something to say.
    shop.call("retail.connector", "create", [{"name": "HubSpot (test account)"}])
