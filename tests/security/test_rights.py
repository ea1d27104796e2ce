"""Who may do what with each model of the hub: generated from the registry, so that a new model has to be decided on."""

import re

from odoo import Command
from odoo.exceptions import AccessError, UserError
from odoo.models import MAGIC_COLUMNS
from odoo.tests import new_test_user, tagged
from odoo.tools import mute_logger

from ..common import RetailCase

OPERATIONS = ("read", "write", "create", "unlink")
READ, CHANGE, ALL = ("read",), ("read", "write"), OPERATIONS

# Model: (operations of a User, operations of a Manager). Portal users and users without a group have none.
RIGHTS = {
    "retail.alias": (READ, READ),
    "retail.api.client": (READ, ALL),
    "retail.api.deprecated.use": (READ, READ),
    "retail.api.key": ((), CHANGE),
    "retail.api.rate": ((), ()),
    "retail.tombstone": ((), ()),
    "retail.api.scope": (READ, READ),
    "retail.api.signature": ((), ()),
    "retail.binding": (READ, READ),
    "retail.bulk.run": (READ, ALL),
    "retail.campaign.response": (READ, READ),
    "retail.circuit": (READ, READ),
    "retail.code.guess": ((), ()),
    "retail.code.map": (READ, ALL),
    "retail.connector": (READ, ALL),
    "retail.connector.object": (READ, CHANGE),
    "retail.credential": ((), CHANGE),
    "retail.dead.letter": (READ, READ),
    "retail.dead.letter.wizard": (ALL, ALL),
    "retail.delivery": (READ, READ),
    "retail.delivery.attempt": (READ, READ),
    "retail.erasure": ((), ALL),
    "retail.error.group": (READ, READ),
    "retail.event": (READ, READ),
    "retail.field.map": (READ, ALL),
    "retail.field.map.comparison": ((), ALL),
    "retail.field.map.comparison.line": ((), ALL),
    "retail.flow": (READ, ALL),
    "retail.loyalty.account": (READ, READ),
    "retail.loyalty.confirmation": ((), ()),
    "retail.loyalty.difference": (READ, READ),
    "retail.loyalty.enroll": ((), ()),
    "retail.loyalty.entry": (READ, READ),
    "retail.loyalty.hold": (READ, READ),
    "retail.loyalty.lot": (READ, READ),
    "retail.loyalty.owner": ((), ALL),
    "retail.loyalty.points": (READ, READ),
    "retail.loyalty.share": (READ, READ),
    "retail.loyalty.transfer": ((), ALL),
    "retail.loyalty.unmerge": ((), ALL),
    "retail.mapping.preview": ((), ALL),
    "retail.jwks": ((), ()),
    "retail.message": (READ, READ),
    "retail.order.change": (READ, READ),
    "retail.order.change.line": (READ, READ),
    "retail.promotion.difference": (READ, READ),
    "retail.quota": (READ, ALL),
    "retail.refund": (READ, READ),
    "retail.remote.schema": (READ, READ),
    "retail.retention": (READ, READ),
    "retail.sample": ((), ALL),
    "retail.sample.result": ((), ALL),
    "retail.setup.check": ((), ALL),
    "retail.setup.check.line": ((), ALL),
    "retail.sync.state": (READ, READ),
    "retail.token.key": ((), ()),
    "retail.try.it": ((), ALL),
}
SHARED = {
    "retail.api.scope",
    "retail.jwks",
    "retail.token.key",
}  # the same for all companies, and nobody changes them
LOGGERS = (
    "odoo.models",
    "odoo.addons.base.models.ir_model",
    "odoo.addons.base.models.ir_rule",
    "odoo.sql_db",
)


