"""The common way to export orders: one job per order, which writes the order, its line items and their links.

For webhooks, the job posts the order with the same content as the hub.
"""

import uuid

from odoo import fields, models

from odoo.addons.queue_job.exception import RetryableJobError

from . import webhook
from .hubspot import HubSpot

KEY = "odoo_id"
PIPELINE = "14a2e10e-5471-408a-906e-c51f3b04369e"
OPEN = "4b27b500-f031-4927-9811-68a0b525cbae"


class SaleOrder(models.Model):
    _inherit = "sale.order"

    def action_confirm(self):
        result = super().action_confirm()
        self._bench_export_later()
        return result

    def _bench_export_later(self, description="Export an order"):
        for order in self:
            order.with_delay(description=description)._bench_export()

    def _bench_export(self):
        """Send one order, and store its remote id. Runs as a job."""
        self.ensure_one()
        contact = self.env["bench.contact"].sudo().search([("partner_id", "=", self.partner_id.id)])
        if not contact:
            raise RetryableJobError("The customer was not sent yet")
        with HubSpot(self.env) as hubspot:
            remote_id = self._bench_send(hubspot, contact.remote_id)
        orders = self.env["bench.order"].sudo()
        if not orders.search([("order_id", "=", self.id)]):
            orders.create({"order_id": self.id, "remote_id": remote_id})

    def _bench_send(self, hubspot, contact_id):
        [remote_id] = hubspot.upsert("orders", KEY, [self._bench_properties()]).values()
        lines = hubspot.upsert("line_items", KEY, [line._bench_properties() for line in self.order_line])
        hubspot.link("orders", "line_items", remote_id, lines.values())
        hubspot.link("orders", "contacts", remote_id, [contact_id])
        return remote_id

    def _bench_properties(self):
        address = self.partner_shipping_id
        return {
            KEY: f"sale.order/{self.id}",
            "hs_order_name": self.name,
            "hs_external_order_id": self.name,
            "hs_external_order_status": "placed",
            "hs_pipeline": PIPELINE,
            "hs_pipeline_stage": OPEN,
            "hs_currency_code": self.currency_id.name,
            "hs_subtotal_price": f"{self.amount_untaxed:.2f}",
            "hs_tax": f"{self.amount_tax:.2f}",
            "hs_total_price": f"{self.amount_total:.2f}",
            "hs_order_discount": "0",
            "hs_shipping_cost": "0",
            "hs_external_created_date": f"{self.date_order.isoformat()}Z",
            "hs_source_store": "sales",
            "hs_shipping_address_street": ", ".join(filter(None, (address.street, address.street2))),
            "hs_shipping_address_city": address.city or "",
            "hs_shipping_address_state": address.state_id.code or "",
            "hs_shipping_address_postal_code": address.zip or "",
            "hs_shipping_address_country": address.country_id.name or "",
        }

    def _bench_post_later(self):
        for order in self:
            order.with_delay(description="Post an order")._bench_post(str(uuid.uuid4()))

    def _bench_post(self, identity):
        """Post one order as the event with this id. Runs as a job."""
        self.ensure_one()
        event = {
            "specversion": "1.0",
            "id": identity,
            "source": self.get_base_url(),
            "type": "retail.order.placed.v1",
            "subject": f"order/{self.id}",
            "time": f"{fields.Datetime.now().isoformat()}Z",
            "datacontenttype": "application/json",
            "data": self._bench_data(),
        }
        webhook.post(self.env, event)

    def _bench_data(self):
        return {
            "id": str(self.id),
            "number": self.name,
            "channel": "sales",
            "status": "placed",
            "customer_id": str(self.partner_id.id),
            "company": self.company_id.name,
            "currency": self.currency_id.name,
            "untaxed": f"{self.amount_untaxed:.2f}",
            "tax": f"{self.amount_tax:.2f}",
            "total": f"{self.amount_total:.2f}",
            "settled": "0",
            "paid_at_till": "0.00",
            "rounding": "0",
            "placed_at": f"{self.date_order.isoformat()}Z",
            "customer_reference": self.client_order_ref or "",
            "salesperson": self.user_id.name or "",
            "store": "",
            "delivery_address": self.partner_shipping_id._bench_address(),
            "lines": [line._bench_data() for line in self.order_line],
            "payments": [],
            "refunds_id": "",
            "external_ids": {},
        }


class SaleOrderLine(models.Model):
    _inherit = "sale.order.line"

    def _bench_properties(self):
        return {
            KEY: f"sale.order.line/{self.id}",
            "name": self.name,
            "hs_sku": self.product_id.default_code or "",
            "quantity": f"{self.product_uom_qty:g}",
            "price": f"{self.price_unit:g}",
            "hs_discount_percentage": f"{self.discount:g}",
            "hs_line_item_currency_code": self.order_id.currency_id.name,
        }

    def _bench_data(self):
        return {
            "id": str(self.id),
            "parent_id": "",
            "kind": "product",
            "product_id": str(self.product_id.id),
            "sku": self.product_id.default_code or "",
            "name": self.name,
            "quantity": f"{self.product_uom_qty:g}",
            "unit": self.product_uom_id.name,
            "unit_price": f"{self.price_unit:g}",
            "discount": f"{self.discount:g}",
            "untaxed": f"{self.price_subtotal:.2f}",
            "tax": f"{self.price_tax:.2f}",
            "total": f"{self.price_total:.2f}",
        }
