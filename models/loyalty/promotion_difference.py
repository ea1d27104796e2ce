"""Promotions, prices and segments that differ between Odoo and another system, for people to look at and to correct."""

from odoo import api, fields, models
from odoo.exceptions import UserError
from odoo.tools import format_amount, format_date, formatLang

from ..outbox.names import action_open

KINDS = [
    ("not_here", "Only in the remote system"),
    ("not_linked", "Program not linked"),
    ("not_there", "Only in Odoo"),
    ("active", "Switched off on one side"),
    ("dates", "Other days"),
    ("discount", "Other discount"),
    ("price", "Other price"),
    ("segment", "Other customers"),
]
RECORDS = {"program_id": "loyalty.program", "product_id": "product.product", "tag_id": "res.partner.category"}


class RetailPromotionDifference(models.Model):
    _name = "retail.promotion.difference"
    _description = "Promotion Difference"
    _inherit = ["retail.checked"]
    _order = "found_at desc, id desc"
    _rec_name = "subject"

    connector_id = fields.Many2one(
        "retail.connector", "System", required=True, readonly=True, ondelete="cascade", index=True
    )
    company_id = fields.Many2one(related="connector_id.company_id", store=True, related_sudo=False)
    kind = fields.Selection(KINDS, required=True, readonly=True)
    key = fields.Char(required=True, readonly=True, groups=fields.NO_ACCESS)
    program_id = fields.Many2one("loyalty.program", readonly=True, ondelete="cascade", index="btree_not_null")
    product_id = fields.Many2one("product.product", readonly=True, ondelete="cascade", index="btree_not_null")
    tag_id = fields.Many2one(
        "res.partner.category", "Contact Tag", readonly=True, ondelete="cascade", index="btree_not_null"
    )
    remote_id = fields.Char("ID in the Remote System", readonly=True)
    remote_name = fields.Char("Name in the Remote System", readonly=True)
    here = fields.Json(readonly=True)
    there = fields.Json(readonly=True)
    can_send = fields.Boolean(readonly=True)
    found_at = fields.Datetime("Found", required=True, readonly=True)
    state = fields.Selection(
        [
            ("open", "Open"),
            ("accepted", "Ignored"),
            ("corrected", "Corrected"),
            ("resolved", "Resolved"),
        ],
        default="open",
        required=True,
        readonly=True,
    )
    ended_at = fields.Datetime("Ended", readonly=True)
    ended_by_id = fields.Many2one("res.users", "Corrected By", readonly=True)
    subject = fields.Char("About", compute="_compute_texts")
    summary = fields.Char("What Differs", compute="_compute_texts")
    cause = fields.Char("Likely Cause", compute="_compute_texts")
    here_text = fields.Char("In Odoo", compute="_compute_texts")
    there_text = fields.Char("In the Remote System", compute="_compute_texts")

    _current_unique = models.UniqueIndex("(connector_id, key) WHERE state IN ('open', 'accepted')")

    # -- texts -------------------------------------------------------------------------------------

    @api.depends_context("lang")
    @api.depends("kind", "here", "there", "connector_id", "program_id", "product_id", "tag_id", "remote_name")
    def _compute_texts(self):
        # As the superuser: the names of promotions, products and tags, for whoever may see that they differ.
        for each in self.sudo():
            each.subject = each._subject_text()
            names = {"subject": each.subject, "system": each.connector_id.name}
            each.summary = each._summaries().get(each.kind, "") % names
            each.cause = each._causes().get(each.kind, "") % names
            each.here_text, each.there_text = each._text_of(each.here), each._text_of(each.there)

    def _subject_text(self):
        code = next(iter((self.here or {}).get("codes") or (self.there or {}).get("codes") or ()), "")
        record = self.program_id or self.product_id or self.tag_id
        name = record.display_name or self.remote_name or ""
        return f"{name} ({code})" if code and code != name else name

    def _summaries(self):
        return {
            "not_here": self.env._(
                "Customers can use %(subject)s at %(system)s. Odoo has no such promotion."
            ),
            "not_linked": self.env._(
                "Customers get points with %(subject)s at %(system)s. No loyalty program of Odoo is linked to"
                " %(system)s."
            ),
            "not_there": self.env._(
                "Customers can use %(subject)s in Odoo. %(system)s has no such promotion."
            ),
            "active": self.env._("%(subject)s is switched off either in Odoo or at %(system)s."),
            "dates": self.env._("%(subject)s is valid on other days in Odoo than at %(system)s."),
            "discount": self.env._("%(subject)s gives another discount in Odoo than at %(system)s."),
            "price": self.env._("%(subject)s has another price in Odoo than at %(system)s."),
            "segment": self.env._(
                "The customers with the tag %(subject)s in Odoo are not those in the segment at %(system)s."
            ),
        }

    def _causes(self):
        return {
            "not_here": self.env._("It was created at %(system)s only."),
            "not_linked": self.env._("No loyalty program of Odoo was linked to %(system)s yet."),
            "not_there": self.env._("It was created in Odoo only, or deleted at %(system)s."),
            "active": self.env._("It was ended, or started, on one side only."),
            "dates": self.env._("The dates were changed on one side only."),
            "discount": self.env._("The discount was changed on one side only."),
            "price": self.env._(
                "The price was changed on one side only, or the one at %(system)s is without taxes."
            ),
            "segment": self.env._("Either the segment or the tags are out of date."),
        }

    def _text_of(self, values):
        if not values:
            return self.env._("Not there")
        if "price" in values:
            return format_amount(self.env, values["price"], self.company_id.currency_id)
        if "customers" in values:
            return self.env._("%(count)s customers", count=len(values["customers"]))
        parts = [self._days_text(values), self._discount_text(values["discount"])]
        if not values["is_active"]:
            parts = [self.env._("switched off")]
        return ", ".join(filter(None, parts))

    def _days_text(self, values):
        first, last = (format_date(self.env, values[name]) for name in ("first", "last"))
        if first and last:
            return self.env._("%(first)s to %(last)s", first=first, last=last)
        if last:
            return self.env._("until %(last)s", last=last)
        return self.env._("from %(first)s", first=first) if first else self.env._("without end")

    def _discount_text(self, discount):
        if not discount:
            return ""
        kind, value = discount
        if kind == "percent":
            return f"{formatLang(self.env, value, digits=2).rstrip('0').rstrip('.,')} %"
        return format_amount(self.env, value, self.company_id.currency_id)

    # -- finding -----------------------------------------------------------------------------------

    @api.model
    def _note_found(self, connector, found):
        """Note what was found, and end what was not.

        What somebody has ignored stays ignored until it changes.

        :param found: a list of :class:`~.promotion_comparison.Found`
        """
        by_key = {each.key: each for each in found}
        now = fields.Datetime.now()
        for each in self.search([("connector_id", "=", connector.id), ("state", "in", ("open", "accepted"))]):
            new = by_key.pop(each.key, None)
            if not new:
                each.write({"state": "resolved", "ended_at": now})
            elif (each.here or {}, each.there or {}) != (new.here, new.there):
                each.write({**_values(new), "state": "open", "ended_at": False, "ended_by_id": False})
        self.create(
            [
                {**_values(each), "connector_id": connector.id, "key": each.key, "found_at": now}
                for each in by_key.values()
            ]
        )

    def action_open_record(self):
        """Open the program, the product or the tag."""
        self.ensure_one()
        for name, model in RECORDS.items():
            if self[name]:
                return action_open(self.env, model, self[name].id)
        raise UserError(
            self.env._("Odoo has no such promotion. Look at it in %(system)s.", system=self.connector_id.name)
        )


def _values(found):
    return {
        **dict.fromkeys(RECORDS, False),
        **found.records,
        "kind": found.kind,
        "remote_id": found.remote_id,
        "remote_name": found.name,
        "here": found.here,
        "there": found.there,
        "can_send": found.can_send,
    }
