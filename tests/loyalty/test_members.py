"""Members who are merged, erased, or changed at the engine: no point is lost or doubled, and nobody comes back."""

from odoo.exceptions import AccessError, UserError
from odoo.tests import new_test_user, tagged

from .engine_case import EngineCase
from .engines import TalonOne


class MembersCase(EngineCase):
    """Two customers, who may be the same person."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.double = cls.env["res.partner"].create({"name": "Ann L.", "email": "al@example.com"})

        groups = "base.group_user,base.group_partner_manager,sales_team.group_sale_manager"
        cls.clerk = new_test_user(cls.env, "member_clerk", f"{groups},retail_hub.group_user")
        cls.manager = new_test_user(cls.env, "member_manager", f"{groups},retail_hub.group_manager")

    def setUp(self):
        super().setUp()
        self.double_id = self.double.id

    def _merge(self):
        """Merge the double into the customer."""
        wizard = self.env["base.partner.merge.automatic.wizard"].create({})
        wizard._merge((self.customer | self.double).ids, self.customer)
        self._commit()

    def _both_at_engine(self):
        """Return the points of the customer and of the double at the engine; None for no member."""
        ids = (self.customer.id, self.double_id)
        return tuple(self.remote.points_of(self.sandbox, id_) for id_ in ids)

    def _send_everything(self):
        """Send what is to be sent, and read all balances."""
        self._send()
        self._read_again()
        self._send()

    def _assert_everything_sent(self, kept, gone, points):
        """Both systems have the same, the ledger proves it, and nothing more happens."""
        for _time in range(2):
            self._send_everything()
            self.assertEqual((kept.points, gone.points), (points, 0))
            self.assertEqual(self._both_at_engine(), (points, 0))
        self.assertEqual(self.env["retail.loyalty.proof"]._differences(), [])
        self.assertFalse(self.env["retail.loyalty.difference"].search([]))
        self.assertFalse(self._deliveries(connector_id=self.engine.id, state="dead"))
        self.assertFalse(self._deliveries(connector_id=self.engine.id, state="pending"))


class MergeStory:
    """What happens with every engine that owns points."""

    allow_inherited_tests_method = True

    def _members(self):
        """Return the cards of both, with 100 and 40 points."""
        kept, gone = self._card(), self._card(self.double)
        self._paid_order()
        self._paid_order(price=40, customer=self.double)
        self._send()
        self._read()
        self.assertEqual((kept.points, gone.points), (100, 40))
        return kept, gone

    def test_merged(self):
        kept, gone = self._members()
        self._merge()
        self.assertEqual((kept.points, gone.points, gone.active), (140, 0, False))
        self._assert_everything_sent(kept, gone, 140)
        self.assertEqual(self._ledger(kept), [("earn", 100, 100), ("adjust", 40, 140)])
        self.assertEqual(self._ledger(gone), [("earn", 40, 40), ("adjust", -40, 0)])
        entries = self.env["retail.loyalty.entry"].search([("kind", "=", "adjust")], order="card_id")
        self.assertEqual(
            {(each.card_id, each.order_model, each.order_id) for each in entries},
            {(kept, "loyalty.card", gone.id), (gone, "loyalty.card", kept.id)},
        )
        self.assertIn("40 points came from it", kept.message_ids[0].body)
        self.assertEqual(gone.retail_merged_into_id, kept)

    def test_the_survivor_has_no_card(self):
        """They become a member: the engine cannot give them the other one's membership. The code stays valid."""
        gone = self._card(self.double)
        code = gone.code
        self._paid_order(price=40, customer=self.double)
        self._send()
        self._read()
        self._merge()
        kept = self.env["loyalty.card"].search([("partner_id", "=", self.customer.id)])
        self.assertEqual((kept.code, kept.points), (code, 40))
        self.assertNotEqual(gone.code, code)
        self._assert_everything_sent(kept, gone, 40)

    def test_one_who_never_became_a_member(self):
        """What the engine does not have cannot be taken there: the survivor gets it, and nothing is refused."""
        kept = self._card()
        self._paid_order()
        self._send()
        self._read()
        gone = self._card(self.double)
        gone.points = 40
        self._merge()
        self._send_everything()
        self.assertEqual((kept.points, gone.points), (140, 0))
        self.assertEqual([points or 0 for points in self._both_at_engine()], [140, 0])
        self.assertFalse(self._deliveries(connector_id=self.engine.id, state="dead"))
        self.assertEqual(
            self._deliveries(gone, connector_id=self.engine.id).mapped("state"), ["cancelled"] * 2
        )
        self.assertEqual(self.env["retail.loyalty.proof"]._differences(), [])

    def test_points_that_the_engine_books_later(self):
        """They are booked for the member who was merged, and passed on."""
        kept, gone = self._members()
        self.remote.delay(self.sandbox)
        self._paid_order(price=7, customer=self.double)
        self._send()
        self._merge()
        self.assertEqual(kept.points, 140)
        self.remote.end_delay(self.sandbox)
        self._send_everything()
        self._assert_everything_sent(kept, gone, 147)
        self.assertEqual(self._ledger(gone)[-2:], [("earn", 7, 7), ("adjust", -7, 0)])

    def test_what_is_held_follows(self):
        kept, gone = self._members()
        values = {"connector_id": self.engine.id, "external_id": "H-1", "company_id": self.env.company.id}
        holds = self.env["retail.loyalty.hold"].sudo()
        hold = holds._hold(gone, "30", 15, **values)
        self._merge()
        self.assertEqual((hold.card_id, hold.state, kept._retail_held()[kept]), (kept, "held", 30))
        self.assertFalse(holds._hold(kept, "111", 15, **{**values, "external_id": "H-2"}))
        hold._commit()
        self._assert_everything_sent(kept, gone, 110)
        self.assertEqual(self.env["retail.loyalty.account"].search([]).mapped("held"), [0, 0])

    def test_an_order_of_the_merged_card_is_cancelled(self):
        """What is taken from it is taken from the one that got its points."""
        kept, gone = self._members()
        self._merge()
        self._send_everything()
        gone.points -= 15
        self._commit()
        self.assertEqual((kept.points, gone.points), (125, 0))
        self._assert_everything_sent(kept, gone, 125)
        self.assertEqual(self._ledger(gone)[-2:], [("adjust", -15, -15), ("adjust", 15, 0)])

    def test_a_changed_profile_arrives(self):
        self._card()
        self._send()
        self.customer.write({"name": "Anna Lee", "email": "anna@example.com", "lang": "en_US"})
        self._send()
        found = str(self.remote.personal(self.sandbox))
        self.assertIn("Anna Lee", found)
        self.assertIn("anna@example.com", found)
        self.assertNotIn("ann@example.com", found)

    # -- undone ------------------------------------------------------------------------------------

    def _unmerge(self, kept, user=None, **values):
        """Undo the merge; return the card of the other customer."""
        action = kept.with_user(user or self.manager).action_retail_unmerge()
        wizard = self.env[action["res_model"]].browse(action["res_id"]).with_user(user or self.manager)
        wizard.write(values)
        self.effect = wizard.effect
        return self.env["loyalty.card"].browse(wizard.action_unmerge()["res_id"])

    def test_undone(self):
        kept, gone = self._members()
        code = gone.code
        self._merge()
        self._send_everything()
        card = self._unmerge(kept, name="Ann L.")
        self.assertEqual(
            (card.partner_id.name, card.code, card.points, kept.points), ("Ann L.", code, 40, 100)
        )
        self.assertEqual(self.effect, "40 are moved back.")
        self._send_everything()
        self._assert_everything_sent(kept, gone, 100)
        self.assertEqual(self.remote.points_of(self.sandbox, card.partner_id.id), 40)
        self.assertFalse(kept.retail_has_merged or card.retail_has_merged)
        self.assertIn("40 of 40 points were moved back", kept.message_ids[0].body)

    def test_undone_after_points_were_spent(self):
        """What is left is moved back, and the screen says so."""
        kept, gone = self._members()
        self._merge()
        kept.points -= 115
        card = self._unmerge(kept, name="Ann L.")
        self.assertEqual((card.points, kept.points), (25, 0))
        self.assertEqual(self.effect, "40 were moved, and 25 are left: only those are moved back.")
        self._send_everything()
        self._assert_everything_sent(kept, gone, 0)
        self.assertEqual(self.remote.points_of(self.sandbox, card.partner_id.id), 25)

    def test_undone_once_by_a_manager(self):
        kept, gone = self._members()
        self._merge()
        with self.assertRaises(AccessError):
            self._unmerge(kept, user=self.clerk, name="Ann L.")
        with self.assertRaisesRegex(UserError, "has a card of the program already"):
            self._unmerge(kept, partner_id=self.customer.id)
        self._unmerge(kept, name="Ann L.")
        with self.assertRaisesRegex(UserError, "no merge of this card"):
            gone.with_user(self.manager).sudo()._retail_unmerge(
                self.env["res.partner"].create({"name": "Bo"})
            )

    def test_undone_where_the_survivor_had_no_card(self):
        gone = self._card(self.double)
        code = gone.code
        self._paid_order(price=40, customer=self.double)
        self._send()
        self._read()
        self._merge()
        kept = gone.retail_merged_into_id
        card = self._unmerge(kept, name="Ann L.")
        self.assertEqual((card.code, card.points, kept.points), (code, 40, 0))
        self.assertNotEqual(kept.code, code)

    # -- erased ------------------------------------------------------------------------------------

    def _erase(self, customer=None, user=None):
        customer = (customer or self.customer).with_user(user or self.manager)
        action = customer.action_retail_erase()
        wizard = self.env[action["res_model"]].browse(action["res_id"]).with_user(user or self.manager)
        wizard.reason = "By letter"
        self.shown = (wizard.systems, wizard.points)
        wizard.action_erase()

    def test_erased(self):
        card = self._card()
        code = card.code
        self._paid_order()
        self._send()
        self._read()
        self.assertIn("Ann Lee", str(self.remote.personal(self.sandbox)))
        self._erase()
        self.assertEqual(self.shown, ("Points", "100 Points"))
        self._send()
        self.assertNotIn("Ann Lee", str(self.remote.personal(self.sandbox)))
        self.assertNotIn("ann@example.com", str(self.remote.personal(self.sandbox)))
        self.assertEqual((card.points, card.active, card.retail_consent_source), (0, False, False))
        self.assertNotEqual(card.code, code)
        self.assertEqual(self._ledger(card), [("earn", 100, 100), ("erase", -100, 0)])
        self.assertEqual(self.env["retail.loyalty.proof"]._differences(), [])
        self.assertEqual(self.customer.name, "Erased customer")

    def test_nothing_makes_an_erased_customer_a_member_again(self):
        """Neither an order that waits, nor a reading, nor a resync, nor a person."""
        card = self._card()
        self._send()
        self._read()
        self.remote.give(self.sandbox, 5, self.customer.id)
        order = self._paid_order()
        card.points += 1
        self._erase()
        self._send()
        waited = self._deliveries(order, connector_id=self.engine.id, event_type="order.paid")
        self.assertEqual(waited.state, "cancelled")
        self.assertIn("was erased", waited.warning)
        self._read_again()
        self.assertEqual(card.points, 0)
        self.env["retail.loyalty.account"]._read_all()
        self.assertFalse(self.env["retail.loyalty.account"].search([]).read_due_at)
        self.env["retail.loyalty.account"]._read_soon(card)
        self.assertFalse(self.env["retail.loyalty.account"].search([]).read_due_at)
        with self.assertRaisesRegex(UserError, "was erased on .*, and is not sent any more"):
            self.customer.action_retail_resync()
        with self.assertRaisesRegex(UserError, "cannot be used again"):
            card.active = True
        with self.assertRaisesRegex(UserError, "not read any more"):
            card.action_retail_refresh()
        self._send()
        self.assertNotIn("Ann Lee", str(self.remote.personal(self.sandbox)))

    def test_only_a_manager_erases(self):
        with self.assertRaisesRegex(AccessError, "managers"):
            self._erase(user=self.clerk)
        self._erase()
        with self.assertRaisesRegex(UserError, "erased before"):
            self._erase()
        with self.assertRaisesRegex(UserError, "is a user"):
            self._erase(self.manager.partner_id)

    def test_the_merged_member_is_erased_too(self):
        self._members()
        self._merge()
        self._send_everything()
        self.assertIn("Ann L.", str(self.remote.personal(self.sandbox)))
        self._erase()
        self._send()
        self.assertNotIn("Ann", str(self.remote.personal(self.sandbox)))
        self.assertFalse(self._deliveries(connector_id=self.engine.id, state="dead"))

    def test_the_engine_is_away_while_a_customer_is_erased(self):
        self._card()
        self._send()
        self.sandbox.fault(status=503, path="/v")
        self._erase()
        self._drain(self.engine)
        erased = self._deliveries(event_type="customer.erased", connector_id=self.engine.id)
        self.assertEqual(erased.state, "pending")
        self.sandbox.faults_clear()
        self.env["retail.circuit"].sudo().search([]).unlink()
        self._make_due(erased)
        self._send()
        self.assertEqual(erased.state, "delivered")
        self.assertNotIn("Ann Lee", str(self.remote.personal(self.sandbox)))


