"""Orders of Odoo at HubSpot, driven by what people do in Odoo: what is there afterwards, and what the clerk reads."""

import json

from odoo import Command
from odoo.exceptions import ValidationError
from odoo.tests import tagged

from ...models.outbox.attempt_snapshot import MAX_ENTRIES, request_properties
from ..common import TOKEN, ShopCase
from ..sandbox.client import SandboxProcess

OPEN, DELIVERED, CANCELLED = (
    "4b27b500-f031-4927-9811-68a0b525cbae",
    "3725360f-519b-4b18-a593-494d60a29c9f",
    "3c85a297-e9ce-400b-b42e-9f16853d69d6",
)
SHIPPED = "aa99e8d0-c1d5-4071-b915-d240bbb1aed9"


class HubSpotCase(ShopCase):
    """A connector with the flows of a CRM, whose account has the key properties and the company's currency."""

    def setUp(self):
        super().setUp()
        self._open_account(self.sandbox)
        self.reported = self._switch_on(self.connector)
        self._forget_past()

    def _open_account(self, sandbox):
        sandbox.configure(currencies=[self.env.company.currency_id.name])

    def _switch_on(self, connector):
        """Click "CRM Flows", and return what it says."""
        shown = connector.action_add_flows()["params"]
        connector.flow_ids.window_seconds = 0
        return shown["type"], shown["message"]

    def _forget_past(self):
        """Have no customer sent yet: an order has to see to that."""
        self._commit()
        self.env["retail.delivery"].search([]).unlink()

    def _arrived(self, *args, **values):
        order = self._order(*args, **values)
        self._drain()
        self.assertEqual(self._deliveries(order).mapped("state"), ["delivered"])
        return order

    def _living(self, kind, sandbox=None):
        return [each for each in (sandbox or self.sandbox).records(kind) if not each["archived"]]

    def _only(self, kind):
        [record] = self._living(kind)
        return record

    def _line_items(self, record):
        """Return ``{key: properties}`` of the line items that a remote record is linked to."""
        linked = record["associations"].get("line_items", [])
        return {
            each["properties"]["odoo_id"]: each["properties"]
            for each in self._living("line_items")
            if each["id"] in linked
        }

    def _shows_as_odoo(self, record, order, discount=0.0):
        """Check the amounts of a remote order.

        :param discount: what rewards take off, which HubSpot subtracts from the subtotal
        """
        properties = record["properties"]
        names = ("hs_subtotal_price", "hs_tax", "hs_total_price", "hs_currency_code")
        digits = order.currency_id.decimal_places
        amounts = (order.amount_untaxed + discount, order.amount_tax, order.amount_total)
        self.assertEqual(
            tuple(properties[name] for name in names),
            (*(f"{amount:.{digits}f}" for amount in amounts), order.currency_id.name),
        )

    def _dead(self, record):
        """Return (class, code, field) of the only delivery of a record, which is dead."""
        [delivery] = self._deliveries(record, state="dead")
        return delivery.error_class, delivery.error_code, delivery.error_field

    def _delete_there(self, kind, remote_id):
        with self.connector._connection() as adapter:
            self.assertEqual(adapter.api.objects(kind, "DELETE", f"/{remote_id}").status, 204)

    def _calls_of(self, kind):
        return [each for each in self.sandbox.requests() if f"/{kind}/" in each["path"]]


