"""The shop that the demo plays in: its Odoo, its people, its HubSpot account."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING

from remote import HubSpot, Unexpected
from rpc import Session

from stack import OdooServer, Sandbox, wait_until

if TYPE_CHECKING:
    from api import ApiClient

WAIT = ""  # what a step yields to go on when all is quiet
OPEN_STATES = ("pending", "in_flight", "unknown")
FIELD_NAMES = [
    "res_model",
    "res_id",
    "event_type",
    "state",
    "attempts",
    "error_message",
    "error_code",
    "warning",
]


class Shop:
    """What the steps of the day work with. `call` acts as the admin, `clerk.call` as the clerk.

    :param url: the address for browsers
    """

    def __init__(self, odoo: OdooServer, sandbox: Sandbox, url: str):
        self.odoo = odoo
        self.url = url
        self.servers = (odoo, sandbox)
        self.call = odoo.call
        self.hubspot = HubSpot(sandbox.url)
        self.connector_id = 0
        self.middleware_id = 0
        self.second_account_id = 0
        self.engine_id = 0
        self.clerk: Session | None = None
        # The external systems that call the API.
        self.storefront: ApiClient | None = None
        self.warehouse: ApiClient | None = None
        # What the account at the end of the day goes by.
        self.opened_at = ""  # by the database's clock
        self.first_regular = self.first_of_today = 0  # ids of customers
        self.left: set[int] = set()  # customers that are no contact yet, on purpose
        self.merged: dict[int, int] = {}  # the customer that was merged away: the one that is left
        self.erased: list[int] = []
        self.changed_for_second_account: list[int] = []
        self.stories: list[tuple[str, str]] = []  # title and process of what is shown at the end

    def customer(self, name: str, **values) -> int:
        """Create a customer and return its id."""
        return self.call("res.partner", "create", [{"name": name, **values}])[0]

    def stocked(self, name: str, sku: str, price: float, quantity: int) -> int:
        """Create a product of which so many are in stock, and return its id."""
        values = {"name": name, "default_code": sku, "is_storable": True, "list_price": price}
        [product] = self.call("product.product", "create", [values])
        [warehouse] = self.call("stock.warehouse", "search_read", [], ["lot_stock_id"], limit=1)
        location = warehouse["lot_stock_id"][0]
        quant = {"product_id": product, "location_id": location, "inventory_quantity": quantity}
        quants = self.call("stock.quant", "create", [quant], context={"inventory_mode": True})
        self.call("stock.quant", "action_apply_inventory", quants)
        return product

    def connector(self, field: str):
        """Return the value of a field of the connector."""
        [values] = self.call("retail.connector", "read", [self.connector_id], [field])
        return values[field]

    def wants(self, event_type: str) -> bool:
        """Return whether HubSpot receives such events."""
        flow = [("connector_id", "=", self.connector_id), ("event_type", "=", event_type)]
        return bool(self.call("retail.flow", "search_count", flow))

    def resolve(self, timeout: float = 90) -> None:
        """Wait until nothing waits to be sent, except what is left waiting on purpose."""
        domain = [
            ("connector_id", "in", [self.connector_id, self.middleware_id, self.engine_id]),
            ("state", "in", OPEN_STATES),
            ("error_code", "!=", "HTTP_503"),
        ]
        wait_until(
            lambda: not self.call("retail.delivery", "search_count", domain),
            timeout,
            f"outgoing events are still waiting; Odoo's log is {self.odoo.log_path}",
            interval=0.2,
        )

    def wait_for_retries(self, attempts: int = 3, timeout: float = 90) -> None:
        """Wait until what HubSpot was down for has had so many attempts that the next one is minutes away."""
        wait_until(
            lambda: any(
                delivery["attempts"] >= attempts for delivery in self.deliveries(error_code="HTTP_503")
            ),
            timeout,
            "there was no further attempt",
            interval=0.5,
        )

    def middleware_events(self) -> list[dict]:
        """Return the CloudEvents that the middleware took, in the order in which they came."""
        return [received["event"] for received in self.hubspot.records("events", "webhook")]

    def deliveries(self, partner_id: int | None = None, **conditions) -> list[dict]:
        """Return deliveries to HubSpot, oldest first, of one customer if it is named."""
        conditions = {"connector_id": self.connector_id, **conditions}
        if partner_id:
            conditions |= {"res_model": "res.partner", "res_id": partner_id}
        domain = [(name, "=", value) for name, value in conditions.items()]
        return self.call("retail.delivery", "search_read", domain, FIELD_NAMES, order="id")

    def last_delivery(self, partner_id: int) -> dict:
        found = self.deliveries(partner_id)
        if not found:
            raise Unexpected("no outgoing event was saved")
        return found[-1]

    def deliveries_by_state(self) -> list[tuple[str, int]]:
        """Return the states of the deliveries to HubSpot, named as on the screens, with their counts."""
        state = self.call("retail.delivery", "fields_get", ["state"], ["selection"])["state"]
        names = {value: label.lower() for value, label in state["selection"]}
        return Counter(names[delivery["state"]] for delivery in self.deliveries()).most_common()
