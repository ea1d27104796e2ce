"""The check of trust: a sudo without a reason is found, and a cache whose content depends on who asks first."""

import importlib
import subprocess
import sys
import textwrap
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[3]
UNEXPLAINED = "sudo without a comment that says why"


@pytest.fixture
def check(monkeypatch):
    """Return a function that gives the problems of a text, as ``[(line, what)]``."""
    monkeypatch.syspath_prepend(ROOT / "dev" / "lib")
    module = importlib.import_module("lint_trust")
    return lambda text: module.check(textwrap.dedent(text))


@pytest.mark.parametrize(
    "statement",
    [
        "self.sudo().name = 'x'",
        "self.sudo(True).unlink()",
        "env = self.env(user=1, su=True)",
        "return self.filtered(lambda each: each.sudo().name)",
        "if self.sudo().name:\n    pass  # not why",
        "for each in self.sudo():\n    # not why\n    pass",
        "found = 1  # not why\nself.sudo().unlink()",
        "# not why\n\nself.sudo().unlink()",
        "text = '# no comment'; self.sudo().unlink()",
        "self.with_user(SUPERUSER_ID).unlink()",
        "self.with_user(1).unlink()",
        "self.with_user(user=odoo.SUPERUSER_ID).unlink()",
        "env = self.env(user=SUPERUSER_ID)",
        "env = self.env(cr, SUPERUSER_ID)",
        "env = api.Environment(cr, SUPERUSER_ID, {})",
        "env = api.Environment(cr, 1, {})",
        "env = Environment(cr, uid=SUPERUSER_ID, context={})",
        "rows = map(Model.sudo, rows)",
        "env = self.env(su=is_trusted)",
        "env = api.Environment(cr, uid, {}, su=True)",
        "self.sudo().unlink()  # noqa: E501",
        "self.sudo().unlink()  # TODO: say why",
        "# pylint: disable=all\nself.sudo().unlink()",
        "self.sudo().unlink()  # fmt: skip",
        "self.sudo().unlink()  # ---",
        "self.sudo().unlink()  # because",
        "self.sudo().unlink()  # for users",
        "# 1 2 3 users.\nself.sudo().unlink()",
        "getattr(self, 'sudo')().unlink()",
        "rows = map(operator.attrgetter('partner_id.sudo'), rows)",
        "rows = map(methodcaller('sudo'), rows)",
        "user = self.env.ref('base.user_root')",
        "env = api.Environment(cr, uid, {}, True)",
        "env = self.env(cr, uid, {}, is_trusted)",
        "ids = self._search(domain, bypass_access=True)",
        "rows._bypass_access(True)",
        "a_id = fields.Many2one('a', bypass_search_access=True)",
        "a_id = fields.Many2one('a', auto_join=True)",
        "domain = [('line_ids', 'any!', [])]",
        "domain = Domain('line_ids', 'not any!', [])",
        "a = fields.Char(compute='_compute_a', compute_sudo=True)",
        "a = fields.Char(related='b.a', related_sudo=True)",
    ],
)
def test_without_a_reason(check, statement):
    assert [what for _line, what in check(statement)] == [UNEXPLAINED]


@pytest.mark.parametrize(
    "statement",
    [
        "self.sudo().unlink()  # users may not",
        "# Users may not.\nself.sudo().unlink()",
        "found = (\n    self.env['a']\n    .sudo()  # users may not\n    .search([])\n)",
        "# Users may not.\nfound = (\n    self.env['a']\n    .sudo()\n)",
        "for each in self.sudo():  # users may not\n    pass",
        "self.sudo(False).unlink()",
        "self.with_user(self.env.user).unlink()",
        "self.with_user(SUPERUSER_ID).unlink()  # users may not",
        "# Users may not.\nenv = api.Environment(cr, SUPERUSER_ID, {})",
        "env = api.Environment(cr, uid, {})",
        "if user_id == SUPERUSER_ID:\n    pass",
        "text = 'self.sudo()'",
        "# Users\n# may\n# not.\nself.sudo().unlink()",
        "a = fields.Char(related='b.a', related_sudo=False)",
        "a = fields.Char(compute='_compute_a', compute_sudo=True)  # users may not",
        "name = getattr(self, 'name')",
        "rows.sorted(attrgetter('pseudo.name'))",
        "env = api.Environment(cr, uid, {}, False)",
        "ids = self._search(domain, bypass_access=False)",
        "domain = [('line_ids', 'any', [])]",
    ],
)
def test_with_a_reason(check, statement):
    assert check(statement) == []


def test_line_of_the_sudo(check):
    assert check("a = 1\nb = (\n    self.env['a']\n    .sudo()\n)") == [(4, UNEXPLAINED)]