@tagged("post_install", "-at_install")
class TestHubSpotSetUp(HubSpotCase):
    def test_crm_flows(self):
        """One click: the flows, and what HubSpot needs for them."""
        kind, message = self.reported
        self.assertEqual(kind, "success")
        self.assertIn("Added: ", message)
        self.assertIn("Order placed", message)
        self.assertIn("HubSpot does not accept: Refund issued, Refund cancelled.", message)
        self.assertIn(
            "Created in the remote system: order: odoo_id, invoice: odoo_id, line item: odoo_id.", message
        )
        used = self.connector.field_map_ids.filtered("is_used")
        wrong = used.filtered(lambda line: line.check_status not in ("ok", "doubt"))
        self.assertEqual(wrong.mapped(lambda line: (line.remote_property, line.check_note)), [])
        self.assertEqual(self._switch_on(self.connector)[0], "success")
        self.assertEqual(self.connector.action_set_up()["params"]["message"], "Everything is already set up.")

    def test_another_object_is_set_up(self):
        """Who takes companies or deals presses "Set up" once more."""
        self._choose_object("order", "deal")
        self._choose_object("business_customer", "company")
        shown = self.connector.action_set_up()["params"]
        self.assertEqual(shown["message"], "Created: company: odoo_id, deal: odoo_id.")

    def test_a_token_that_may_not(self):
        """The flows are there all the same, and the admin reads what is missing."""
        connector = self._create_connector("Second")
        self.sandbox.reset()
        self.sandbox.configure(
            scopes=[
                f"crm.objects.{name}.{right}"
                for name in ("contacts", "orders")
                for right in ("read", "write")
            ]
        )
        kind, message = self._switch_on(connector)
        self.assertEqual(kind, "warning")
        self.assertIn("The remote system could not be set up: ", message)
        self.assertIn("crm.schemas.orders.write", message)
        self.assertIn("order.placed", connector.flow_ids.mapped("event_type"))
        shown = connector.action_set_up()["params"]
        self.assertEqual(shown["type"], "danger")
        self.assertIn("crm.schemas.orders.write", shown["message"])
        self.assertEqual(connector.state, "active")  # customers go on

    def test_one_object_that_the_token_may_not_touch(self):
        """The others are set up all the same: orders arrive, invoices are refused."""
        self.sandbox.reset()
        self._open_account(self.sandbox)
        rights = ("read", "write")
        objects = [f"crm.objects.{name}.{right}" for name in ("contacts", "orders") for right in rights]
        self.sandbox.configure(scopes=[*objects, "crm.schemas.orders.write", "e-commerce"])
        self.assertIn("invoices", self.connector.action_set_up()["params"]["message"])
        order = self._arrived()
        self.assertEqual(len(self._line_items(self._only("orders"))), len(order.order_line))

    def test_no_credentials_yet(self):
        """A draft gets its flows; what it needs at HubSpot is made later."""
        connector = self.env["retail.connector"].create({"name": "New", "base_url": self.sandbox.url})
        self.assertEqual(self._switch_on(connector)[0], "warning")


