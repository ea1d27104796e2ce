"""All that is sent is watched: a change of a field that an event shows is an event."""

from contextlib import contextmanager, suppress

import psycopg2

from odoo import Command
from odoo.exceptions import UserError
from odoo.tests import tagged

from ...models.source.capture import CAPTURED
from ...models.source.pending import take_pending
from ..common import ShopCase
from .not_sent import NOT_SENT
from .recorded_reads import recorded_reads
from .test_pos_order import PosCase

GROUPS = (
    "base.group_partner_manager",
    "product.group_product_manager",
    "sales_team.group_sale_manager",
    "stock.group_stock_manager",
)
FRAMEWORK = ("ir.",)


def _write(record, name):
    """Write the value that a record has, as users and computations do."""
    field, value = record._fields[name], record[name]
    with suppress(UserError):  # users may not change it
        record.write({name: field.convert_to_write(value, record)})
    if not field.column_type and name in getattr(record, "_retail_triggers", frozenset)():
        record._retail_capture_state(record._retail_updated_event)  # Odoo leaves out a value that is the same
    if field.column_type:
        field._update_cache(record, field.convert_to_cache(value, record), dirty=True)


class NotPossible(Exception):
    """Odoo does not allow the change."""


def _add(line, name):
    """Create another line of the same record.

    :param name: the field that leads to the record
    """
    if line._inherits:
        raise NotPossible  # a copy of a variant is one of a copy of its product
    with _allowed():
        line.copy({name: line[name].id})


def _remove(line, _name):
    with _allowed():
        line.unlink()


@contextmanager
def _allowed():
    try:
        yield
    except (UserError, psycopg2.IntegrityError) as error:
        raise NotPossible from error


def _translate(record, name):
    record.update_field_translations(name, {"en_US": record[name] or "x"})


