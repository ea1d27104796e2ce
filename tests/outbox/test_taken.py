"""Customers who come to share an email address while each has a contact: both stay, it is said, nobody has to act."""

from odoo.tests import new_test_user, tagged

from ..common import FALLBACK_KEY
from ..connector.test_hubspot_orders import HubSpotCase


class TakenCase(HubSpotCase):
    def setUp(self):
        super().setUp()
        self.first, self.second = (
            self._partner(f"{name} Hart", f"{name.lower()}@example.com") for name in ("Gil", "Kim")
        )
        self._send_everything()

    def _send_everything(self):
        for _round in range(6):
            self._drain()
            self._drain(lane="bulk")
            self._make_due(self._deliveries(state="pending"))
        states = set(self.env["retail.delivery"].search([]).mapped("state"))
        self.assertLessEqual(states, {"delivered", "superseded", "cancelled"})

    def _alias(self, partner):
        return self.env["retail.alias"]._of_records(self.connector, "res.partner", partner.ids)

    def _remote_id(self, partner):
        return self.env["retail.binding"]._of_records(self.connector, "res.partner", partner.ids).remote_id

    def _there(self):
        """Return ``{first name: (email, city)}`` of the living contacts of the two."""
        found = [each["properties"] for each in self._living("contacts")]
        return {
            each["firstname"]: (each.get("email") or "", each.get("city") or "")
            for each in found
            if each.get("lastname") == "Hart"
        }

    def _share(self):
        """Give the second customer the address of the first."""
        self.second.write({"email": "gil@example.com", "city": "Ghent"})
        self._send_everything()


@tagged("post_install", "-at_install")
class TestTakenAddress(TakenCase):
    def test_said_and_not_overwritten(self):
        self._share()
        self.assertEqual(self._there(), {"Gil": ("gil@example.com", ""), "Kim": ("", "Ghent")})
        delivery = self._deliveries(self.second)[-1]
        self.assertEqual(
            (delivery.state, delivery.conflicts_with, delivery.warning),
            (
                "delivered",
                f"res.partner,{self.first.id}",
                f"Possible duplicate of Contact #{self.first.id}, whose remote record has the same key, such as the"
                " email address. This record was sent without it. Merge the two if they are the same, or change the"
                " key of one of them.",
            ),
        )
        alias = self._alias(self.second)
        self.assertEqual((alias.primary_id, alias.is_partial), (self.first.id, True))
        self.assertEqual(
            alias.reason,
            "Both have a remote record, and the same key, such as the email address. Only the other one is sent with"
            " it.",
        )
        self.assertFalse(self._alias(self.first))

    def test_listed_with_merge(self):
        self._share()
        clerk = new_test_user(
            self.env, "clerk", "base.group_user,base.group_partner_manager,retail_hub.group_user"
        )
        action = self._alias(self.second).with_user(clerk).action_merge()
        self.assertEqual(action["context"]["active_ids"], [self.first.id, self.second.id])

    def test_later_changes_of_both(self):
        self._share()
        self.second.city = "Bruges"
        self.first.city = "Antwerp"
        self._send_everything()
        self.assertEqual(self._there(), {"Gil": ("gil@example.com", "Antwerp"), "Kim": ("", "Bruges")})
        self.assertEqual(len(self._alias(self.second)), 1)

    def test_orders_of_each(self):
        self._share()
        customers = {
            f"sale.order/{self._order(partner_id=each.id).id}": each for each in (self.first, self.second)
        }
        self._send_everything()
        self.assertEqual(
            {
                each["properties"]["odoo_id"]: each["associations"]["contacts"]
                for each in self._living("orders")
            },
            {key: [self._remote_id(customer)] for key, customer in customers.items()},
        )

    def test_the_second_gets_another_address(self):
        self._share()
        self.second.email = "new@example.com"
        self._send_everything()
        self.assertEqual(self._there()["Kim"], ("new@example.com", "Ghent"))
        self.assertFalse(self._alias(self.second))

    def test_the_first_gives_it_up(self):
        self._share()
        self.first.email = "new@example.com"
        self._send_everything()
        self.assertEqual(self._there(), {"Gil": ("new@example.com", ""), "Kim": ("gil@example.com", "Ghent")})
        self.assertFalse(self._alias(self.second))

    def test_the_first_is_deleted(self):
        """The second keeps its own contact, which gets the address."""
        self._share()
        remote_id = self._remote_id(self.second)
        self.first.unlink()
        self._send_everything()
        self.assertEqual(self._there(), {"Kim": ("gil@example.com", "Ghent")})
        self.assertEqual(self._remote_id(self.second), remote_id)
        self.assertFalse(self._alias(self.second))

    def test_the_second_is_deleted(self):
        self._share()
        self.second.unlink()
        self._send_everything()
        self.assertEqual(self._there(), {"Gil": ("gil@example.com", "")})
        self.assertFalse(self.env["retail.alias"].search([("connector_id", "=", self.connector.id)]))

    def test_merged(self):
        for survivor, merged in ((self.first, self.second), (self.second, self.first)):
            with self.subTest(survivor.name):
                first, second = (
                    self._partner(f"{name} Hart", f"{name.lower()}@example.com")
                    for name in (f"A{survivor.id}", f"B{survivor.id}")
                )
                self._send_everything()
                second.email = first.email
                self._send_everything()
                pair = first + second
                survivor, merged = pair if survivor == self.first else reversed(pair)
                self.env["base.partner.merge.automatic.wizard"]._merge(pair.ids, survivor)
                self._send_everything()
                there = self._there()
                self.assertEqual(there[survivor.name.split()[0]][0], first.exists().email or second.email)
                self.assertNotIn((merged.exists() and merged.name) or "-", there)
                self.assertFalse(self._alias(survivor))

    def test_both_get_the_same_new_address(self):
        """At once: the second of them is told by HubSpot."""
        (self.first + self.second).email = "both@example.com"
        self._send_everything()
        self.assertEqual(sorted(email for email, _city in self._there().values()), ["", "both@example.com"])
        self.assertEqual(len(self._alias(self.first + self.second)), 1)

    def test_an_address_of_a_contact_that_odoo_does_not_know(self):
        """Nobody in Odoo to merge with: it fails, as it did before."""
        with self.connector._connection() as adapter:
            body = {"properties": {"email": "there@example.com"}}
            self.assertEqual(adapter.api.objects("contact", "POST", "", body).status, 201)
        self.second.email = "there@example.com"
        for _round in range(4):
            self._drain()
            self._make_due(self._deliveries(state="pending"))
        self.assertEqual(self._dead(self.second)[1], "UNIQUE_VALUE_TAKEN")