@tagged("post_install", "-at_install")
class TestHubSpotOrders(HubSpotCase):
    def test_confirmed(self):
        """Its customer was never sent: it goes first, and by itself."""
        order = self._arrived(line={"discount": 10})
        self.assertEqual(self._deliveries(self.customer).mapped("state"), ["delivered"])
        record = self._only("orders")
        self._shows_as_odoo(record, order)
        properties = record["properties"]
        self.assertEqual(properties["hs_total_price"], "65.30")
        self.assertEqual(
            (properties["hs_order_name"], properties["odoo_id"], properties["hs_pipeline_stage"]),
            (order.name, f"sale.order/{order.id}", OPEN),
        )
        self.assertEqual(record["associations"]["contacts"], [self.sandbox.contacts()[0]["id"]])
        [(key, line)] = self._line_items(record).items()
        self.assertEqual(key, f"sale.order.line/{order.order_line.id}")
        self.assertEqual(
            (line["hs_sku"], line["quantity"], line["price"], line["hs_discount_percentage"]),
            ("LAMP", "3", "19.99", "10"),
        )

    def test_changed_afterwards(self):
        """A line more, another quantity, a line less: the line items follow, each there once."""
        order = self._arrived()
        [first] = order.order_line
        order.order_line = [Command.create({"product_id": self.product.id, "product_uom_qty": 2})]
        first.product_uom_qty = 5
        self._drain()
        record = self._only("orders")
        self._shows_as_odoo(record, order)
        quantities = {key: line["quantity"] for key, line in self._line_items(record).items()}
        self.assertEqual(
            quantities,
            {f"sale.order.line/{line.id}": f"{line.product_uom_qty:g}" for line in order.order_line},
        )
        order.locked = False
        order.order_line[1].product_uom_qty = 0
        self._drain()
        record = self._only("orders")
        self._shows_as_odoo(record, order)
        self.assertEqual(len(self._line_items(record)), 2)

    def test_a_line_that_is_removed(self):
        order = self._arrived()
        extra = self.env["sale.order.line"].create({"order_id": order.id, "product_id": self.product.id})
        self._drain()
        self.assertEqual(len(self._living("line_items")), 2)
        order.state = "draft"  # Odoo lets no line of a confirmed order be deleted
        extra.unlink()
        order.state = "sale"
        order.client_order_ref = "PO 7"
        self._drain()
        record = self._only("orders")
        self._shows_as_odoo(record, order)
        self.assertEqual(list(self._line_items(record)), [f"sale.order.line/{order.order_line.id}"])
        self.assertEqual(len(self._living("line_items")), 1)

    def test_cancelled(self):
        order = self._arrived()
        order._action_cancel()
        self._drain()
        record = self._only("orders")
        self.assertEqual(record["properties"]["hs_pipeline_stage"], CANCELLED)
        self.assertEqual(record["properties"]["hs_external_order_status"], "cancelled")

    def test_cancelled_after_a_part_was_shipped(self):
        self.product.is_storable = True
        self.env["stock.quant"]._update_available_quantity(self.product, self.warehouse.lot_stock_id, 5)
        order = self._arrived(quantity=5)
        order.picking_ids.move_ids.write({"quantity": 2, "picked": True})
        order.picking_ids._action_done()
        self._drain()
        order._action_cancel()
        self._drain()
        properties = self._only("orders")["properties"]
        self.assertEqual(
            (properties["hs_pipeline_stage"], properties["hs_fulfillment_status"]),
            (CANCELLED, "shipped"),
        )

    def _ship(self, picking, quantity):
        picking.move_ids.write({"quantity": quantity, "picked": True})
        picking._action_done()

    def _failed_shipment(self):
        """Return an order of 5, and the event of a shipment of 2, which HubSpot did not accept and is sent later."""
        self.product.is_storable = True
        self.env["stock.quant"]._update_available_quantity(self.product, self.warehouse.lot_stock_id, 5)
        order = self._arrived(quantity=5)
        shipment = order.picking_ids
        self._ship(shipment, 2)
        self.sandbox.fault(path="/orders/batch/update", status=500, times=1)
        self._drain()
        late = self._deliveries(shipment)
        self.assertEqual((late.event_type, late.state), ("shipment.confirmed", "unknown"))
        return order, late

    def _send_late(self, late):
        self._make_due(late)
        self._drain()
        self.assertEqual(late.state, "delivered")
        properties = self._only("orders")["properties"]
        return properties["hs_pipeline_stage"], properties["hs_fulfillment_status"]

    def test_a_late_shipment_of_an_order_that_was_shipped_in_full(self):
        order, late = self._failed_shipment()
        self._ship(order.picking_ids.filtered("backorder_id"), 3)
        self._drain()
        self.assertEqual(self._send_late(late), (SHIPPED, "shipped"))

    def test_a_late_shipment_of_an_order_that_was_cancelled(self):
        order, late = self._failed_shipment()
        order._action_cancel()
        self._drain()
        self.assertEqual(self._send_late(late), (CANCELLED, "shipped"))

    def test_resync_of_an_order_that_was_shipped(self):
        order, late = self._failed_shipment()
        self._ship(order.picking_ids.filtered("backorder_id"), 3)
        self._send_late(late)
        order.action_retail_resync()
        self._drain()
        self.assertEqual(self._only("orders")["properties"]["hs_pipeline_stage"], SHIPPED)

    def test_cancelled_and_confirmed_again(self):
        order = self._arrived()
        order._action_cancel()
        self._drain()
        order.action_draft()
        order.action_confirm()
        self._drain()
        self.assertEqual(self._only("orders")["properties"]["hs_pipeline_stage"], OPEN)

    def test_confirmed_and_cancelled_in_one_transaction(self):
        order = self._order()
        order._action_cancel()
        self._drain()
        self.assertEqual(self._deliveries(order).mapped("state"), ["delivered"] * 2)
        self.assertEqual(self._only("orders")["properties"]["hs_pipeline_stage"], CANCELLED)
        self.assertEqual(len(self._living("line_items")), 1)

    def test_nothing_new_makes_no_call(self):
        order = self._arrived()
        order.client_order_ref = "PO 7"  # HubSpot has no property for it
        self._drain()
        calls = len(self._calls_of("orders"))
        order.client_order_ref = "PO 8"
        self._drain()
        self.assertEqual(len(self._calls_of("orders")), calls)

    def test_prices_with_the_tax_included(self):
        self.tax.price_include_override = "tax_included"
        order = self._arrived(quantity=7)
        record = self._only("orders")
        self._shows_as_odoo(record, order)
        self.assertEqual(record["properties"]["hs_total_price"], "139.93")

    def test_a_reward_below_zero(self):
        """HubSpot has no line items below zero: what they take off is a property of the order."""
        order = self._quotation()
        order.order_line = [
            Command.create(
                {
                    "product_id": self.product.id,
                    "name": "5 off",
                    "product_uom_qty": 1,
                    "price_unit": -5,
                    "is_reward_line": True,
                    "tax_ids": self.tax.ids,
                }
            )
        ]
        order.action_confirm()
        self._drain()
        record = self._only("orders")
        self._shows_as_odoo(record, order, discount=5)
        self.assertEqual(record["properties"]["hs_order_discount"], "5.00")
        self.assertEqual(len(self._line_items(record)), 1)

    def test_another_currency(self):
        yen = self.env.ref("base.JPY")
        yen.active = True
        self.sandbox.configure(currencies=[self.env.company.currency_id.name, "JPY"])
        pricelist = self.env["product.pricelist"].create({"name": "Japan", "currency_id": yen.id})
        order = self._quotation(quantity=1, pricelist_id=pricelist.id)
        order.order_line.price_unit = 1999.0
        order.action_confirm()
        local = self._order()
        self._drain()
        by_name = {each["properties"]["hs_order_name"]: each for each in self._living("orders")}
        self._shows_as_odoo(by_name[order.name], order)
        self._shows_as_odoo(by_name[local.name], local)
        self.assertEqual(by_name[order.name]["properties"]["hs_total_price"], "2419")

    def test_the_address_of_a_customer(self):
        """The customer itself is linked, and the order says where it goes."""
        address = self.env["res.partner"].create(
            {"name": "Shed", "parent_id": self.customer.id, "type": "delivery", "city": "Bruges"}
        )
        self._forget_past()
        self._arrived(partner_id=address.id, partner_shipping_id=address.id)
        [contact] = self.sandbox.contacts()
        record = self._only("orders")
        self.assertEqual(contact["properties"]["email"], "ann@example.com")
        self.assertEqual(record["associations"]["contacts"], [contact["id"]])
        self.assertEqual(record["properties"]["hs_shipping_address_city"], "Bruges")

    def test_many_lines(self):
        """All arrive; what is kept of the request stays small, and says how much was cut."""
        lines = [
            Command.create({"product_id": self.product.id, "product_uom_qty": n % 3 + 1}) for n in range(300)
        ]
        order = self._arrived(order_line=lines)
        record = self._only("orders")
        self._shows_as_odoo(record, order)
        self.assertEqual(len(self._line_items(record)), 300)
        [attempt] = self._deliveries(order).attempt_ids
        kept = json.loads(attempt.request)["lines"]
        self.assertEqual(len(kept), MAX_ENTRIES + 1)
        self.assertEqual(kept[-1], f"… and {300 - MAX_ENTRIES} more")
        self.assertEqual(kept[0]["properties"]["hs_sku"], "LAMP")

    def test_as_deals(self):
        self._choose_object("order", "deal")
        self.connector.action_set_up()
        order = self._arrived()
        deal = self._only("deals")
        properties = deal["properties"]
        self.assertEqual(
            (properties["dealname"], properties["amount"], properties["dealstage"]),
            (order.name, f"{order.amount_total:.2f}", "closedwon"),
        )
        self.assertEqual(deal["associations"]["contacts"], [self.sandbox.contacts()[0]["id"]])
        self.assertEqual(len(self._line_items(deal)), 1)
        order._action_cancel()
        self._drain()
        self.assertEqual(self._only("deals")["properties"]["dealstage"], "closedlost")
        self.assertEqual(self._living("orders"), [])

    def test_from_orders_to_deals(self):
        """What was made stays; what is sent from then on is a deal."""
        order = self._arrived()
        self._choose_object("order", "deal")
        self.connector.action_set_up()
        order.order_line.product_uom_qty = 4
        self._drain()
        self.assertEqual(self._only("deals")["properties"]["dealname"], order.name)
        self.assertEqual(len(self._living("orders")), 1)
        order.order_line.product_uom_qty = 6
        self._drain()
        self.assertEqual(self._only("deals")["properties"]["amount"], f"{order.amount_total:.2f}")


