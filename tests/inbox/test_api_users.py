"""Who a client is in Odoo: keys are compared in constant time, and nobody logs in as its user, who has few rights."""

from unittest.mock import patch

from odoo.exceptions import AccessError
from odoo.tests import new_test_user, tagged

from ...core import api_key
from .common import ApiCase
from .orders import OrderCase

PASSWORD = "correct horse battery"
CRUD = {"r": "read", "w": "write", "c": "create", "u": "unlink"}
MODELS = (
    "res.partner",
    "res.partner.bank",
    "res.users",
    "sale.order",
    "sale.order.line",
    "product.product",
    "product.pricelist",
    "stock.picking",
    "stock.quant",
    "account.move",
    "account.move.line",
    "account.payment",
    "payment.transaction",
    "loyalty.card",
    "pos.order",
    "mail.message",
    "ir.attachment",
    "ir.config_parameter",
    "retail.connector",
    "retail.credential",
    "retail.api.client",
    "retail.api.key",
    "retail.message",
    "retail.event",
    "retail.delivery",
    "retail.binding",
)
# Of Odoo's internal users, who may read contacts.
INTERNAL = {
    "ir.attachment": "rwcu",
    "mail.message": "rwcu",
    "product.pricelist": "r",
    "product.product": "r",
    "res.partner": "r",
    "res.partner.bank": "r",
    "res.users": "r",
    "stock.quant": "r",
}
PRODUCTS = {"product.pricelist": "r", "product.product": "r"}
SALES = {
    **INTERNAL,
    "account.move": "r",
    "account.move.line": "r",
    "loyalty.card": "rw",
    "sale.order": "rwc",
    "sale.order.line": "rwcu",
    "stock.picking": "rwc",
}
CONTACTS = {"res.partner": "rwcu", "res.partner.bank": "rwcu"}
RIGHTS = {
    "campaigns:write": INTERNAL,
    "customers:read": INTERNAL,
    "customers:write": {**INTERNAL, **CONTACTS},
    "events:read": {},
    "fulfilment:write": {
        **INTERNAL,
        "pos.order": "r",
        "sale.order": "rw",
        "sale.order.line": "rw",
        "stock.picking": "rwcu",
        "stock.quant": "rwc",
    },
    "inventory:read": PRODUCTS,
    "loyalty:read": INTERNAL,
    "loyalty:redeem": INTERNAL,
    "orders:read": {**INTERNAL, "sale.order": "r", "sale.order.line": "r"},
    "orders:write": {**SALES, **CONTACTS},
    "payments:write": SALES,
    "prices:read": PRODUCTS,
}


@tagged("-at_install", "post_install")
class TestKeyCheck(ApiCase):
    def status(self, key):
        return self.call("GET", "/customers/C-1", key=key).status_code

    def test_the_comparison_in_constant_time_decides(self):
        wrong = self.key[:-1] + ("A" if self.key[-1] != "A" else "B")
        with patch.object(api_key.hmac, "compare_digest", return_value=True) as compare:
            self.assertEqual((self.status(self.key), self.status(wrong)), (404, 404))
            kept = self.client.key_ids.sudo().digest
            self.assertEqual(
                [call.args for call in compare.call_args_list],
                [(api_key.digest(self.key), kept), (api_key.digest(wrong), kept)],
            )
        with patch.object(api_key.hmac, "compare_digest", return_value=False):
            self.assertEqual(self.status(self.key), 401)
        self.assertEqual((self.status(self.key), self.status(wrong)), (404, 401))

    def test_an_unknown_prefix_takes_as_long(self):
        """A key whose beginning nobody has is hashed and compared as others are; that never lets anybody in."""
        unknown = "rhk_AAAAAAAAAAAA_" + "A" * 43
        revoked = self.key
        self.client.key_ids.action_revoke()
        known = self.env["retail.api.key"]._issue(self.client)
        work = {}
        for key in (known, known[:-3] + "xyz", unknown, revoked, "no key at all", ""):
            with (
                patch.object(api_key, "digest", side_effect=api_key.digest) as digest,
                patch.object(
                    api_key.hmac, "compare_digest", side_effect=api_key.hmac.compare_digest
                ) as compare,
            ):
                self.status(key)
                lengths = [len(each) for each in compare.call_args.args]
                work[key] = (digest.call_count, compare.call_count, lengths)
        self.assertEqual(set(map(str, work.values())), {str((1, 1, [64, 64]))})
        with patch.object(api_key.hmac, "compare_digest", return_value=True):
            self.assertEqual([self.status(key) for key in (unknown, revoked, "")], [401] * 3)


