"""Members who were deleted, merged or enrolled again at the engine: a person decides whose points count."""

from odoo import fields, models

from ..source.capture import CapturedEvent
from .engine_difference import ABSENT, REPLACED
from .mirror import SMALLEST


class RetailLoyaltyAccount(models.Model):
    _inherit = "retail.loyalty.account"

    other_remote_id = fields.Char(
        "Other Engine's ID",
        readonly=True,
        help="The ID of the balance that the engine has for this customer now.",
    )
    other_transaction = fields.Char(readonly=True, help="The last transaction of that balance.")

    def _enter_reading(self, reading):
        """Do not take what another member has for what this one had: nothing is entered before a person decides."""
        if self.card_id.retail_erased_at:
            return True
        self._lock()
        is_current = not self.read_at or reading.read_at >= self.read_at
        cause = self._what_became_of_member(reading.membership) if is_current else None
        if cause is None:
            if is_current and reading.membership:
                self.write({"is_absent": False})
            return super()._enter_reading(reading)
        self._store_other_reading(reading)
        is_difference = cause == REPLACED or abs(self.balance) > SMALLEST
        self.env["retail.loyalty.difference"]._note_engine(self, cause if is_difference else None)
        return True

    def _what_became_of_member(self, membership):
        """Return why the engine's balance is not that of the member who is known; None if it is."""
        if not self.remote_id or self.card_id.retail_merged_into_id:
            return None
        if membership is None:
            return ABSENT
        return REPLACED if membership.remote_id != self.remote_id else None

    def _store_other_reading(self, reading):
        """Keep what the engine has for the customer now, and up to where that is known."""
        membership, last = reading.membership, ""
        for each in reading.transactions:
            if each.state == "pending":
                break
            last = each.id
        self.write(
            {
                "read_at": reading.read_at,
                "is_absent": membership is None,
                "remote_balance": float(membership.balance) if membership else 0.0,
                "pending": float(membership.pending) if membership else 0.0,
                "other_remote_id": membership.remote_id if membership else False,
                "other_transaction": last,
            }
        )
        self.env.cr.flush()

    def _accept_member(self, is_wanted):
        """From now on, the member is whom the engine names, or a new one if it names none.

        :param is_wanted: whether a new one becomes a member at once; otherwise when points are sent
        """
        if not self.is_absent and not self.other_remote_id:
            return
        card, connector = self.card_id, self.program_id.retail_connector_id
        binding = self.env["retail.binding"]._of_records(connector, card._name, card.ids)
        if self.other_remote_id:
            binding.write({"remote_id": self.other_remote_id, "is_not_found": False})
        else:
            binding.unlink()
        is_new = self.is_absent
        self.write(
            {
                "remote_id": self.other_remote_id,
                "last_transaction": self.other_transaction,
                "other_remote_id": False,
                "other_transaction": False,
                "is_absent": False,
            }
        )
        if is_new and is_wanted:
            self._send_customer()
            self._send_enrolment()

    def _send_customer(self):
        """Have the engine create the customer again, whom it may have deleted with the member."""
        customer = self.card_id.partner_id._retail_customer()
        connector = self.program_id.retail_connector_id
        self.env["retail.binding"]._mark_not_found(connector, customer._name, customer.id)
        captured = CapturedEvent(customer._retail_updated_event, customer.id)
        self.env["retail.event"]._insert(customer._name, [captured], connectors=connector, is_manual=True)