@tagged("post_install", "-at_install")
class TestTakenUnderAnotherKey(TakenCase):
    """The match key is a property of our own: the hub does not know which other values are unique there."""

    def _forget_past(self):
        self._choice("customer").key_property = FALLBACK_KEY
        return super()._forget_past()

    def _open_account(self, sandbox):
        currencies = [self.env.company.currency_id.name]
        key = {"name": FALLBACK_KEY, "hasUniqueValue": True}
        sandbox.configure(currencies=currencies, custom_properties=[key])

    def test_said_and_not_overwritten(self):
        self._share()
        self.assertEqual(self._there(), {"Gil": ("gil@example.com", ""), "Kim": ("", "Ghent")})
        self.assertEqual(self._alias(self.second).primary_id, self.first.id)
        self.assertEqual(self._deliveries(self.second)[-1].conflict_name, "Gil Hart")
        self.second.city = "Bruges"
        self._send_everything()
        self.assertEqual(self._there()["Kim"], ("", "Bruges"))

    def test_the_first_gives_it_up(self):
        self._share()
        self.first.email = "new@example.com"
        self._send_everything()
        self.assertEqual(self._there(), {"Gil": ("new@example.com", ""), "Kim": ("gil@example.com", "Ghent")})
        self.assertFalse(self._alias(self.second))

    def test_a_new_customer(self):
        """It is linked to the contact that there is."""
        third = self._partner("Vi Hart", "gil@example.com")
        order = self._order(partner_id=third.id)
        self._send_everything()
        self.assertEqual(self._alias(third).primary_id, self.first.id)
        self.assertEqual(self._only("orders")["associations"]["contacts"], [self._remote_id(self.first)])
        self.assertEqual(self._deliveries(order)[-1].state, "delivered")
        third.email = "vi@example.com"
        self._send_everything()
        self.assertEqual(self._there()["Vi"], ("vi@example.com", ""))
        self.assertFalse(self._alias(third))