@tagged("-at_install", "post_install")
class TestApiUsers(ApiCase):
    def logins(self, user):
        """Return which ways to log in there are for a user, with the password, and with an API key of Odoo."""
        self.env.flush_all()
        env = self.env(user=user.id)
        key = env["res.users.apikeys"].sudo()._generate("rpc", "Test", None)
        db, login = self.env.cr.dbname, user.login
        session = {"params": {"db": db, "login": login, "password": PASSWORD}}
        found = {
            "session": self._json("/web/session/authenticate", session).get("result", {}).get("uid"),
            "bearer": self._json2(key),
        }
        self.opener.cookies.clear()
        for name, secret in (("password", PASSWORD), ("key", key)):
            arguments = {"service": "common", "method": "login", "args": [db, login, secret]}
            found[f"xml-rpc, {name}"] = self.xmlrpc_common.authenticate(db, login, secret, {})
            found[f"json-rpc, {name}"] = self._json("/jsonrpc", {"method": "call", "params": arguments}).get(
                "result"
            )
        return {name for name, is_in in found.items() if is_in}

    def _json(self, path, content):
        content = {"jsonrpc": "2.0", "id": 1, **content}
        return self.opener.post(self.base_url() + path, json=content, timeout=30).json()

    def _json2(self, key):
        headers = {"Authorization": f"Bearer {key}"}
        url = f"{self.base_url()}/json/2/res.users/context_get"
        return self.opener.post(url, json={}, headers=headers, timeout=30).status_code == 200

    def test_nobody_logs_in(self):
        """Not even with a password or an API key of Odoo that an administrator has given to the user."""
        user = self.client.user_id
        person = new_test_user(self.env, "person", "base.group_user", password=PASSWORD)
        ways = {
            "session",
            "bearer",
            *(f"{way}, {secret}" for way in ("xml-rpc", "json-rpc") for secret in ("password", "key")),
        }
        self.assertEqual(self.logins(person), ways)
        user.sudo().password = PASSWORD
        self.assertEqual(self.logins(user), set())
        self.assertFalse(self._json2(self.key))
        self.assertEqual(self.call("GET", "/customers/C-1").status_code, 404)

    def test_it_is_no_customer(self):
        self.assertFalse(self.client.user_id.share)
        self.assertFalse(self.client.user_id.partner_id.partner_share)

    def test_rights(self):
        """Of the user of a client with one scope: what it may do with the records of each model."""
        found = {}
        for scope in self.env["retail.api.scope"].search([]):
            user = self.new_client(scope.name, self.system, [scope.name]).user_id
            rights = {model: self.rights(self.env[model].with_user(user)) for model in MODELS}
            found[scope.name] = {model: letters for model, letters in rights.items() if letters}
        self.assertEqual(found, RIGHTS)

    def rights(self, records):
        return "".join(letter for letter, name in CRUD.items() if records.has_access(name))

    def test_what_a_user_reads_through_the_orm(self):
        """Whoever reads prices reads neither contacts nor other companies; who reads customers, contacts."""
        company = self.env["res.company"].create({"name": "Other"})
        reader = self.new_client("Prices", self.system, ["prices:read"]).user_id
        partners = self.env["res.partner"].with_user(reader)
        with self.assertRaises(AccessError):
            partners.search([])
        with self.assertRaises(AccessError):
            partners.browse(self.env.user.partner_id.id).read(["name"])
        companies = self.env["res.company"].with_user(reader).search([])
        self.assertEqual((companies.ids, company in companies), (self.env.company.ids, False))
        customers = self.new_client("Customers", self.system, ["customers:read"]).user_id
        self.assertTrue(self.env["res.partner"].with_user(customers).search([]))


@tagged("-at_install", "post_install")
class TestRightsThatDo(OrderCase):
    def test_one_scope_is_enough_to_read(self):
        """What a client with one scope reads is what one with all scopes does."""
        self.mug.taxes_id = self.tax_21
        self.place()
        every = self.env["retail.api.scope"].search([])
        all_of_them = self.env["retail.api.key"]._issue(
            self.new_client("All", self.system, every.mapped("name"))
        )
        for scope, path in (
            ("orders:read", "/orders/W-1001"),
            ("orders:read", "/orders/W-1001/process"),
            ("inventory:read", "/inventory?sku=MUG"),
            ("prices:read", "/prices?sku=MUG"),
            ("customers:read", "/customers?email=gil%40example.com"),
            ("events:read", "/events"),
        ):
            with self.subTest(scope=scope):
                key = self.env["retail.api.key"]._issue(self.new_client(path, self.system, [scope]))
                self.env.invalidate_all()
                response = self.call("GET", path, key=key)
                self.assertEqual(response.status_code, 200, response.text)
                self.assertEqual(response.json(), self.call("GET", path, key=all_of_them).json())