@pytest.mark.parametrize(
    ("what", "read"),
    [
        ("context", "self.env.context.get('lang')"),
        ("context", "self.connector_id.env.context"),
        ("user", "self.env.user.name"),
        ("uid", "self.env.uid"),
        ("company", "self.env.company"),
        ("companies", "self.env.companies.ids"),
        ("lang", "env.lang"),
        ("_context", "self._context.get('lang')"),
        ("args", "self.env.args"),
        ("is_admin", "self.env.is_admin()"),
        ("is_superuser", "self.env.is_superuser()"),
        ("is_system", "self.env.is_system()"),
        ("uid", "self.env(su=True).uid  # not who asks"),
    ],
)
def test_cached_function_that_reads_who_asks(check, what, read):
    source = f"""
        class A(models.Model):
            @cached("self.id")
            def _cached(self):
                return {read}
    """
    assert check(source) == [(5, f"a cached function reads {what}, which is not that of the user")]


@pytest.mark.parametrize(
    "lines",
    [
        "e = self.env; return e.user",
        "a, e = 1, self.env; return e.user",
        "e = f = self.env; g = f; return g.user",
        "e: object = self.env; return e.user",
        "return (e := self.env).user",
        "return [e.user for e in [self.env]]",
        "return (lambda e=self.env: e.user)()",
        "return (self.env or other).user",
        "return (self.env if self else other).user",
        "return (self.env,)[0].user",
        "e = getattr(self, 'env'); return e.user",
        "return getattr(self.env, 'user')",
        "return operator.attrgetter('env.user')(self)",
    ],
)
def test_cached_function_that_reads_who_asks_by_another_name(check, lines):
    source = f"@cached()\ndef _cached(self):\n    {lines}\n"
    assert check(source) == [(3, "a cached function reads user, which is not that of the user")]


@pytest.mark.parametrize("method", ["with_company", "with_context", "with_env", "with_user"])
def test_cached_function_that_chooses_who_asks(check, method):
    source = f"@cache.cached()\ndef _cached(self):\n    return self.{method}(2).name\n"
    [(line, what)] = check(source)
    assert (line, what.partition(":")[0]) == (3, f"a cached function calls {method}")


def test_cached_function_that_reads_records(check):
    read = "self.company_id.name, self.env['a'].search([]).user_id"
    assert check(f"@cached('self.id')\ndef _cached(self):\n    return {read}\n") == []


@pytest.mark.parametrize(
    "name", ["ormcache('self.id')", "tools.ormcache()", "functools.lru_cache", "cached_property"]
)
def test_other_caches_of_records(check, name):
    [(_line, what)] = check(f"@{name}\ndef _cached(self):\n    return self.name\n")
    assert what.endswith("use tools.cache.cached")


@pytest.mark.parametrize(
    "source",
    [
        "from ..tools.cache import cached as memo\n",
        "memo = cache.cached\n",
        "memo = cached('self.id')\n",
        "again = cached\nmemo = again\n",
    ],
)
def test_caches_by_another_name(check, source):
    found = check(f"{source}@memo\ndef _cached(self):\n    return self.env.user\n")
    assert [what for _line, what in found] == ["a cached function reads user, which is not that of the user"]


def test_other_caches_by_another_name(check):
    [(_line, what)] = check(
        "from odoo.tools import ormcache as memo\n@memo('self.id')\ndef _cached(self):\n    return 1\n"
    )
    assert what.endswith("use tools.cache.cached")


def test_caches_without_records(check):
    assert check("@functools.lru_cache\ndef parse(text):\n    return text.split()\n") == []


@pytest.mark.parametrize(
    "source",
    [
        "from odoo.tools import ormcache\n\n__all__ = [ormcache]\n",
        "from odoo import tools\n\n\n@tools.ormcache()\ndef read(self):\n    return 1\n",
        "from odoo.tools.cache import ormcache\n\n__all__ = [ormcache]\n",
    ],
)
def test_ruff_refuses_odoos_own_cache(source):
    command = [sys.executable, "-m", "ruff", "check", "--select", "TID251", "--output-format", "concise"]
    result = subprocess.run(
        [*command, "--stdin-filename", "models/new.py", "-"],
        cwd=ROOT,
        input=source,
        text=True,
        capture_output=True,
    )
    assert "TID251" in result.stdout


@pytest.mark.parametrize(
    ("statement", "count"),
    [
        ("known = self.env.context.get('retail_change')", 1),
        ("known = self.env.context['retail_change']", 1),
        ("known = 'retail_change' in self.env.context", 1),
        ("context = self.env.context\nknown = context.get('retail_change')", 1),
        ("known = own_value(self.env, 'retail_change')", 0),
        ("known = self.env.context.get('lang')", 0),
        ("known = self.env.context.get('retail_till')", 0),
        ("known = vals.get('retail_change')", 0),
    ],
)
def test_a_key_of_the_hub_in_a_context_of_clients(check, statement, count):
    problem = "a client may have sent retail_change: use tools.own_context"
    assert [what for _line, what in check(statement)] == [problem] * count
