"""Reports of changes: what a webhook says of records in the remote system. It may be out of date.

Most are listed, and nothing is done. Of records that were merged, those in Odoo are sent again: the answer says which
remote record they have now. Of a balance of points, it is read again.
"""

from odoo import SUPERUSER_ID, api, models

from ..outbox.resend import resend

CHANGED = "record.changed"
NOTED = "Odoo does not read it from there yet, and has changed nothing."
RESENT = "Odoo sends the record again, and so learns which one is left."
READ = "Odoo reads the balance from there."
CARD = "loyalty.card"


class RetailMessage(models.Model):
    _inherit = "retail.message"

    @api.model
    def _linked(self, connector, object_name, remote_ids):
        """Return the links of remote records to those in Odoo, the oldest first."""
        return self.env["retail.binding"].search(
            [
                ("connector_id", "=", connector.id),
                ("remote_id", "in", list(remote_ids)),
                ("remote_object", "in", [object_name, False]),
            ],
            order="id",
        )

    def _act_on_report(self):
        """Send the records of a merge again, or have balances read, in a transaction of its own."""
        with self.env.registry.cursor() as cr:
            # As the superuser: messages and links are the hub's own.
            message = self.with_env(api.Environment(cr, SUPERUSER_ID, {}))
            if not message._lock_open():
                return
            connector, name = message.connector_id, message.subject.partition("/")[0]
            bindings = message._linked(connector, name, message.content["remote_ids"])
            unsent = {
                "state": "noted",
                "problem": message.problem.replace(RESENT, NOTED).replace(READ, NOTED),
            }
            message.write({"state": "done"} if message._act_on_linked(connector, bindings) else unsent)

    @api.model
    def _reported_cards(self, connector, bindings, remote_ids):
        """Return the cards whose balances a report is about: those that were sent, or that were read."""
        sent = self.env[CARD].browse(bindings.filtered(_is_card).mapped("res_id")).exists()
        of_engine = [("program_id.retail_connector_id", "=", connector.id)]
        accounts = self.env["retail.loyalty.account"]
        return sent | accounts.search([("remote_id", "in", list(remote_ids)), *of_engine]).card_id

    def _act_on_linked(self, connector, bindings):
        """Do what a report gives reason for; return whether there was something to do."""
        cards = self._reported_cards(connector, bindings, self.content["remote_ids"])
        if not cards:
            return resend(connector, bindings)
        self.env["retail.loyalty.account"]._read_soon(cards)
        return True


def report_state(report, bindings, cards):
    """Return ``(state, note)`` of the message of a report.

    :param bindings: of the records in Odoo that it is about
    :param cards: whose balances it is about
    """
    name = report.object or "record"
    first, *others = report.remote_ids or ("?",)
    is_merge = report.change == "merged" and others
    merged = f" with {', '.join(others)}" if is_merge else ""
    words = f"The {name.replace('_', ' ')} {first} was {report.change}{merged} in the remote system."
    if cards:
        return "received", f"{words} {READ}"
    return ("received", f"{words} {RESENT}") if is_merge and bindings else ("noted", f"{words} {NOTED}")


def report_subject(report):
    """Return the subject of the message of a report, such as ``contact/7``."""
    name = report.object or "record"
    return f"{name}/{report.remote_ids[0]}" if report.remote_ids else name


def _is_card(binding):
    return binding.res_model == CARD
