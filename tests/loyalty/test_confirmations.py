"""Customers confirm large redemptions: by a code that they get, or by their card."""

import re
from datetime import timedelta

from odoo.tests import tagged

from .test_holds import HoldsCase

CONFIRMATIONS = "/loyalty/confirmations"


def mailed_code(env, address="ann@example.com"):
    """Return the code that a customer got last by email."""
    mail = env["mail.mail"].search([("email_to", "like", address)], order="id desc", limit=1)
    [code] = re.findall(r"\b[0-9]{6}\b", mail.body_html)
    return code


def other_than(code):
    return "111111" if code != "111111" else "222222"


@tagged("-at_install", "post_install")
class TestConfirmations(HoldsCase):
    def setUp(self):
        super().setUp()
        self.env.company.retail_confirm_above = 50

    def have_sent(self, points="80", status=201, **values):
        content = {
            "external_id": "H-1",
            "card": {"customer_external_id": "C-1"},
            "points": points,
            **values,
        }
        response = self.post(CONFIRMATIONS, content)
        self.assertEqual(response.status_code, status, response.text)
        return response.json()

    def code(self):
        return mailed_code(self.env)

    def refused(self, **values):
        """Return why a hold is not confirmed."""
        response = self.post(
            "/loyalty/holds",
            {"external_id": "H-1", "card": {"customer_external_id": "C-1"}, "points": "80", **values},
        )
        self.assertProblem(response, "confirmation-required", 409, ["/passcode"])
        return response.json()["detail"]

    def newest(self):
        return self.env["retail.loyalty.confirmation"].search([], limit=1)

    def test_by_email(self):
        self.assertIn("have a code sent", self.refused())
        sent = self.have_sent()
        self.assertEqual((sent["outcome"], sent["channel"]), ("sent", "email"))
        self.assertEqual(sent["sent_to"], "a***@example.com")
        code = self.code()
        self.assertNotIn(code, str(sent))
        self.assertNotIn(code, self.newest().digest)
        self.assertEqual(self.refused(), "Enter the code that the customer got.")
        self.assertEqual(self.hold("80", passcode=code)["outcome"], "held")
        self.assertEqual(self.hold("80", status=200)["outcome"], "unchanged", "It is confirmed.")
        self.assertEqual(self.end("commit")["outcome"], "committed")
        self.assertEqual(self.figures(), ("20", "0", "20"))
        message = (
            self.env["retail.message"].search([("command", "=", "loyalty.hold")]).mapped("shown_content")
        )
        self.assertNotIn(code, str(message))

    def test_used_once(self):
        self.have_sent("60")
        code = self.code()
        self.hold("60", passcode=code)
        self.end("release")
        self.assertIn("have a code sent", self.refused(external_id="H-2", points="60", passcode=code))

    def test_what_needs_none(self):
        self.hold("50")
        self.hold("50", external_id="H-2", card={"code": self.card.code})
        self.end("release", external_id="H-2")
        self.end("release")
        self.hold("100", external_id="H-3", card={"code": self.card.code})
        self.end("release", external_id="H-3")
        self.env.company.retail_confirm_above = 0
        self.hold("100", external_id="H-4")

    def test_in_parts(self):
        """Several small redemptions are as large as one. What the customer has confirmed does not count again."""
        self.hold("30")
        self.end("commit")
        self.assertIn("have a code sent", self.refused(external_id="H-2", points="30"))
        self.assertEqual(self.hold("20", external_id="H-2")["outcome"], "held")
        self.end("release", external_id="H-2")
        self.have_sent("30", external_id="H-3")
        self.hold("30", external_id="H-3", passcode=self.code())
        self.assertEqual(self.hold("20", external_id="H-4")["outcome"], "held")
        self.assertIn("have a code sent", self.refused(external_id="H-5", points="1"))

    def test_wrong_codes(self):
        """After five of them, the right one is of no use either. The next code has five tries of its own."""
        self.have_sent()
        code = self.code()
        wrong = other_than(code)
        for left in (4, 3, 2, 1, 0):
            self.assertEqual(self.refused(passcode=wrong), f"The code is wrong. Attempts left: {left}.")
        self.assertEqual(self.refused(passcode=code), "The code is not valid any more. Have a new one sent.")
        self.have_sent()
        self.assertIn("Attempts left: 4", self.refused(passcode=other_than(self.code())))
        self.hold("80", passcode=self.code())

    def test_late(self):
        self.have_sent()
        self.newest().valid_until -= timedelta(minutes=10)
        self.env.flush_all()
        self.assertIn("not valid any more", self.refused(passcode=self.code()))

    def test_for_less(self):
        self.have_sent("60")
        self.assertIn("for fewer points", self.refused(passcode=self.code()))
        self.hold("60", passcode=self.code())

    def test_too_many(self):
        for _ in range(3):
            self.have_sent()
        response = self.post(
            CONFIRMATIONS, {"external_id": "H-2", "card": {"customer_external_id": "C-1"}, "points": "80"}
        )
        self.assertProblem(response, "rate-limited", 429)
        self.assertTrue(0 < int(response.headers["Retry-After"]) <= 600, response.headers["Retry-After"])
        self.env.cr.execute(
            "UPDATE retail_loyalty_confirmation SET create_date = create_date - interval '11 minutes'"
        )
        self.env.invalidate_all()
        self.have_sent()

    def test_no_address(self):
        self.customer.email = False
        self.assertIn("no valid email address", self.have_sent(status=409)["detail"])

    def test_by_text_message(self):
        self.assertIn("no phone number", self.have_sent(channel="sms", status=409)["detail"])
        if "sms.sms" not in self.env:
            return
        self.customer.write({"phone": "+32 470 12 34 56"})
        self.assertEqual(self.have_sent(channel="sms")["sent_to"], "***56")
        text = self.env["sms.sms"].search([("number", "=", "+32470123456")], limit=1)
        [code] = re.findall(r"\b[0-9]{6}\b", text.body)
        self.hold("80", passcode=code)

    def test_old_ones_are_removed(self):
        self.have_sent()
        self.env.cr.execute(
            "UPDATE retail_loyalty_confirmation SET create_date = create_date - interval '25 hours'"
        )
        self.env.invalidate_all()
        self.newest()._gc_confirmations()
        self.assertFalse(self.newest())
