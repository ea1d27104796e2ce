"""A remote that does not answer is left alone, probed by one call, and resumed in order; people are notified once."""

from datetime import timedelta

from odoo.tests import tagged

from ..common import RetailCase


@tagged("post_install", "-at_install")
class TestCircuit(RetailCase):
    def setUp(self):
        super().setUp()
        self.responsible = self.env["res.users"].create(
            {"name": "Olga", "login": "olga", "email": "olga@example.com"}
        )
        self._deliveries().unlink()  # a user is a customer too
        self.connector.write({"responsible_id": self.responsible.id, "notify_by_email": True})

    def _circuit(self):
        return self.env["retail.circuit"].search([("connector_id", "=", self.connector.id)])

    def _break(self):
        """Let two calls fail, with ten deliveries in all."""
        self.sandbox.fault(path="/batch/", status=503)
        self.partners = self.env["res.partner"].create(
            [{"name": f"N{number}", "email": f"n{number}@example.com"} for number in range(5)]
        )
        self._drain()
        self.assertFalse(self._circuit().is_open)
        self._make_due(self._deliveries())
        self._drain()

    def _make_probe_due(self):
        self.env["retail.circuit"]._make_probe_due(self.connector)

    def _activities(self):
        return self.connector.activity_ids.filtered(lambda activity: activity.user_id == self.responsible)

    def _mails(self):
        return self.env["mail.mail"].search([("email_to", "ilike", "olga@example.com")]).mapped("subject")

    def test_opens_and_makes_no_more_calls(self):
        self._break()
        self.assertTrue(self.connector.is_circuit_open)
        self.assertIn("503", self.connector.circuit_reason)
        self.assertIn("503", self.connector.trouble)
        self.assertEqual(len(self._calls()), 2)
        self._make_due(self._deliveries())
        self.assertEqual(self._drain(), 0)
        self.assertEqual(len(self._calls()), 2)
        self.assertEqual(set(self._deliveries().mapped("attempts")), {2})

    def test_probe_costs_one_call_with_one_delivery(self):
        self._break()
        self._make_probe_due()
        self.assertEqual(self._drain(), 1)
        self.assertEqual(len(self.sandbox.requests()[-1]["body"]["inputs"]), 1)
        self.assertEqual(len(self._calls()), 3)
        circuit = self._circuit()
        self.assertEqual((circuit.is_open, circuit.probe_seconds), (True, 60))
        self.assertEqual(self._deliveries().mapped("attempts"), [3, 2, 2, 2, 2])

    def test_a_probe_is_made_by_one_drain_only(self):
        self._break()
        self._make_probe_due()
        circuits = self.env["retail.circuit"]
        self.assertEqual([circuits._take_probe(self.connector) for _ in range(2)], [True, False])

    def test_opens_after_a_busy_time(self):
        """Thousands that arrived just before do not keep a remote that went down from being left alone."""
        self.env["res.partner"].create(
            [{"name": f"Guest {number}", "email": f"guest{number}@example.com"} for number in range(300)]
        )
        self._drain()
        arrived = self._deliveries()
        self.assertEqual(set(arrived.mapped("state")), {"delivered"})
        self._break()
        self.assertFalse(self._circuit().is_open)
        self._make_due(self._deliveries() - arrived)
        self._drain()
        self.assertTrue(self._circuit().is_open)
        self.assertEqual(len(self._calls()), 3 + 3)

    def test_resumes_what_waited(self):
        """A probe that is answered closes the circuit, and what waited for its next attempt goes out at once."""
        self._break()
        self.sandbox.faults_clear()
        self._make_probe_due()
        self.assertEqual(self._drain(), 5)
        self.assertFalse(self._circuit().is_open)
        self.assertEqual(self._deliveries().mapped("state"), ["delivered"] * 5)
        sizes = [len(request["body"]["inputs"]) for request in self.sandbox.requests()]
        self.assertEqual(sizes, [5, 5, 1, 4])

    def test_notified_once(self):
        self._break()
        self.assertEqual(self._activities().mapped("summary"), ["HubSpot does not answer"])
        self._make_probe_due()
        self._drain()
        self.assertEqual(len(self._activities()), 1)
        self.assertEqual(self._mails(), ["HubSpot does not answer"])

    def test_notified_when_it_answers_again(self):
        self._break()
        self.sandbox.faults_clear()
        self._make_probe_due()
        self._drain()
        self.assertFalse(self._activities())
        self.assertEqual(sorted(self._mails()), ["HubSpot answers again", "HubSpot does not answer"])

    def test_no_flood(self):
        """One that goes on and off has an activity while it is off, and one pair of emails in an hour."""
        self._break()
        for _ in range(3):
            self.env["retail.circuit"]._announce(self.connector, "closed")
            self._circuit().opened_at += timedelta(minutes=10)
            self.env["retail.circuit"]._announce(self.connector, "opened")
        self.assertEqual(len(self._activities()), 1)
        self.assertEqual(self._mails().count("HubSpot does not answer"), 1)

    def test_no_email_unless_asked_for(self):
        self.connector.notify_by_email = False
        self._break()
        self.assertEqual((len(self._activities()), self._mails()), (1, []))

    def test_refused_records_are_answers(self):
        """A remote that refuses records is well."""
        rule = {"property": "lastname", "pattern": "(?!Bad).*", "message": "no"}
        self.sandbox.configure(validation_rules=[rule])
        self.env["res.partner"].create(
            [{"name": "Bad", "email": f"bad{number}@example.com"} for number in range(20)]
        )
        self._drain()
        self.assertEqual(self._deliveries().mapped("state"), ["dead"] * 20)
        self.assertFalse(self._circuit().is_open)

    def test_another_connector_goes_on(self):
        other = self._create_connector("Other")
        self._break()
        self.sandbox.faults_clear()
        self.assertEqual(self._drain(other), 5)
        self.assertEqual(self._deliveries(connector_id=other.id).mapped("state"), ["delivered"] * 5)

    def test_retry_now(self):
        self._break()
        self.sandbox.faults_clear()
        self.connector.action_probe()
        self.assertEqual(self._drain(), 5)