@tagged("post_install", "-at_install")
class TestHubSpotWaiting(HubSpotCase):
    def test_waits_for_the_repair_of_its_customer(self):
        """It uses up no attempt, says for what, blocks nobody, and goes out by itself."""
        self.customer.email = False
        self._drain()
        order = self._order()
        other = self._partner("Bo", "bo@example.com")
        of_other = self._order(partner_id=other.id)
        self._drain()
        delivery = self._deliveries(order)
        self.assertEqual(self._dead(self.customer), ("mapping", "KEY_MISSING", "email"))
        self.assertEqual((delivery.state, delivery.attempts, delivery.attempt_ids.ids), ("pending", 0, []))
        self.assertEqual(
            delivery.error_message,
            f"Waiting for Contact #{self.customer.id}, which has failed and must be repaired first.",
        )
        self.assertEqual(self._deliveries(of_other).state, "delivered")
        self.customer.email = "ann@example.com"
        self._drain()
        self.assertEqual((delivery.state, delivery.attempts, delivery.error_message), ("delivered", 1, False))
        by_name = {each["properties"]["hs_order_name"]: each for each in self._living("orders")}
        self.assertEqual(len(by_name[order.name]["associations"]["contacts"]), 1)

    def test_its_customer_is_merged_while_it_waits(self):
        """The order and the invoice go to the survivor, also if that is merged in turn."""
        survivor, last = self._partner("Bo", "bo@example.com"), self._partner("Cy", "cy@example.com")
        self._drain()
        order = self._order()
        invoice = order._create_invoices()
        invoice.action_post()
        self._commit()
        wizard = self.env["base.partner.merge.automatic.wizard"]
        wizard._merge([self.customer.id, survivor.id], survivor)
        wizard._merge([survivor.id, last.id], last)
        for _attempt in range(3):
            self._make_due(self._deliveries().filtered(lambda each: each.state == "pending"))
            self._drain()
        self.assertEqual(set(self._deliveries().mapped("state")), {"delivered"})
        [contact] = self._living("contacts")
        for kind in ("orders", "invoices"):
            self.assertEqual(self._only(kind)["associations"]["contacts"], [contact["id"]])
        self.assertFalse(self._deliveries(order).filtered("warning"))

    def test_a_customer_that_the_flow_leaves_out(self):
        """The order goes without it, and says so."""
        flows = self.connector.flow_ids.filtered(lambda flow: flow.event_type.startswith("customer."))
        flows.domain = f"[('id', '!=', {self.customer.id})]"
        order = self._order()
        self._drain()
        delivery = self._deliveries(order)
        self._make_due(delivery)
        self._drain()
        self.assertEqual(delivery.state, "delivered")
        self.assertIn(f"Contact #{self.customer.id} must be sent first, but was not sent", delivery.warning)
        self.assertNotIn("contacts", self._only("orders")["associations"])

    def test_two_companies(self):
        """Each order goes to its own company's account only, and the customer that both share to each."""
        second = self.env["res.company"].create(
            {"name": "Second", "currency_id": self.env.company.currency_id.id}
        )
        self.env.user.company_ids |= second
        account = self.enterContext(SandboxProcess())
        self._open_account(account)
        connector = self._create_connector("Theirs", base_url=account.url, company_id=second.id)
        self._switch_on(connector)
        self._forget_past()
        ours = self._order()
        theirs = self._order_of(second)
        for each in (self.connector, connector):
            self._drain(each)
        for sandbox, order in ((self.sandbox, ours), (account, theirs)):
            [record] = self._living("orders", sandbox)
            self.assertEqual(record["properties"]["odoo_id"], f"sale.order/{order.id}")
            [contact] = sandbox.contacts()
            self.assertEqual(contact["properties"]["email"], "ann@example.com")
            self.assertEqual(record["associations"]["contacts"], [contact["id"]])
        self.assertEqual(self._deliveries(theirs).connector_id, connector)
        self.assertEqual(self._deliveries(ours).connector_id, self.connector)

    def test_a_customer_of_the_company_above(self):
        """The order of a branch is linked to a customer of its parent company, whose changes reach the branch, too."""
        branch = self.env["res.company"].create({"name": "Branch", "parent_id": self.env.company.id})
        self.env.user.company_ids |= branch
        account = self.enterContext(SandboxProcess())
        self._open_account(account)
        connector = self._create_connector("Theirs", base_url=account.url, company_id=branch.id)
        self._switch_on(connector)
        self.customer.company_id = self.env.company
        self._forget_past()
        order = self._order_of(branch)
        self._drain(connector)
        self._make_due(self._deliveries(order))
        self._drain(connector)
        [record] = self._living("orders", account)
        [contact] = account.contacts()
        self.assertEqual(record["associations"]["contacts"], [contact["id"]])
        self.customer.city = "Bruges"
        self._drain(connector)
        [contact] = account.contacts()
        self.assertEqual(contact["properties"]["city"], "Bruges")

    def _order_of(self, company):
        orders = self.env["sale.order"].with_company(company)
        order = orders.create(
            {
                "partner_id": self.customer.id,
                "company_id": company.id,
                "order_line": [Command.create({"product_id": self.product.id, "tax_ids": False})],
            }
        )
        order.action_confirm()
        return order