@tagged("post_install", "-at_install")
class TestMembersOfVoucherify(MergeStory, MembersCase):
    """With what only happens there: members who are deleted, and those who take their place."""

    def _member(self):
        card = self._card()
        self._paid_order()
        self._send()
        self._read()
        return card

    def _found(self):
        return self.env["retail.loyalty.difference"].search([])

    def test_tags_arrive(self):
        self._card()
        tags = self.env["res.partner.category"].create([{"name": "Gold"}, {"name": "Local"}])
        self.customer.category_id = tags
        self._send()
        [found] = [each for each in self.remote.personal(self.sandbox)[0] if each["name"] == "Ann Lee"]
        self.assertEqual(found["metadata"]["tags"], ["Gold", "Local"])
        tags[0].name = "Silver"
        self._send()
        [found] = [each for each in self.remote.personal(self.sandbox)[0] if each["name"] == "Ann Lee"]
        self.assertEqual(found["metadata"]["tags"], ["Local", "Silver"])

    def test_the_member_is_deleted_there(self):
        card = self._member()
        self.remote.delete_member(self.sandbox)
        self._read_again()
        found = self._found()
        self.assertEqual((found.cause, found.correction, found.state), ("absent", "send", "open"))
        self.assertEqual((found.balance, found.engine_balance, card.points), (100, 0, 100))
        self.assertIn("No member", card.retail_freshness)
        found.with_user(self.manager).action_send_balance()
        self._send_everything()
        self.assertEqual((card.points, self.remote.points_of(self.sandbox, self.customer.id)), (100, 100))
        self.assertEqual((found.state, self._found()), ("corrected", found))
        self.assertEqual(self._ledger(card), [("earn", 100, 100)])

    def test_the_customer_is_deleted_there(self):
        card = self._member()
        self.remote.delete_customer(self.sandbox, self.customer.id)
        self._read_again()
        self._found().with_user(self.manager).action_send_balance()
        self._send_everything()
        self.assertEqual((card.points, self.remote.points_of(self.sandbox, self.customer.id)), (100, 100))
        self.assertFalse(self._deliveries(connector_id=self.engine.id, state="dead"))

    def test_the_deletion_there_is_accepted(self):
        card = self._member()
        self.remote.delete_member(self.sandbox)
        self._read_again()
        self._found().with_user(self.manager).action_follow_engine()
        self._send_everything()
        self.assertEqual((card.points, self.remote.points_of(self.sandbox, self.customer.id)), (0, None))
        self.assertEqual(self._ledger(card), [("earn", 100, 100), ("adjust", -100, 0)])

    def _replaced(self):
        """Somebody merged there: a new member has 150 points, of which 100 were the former one's."""
        card = self._member()
        self.remote.delete_member(self.sandbox)
        self.remote.enroll(self.sandbox, self.customer.id, 150)
        self._read_again()
        found = self._found()
        self.assertEqual((found.cause, found.correction), ("replaced", "follow"))
        self.assertEqual((found.balance, found.engine_balance, card.points), (100, 150, 100))
        return card, found

    def test_another_member_takes_the_place(self):
        card, found = self._replaced()
        found.with_user(self.manager).action_follow_engine()
        self._send_everything()
        self.assertEqual((card.points, self.remote.points_of(self.sandbox, self.customer.id)), (150, 150))
        self.assertEqual(self._ledger(card), [("earn", 100, 100), ("adjust", 50, 150)])
        self._paid_order(price=10)
        self._send_everything()
        self.assertEqual((card.points, self.remote.points_of(self.sandbox, self.customer.id)), (160, 160))
        self.assertEqual(self._found().mapped("state"), ["corrected"])

    def test_the_other_member_gets_what_odoo_has(self):
        card, found = self._replaced()
        found.with_user(self.manager).action_send_balance()
        self._send_everything()
        self.assertEqual((card.points, self.remote.points_of(self.sandbox, self.customer.id)), (100, 100))
        self.assertEqual(self._ledger(card), [("earn", 100, 100)])


@tagged("post_install", "-at_install")
class TestMembersOfTalonOne(MergeStory, MembersCase):
    remote = TalonOne


class OdooOwnsStory:
    """What happens where Odoo owns the points."""

    allow_inherited_tests_method = True
    owner = "odoo"

    def test_merged(self):
        kept, gone = self._card(points=30), self._card(self.double, points=12)
        self._send()
        self.assertEqual(self._both_at_engine(), (30, 12))
        self._merge()
        self._assert_everything_sent(kept, gone, 42)
        self.assertEqual(self._ledger(kept), [("adjust", 30, 30), ("adjust", 12, 42)])


@tagged("post_install", "-at_install")
class TestMembersOfOdooAtVoucherify(OdooOwnsStory, MembersCase):
    pass


@tagged("post_install", "-at_install")
class TestMembersOfOdooAtTalonOne(OdooOwnsStory, MembersCase):
    remote = TalonOne
