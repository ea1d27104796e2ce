"""Confirmations: customers confirm large redemptions with a code that they get, or by showing their card."""

import secrets
from datetime import timedelta

from markupsafe import Markup

from odoo import api, fields, models
from odoo.exceptions import UserError
from odoo.tools import consteq, email_normalize, hmac

from .entry import DIGITS

CODE_DIGITS = 6
MINUTES = 10  # for which a code is valid
MAX_ATTEMPTS = 5
MOST_CODES = 3  # for a card, in as many minutes
ONE_DAY = timedelta(days=1)
CHANNELS = [("email", "Email"), ("sms", "Text message")]


class RetailLoyaltyConfirmation(models.Model):
    _name = "retail.loyalty.confirmation"
    _description = "Confirmation of a Redemption"
    _inherit = ["retail.checked"]
    _order = "id desc"
    _rec_name = "external_id"

    connector_id = fields.Many2one("retail.connector", required=True, readonly=True, ondelete="cascade")
    external_id = fields.Char("Hold", required=True, readonly=True, help="The external ID of the hold.")
    card_id = fields.Many2one("loyalty.card", required=True, readonly=True, ondelete="cascade", index=True)
    company_id = fields.Many2one("res.company", required=True, readonly=True, ondelete="cascade")
    points = fields.Float(digits=DIGITS, required=True, readonly=True)
    channel = fields.Selection(CHANNELS, required=True, readonly=True)
    digest = fields.Char(required=True, readonly=True, groups=fields.NO_ACCESS)
    valid_until = fields.Datetime(required=True, readonly=True)
    attempts = fields.Integer(readonly=True, default=0)
    used_at = fields.Datetime(readonly=True)

    _key_idx = models.Index("(connector_id, external_id)")

    @api.model
    def _is_needed(self, card, points, company, hold=None):
        """Return whether the customer has to confirm this: with what else was redeemed today, it is above the limit.

        :param points: a float
        :param hold: the one of these points, if there is one already
        """
        limit = company.retail_confirm_above
        if limit <= 0 or card.program_type != "loyalty":
            return False
        holds = self.env["retail.loyalty.hold"]
        others = holds._taken_since(card, fields.Datetime.now() - ONE_DAY) - (hold or holds)
        unconfirmed = others.filtered(lambda each: each.confirmed_points < each.points)
        return points + sum(each.spent or each.points for each in unconfirmed) > limit

    @api.model
    def _reason_not_to_send(self, card, channel):
        """Return why no code is sent, in words; empty if one can be."""
        if not self._address(card, channel):
            if channel == "sms":
                return self.env._("The customer has no phone number, or this Odoo sends no text messages.")
            return self.env._("The customer has no valid email address.")
        return ""

    @api.model
    def _seconds_to_next(self, card):
        """Return in how many seconds another code may be sent for a card: 0 if now."""
        since = fields.Datetime.now() - timedelta(minutes=MINUTES)
        lately = self.search([("card_id", "=", card.id), ("create_date", ">", since)], limit=MOST_CODES)
        if len(lately) < MOST_CODES:
            return 0
        return max(int((lately[-1].create_date - since).total_seconds()), 1)

    @api.model
    def _reason_to_wait(self, card):
        """Return why no other code is sent for a card now, in words; empty if one can be."""
        seconds = self._seconds_to_next(card)
        if not seconds:
            return ""
        return self.env._(
            "Too many codes were sent for this card. Scan the card, or send another code in %(minutes)s minutes.",
            minutes=-(-seconds // 60),
        )

    @api.model
    def _ways(self, card):
        """Return how the customer of a card can get a code: ``[(channel, address as :meth:`_masked` shows it)]``."""
        return [
            (channel, self._masked(card, channel))
            for channel, _label in CHANNELS
            if self._address(card, channel)
        ]

    @api.model
    def _send_to_customer(self, card, points, channel, **values):
        """Send a code, see :meth:`_send`; return where to, masked.

        :raise UserError: no code can be sent now
        """
        reason = self._reason_not_to_send(card, channel) or self._reason_to_wait(card)
        if reason:
            raise UserError(reason)
        self._send(card, points, channel, **values)
        return self._masked(card, channel)

    @api.model
    def _send(self, card, points, channel, **values):
        """Send a new code to the customer of a card; return the confirmation. Older codes are not valid any more.

        :param card: as the superuser
        :param points: a float
        """
        code = f"{secrets.randbelow(10**CODE_DIGITS):0{CODE_DIGITS}}"
        confirmation = self.create(
            {
                "card_id": card.id,
                "points": points,
                "channel": channel,
                "digest": "-",
                "valid_until": fields.Datetime.now() + timedelta(minutes=MINUTES),
                **values,
            }
        )
        confirmation.digest = confirmation._digest(code)
        confirmation._notify_customer(code)
        return confirmation

    def _digest(self, code):
        """Return what is stored of a code: of six digits, a plain hash could be guessed."""
        # As the superuser: it reads the secret of the database.
        return hmac(self.env(su=True), "retail_hub.loyalty.confirmation", f"{self.id}/{code}")

    def _notify_customer(self, code):
        customer = self.card_id.partner_id
        texts = self.with_context(lang=customer.lang or self.env.lang)
        points = self.card_id.with_context(lang=customer.lang)._retail_points_text(self.points)
        text = texts.env._(
            "%(code)s is your code to redeem %(points)s at %(company)s. It is valid for %(minutes)s minutes. If you"
            " are not redeeming anything now, ignore this message, and do not share this code.",
            code=code,
            points=points,
            company=self.company_id.name,
            minutes=MINUTES,
        )
        if self.channel == "sms":
            values = {"number": self._address(self.card_id, "sms"), "body": text, "partner_id": customer.id}
            self.env["sms.sms"].create(values)
            self.env.ref("sms.ir_cron_sms_scheduler_action")._trigger()
            return
        self.env["mail.mail"].create(
            {
                "subject": texts.env._("Your code for %(company)s", company=self.company_id.name),
                "body_html": Markup("<p>%s</p>") % text,
                "email_from": self.company_id.email_formatted or self.env.user.email_formatted,
                "email_to": customer.email_formatted,
                "auto_delete": True,
            }
        )
        self.env.ref("mail.ir_cron_mail_scheduler_action")._trigger()

    @api.model
    def _address(self, card, channel):
        """Return where the customer gets codes; empty if nowhere."""
        customer = card.partner_id
        if channel == "sms":
            return customer._phone_format(fname="phone") or "" if "sms.sms" in self.env else ""
        return email_normalize(customer.email or "") or ""

    @api.model
    def _masked(self, card, channel):
        """Return where the customer gets codes, as callers may see it: ``a***@example.com``, ``***12``."""
        address = self._address(card, channel)
        if channel == "sms":
            return f"***{address[-2:]}"
        name, _at, domain = address.partition("@")
        return f"{name[:1]}***@{domain}"

    # -- confirming --------------------------------------------------------------------------------

    @api.model
    def _newest(self, connector, external_id):
        """Return the confirmation that was sent last for a hold."""
        return self.search([("connector_id", "=", connector.id), ("external_id", "=", external_id)], limit=1)

    def _confirm(self, card, points, code):
        """Have a code confirm a hold: it is used then.

        :return: (why it does not, in words; the confirmation if the code is a wrong one, which has to be counted). Both
            are empty if it does.
        """
        reason, is_wrong = self._reason_not_valid(card, points, code)
        if not reason:
            self.used_at = self.env.cr.now()
        return reason, self if is_wrong else self.browse()

    def _reason_not_valid(self, card, points, code):
        """Return (why the code does not confirm this, in words; whether it was a wrong one). Empty if it does."""
        if not self:
            return self.env._("The customer has to confirm this: have a code sent, or scan the card."), False
        if self.used_at or self.valid_until <= fields.Datetime.now() or self.attempts >= MAX_ATTEMPTS:
            return self.env._("The code is not valid any more. Have a new one sent."), False
        if self.card_id != card or points > self.points:
            return self.env._("The code was sent for another card, or for fewer points."), False
        if not code:
            return self.env._("Enter the code that the customer got."), False
        if not consteq(self.digest, self._digest(code)):
            left = MAX_ATTEMPTS - self.attempts - 1
            return self.env._("The code is wrong. Attempts left: %(count)s.", count=left), True
        return "", False

    @api.autovacuum
    def _gc_confirmations(self):
        self.search([("create_date", "<", fields.Datetime.now() - ONE_DAY)], limit=10_000).unlink()