@tagged("post_install", "-at_install")
class TestHubSpotTrouble(HubSpotCase):
    def test_the_order_was_deleted_there(self):
        """The clerk reads it, presses Resync on the order, and it is there again with all its lines."""
        order = self._arrived()
        old = self._only("orders")["id"]
        self._delete_there("order", old)
        order.order_line.product_uom_qty = 5
        self._drain()
        self.assertEqual(self._dead(order), ("business", "OBJECT_NOT_FOUND", False))
        [dead] = self._deliveries(order, state="dead")
        self.assertEqual(
            dead.error_message,
            "The order was deleted or merged in HubSpot. Resync links it again or creates a new one.",
        )
        order.action_retail_resync()
        self._drain()
        record = self._only("orders")
        self.assertNotEqual(record["id"], old)
        self._shows_as_odoo(record, order)
        self.assertEqual([line["quantity"] for line in self._line_items(record).values()], ["5"])
        self.assertEqual(record["associations"]["contacts"], [self.sandbox.contacts()[0]["id"]])
        self.assertFalse(self._deliveries(order, state="dead"))

    def test_the_customer_was_deleted_there(self):
        order = self._arrived()
        self._delete_there("contact", self.sandbox.contacts()[0]["id"])
        order.order_line.product_uom_qty = 5
        self._drain()
        self.assertEqual(self._dead(order), ("business", "LINKED_RECORD_GONE", "contact"))
        self.customer.action_retail_resync()
        self._drain()
        [contact] = self._living("contacts")
        self._deliveries(order, state="dead")._replay()
        self._drain()
        self.assertFalse(self._deliveries(order, state="dead"))
        self.assertEqual(self._only("orders")["associations"]["contacts"], [contact["id"]])

    def test_the_customer_was_merged_there(self):
        self._arrived()
        other = self._partner("Bo", "bo@example.com")
        self._drain()
        ids = {each["properties"]["email"]: each["id"] for each in self.sandbox.contacts()}
        pair = {"primaryObjectId": ids["bo@example.com"], "objectIdToMerge": ids["ann@example.com"]}
        with self.connector._connection() as adapter:
            winner = str(adapter.api.objects("contact", "POST", "/merge", pair).object["id"])
        orders = self._arrived(), self._arrived(partner_id=other.id)
        by_name = {each["properties"]["hs_order_name"]: each for each in self._living("orders")}
        for order in orders:
            self.assertEqual(by_name[order.name]["associations"]["contacts"], [winner])

    def test_a_currency_that_the_account_lacks(self):
        """Only that order fails, and the admin reads what to do."""
        yen = self.env.ref("base.JPY")
        yen.active = True
        pricelist = self.env["product.pricelist"].create({"name": "Japan", "currency_id": yen.id})
        bad = self._order(pricelist_id=pricelist.id)
        good = self._order()
        self._drain()
        self.assertEqual(self._deliveries(good).state, "delivered")
        self.assertEqual(self._dead(bad), ("validation", "INVALID_OPTION", "hs_currency_code"))
        self.assertIn(
            "Enable the currency in the account defaults of HubSpot", self._deliveries(bad).error_message
        )
        self.sandbox.configure(currencies=[self.env.company.currency_id.name, "JPY"])
        self._deliveries(bad)._replay()
        self._drain()
        self.assertEqual(len(self._living("orders")), 2)

    def test_a_rule_of_the_account(self):
        self.sandbox.configure(
            validation_rules=[
                {"objectType": "orders", "require": "hs_shipping_address_postal_code"},
                {
                    "objectType": "line_items",
                    "property": "hs_sku",
                    "pattern": "[A-Z]+",
                    "error": "INVALID_ALPHA",
                    "message": "Enter only letters",
                },
            ]
        )
        bad = self._order()
        self._commit()
        self.customer.zip = "9000"
        wrong_line = self._order(line={"product_id": self._other_product("L-1").id})
        good = self._order()
        self._drain()
        self.assertEqual(self._deliveries(good).state, "delivered")
        self.assertEqual(
            self._dead(bad), ("validation", "MISSING_REQUIRED_PROPERTY", "hs_shipping_address_postal_code")
        )
        self.assertEqual(self._dead(wrong_line), ("validation", "INVALID_ALPHA", "hs_sku"))
        self.assertEqual(
            self._deliveries(wrong_line).error_message,
            "Line item “L-1”: HubSpot rejected the property hs_sku: Enter only letters",
        )

    def _other_product(self, code):
        return self.env["product.product"].create({"name": code, "default_code": code, "list_price": 5})

    def _refuses(self, message, object_name, name, **values):
        line = self.connector.field_map_ids.filtered(
            lambda line: line.object_name == f"hubspot.{object_name}" and line.remote_property == name
        )
        values = {
            "object_name": f"hubspot.{object_name}",
            "remote_property": name,
            "expression": "id",
            **values,
        }
        with self.assertRaisesRegex(ValidationError, message), self.env.cr.savepoint():
            if line:
                line.write(values)
            else:
                line.create({"connector_id": self.connector.id, **values})

    def test_lines_that_cannot_work_are_refused(self):
        for object_name in ("order", "line_item"):
            self._refuses("no such property", object_name, "nowhere")
            self._refuses("The property is read-only", object_name, "hs_lastmodifieddate")
        self._refuses("The property is read-only", "line_item", "amount", expression="total")
        self._refuses("there is no field “sku”", "order", "hs_order_note", expression="sku")
        self._refuses(
            "is not one of the options",
            "order",
            "hs_currency_code",
            expression="status",
            transform="map",
            argument="*=ABC",
        )

    def test_a_stage_that_does_not_exist(self):
        """It is refused when it is typed; one that went later fails when it is sent, and the property is named."""
        stages = {"expression": "status", "transform": "map", "argument": "placed=nowhere; *=gone"}
        self._refuses("is not one of the options", "order", "hs_pipeline_stage", **stages)
        line = self.connector.field_map_ids.filtered(
            lambda line: line.default_key == "order.hs_pipeline_stage"
        )
        line.flush_recordset()
        self.env.cr.execute(  # it was checked while the stage was there
            "UPDATE retail_field_map SET argument = %s WHERE id = %s", [stages["argument"], line.id]
        )
        line.invalidate_recordset()
        self.env.registry.clear_cache()
        order = self._order()
        self._drain()
        self.assertEqual(self._dead(order), ("validation", "INVALID_OPTION", "hs_pipeline_stage"))
        line.argument = line.default_values["argument"]
        self._deliveries(order)._replay()
        self._drain()
        self.assertEqual(self._only("orders")["properties"]["hs_pipeline_stage"], OPEN)

    def test_another_token(self):
        """What HubSpot refuses halfway waits for a person, and is there once afterwards."""
        self.sandbox.fault(path="/line_items/batch/upsert", status=401, times=1, body={"category": "X"})
        order = self._order()
        self._drain()
        self.assertEqual((self.connector.state, self._deliveries(order).state), ("attention", "pending"))
        self.assertTrue(self.connector.state_reason.startswith("HubSpot rejected the access token"))
        self.connector.credential_ids.value = TOKEN
        self.connector.action_activate()
        self._drain()
        self.assertEqual(self._deliveries(order).mapped("state"), ["delivered"])
        self.assertEqual(len(self._line_items(self._only("orders"))), 1)

    def test_sync_state(self):
        order = self._arrived()
        [row] = self.env["retail.sync.state"].search(
            [("res_model", "=", "sale.order"), ("res_id", "=", order.id)]
        )
        self.assertEqual(row.remote_id, self._only("orders")["id"])