class RightsCase(RetailCase):
    """Two companies with a connector, a manager and a record of each model."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.other = cls.env["res.company"].create({"name": "Other"})
        cls.other_connector = cls._create_connector("Of Other", company_id=cls.other.id)
        cls.users = {
            "portal": new_test_user(cls.env, "rights_portal", "base.group_portal"),
            "employee": new_test_user(cls.env, "rights_employee", "base.group_user"),
            "user": new_test_user(cls.env, "rights_user", "base.group_user,retail_hub.group_user"),
            "manager": cls._manager("rights_manager", cls.env.company),
            "stranger": cls._manager("rights_stranger", cls.other),
        }
        cls.own = cls._records(cls.connector, cls.users["manager"])
        cls.others = cls._records(cls.other_connector, cls.users["stranger"])

    @classmethod
    def _manager(cls, login, company):
        groups = "base.group_user,base.group_partner_manager,retail_hub.group_manager"
        return new_test_user(
            cls.env, login, groups, company_id=company.id, company_ids=[Command.set(company.ids)]
        )

    @classmethod
    def _models(cls):
        """Return the models of the hub that have records."""
        return [
            model
            for name, model in cls.env.items()
            if name.startswith("retail.") and not model._abstract and model._module == "retail_hub"
        ]

    @classmethod
    def _records(cls, connector, manager):
        """Return ``{model name: a record of the connector}``."""
        company = connector.company_id
        for values in (
            {"name": "Ann", "email": f"ann{company.id}@example.com"},
            {"name": "Bo", "email": False},
        ):
            cls.env["res.partner"].create({**values, "company_id": company.id})
        client = cls.env["retail.api.client"].create({"name": "Shop", "connector_id": connector.id})
        cls.env["retail.api.key"]._issue(client)
        cls.env["retail.api.rate"].create({"client_id": client.id, "full_at": 0.0})
        cls.env["retail.code.guess"].create({"guesser": f"guesser {company.id}", "full_at": 0.0})
        use = {"client_id": client.id, "operation": "GET /old", "count": 1, "last_at": "2026-01-01"}
        cls.env["retail.api.deprecated.use"].create(use)
        cls.env["retail.tombstone"].create(
            {
                "connector_id": connector.id,
                "digest": "0",
                "res_model": "res.partner",
                "res_id": 1,
                "erased_at": "2026-01-01",
            }
        )
        cls.env["retail.campaign.response"].create(
            {
                "external_id": "R-1",
                "connector_id": connector.id,
                "company_id": company.id,
                "campaign_id": cls.env["utm.campaign"].create({"title": "Autumn"}).id,
                "response": "opened",
                "occurred_at": "2026-01-01",
                "received_at": "2026-01-01",
            }
        )
        used = {"digest": "digest", "trace_id": "trace", "used_at": "2026-01-01"}
        cls.env["retail.api.signature"].create({"client_id": client.id, **used})
        cls.env["retail.code.map"].create({"connector_id": connector.id, "code": "MUG"})
        buyer = cls.env["res.partner"].search([("company_id", "=", company.id)], limit=1)
        order = cls.env["sale.order"].create({"partner_id": buyer.id, "company_id": company.id})
        values = {"order_id": order.id, "code": "R-1", "digest": "1", "amount": 1.0}
        cls.env["retail.refund"].create({"connector_id": connector.id, **values})
        program = cls.env["loyalty.program"].create(
            {"name": "Club", "program_type": "loyalty", "applies_on": "both", "company_id": company.id}
        )
        card = cls.env["loyalty.card"].create({"program_id": program.id, "points": 7})
        cls.env["retail.loyalty.hold"].create(
            {
                "connector_id": connector.id,
                "external_id": "H-1",
                "card_id": card.id,
                "company_id": company.id,
                "points": 1,
                "held_until": "2026-01-01",
            }
        )
        values = {"external_id": "W-1", "card_id": card.id, "company_id": company.id, "points": 1}
        cls.env["retail.loyalty.points"].create({"connector_id": connector.id, **values})
        sent = {"channel": "email", "digest": "digest", "valid_until": "2026-01-01"}
        cls.env["retail.loyalty.confirmation"].create({"connector_id": connector.id, **values, **sent})
        found = {"card_id": card.id, "program_id": program.id, "company_id": company.id}
        sold = {"order_model": "sale.order", "order_id": order.id, "line_id": 1, "quantity": 1, "earned": 7}
        cls.env["retail.loyalty.share"].create({**found, **sold})
        days = {"earned_on": "2026-01-01", "available_on": "2026-01-01"}
        cls.env["retail.loyalty.lot"].create({**found, **days, "points": 7, "left": 7, "state": "available"})
        cls.env["retail.loyalty.difference"].create(
            {**found, "points": 100, "cause": "card", "found_at": "2026-01-01"}
        )
        values = {"program_id": program.id, "kind": "not_there", "key": "K-1", "found_at": "2026-01-01"}
        cls.env["retail.promotion.difference"].create({"connector_id": connector.id, **values})
        cls.env.cr.flush()
        cls.env["retail.loyalty.entry"]._book(card, "adjust", 1.0, remote=(connector.id, "T-1"))
        as_superuser = cls.env(user=manager.id, su=True)
        as_superuser["retail.loyalty.enroll"].create({"partner_id": buyer.id, "program_id": program.id})
        values = {"card_id": card.id, "target_id": card.id, "points": 1, "reason": "Household"}
        as_superuser["retail.loyalty.transfer"].create(values)
        as_superuser["retail.loyalty.unmerge"].create({"card_id": card.id, "name": "Bo"})
        as_superuser["retail.erasure"].create({"partner_id": buyer.id, "reason": "Asked for it"})
        as_superuser["retail.loyalty.owner"].create({"program_id": program.id, "engine_id": connector.id})
        cls.env["retail.drain"]._run(connector.id, "realtime")
        as_manager = connector.with_user(manager)
        env = cls.env(su=True)
        if not connector.circuit_ids:
            env["retail.circuit"].create({"connector_id": connector.id})
        env["retail.retention"].create({"company_id": company.id})
        env["retail.remote.schema"]._read(connector, "contact")
        env["retail.bulk.run"].create({"connector_id": connector.id})
        two = {"res_id": connector.id, "primary_id": connector.id, "since": "2026-01-01"}
        env["retail.alias"].create({"connector_id": connector.id, "res_model": "res.partner", **two})
        dead = env["retail.delivery"].search([("connector_id", "=", connector.id), ("state", "=", "dead")])
        dead.with_user(manager).action_repair()
        connector.field_map_ids[:1].expression = "name.full"  # a difference to compare
        as_manager.action_compare_field_maps()
        as_manager.action_preview_mapping()
        sample = env["retail.sample"].with_user(manager)._open(as_manager)
        values = {"sample_id": sample["res_id"], "event_type": "order.placed", "status": "accepted"}
        env["retail.sample.result"].with_user(manager).sudo().create(values)
        client.with_user(manager).action_try_it()
        env["retail.setup.check"].with_user(manager).action_open()
        env["retail.message"].create(
            {
                "uuid": f"message-{connector.id}",
                "connector_id": connector.id,
                "company_id": company.id,
                "command": "customer.upsert",
                "state": "done",
                "received_at": "2026-01-01",
            }
        )
        partner = env["res.partner"].search([("company_id", "=", company.id)], limit=1)
        order = env["sale.order"].with_company(company)
        order = order.create({"partner_id": partner.id, "company_id": company.id})
        env["retail.order.change"].create(
            {
                "order_id": order.id,
                "connector_id": connector.id,
                "client_id": client.id,
                "line_ids": [Command.create({"name": "Mug"})],
            }
        )
        models = [model for model in cls._models() if model._name not in SHARED]
        return {model._name: cls._one(model.sudo(), connector, manager) for model in models}

    @classmethod
    def _one(cls, model, connector, manager):
        """Return a record of the model: the connector's, its company's, or the manager's."""
        if model._name == "retail.connector":
            return connector
        if model._name == "retail.code.guess":  # of guessers, whose company nobody knows
            return model.search([("guesser", "=", f"guesser {connector.company_id.id}")])
        for path, value in (
            ("connector_id", connector),
            ("delivery_id.connector_id", connector),
            ("client_id.connector_id", connector),
            ("company_id", connector.company_id),
            ("create_uid", manager),
        ):
            name, _dot, _rest = path.partition(".")
            if name in model._fields and not (name == "connector_id" and model.is_transient()):
                found = model.with_context(active_test=False).search([(path, "=", value.id)], limit=1)
                if not found:
                    raise AssertionError(f"No {model._name}: add one to RightsCase._records")
                return found
        raise AssertionError(f"How is a {model._name} found? Add it to RightsCase._one")

    def _refused(self, function, *args):
        """Tell whether a call is refused for lack of rights."""
        with mute_logger(*LOGGERS):
            try:
                with self.env.cr.savepoint():
                    function(*args)
            except (AccessError, UserError):
                return True
        return False


