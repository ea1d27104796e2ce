"""What could not be booked of a sale, a return or a lot: it stops nothing, is listed, and is booked again."""

import logging

from psycopg2 import OperationalError

from odoo import api, fields, models
from odoo.exceptions import UserError

from ...core.tracebacks import without_values
from ..connector.notice import notice
from ..outbox.names import action_open, record_names

_logger = logging.getLogger(__name__)

# {cause: the method of the document that books it; it takes cards, and what was deducted}
FAILURES = {
    "redeemed": "_retail_book_redeemed",
    "code": "_retail_book_code",
    "shared": "_retail_book_shared",
    "returned": "_retail_book_returned",
    "matured": "_retail_book_matured",
}


class RetailLoyaltyDifference(models.Model):
    _inherit = "retail.loyalty.difference"

    cause = fields.Selection(
        selection_add=[
            ("redeemed", "Redeemed points not taken"),
            ("code", "Redeemed code not used up"),
            ("shared", "Points per line not recorded"),
            ("returned", "Points of a return not reversed"),
            ("matured", "Lots not updated"),
        ],
        ondelete=dict.fromkeys(FAILURES, "cascade"),
    )
    correction = fields.Selection(selection_add=[("again", "Book again")])
    document_model = fields.Char(readonly=True)
    document_id = fields.Many2oneReference("Document ID", model_field="document_model", readonly=True)
    document_name = fields.Char("Document", compute="_compute_document_name")
    deducted = fields.Json(
        readonly=True, help="The points whose value was deducted from what a return gave back, by card."
    )

    _failure_unique = models.UniqueIndex(
        "(document_id, document_model, cause, card_id) WHERE state = 'open' AND document_id IS NOT NULL"
    )

    @api.depends("document_model", "document_id", "pos_order_id")
    @api.depends_context("uid", "allowed_company_ids", "lang")
    def _compute_document_name(self):
        names = record_names(self.env, {each._document() for each in self if all(each._document())})
        for each in self:
            each.document_name = names.get(each._document())

    def _compute_correction(self):
        result = super()._compute_correction()
        for each in self.filtered(lambda each: each.cause in FAILURES):
            each.correction = "again"
        return result

    def _document(self):
        """Return (model, id) of the document."""
        if self.pos_order_id:
            return "pos.order", self.pos_order_id.id
        return self.document_model, self.document_id

    def action_open_document(self):
        """Open the document, such as the order."""
        self.ensure_one()
        return action_open(self.env, *self._document())

    # -- booking -----------------------------------------------------------------------------------

    @api.model
    def _attempt(self, cause, document, cards=None, deducted=None):
        """Book what belongs to a document, which goes on if that fails: money was taken. A person sees that it failed.

        :param cause: of ``FAILURES``: what is booked
        :param cards: for which that is (as the superuser); None: those of the document's points
        :param deducted: see the field, ``{card: points}``
        :return: what the document's method returns; None if it failed
        """
        # As the superuser: whoever sells may have no rights on cards, and differences are the hub's own.
        differences, document = self.sudo(), document.sudo()
        is_booked, result = differences._book(cause, document, cards, deducted)
        if not is_booked:
            cards = document._retail_point_cards() if cards is None else cards
            differences._note_failure(cause, document, cards, deducted)
        return result

    def _book(self, cause, document, cards, deducted):
        """Return (whether it could be booked, what the document's method returned)."""
        try:
            with self.env.cr.savepoint():
                return True, getattr(document, FAILURES[cause])(cards, deducted)
        except OperationalError:  # somebody else changed the same: Odoo repeats the transaction
            raise
        except Exception as error:  # overrides of cards and their history may raise anything
            _logger.error("Cannot book what was %s: %s\n%s", cause, document, without_values(error))
        return False, None

    def _note_failure(self, cause, document, cards, deducted):
        for card in cards - self._failures(cause, document).card_id:
            self.create(
                {
                    "card_id": card.id,
                    "program_id": card.program_id.id,
                    "company_id": card.company_id.id,
                    "points": card.points,
                    "balance": card.points,
                    "cause": cause,
                    "document_model": document._name,
                    "document_id": document.id,
                    "deducted": {str(each.id): points for each, points in (deducted or {}).items()},
                    "found_at": fields.Datetime.now(),
                }
            )

    def _failures(self, cause, document):
        """Return what is open of a document."""
        of_document = [("document_model", "=", document._name), ("document_id", "=", document.id)]
        return self.search([*of_document, ("cause", "=", cause), ("state", "=", "open")])

    # -- booking again -----------------------------------------------------------------------------

    @api.model
    def _cron_prove(self):
        """First book again what could not be booked."""
        for each in self.search([("cause", "in", list(FAILURES)), ("state", "=", "open")], order="id"):
            each._book_again({"state": "resolved"})
        return super()._cron_prove()

    def action_book_again(self):
        """Book again what could not be booked."""
        found = self.filtered(lambda each: each.state == "open" and each.cause in FAILURES)
        if not found:
            raise UserError(self.env._("None of the selected lines can be booked again."))
        for each in found:
            each._check_may_correct()
            # As the superuser: whether the user may correct it was checked.
            each.sudo()._book_again({"state": "corrected", "ended_by_id": self.env.uid})
        left = len(found.filtered(lambda each: each.state == "open"))
        if not left:
            return notice("success", self.env._("Everything is booked."))
        message = self.env._(
            "%(count)s of the selected lines could not be booked. The server's log says why.", count=left
        )
        return notice("danger", message)

    def _book_again(self, values):
        """Book the difference, and end all of the same document and cause, unless that fails again."""
        if self.state != "open":  # it was ended with another one of its document
            return
        document = self.env[self.document_model].browse(self.document_id).exists()
        found, is_booked = self, True
        if document:
            found = self._failures(self.cause, document)
            deducted = {
                self.env["loyalty.card"].browse(int(id_)): points
                for id_, points in (self.deducted or {}).items()
            }
            is_booked, _result = self._book(self.cause, document, found.card_id, deducted)
        if is_booked:
            found.write({**values, "ended_at": fields.Datetime.now()})