@tagged("post_install", "-at_install")
class TestHubSpotMapping(HubSpotCase):
    def _preview(self, object_name, record=None):
        action = self.connector.action_preview_mapping()
        preview = self.env[action["res_model"]].browse(action["res_id"])
        preview.object_name = f"hubspot.{object_name}"
        preview._onchange_object_name()
        if record:
            preview.record_ref = f"{record._name},{record.id}"
        return preview

    def test_preview_of_an_order(self):
        """What is shown is what is sent; how many lines, and what it is linked to, too."""
        order = self._arrived()
        preview = self._preview("order")
        self.assertEqual(preview.record_ref, order)
        self.assertFalse(preview.problem)
        contact = self.sandbox.contacts()[0]["id"]
        for text in (order.name, "59.97", OPEN, f"sale.order/{order.id}", f"contact {contact}", "line items"):
            self.assertIn(text, preview.table)

    def test_preview_of_a_line_item(self):
        """The first line of the order is shown."""
        order = self._quotation()
        order.order_line = [Command.create({"product_id": self.product.id, "product_uom_qty": 77})]
        order.action_confirm()
        preview = self._preview("line_item", order)
        self.assertEqual(preview.problem, "Not sent yet. Waiting for Ann Lee, which must arrive first.")
        self.assertIn("LAMP", preview.table)
        self.assertIn("19.99", preview.table)
        self.assertNotIn("77", preview.table)

    def test_preview_of_an_invoice(self):
        """A line that another event fills is shown as not sent."""
        self.connector.field_map_ids.create(
            {
                "connector_id": self.connector.id,
                "object_name": "hubspot.invoice",
                "remote_property": "hs_comments",
                "expression": "payment_number",
            }
        )
        order = self._order()
        order._create_invoices().action_post()
        preview = self._preview("invoice")
        self.assertEqual(preview.record_ref._name, "account.move")
        self.assertIn("Not sent, because “Invoice updated” does not contain this field.", preview.table)

    def test_preview_of_a_date_and_of_a_language(self):
        """Values are shown as they are sent: a date with its time of day. What is left out is said."""
        self.connector.action_refresh_properties()
        invoice = self._order()._create_invoices()
        invoice.invoice_date_due = "2026-12-23"
        invoice.action_post()
        self.assertIn("2026-12-23T12:00:00Z", self._preview("invoice", invoice).table)
        self.env["res.lang"]._activate_lang("am_ET")
        partner = self._partner("Abebe", "abebe@example.com", lang="am_ET")
        self.assertIn("The language am-et was left out", self._preview("contact", partner).problem)

    def test_preview_of_another_object(self):
        order = self._order()
        preview = self._preview("deal", order)
        self.assertIn("this record becomes another object: Order.", preview.problem)
        self.assertIn(order.name, preview.table)

    def test_objects_in_use(self):
        lines = self.connector.field_map_ids

        def used():
            return {name.partition(".")[2] for name in lines.filtered("is_used").mapped("object_name")}

        self.assertEqual(used(), {"contact", "order", "order_shipment", "invoice", "line_item"})
        self._choose_object("order", "deal")
        self._choose_object("business_customer", "company")
        self.assertEqual(used(), {"contact", "company", "deal", "order_shipment", "invoice", "line_item"})
        self.connector.flow_ids.filtered(lambda flow: flow.event_type.startswith("invoice")).active = False
        self.assertEqual(used(), {"contact", "company", "deal", "order_shipment", "line_item"})
        mine = [("connector_id", "=", self.connector.id)]
        found = lines.search([*mine, ("is_used", "=", True)])
        self.assertEqual(found, lines.filtered("is_used"))
        self.assertEqual(lines.search([*mine, ("is_used", "=", False)]), lines - found)

    def test_comparison_names_the_object(self):
        line = self.connector.field_map_ids.filtered(lambda line: line.object_name == "hubspot.deal")[:1]
        line.expression = "customer_reference"
        action = self.connector.action_compare_field_maps()
        [difference] = self.env[action["res_model"]].browse(action["res_id"]).line_ids
        self.assertEqual((difference.object_name, difference.kind), ("hubspot.deal", "yours"))

    def test_an_order_that_gets_another_customer(self):
        """It waits for the customer that it has now, not for the one that it had."""
        for write in (self._order_of, self._invoice_of):
            with self.subTest(write.__name__):
                dead = self._partner("Dead", False)
                document = write(dead)
                self._drain()
                placed = self._deliveries(document)[0]
                self.assertEqual((placed.state, placed.waits_for), ("pending", f"res.partner,{dead.id}"))
                self._change_customer(document)
                self._make_due(self._deliveries(document))
                self._drain()
                self._drain()
                self.assertEqual(set(self._deliveries(document).mapped("state")), {"delivered"})
                [contact] = [
                    each["id"] for each in self.sandbox.contacts() if each["properties"]["lastname"] == "Lee"
                ]
                self.assertEqual(self._linked(document), [contact])

    def _order_of(self, partner):
        return self._order(partner_id=partner.id)

    def _invoice_of(self, partner):
        line = Command.create({"product_id": self.product.id, "price_unit": 10})
        invoice = self.env["account.move"].create(
            {"move_type": "out_invoice", "partner_id": partner.id, "invoice_line_ids": [line]}
        )
        invoice.action_post()
        return invoice

    def _change_customer(self, document):
        if document._name == "sale.order":
            document.partner_id = self.customer
            return
        document.button_draft()
        document.partner_id = self.customer
        document.action_post()

    def _linked(self, document):
        """Return the ids of the contacts that are linked to a document in HubSpot."""
        binding = (
            self.env["retail.binding"]
            .sudo()
            .search([("res_model", "=", document._name), ("res_id", "=", document.id)])
        )
        return binding.links["contact"]

    def test_what_a_waiting_one_waits_for(self):
        """The clerk gets from the order to the customer that has to be repaired."""
        self.customer.email = False
        order = self._order()
        self._drain()
        delivery = self._deliveries(order)
        self.assertEqual(delivery.waits_for, f"res.partner,{self.customer.id}")
        self.assertEqual(delivery.waits_for_name, "Ann Lee")
        action = delivery.action_open_waited_for()
        self.assertEqual(action["res_id"], self._deliveries(self.customer)[-1].id)

    def test_personal_data_in_lines_is_masked(self):
        """In what is kept of the request, and in what HubSpot says of it."""
        rule = {"objectType": "line_items", "property": "buyer", "pattern": "none", "message": "not Ann Lee"}
        self.sandbox.configure(
            custom_properties=[{"name": "buyer", "objectType": "line_items"}], validation_rules=[rule]
        )
        values = {
            "object_name": "hubspot.line_item",
            "remote_property": "buyer",
            "expression": "partner_id.name",
        }
        self.connector.field_map_ids.create({"connector_id": self.connector.id, "source": "record", **values})
        order = self._order()
        self._drain()
        self.assertEqual(self._dead(order), ("validation", "INVALID_VALUE", "buyer"))
        delivery = self._deliveries(order)
        [line] = json.loads(delivery.attempt_ids.request)["lines"]
        self.assertEqual(line["properties"]["buyer"], "A***")
        self.assertNotIn("Ann Lee", delivery.error_message)

    def test_what_repair_compares_of_lines(self):
        """Each property of each line by its own name, so that a person sees what is another."""
        lines = [{"id": f"l/{n}", "properties": {"price": str(n)}} for n in range(MAX_ENTRIES + 2)]
        flat = request_properties({"operation": "x", "lines": lines})
        self.assertEqual((flat["lines.1.id"], flat["lines.3.price"]), ("l/0", "2"))
        self.assertEqual(len(flat), 1 + 2 * MAX_ENTRIES + 1)
        self.assertIn(f"l/{MAX_ENTRIES + 1}", flat["lines.more"])
