"""Customers confirm large redemptions at the till: by a code that they get, or by their card."""

import re
from datetime import timedelta
from unittest.mock import patch

from odoo.exceptions import AccessError, UserError, ValidationError
from odoo.tests import new_test_user, tagged

from .code_case import add_voucher, forget_guesses
from .test_confirmations import mailed_code, other_than
from .test_till_tours import TillTourCase
from .till_case import TillCase

NEEDED = "The customer has to confirm this: have a code sent, or scan the card."
NOT_THE_CARD = "This is not the code of the customer's card. Scan it again, or have a code sent."


class ConfirmationCase(TillCase):
    def setUp(self):
        super().setUp()
        self.env.company.retail_confirm_above = 50
        self.customer.email = "ann@example.com"
        self.addCleanup(forget_guesses, self.env)

    def _confirm(self, code, points=80, uuid="U-1"):
        """Hold points with a code; return why not, in words."""
        card = self.club_card.id
        refused = self._till().retail_hold_points(uuid, {card: points}, {card: code})["refused"]
        return refused and refused["message"]

    def _have_sent(self, points=80, channel="email", uuid="U-1"):
        """Have a code sent; return it, and where to."""
        sent = self._till().retail_send_confirmation(uuid, self.club_card.id, points, channel)
        return mailed_code(self.env), sent["sent_to"]

    def _newest(self):
        return self.env["retail.loyalty.confirmation"].sudo().search([], limit=1)