@tagged("post_install", "-at_install")
class TestWatched(ShopCase, PosCase):
    wanted = (
        "customer.updated",
        "invoice.updated",
        "order.placed",
        "order.updated",
        "price.changed",
        "promotion.changed",
        "shipment.updated",
        "stock.level_changed",
    )

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        for name in GROUPS:
            cls.env.user.group_ids |= cls.env.ref(name)

    # -- what is read ------------------------------------------------------------------------------

    def _assert_watched(self, event_type, records, build=None):
        """Build the canonical form of each record, and fail for each field that it reads and whose change is no event.

        Each value that was read is written once more: in whatever record it is, an event of the subject has to come
        of it.
        """
        build = build or (lambda record: record._retail_canonical(event_type, {}))
        for record in map(records.browse, records.ids):
            with recorded_reads(self.env) as reads:
                build(record.sudo())
            missed = {
                f"{model}({read.id}).{name}"
                for (model, name), ids in sorted(reads.items())
                if not self._is_excepted(event_type, model, name)
                for read in self.env[model].sudo().browse(sorted(ids))
                if read.exists() and not self._is_reported(event_type, record, read, name)
            }
            self.assertFalse(missed, f"no {event_type} of {record} reports a change of {sorted(missed)}")

    def _is_reported(self, event_type, subject, record, name):
        field = record._fields[name]
        leads_back = name == getattr(record, "_retail_subject_field", None)
        if name == "id" or leads_back or (record._name == subject._name and name in self._deciding(subject)):
            return True
        if field.type == "one2many":
            lines = record.with_context(active_test=False)[name]
            changes = (_add, _remove)
            if not self._is_captured_list(event_type, field):
                changes += (_write,)
            return all(
                self._is_event(event_type, subject, line, field.inverse_name, change)
                for line in lines
                for change in changes
            )
        change = _translate if field.translate else _write
        return self._is_event(event_type, subject, record, name, change)

    def _is_captured_list(self, event_type, field):
        """Return whether creating, changing and deleting a line is a change of the record that has the lines."""
        lines = self.env[field.comodel_name]
        events = {getattr(lines, f"_retail_{kind}_event", None) for kind in ("created", "updated")}
        return getattr(lines, "_retail_subject_field", None) == field.inverse_name and events == {event_type}

    def _is_event(self, event_type, subject, record, name, change=_write):
        """Return whether a change of the field is an event of the subject, is not possible, or ends the subject."""
        savepoint = self.env.cr.savepoint()
        since = self._newest_event(event_type, subject)
        try:
            change(record, name)
            self.env.flush_all()
            if not subject.exists() or self._newest_event(event_type, subject) != since:
                return True  # events are inserted whenever Odoo sets a savepoint
            return self._is_captured(event_type, subject, take_pending(self.env.cr, CAPTURED))
        except NotPossible:
            return True
        finally:
            savepoint.close(rollback=True)
            self.env.invalidate_all()

    def _newest_event(self, event_type, subject):
        of_subject = [("res_model", "=", subject._name), ("res_id", "=", subject.id)]
        events = self.env["retail.event"].sudo()
        return events.search([*of_subject, ("event_type", "=", event_type)], order="id desc", limit=1).id

    def _is_captured(self, event_type, subject, captured):
        return any(
            (model, row.event_type) == (subject._name, event_type)
            and subject.browse(row.res_id)._retail_subjects().get(row.res_id, (0,))[0] == subject.id
            for model, rows in (captured.by_model() if captured else {}).items()
            for row in rows
        )

    def _deciding(self, records):
        """Return the fields that decide whether there is an event at all: those of its transitions."""
        return {transition.field for transition in records._retail_transitions}

    def _is_excepted(self, event_type, model_name, name):
        if model_name.startswith(FRAMEWORK):
            return True
        return any(each.covers(event_type, model_name, name) for each in NOT_SENT)

    def test_customer(self):
        state = self.env.ref("base.state_us_5")
        address = {"street": "Kaai 7", "state_id": state.id, "country_id": state.country_id.id}
        company = self._partner("Lamps Ltd", "lamps@example.com", is_company=True, vat="BE0477472701")
        person = self._partner(
            **address,
            parent_id=company.id,
            phone="+32 470 12 34 56",
            lang="en_US",
            ref="C-1",
            barcode="042",
            website="https://example.com",
            category_id=[Command.create({"name": "VIP"})],
            child_ids=[Command.create({**address, "type": "delivery", "name": "At work"})],
        )
        self._assert_watched(
            "customer.updated", person + company, lambda partners: partners._retail_payloads()
        )

    def _of_addresses(self, **values):
        """Return an order whose customer and delivery address are addresses, and of addresses."""
        billing = self._partner(parent_id=self.customer.id, type="invoice")
        delivery = self._partner(parent_id=billing.id, type="delivery")
        return self._order(partner_id=billing.id, partner_shipping_id=delivery.id, **values)

    def test_order(self):
        order = self._of_addresses(client_order_ref="PO 7", note="x")
        self._assert_watched("order.updated", order)

    def test_invoice(self):
        order = self._of_addresses(client_order_ref="PO 7")
        invoice = order._create_invoices()
        invoice.partner_id = order.partner_shipping_id
        invoice.action_post()
        self._pay(invoice)
        self._assert_watched("invoice.updated", invoice)

    def _pay(self, invoice):
        wizard = self.env["account.payment.register"].with_context(
            active_model="account.move", active_ids=invoice.ids
        )
        wizard.create({"amount": 20})._create_payments()

    def test_shipment(self):
        self.product.write({"is_storable": True, "tracking": "lot"})
        lot = self.env["stock.lot"].create({"name": "L1", "product_id": self.product.id})
        self.env["stock.quant"]._update_available_quantity(
            self.product, self.warehouse.lot_stock_id, 5, lot_id=lot
        )
        picking = self._of_addresses().picking_ids
        picking.move_ids.write({"quantity": 2, "picked": True})
        picking._action_done()
        self.assertEqual((picking.state, picking.move_line_ids.lot_id), ("done", lot))
        self._assert_watched("shipment.updated", picking)

    def test_till_order(self):
        partner = self._partner()
        sold = self._sell([(self.vase, 2)], customer=partner, shipping_date="2026-12-01")
        self._assert_watched("order.updated", sold)

    def test_price(self):
        pricelist = self.env["product.pricelist"].create({"name": "Sale"})
        values = {
            "pricelist_id": pricelist.id,
            "applied_on": "0_product_variant",
            "product_id": self.product.id,
        }
        category = {"applied_on": "2_product_category", "categ_id": self.categ_basic.id}
        rules = self.env["product.pricelist.item"].create(
            [
                {**values, "fixed_price": 5},
                {**values, **category, "compute_price": "percentage", "percent_price": 5},
                {
                    **values,
                    "compute_price": "formula",
                    "base": "pricelist",
                    "base_pricelist_id": pricelist.copy().id,
                },
            ]
        )
        for rule in rules:
            self._assert_watched("price.changed", rule)
        self._assert_watched("price.changed", self.product.product_tmpl_id + self._variants())

    def test_promotion(self):
        category = self.env["product.category"].create({"name": "Lights"})
        variant = self._variants().product_variant_ids[0]
        tag = self.env["product.tag"].create(
            {
                "name": "Summer",
                "product_template_ids": self.product.product_tmpl_id.ids,
                "product_product_ids": variant.ids,
            }
        )
        program = self.env["loyalty.program"].create(
            {
                "name": "Points",
                "program_type": "loyalty",
                "rule_ids": [
                    Command.create(
                        {
                            "product_ids": self.product.ids,
                            "product_category_id": category.id,
                            "product_tag_id": tag.id,
                        }
                    )
                ],
                "reward_ids": [
                    Command.create({"reward_type": "product", "reward_product_id": self.product.id}),
                    Command.create({"reward_type": "product", "reward_product_tag_id": tag.id}),
                    Command.create({"discount": 10}),
                    Command.create(
                        {
                            "discount": 10,
                            "discount_applicability": "specific",
                            "discount_product_ids": self.product.ids,
                            "discount_product_category_id": category.id,
                            "discount_product_tag_id": tag.id,
                        }
                    ),
                ],
            }
        )
        self._assert_watched("promotion.changed", program)

    def test_stock_level(self):
        self.product.is_storable = True
        self.env["stock.quant"]._update_available_quantity(self.product, self.warehouse.lot_stock_id, 5)
        variant = self._variants().product_variant_ids[0]
        self._assert_watched(
            "stock.level_changed", self.product + variant, lambda products: products._retail_payloads()
        )

    def _variants(self):
        """Return a product (template) with two variants."""
        attribute = self.env["product.attribute"].create(
            {"name": "Color", "value_ids": [Command.create({"name": name}) for name in ("Red", "Blue")]}
        )
        line = {"attribute_id": attribute.id, "value_ids": attribute.value_ids.ids}
        return self.env["product.template"].create(
            {"name": "Shade", "is_storable": True, "attribute_line_ids": [Command.create(line)]}
        )