@tagged("post_install", "-at_install")
class TestRights(RightsCase):
    def test_hashes_are_nobodys_to_read(self):
        """Whoever reads a hash of an email address can try addresses from a list."""
        causes = {
            ("retail.delivery", "fingerprint"),
            ("retail.error.group", "fingerprint"),
        }  # of no personal data
        names = re.compile(r"hash|digest|^key$|natural_key|fingerprint")
        found = {
            (model._name, name)
            for model in self._models()
            for name in model.with_user(self.users["manager"]).fields_get()
            if names.search(name)
            and model._fields[name].store
            and model._fields[name].type in ("char", "text")
        }
        self.assertEqual(found - causes, set())

    def test_each_model_is_decided_on(self):
        self.assertEqual(sorted(model._name for model in self._models()), sorted(RIGHTS))

    def test_each_model_checks_its_changes(self):
        checked = set(self.env.registry["retail.checked"]._inherit_children)
        self.assertLessEqual(set(RIGHTS), checked)

    def test_operations(self):
        for model in self._models():
            of_user, of_manager = RIGHTS[model._name]
            wanted = {
                "portal": (),
                "employee": (),
                "user": of_user,
                "manager": of_manager,
                "stranger": of_manager,
            }
            for role, allowed in wanted.items():
                found = [each for each in OPERATIONS if model.with_user(self.users[role]).has_access(each)]
                self.assertEqual(found, list(allowed), f"{role}: {model._name}")

    def test_records_of_another_company(self):
        """A manager of another company, who may do the same with own records, finds and changes none of these."""
        own = self.own
        for name, record in own.items():
            for role in ("portal", "employee", "stranger"):
                mine = record.with_user(self.users[role])
                for operation in OPERATIONS:
                    self.assertFalse(mine.has_access(operation), f"{role}: {operation} {name}")
                self.assertTrue(self._refused(mine.read, ["id"]), f"{role}: read {name}")
                self.assertTrue(self._refused(mine.write, {}), f"{role}: write {name}")
                self.assertTrue(self._refused(mine.unlink), f"{role}: unlink {name}")
            if READ[0] not in RIGHTS[name][1]:  # nobody reads it
                continue
            found = record.with_user(self.users["stranger"]).search([("id", "=", record.id)])
            self.assertFalse(found, name)

    def test_links_to_another_company(self):
        """No link of a record is moved to a record of another company, nor made by the defaults of a context."""
        own = self.own
        others = self.others
        count = 0
        for name, field in self._links():
            record, other = own[name].with_user(self.users["manager"]), others[field.comodel_name]
            before = record.sudo()[field.name]
            value = other.id if field.type == "many2one" else [Command.link(other.id)]
            self.assertTrue(self._refused(record.write, {field.name: value}), f"{name}.{field.name}")
            self.env.invalidate_all()
            self.assertEqual(record.sudo()[field.name], before, f"{name}.{field.name}")
            count += 1
        self.assertGreater(count, 20)

    def test_links_of_new_records(self):
        others = self.others
        minimal = {
            "retail.api.client": {"name": "New", "connector_id": self.connector.id},
            "retail.code.map": {"code": "CUP", "connector_id": self.connector.id},
            "retail.connector": {"name": "New", "base_url": self.sandbox.url},
            "retail.bulk.run": {"connector_id": self.connector.id},
            "retail.field.map": {
                "connector_id": self.connector.id,
                "remote_property": "new",
                "expression": "id",
            },
            "retail.flow": {"connector_id": self.connector.id, "event_type": "price.changed"},
            "retail.quota": {"connector_id": self.connector.id, "window": "1", "max_calls": 1},
            "retail.setup.check.line": {
                "check_id": self.own["retail.setup.check"].id,
                "name": "New",
                "status": "ok",
            },
        }
        self.connector.quota_ids.unlink()
        for name, field in self._links():
            other = others[field.comodel_name]
            model = self.env[name].with_user(self.users["manager"])
            value = other.id if field.type == "many2one" else [Command.link(other.id)]
            values = {key: each for key, each in minimal.get(name, {}).items() if key != field.name}
            self.assertTrue(
                self._refused(model.create, {**values, field.name: value}), f"{name}.{field.name}"
            )
            if name not in minimal or field.readonly:
                continue
            by_default = model.with_context(**{f"default_{field.name}": value})
            self.assertTrue(self._refused(by_default.create, values), f"{name}.{field.name} by default")

    def _links(self):
        """Return [(model name, field)] of all stored links to models of the hub."""
        return [
            (model._name, field)
            for model in self._models()
            for field in model._fields.values()
            if field.store
            and field.type in ("many2one", "many2many")
            and field.comodel_name in RIGHTS.keys() - SHARED
        ]

    def test_read_only_fields(self):
        """What screens show read-only is not changed by other means either."""
        own = self.own
        for name, record in own.items():
            if "write" not in RIGHTS[name][1]:
                continue
            for field in record._fields.values():
                if field.store and field.readonly and field.name not in MAGIC_COLUMNS:
                    change = {field.name: False}
                    self.assertTrue(
                        self._refused(record.with_user(self.users["manager"]).write, change),
                        f"{name}.{field.name}",
                    )

    def test_read_only_fields_of_new_records(self):
        """Neither given, nor by the defaults of a context."""
        manager = self.env(user=self.users["manager"])
        values = {"name": "New", "base_url": self.sandbox.url}
        with self.assertRaises(AccessError):
            manager["retail.connector"].create({**values, "state": "active"})
        created = manager["retail.connector"].with_context(default_state="active").create(values)
        self.assertEqual(created.state, "draft")

    def test_who_takes_care(self):
        """Alerts say what happens in the company: only its internal users get them."""
        manager = self.users["manager"]
        records = {
            "responsible_id": self.connector.with_user(manager),
            "owner_id": self.connector.flow_ids[:1].with_user(manager),
            "retail_responsible_id": self.connector.company_id,
        }
        portal = self.users["portal"]
        for name, record in records.items():
            for user in (self.users["stranger"], portal):
                with (
                    self.subTest(name, user=user.login),
                    self.env.cr.savepoint(),
                    self.assertRaisesRegex(UserError, "must be an internal user with access to the company"),
                ):
                    record.write({name: user.id})
            record.write({name: manager.id})
            self.assertEqual(record[name], manager)

    def test_who_takes_care_of_a_draft_in_another_company(self):
        """Its responsible user has access to that company; the owners of its flows are looked at, too."""
        manager = self.users["manager"]
        manager.company_ids += self.other
        draft = self.env["retail.connector"].create(
            {"name": "Draft", "base_url": self.sandbox.url, "responsible_id": self.users["manager"].id}
        )
        manager.company_ids -= self.other
        draft.company_id = self.other
        self.assertFalse(draft.responsible_id)  # the superuser is no person
        draft.company_id = self.connector.company_id
        draft.flow_ids[:1].owner_id = manager
        with self.assertRaisesRegex(UserError, "must be an internal user with access to the company Other"):
            draft.company_id = self.other

    def test_an_activated_connector_stays_what_it_is(self):
        both = self._manager("rights_both", self.env.company)
        both.company_ids = self.env.company | self.other
        connector = self.connector.with_user(both).with_context(
            allowed_company_ids=(self.env.company | self.other).ids
        )
        for values in ({"company_id": self.other.id}, {"provider": "webhook"}):
            with self.assertRaisesRegex(UserError, "was activated"):
                connector.write(values)
        connector.write({"company_id": self.env.company.id})  # as it is

    def test_a_draft_is_not_given_to_another_company(self):
        """The record rule looks at the company before the change: this is refused after it."""
        draft = self.env["retail.connector"].create({"name": "Draft", "base_url": self.sandbox.url})
        with self.assertRaises(AccessError), mute_logger(*LOGGERS):
            draft.with_user(self.users["manager"]).company_id = self.other

    def test_an_activated_connector_is_not_deleted(self):
        connector = self.connector.with_user(self.users["manager"])
        with self.assertRaises(AccessError):
            connector.write({"state": "draft"})
        with self.assertRaises(UserError):
            connector.unlink()

    def test_a_part_stays_with_its_connector(self):
        """Even within a company."""
        second = self._create_connector("Second")
        for part in (
            self.connector.field_map_ids[0],
            self.connector.flow_ids[0],
            self.connector.credential_ids[0],
            self.connector.object_ids[0],
        ):
            with self.assertRaisesRegex(UserError, "the connector cannot be changed"):
                part.with_user(self.users["manager"]).connector_id = second

    def test_managers_still_configure(self):
        """All buttons of a manager's day."""
        manager = self.env(user=self.users["manager"])
        connector = manager["retail.connector"].create({"name": "New", "base_url": self.sandbox.url})
        connector.credential_ids.value = "sandbox-token"
        connector.action_test_connection()
        self.assertTrue(connector.test_succeeded)
        connector.action_activate()
        connector.action_pause()
        connector.action_activate()
        connector.flow_ids[0].window_seconds = 5
        connector.object_ids[0].key_property = "email"
        connector.quota_ids[0].max_calls = 50
        self.assertTrue(connector.quota_ids[0].is_manual)
        connector.action_refresh_properties()
        connector.action_reset_field_maps()
        connector.action_compare_field_maps()
        self._partner()
        run = manager["retail.bulk.run"].create({"connector_id": connector.id})
        run.action_start()
        run.action_pause()
        run.action_resume()
        run.action_cancel()
        self.assertEqual(run.state, "cancelled")
