"""How a promotion, a price or a segment that differs is corrected: the owner's counts."""

from datetime import date
from decimal import Decimal

from odoo import Command, api, fields, models
from odoo.exceptions import AccessError, UserError

from ...connectors.asking import ask
from ...connectors.promotions import Campaign, Discount
from ...core import zones
from ...core.errors import RemoteError

# Kind -> what is done if the remote system owns it.
TAKING = {
    "not_there": "archive",
    "active": "take_active",
    "dates": "take_dates",
    "discount": "take_discount",
    "price": "take_price",
    "segment": "take_customers",
}
# Kind -> what is done if Odoo does.
SENDING = {
    "not_here": "end",
    "not_there": "send",
    "active": "send_active",
    "dates": "send_dates",
    "discount": "send_discount",
    "price": "send_price",
}


class RetailPromotionDifference(models.Model):
    _inherit = "retail.promotion.difference"

    correction = fields.Selection(
        [
            ("create", "Create in Odoo"),
            ("archive", "Archive in Odoo"),
            ("take_active", "Switch as in the remote system"),
            ("take_dates", "Take the remote system's dates"),
            ("take_discount", "Take the remote system's discount"),
            ("take_price", "Take the remote system's price"),
            ("take_customers", "Tag the customers of the segment"),
            ("end", "End in the remote system"),
            ("send", "Create in the remote system"),
            ("send_active", "Switch there as in Odoo"),
            ("send_dates", "Send Odoo's dates"),
            ("send_discount", "Send Odoo's discount"),
            ("send_price", "Send Odoo's price"),
            ("link", "Link a loyalty program"),
            ("look", "Correct in the remote system"),
        ],
        "Proposed Correction",
        compute="_compute_correction",
    )

    @api.depends("kind", "can_send", "there", "connector_id.promotion_owner")
    def _compute_correction(self):
        for each in self:
            is_sent = each.connector_id.promotion_owner == "odoo"
            if each.kind == "not_linked":
                each.correction = "link"
            else:
                each.correction = each._by_sending() if is_sent else each._by_taking()

    def _by_sending(self):
        return SENDING.get(self.kind, "look") if self.can_send else "look"

    def _by_taking(self):
        if self.kind == "not_here":
            there = self.there or {}
            return "create" if there.get("discount") and not there.get("has_own_codes") else "look"
        return TAKING[self.kind]

    # -- actions -----------------------------------------------------------------------------------

    def action_resolve(self):
        """Do what is proposed.

        :raise AccessError: the user is no manager
        :raise UserError: it cannot be done, or is not as it was any more
        """
        found = self._open_ones()
        for each in found:
            each._check_has_correction()
            # As the superuser: managers of the hub may have no rights on programs and products; they were checked.
            each.sudo()._correct_one()
        found._end_as("corrected")

    def _check_has_correction(self):
        """
        :raise UserError: a person has to do what is proposed
        """
        about = {"subject": self.subject, "system": self.connector_id.name}
        if self.correction == "look":
            raise UserError(self.env._("Correct %(subject)s in %(system)s: Odoo cannot.", **about))
        if self.correction == "link":
            message = self.env._(
                "Open the loyalty program whose points %(subject)s gives, and link it to %(system)s.", **about
            )
            raise UserError(message)

    def action_accept(self):
        """Leave it as it is, until it changes.

        :raise AccessError: the user is no manager
        """
        self._open_ones()._end_as("accepted")

    def _open_ones(self):
        """
        :raise AccessError: the user is no manager
        :raise UserError: none of the selection is open
        """
        self.check_access("read")
        if not self.env.user.has_group("retail_hub.group_manager"):
            raise AccessError(self.env._("A manager of Retail Hub has to correct promotions and prices."))
        found = self.filtered(lambda each: each.state == "open")
        if not found:
            raise UserError(self.env._("None of the selected differences is open."))
        return found

    def _end_as(self, state):
        # As the superuser: what differs is read-only for users; whether they may was checked.
        self.sudo().write({"state": state, "ended_at": fields.Datetime.now(), "ended_by_id": self.env.uid})

    # -- correcting --------------------------------------------------------------------------------

    def _correct_one(self):
        """Do what is proposed, for one."""
        self._check_as_it_was()
        getattr(self, f"_correct_by_{self.correction}")()

    def _check_as_it_was(self):
        """
        :raise UserError: it was changed in Odoo since the comparison
        """
        now = self.here
        if self.program_id:
            now = self.program_id._retail_offer().stored()
        elif self.product_id:
            now = {"price": self.product_id.with_company(self.company_id)._retail_paid_price(self.company_id)}
        if now != self.here:
            message = self.env._(
                "%(subject)s was changed since the comparison. Compare again.", subject=self.subject
            )
            raise UserError(message)

    def _correct_by_create(self):
        there = self.there
        kind, value = there["discount"]
        code = next(iter(there["codes"]), "")
        values = {
            "name": there["name"],
            "program_type": "promo_code" if code else "promotion",
            "applies_on": "current",
            "trigger": "with_code" if code else "auto",
            "company_id": self.company_id.id,
            "date_from": there["first"],
            "date_to": there["last"],
            "rule_ids": [
                Command.create({"mode": "with_code" if code else "auto", "code": code, "minimum_qty": 0})
            ],
            "reward_ids": [Command.create({"discount_applicability": "order"})],
        }
        program = self.env["loyalty.program"].create(values)
        program._retail_take_discount(kind, value)
        self.program_id = program

    def _correct_by_archive(self):
        self.program_id.active = False

    def _correct_by_take_active(self):
        self.program_id.active = self.there["is_active"]

    def _correct_by_take_dates(self):
        self.program_id.write({"date_from": self.there["first"], "date_to": self.there["last"]})

    def _correct_by_take_discount(self):
        self.program_id._retail_take_discount(*self.there["discount"])

    def _correct_by_take_price(self):
        product = self.product_id.with_company(self.company_id)
        product._retail_take_price(self.company_id, self.there["price"])

    def _correct_by_take_customers(self):
        here, there = self.here["customers"], self.there["customers"]
        removed = [Command.unlink(each) for each in set(here) - set(there)]
        new = [
            Command.link(each) for each in self.env["res.partner"].browse(set(there) - set(here)).exists().ids
        ]
        self.tag_id.write({"partner_ids": [*removed, *new]})

    def _correct_by_end(self):
        self._ask_system("change_campaign", self.remote_id, {"is_active": False})

    def _correct_by_send(self):
        offer = self.here
        kind, value = offer["discount"]
        starts_at, ends_at = self._moments_of(offer)
        campaign = Campaign(
            id="",
            name=offer["name"],
            code=offer["codes"][0],
            starts_at=starts_at,
            ends_at=ends_at,
            discount=Discount(kind, Decimal(str(value))),
        )
        self.remote_id = self._ask_system("create_campaign", campaign)

    def _correct_by_send_active(self):
        self._ask_system("change_campaign", self.remote_id, {"is_active": self.here["is_active"]})

    def _correct_by_send_dates(self):
        starts_at, ends_at = self._moments_of(self.here)
        self._ask_system("change_campaign", self.remote_id, {"starts_at": starts_at, "ends_at": ends_at})

    def _correct_by_send_discount(self):
        kind, value = self.here["discount"]
        self._ask_system("change_campaign", self.remote_id, {"discount": Discount(kind, Decimal(str(value)))})

    def _correct_by_send_price(self):
        price = self.company_id.currency_id.round(self.here["price"])
        self._ask_system("change_price", self.remote_id, Decimal(f"{price:.6f}").normalize())

    def _moments_of(self, offer):
        days = (offer[name] and date.fromisoformat(offer[name]) for name in ("first", "last"))
        return zones.moments_of(*days, self.connector_id._promotion_zone())

    def _ask_system(self, method, *arguments):
        """Have the remote system change something.

        :raise UserError: it did not
        """
        try:
            with self.connector_id._promotion_engine() as engine:
                return ask(getattr(engine, method), *arguments)
        except RemoteError as error:
            raise UserError(error.message) from None
