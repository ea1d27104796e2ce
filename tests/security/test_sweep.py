"""Every public method, called from outside: outsiders learn nothing and change nothing."""

import inspect
import json
from datetime import datetime, timedelta

from odoo.models import BaseModel
from odoo.tests import HttpCase, tagged
from odoo.tools import SQL, mute_logger

from .test_rights import LOGGERS, RightsCase

OUTSIDERS = ("visitor", "portal", "employee", "stranger")
REFUSALS = (401, 403, 404, 422)
MISSING = 900_000_000  # the id of no record
# What a User may do: it changes something.
OF_USERS = {
    ("res.partner", "action_retail_resync"),
    ("retail.connector", "action_probe"),
    ("retail.dead.letter", "action_retry"),
    ("retail.delivery", "action_cancel"),
    ("retail.delivery", "action_replay"),
    ("retail.loyalty.difference", "action_prove"),
    ("retail.loyalty.hold", "action_release"),
    ("retail.sync.state", "action_resync"),
}


@tagged("post_install", "-at_install")
class TestSweep(RightsCase, HttpCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        # Without it, companies share all partners: an option of Odoo.
        cls.env.ref("base.res_partner_rule").active = True
        until = datetime.now() + timedelta(days=0.5)
        cls.keys = {
            role: cls.env["res.users.apikeys"].with_user(user).sudo()._generate("rpc", "sweep", until)
            for role, user in cls.users.items()
        }
        cls.own["res.partner"] = cls.env["res.partner"].search(
            [("name", "=", "Ann"), ("company_id", "=", cls.env.company.id)], limit=1
        )

    def _methods(self):
        """Return [(model name, method name, whether it takes records)] of all public methods of the hub."""
        return [
            (name, method, not hasattr(getattr(self.env[name], method), "_api_model"))
            for name in sorted(self.own)
            for method in sorted(_own_methods(type(self.env[name])))
        ]

    def _call(self, role, model, method, ids):
        """Return (status, text) of a call."""
        headers = {"Content-Type": "application/json"}
        if role in self.keys:
            headers["Authorization"] = f"Bearer {self.keys[role]}"
        data = {} if ids is None else {"ids": ids}
        with mute_logger("odoo.http", *LOGGERS):
            response = self.url_open(f"/json/2/{model}/{method}", data=json.dumps(data), headers=headers)
        return response.status_code, response.text

    def _stored(self):
        """Return a hash of each table of the hub."""
        self.env.flush_all()
        tables = [model._table for model in self._models() if model._auto and not model.is_transient()]
        return {
            table: self.env.execute_query(
                SQL("SELECT md5(string_agg(t::text, '|' ORDER BY id)) FROM %s t", SQL.identifier(table))
            )
            for table in tables
        }

    def test_methods_are_found(self):
        found = {(model, method) for model, method, _takes_records in self._methods()}
        self.assertLessEqual(OF_USERS, found)
        self.assertIn(("retail.setup.check", "action_rotate_secrets"), found)
        self.assertGreater(len(found), 45)

    def test_outsiders(self):
        before = self._stored()
        for role in OUTSIDERS:
            for model, method, takes_records in self._methods():
                if not takes_records:
                    status, _text = self._call(role, model, method, None)
                    self.assertIn(status, REFUSALS if role != "stranger" else (200, *REFUSALS))
                    continue
                record_id = self.own[model].id
                status, text = self._call(role, model, method, [record_id])
                if status == 200:  # an action without data, the same as for a record that does not exist
                    _status, empty = self._call(role, model, method, [MISSING])
                    self.assertEqual(
                        text, empty.replace(str(MISSING), str(record_id)), f"{role}: {model}.{method}"
                    )
                else:
                    self.assertIn(status, REFUSALS, f"{role}: {model}.{method}: {text[:500]}")
            self.assertEqual(self._stored(), before, role)

    def test_users(self):
        before = self._stored()
        for model, method, takes_records in self._methods():
            if (model, method) in OF_USERS:
                continue
            status, text = self._call("user", model, method, [self.own[model].id] if takes_records else None)
            self.assertLess(status, 500, f"{model}.{method}: {text[:500]}")
            self.assertEqual(self._stored(), before, f"{model}.{method}")

    def test_managers(self):
        for model, method, takes_records in self._methods():
            status, text = self._call(
                "manager", model, method, [self.own[model].id] if takes_records else None
            )
            self.assertLess(status, 500, f"{model}.{method}: {text[:500]}")


def _own_methods(model_class):
    """Return the names of the public methods that the hub defines, besides those of all models."""
    return {
        name
        for cls in model_class.mro()
        if cls.__module__.startswith("odoo.addons.retail_hub.")
        for name, value in vars(cls).items()
        if inspect.isfunction(value) and not name.startswith("_") and not hasattr(BaseModel, name)
    }
