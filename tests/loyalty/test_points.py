"""Points that another system gives and takes back: once, in parts, and after they were spent."""

from odoo.tests import tagged

from .test_holds import HoldsCase

POINTS = "/loyalty/points"


@tagged("-at_install", "post_install")
class TestLoyaltyPoints(HoldsCase):
    def earn(self, points="40", status=201, **values):
        content = {
            "external_id": "W-1001",
            "card": {"customer_external_id": "C-1"},
            "points": points,
            "reference": "W-1001",
            **values,
        }
        response = self.post(POINTS, content)
        self.assertEqual(response.status_code, status, response.text)
        return response.json()

    def reverse(self, points=None, reversal_id="B-1", status=201, **values):
        content = {"reversal_id": reversal_id, **({"points": points} if points else {}), **values}
        response = self.post(f"{POINTS}/W-1001/reverse", content)
        self.assertEqual(response.status_code, status, response.text)
        return response.json()

    def spend(self, points):
        self.hold(points)
        self.end("commit")

    def figures_of(self, answer):
        return tuple(answer[name] for name in ("points", "short", "left", "balance"))

    def test_earned(self):
        earned = self.earn()
        self.assertEqual((earned["outcome"], self.figures_of(earned)), ("earned", ("40", "0", "40", "140")))
        again = self.earn(status=200)
        self.assertEqual((again["outcome"], again["id"]), ("unchanged", earned["id"]))
        self.earn("41", status=409)
        self.assertEqual(self.booked(), [("adjust", 100, 100), ("earn", 40, 140)])
        self.assertEqual(self.card.history_ids[0].issued, 40)
        self.assertEqual(self.card.history_ids[0].description, "Web Shop: W-1001")

    def test_pending(self):
        """They are not in the balance, and are taken back first."""
        self.program.retail_pending_days = 14
        earned = self.earn()
        self.assertEqual((self.figures_of(earned), earned["available"]), (("40", "0", "40", "100"), "100"))
        [card] = self.member()["cards"]
        self.assertEqual((card["balance"], card["available"], card["pending"]), ("100", "100", "40"))
        self.hold("101", status=409)
        self.hold("100")
        self.assertEqual(self.figures_of(self.reverse("15")), ("-15", "0", "25", "100"))
        self.assertEqual(self.member()["cards"][0]["pending"], "25")
        self.end("commit")
        rest = self.reverse(reversal_id="B-2")
        self.assertEqual(self.figures_of(rest), ("-25", "0", "0", "0"))
        self.assertEqual(self.env["retail.loyalty.proof"]._differences(self.card), [])

    def test_taken_back_in_parts(self):
        self.earn()
        first = self.reverse("12.5", reference="B-1")
        self.assertEqual(
            (first["outcome"], self.figures_of(first)), ("reversed", ("-12.5", "0", "27.5", "127.5"))
        )
        again = self.reverse("12.5", status=200)
        self.assertEqual((again["outcome"], again["id"]), ("unchanged", first["id"]))
        self.reverse("13", status=409)
        problem = self.reverse("28", "B-2", status=409)
        self.assertEqual(problem["detail"], "27.5 points can be taken back.")
        rest = self.reverse(reversal_id="B-3")
        self.assertEqual(self.figures_of(rest), ("-27.5", "0", "0", "100"))
        self.assertEqual(
            self.booked()[1:], [("earn", 40, 140), ("reverse", -12.5, 127.5), ("reverse", -27.5, 100)]
        )

    def test_spent_already(self):
        """What is left is taken, and the answer says how many are missing; they cannot be taken back again."""
        self.earn()
        self.spend("130")
        taken = self.reverse()
        self.assertEqual(self.figures_of(taken), ("-10", "30", "0", "0"))
        self.assertEqual(self.reverse(status=200)["outcome"], "unchanged")
        self.assertEqual(self.booked()[-1], ("reverse", -10, 0))

    def test_all_was_spent(self):
        self.earn()
        self.spend("140")
        self.assertEqual(self.figures_of(self.reverse()), ("0", "40", "0", "0"))
        self.assertEqual(self.booked()[-1], ("redeem", -140, 0))

    def test_a_negative_balance(self):
        self.client.spent_points = "negative"
        self.earn()
        self.spend("130")
        self.assertEqual(self.figures_of(self.reverse()), ("-40", "0", "0", "-30"))
        self.assertEqual(self.member()["cards"][0]["available"], "-30")
        self.hold("1", status=409, external_id="H-2")

    def test_refused(self):
        self.client.spent_points = "refuse"
        self.earn()
        self.spend("130")
        self.assertEqual(self.reverse(status=409)["errors"][0]["available"], "10")
        self.assertEqual(self.figures_of(self.reverse("10")), ("-10", "0", "30", "0"))

    def test_what_is_held_is_not_taken(self):
        self.earn()
        self.hold("130")
        self.assertEqual(self.figures_of(self.reverse()), ("-10", "30", "0", "130"))
        self.end("commit")
        self.assertEqual(self.booked()[-1], ("redeem", -130, 0))

    def test_before_they_were_earned(self):
        """A reversal that comes first waits for its points."""
        content = {"reversal_id": "B-1"}
        self.client.patience_minutes = 10
        response = self.post(f"{POINTS}/W-1001/reverse", content)
        self.assertEqual(response.status_code, 202, response.text)
        self.earn()
        self.env["retail.message"]._retry_waiting(self.system.id, "loyalty_points/W-1001")
        self.assertEqual(self.booked()[1:], [("earn", 40, 140), ("reverse", -40, 100)])

    def test_a_reversal_is_not_reversed(self):
        self.client.patience_minutes = 0
        self.earn()
        self.reverse()
        response = self.post(f"{POINTS}/B-1/reverse", {"reversal_id": "B-2"})
        self.assertProblem(response, "not-found", 404)