@tagged("post_install", "-at_install")
class TestTillConfirmations(ConfirmationCase):
    def test_by_email(self):
        self.assertEqual(
            self._hold("U-1", 80),
            {
                "held": {},
                "refused": {
                    "card_id": self.club_card.id,
                    "available": 50,
                    "message": NEEDED,
                    "ways": [("email", "a***@example.com")],
                },
            },
        )
        self.assertEqual(self._available(), (100, 0))
        code, sent_to = self._have_sent()
        self.assertEqual(sent_to, "a***@example.com")
        self.assertNotIn(code, self._newest().digest)
        self.assertEqual(self._confirm(""), "Enter the code that the customer got.")
        self.assertIsNone(self._confirm(f" {code} "))
        self.assertEqual(self._available(), (100, 80))
        self._redeem(80, uuid="U-1")
        self.assertEqual(self._holds(), [("U-1", "committed", 80, 80)])

    def test_by_card(self):
        self.assertEqual(self._confirm("044-NOT-HERS"), NOT_THE_CARD)
        self.assertEqual(self._confirm("Ünknown"), NOT_THE_CARD)
        self.assertIsNone(self._confirm(self.club_card.code))
        self.assertEqual(self._available(), (100, 80))

    def test_what_needs_none(self):
        self.assertIsNone(self._hold("U-1", 50)["refused"])
        self.assertEqual(self._hold("U-1", 51)["refused"]["message"], NEEDED)
        self.env.company.retail_confirm_above = 0
        self.assertIsNone(self._hold("U-1", 100)["refused"])

    def test_for_this_payment(self):
        """The order can be held again, for no more points and no longer than a hold lasts."""
        self.assertIsNone(self._confirm(self.club_card.code))
        self._till().retail_hold_points("U-1", {})
        self.assertIsNone(self._hold("U-1", 80)["refused"])
        self.assertIsNone(self._hold("U-1", 60)["refused"])
        self.assertEqual(self._hold("U-1", 81)["refused"]["message"], NEEDED)
        self.assertEqual(self._hold("U-2", 80)["refused"]["message"], NEEDED)
        hold = self.env["retail.loyalty.hold"].search([("order_uuid", "=", "U-1")])
        hold.sudo().confirmed_until -= timedelta(minutes=15)
        self.assertEqual(self._hold("U-1", 80)["refused"]["message"], NEEDED)

    def test_used_once(self):
        code, _sent_to = self._have_sent()
        self.assertIsNone(self._confirm(code))
        self._till().retail_hold_points("U-1", {})
        self.assertEqual(self._confirm(code, uuid="U-2"), NOT_THE_CARD)
        self.assertEqual(self._confirm(code, 81), "The code is not valid any more. Have a new one sent.")

    def test_wrong_codes(self):
        """After five of them, the right one is of no use either, and after ten, no other code of the card."""
        code, _sent_to = self._have_sent()
        wrong = other_than(code)
        for left in (4, 3, 2, 1, 0):
            self.assertEqual(self._confirm(wrong), f"The code is wrong. Attempts left: {left}.")
        for _time in range(5):
            self.assertEqual(self._confirm(code), "The code is not valid any more. Have a new one sent.")
        too_many = "Too many wrong codes were entered. Try again in a few minutes."
        self.assertEqual(self._confirm(self.club_card.code), too_many)
        self.assertEqual(self._available(), (100, 0))
        self.assertIsNone(self._hold("U-1", 50)["refused"])

    def test_late(self):
        code, _sent_to = self._have_sent()
        self._newest().valid_until -= timedelta(minutes=10)
        self.assertEqual(self._confirm(code), "The code is not valid any more. Have a new one sent.")

    def test_for_less(self):
        code, _sent_to = self._have_sent(60)
        fewer = "The code was sent for another card, or for fewer points."
        self.assertEqual(self._confirm(code), fewer)
        self.assertIsNone(self._confirm(code, 60))

    def test_points_that_are_no_longer_available(self):
        """They are refused before the customer is asked, and the code is not used up."""
        code, _sent_to = self._have_sent()
        self._hold("U-2", 50)
        gone = "50 Points are available: 50 are being redeemed at another checkout."
        self.assertEqual(self._confirm(code), gone)
        self.assertNotIn("ways", self._hold("U-1", 80)["refused"])
        self._till().retail_hold_points("U-2", {})
        self.assertIsNone(self._confirm(code))

    def test_too_many(self):
        for _time in range(3):
            self._have_sent()
        with self.assertRaisesRegex(UserError, r"Scan the card, or send another code in 10 minutes\.$"):
            self._have_sent(uuid="U-2")

    def test_no_address(self):
        self.customer.write({"email": False, "phone": False})
        self.assertEqual(self._hold("U-1", 80)["refused"]["ways"], [])
        for channel, reason in (("email", "no valid email address"), ("sms", "no phone number")):
            with self.assertRaisesRegex(UserError, reason):
                self._have_sent(channel=channel)

    def test_by_text_message(self):
        self.customer.phone = "+32 470 12 34 56"
        ways = self._hold("U-1", 80)["refused"]["ways"]
        if "sms.sms" not in self.env:
            self.assertEqual(ways, [("email", "a***@example.com")])
            return
        self.assertEqual(ways, [("email", "a***@example.com"), ("sms", "***56")])
        sent = self._till().retail_send_confirmation("U-1", self.club_card.id, 80, "sms")
        self.assertEqual(sent, {"sent_to": "***56"})
        text = self.env["sms.sms"].search([("number", "=", "+32470123456")], limit=1)
        [code] = re.findall(r"\b[0-9]{6}\b", text.body)
        self.assertIsNone(self._confirm(code))

    def test_while_the_engine_is_away(self):
        self._know_balance(ago=120)
        self.program.retail_offline_limit = 70
        self.assertEqual(self._hold("U-1", 60)["refused"]["message"], NEEDED)
        self.assertIsNone(self._confirm(self.club_card.code, 60))

    def test_codes_stay_held(self):
        """What is refused for want of a confirmation releases no code."""
        self.engine.uses_codes = True
        add_voucher(self.sandbox)
        lines = [{"product_id": self.lamp.id, "quantity": 1, "total": 200}]
        self._till().retail_get_code("U-1", "TEA10", self.customer.id, lines)
        self._hold("U-1", 80)
        self.assertEqual(self._holds(), [("U-1", "held", 1, 0), ("U-1", "released", 80, 0)])

    def test_what_no_till_sends(self):
        card = self.club_card.id
        for codes in (7, {"x": "1"}, {card: "1" * 65}):
            with self.subTest(codes=codes), self.assertRaises(ValidationError):
                self._till().retail_hold_points("U-1", {card: 80}, codes)
        for arguments in (("U-1", card, 80, "fax"), ("U-1", card, -1, "email"), ("U-1", 0, 80, "email")):
            with self.subTest(arguments=arguments), self.assertRaises(ValidationError):
                self._till().retail_send_confirmation(*arguments)
        nobody = new_test_user(self.env, "till_nobody", "base.group_user")
        with self.assertRaises(AccessError):
            self._till(nobody).retail_send_confirmation("U-1", card, 80, "email")
        self.assertFalse(self._newest())


@tagged("post_install", "-at_install")
class TestTillConfirmationTours(TillTourCase):
    def setUp(self):
        super().setUp()
        self.env.company.retail_confirm_above = 50
        self.club_card.code = "CLUB-ANN-7"
        self.customer.write({"email": "ann@example.com", "phone": "+32 470 12 34 56"})

    def _channels(self):
        return self.env["retail.loyalty.confirmation"].sudo().search([], order="id").mapped("channel")

    def test_code(self):
        """The cashier has codes sent, and enters a wrong one, an expired one, and the right one."""
        with patch("secrets.randbelow", side_effect=[1, 123456]):
            self._tour("confirm_by_code")
        self.assertEqual(self._channels(), ["email", "email"])
        self.assertEqual(self._holds(), [("committed", 80, 80, False)])
        self.assertEqual(self._booked(), [("redeem", -80, 20)])

    def test_card(self):
        """The card is scanned; before, the cashier goes back and redeems less."""
        self._tour("confirm_by_card")
        self.assertEqual(self._channels(), [])
        self.assertEqual(self._holds(), [("committed", 80, 80, False)])

    def test_offline(self):
        """The till knows the card itself."""
        self.program.retail_offline_limit = 70
        self._tour("confirm_offline")
        self.assertEqual(self._holds(), [("committed", 60, 60, True)])
