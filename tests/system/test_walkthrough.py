"""The calls of the documentation, run as they are printed: each gets the answer that is printed below it."""

import itertools
import json
import re
import subprocess
from pathlib import Path

import pytest
from caller import new_client, new_product, new_system

DOC = Path(__file__).parents[2] / "doc"
BLOCK = re.compile(r"(?:::|\.\. code-block:: \w+)\n\n((?: {4}.*\n|\n)+)")
REST = "…"
MOMENT = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9:.]+Z")
COUNTED = {"id", "number", "reference", "credit_note", "next", "cursor", "subject", "correlationid"}
COUNTS = {"api_walkthrough.rst": 24, "api.rst": 6}  # calls with an answer


def blocks(page):
    """Return the literal blocks of a page."""
    text = (DOC / page).read_text(encoding="utf-8")
    return ["\n".join(line[4:] for line in found.strip("\n").split("\n")) for found in BLOCK.findall(text)]


def calls(page, begin):
    """Return ``[(command, the answer that is printed)]`` of a page. "…" stands for what is left out."""
    found = blocks(page)
    return [
        (block, json.loads(after))
        for block, after in itertools.pairwise(found)
        if block.startswith(begin) and after.startswith("{")
    ]


def run(setup, command, url, key):
    """Run a command of the documentation; return the JSON of the answer."""
    script = f"set -e\n{setup}\n{command}".replace("https://odoo.example.com", url)
    script = script.replace("client_id=rhk_…", f"client_id={key[:16]}").replace("rhk_…", key)
    done = subprocess.run(["bash", "-c", script], capture_output=True, text=True, timeout=120, check=True)
    return json.loads(done.stdout.replace(url, "https://odoo.example.com"))


def shape(value, key=""):
    """Return a value with what differs from run to run made equal: ids and numbers of Odoo, and moments."""
    if isinstance(value, dict):
        return {name: shape(each, name) for name, each in value.items()}
    if isinstance(value, list):
        return [shape(each) for each in value]
    if isinstance(value, str) and (MOMENT.fullmatch(value) or key in COUNTED or key.endswith("_id")):
        return re.sub(r"[0-9]+", "0", value)
    return value


def is_like(printed, actual):
    """Return whether an answer is as it is printed."""
    if isinstance(printed, dict) and isinstance(actual, dict):
        names = printed.keys() - {REST}
        is_whole = REST in printed or names == actual.keys()
        return is_whole and all(name in actual and is_like(printed[name], actual[name]) for name in names)
    if isinstance(printed, list) and isinstance(actual, list):
        shown = [each for each in printed if each != REST]
        is_whole = REST in printed or len(shown) == len(actual)
        return is_whole and all(map(is_like, shown, actual))
    if isinstance(printed, str) and printed.endswith(REST):
        return isinstance(actual, str) and bool(actual)
    return printed == actual


@pytest.mark.parametrize(("page", "begin"), [("api_walkthrough.rst", "call "), ("api.rst", "curl ")])
def test_the_calls_of_a_page(shop, page, begin):
    odoo, key = shop
    setup = "\n".join(block for block in blocks(page) if block.startswith("export"))
    found = calls(page, begin)
    assert len(found) == COUNTS[page]
    for command, printed in found:
        actual = run(setup, command, odoo.url, key)
        if not is_like(shape(printed), shape(actual)):
            assert actual == printed, command


@pytest.fixture(scope="module")
def shop(start_odoo):
    """Return a server with what the pages ask for, and a key."""
    odoo = start_odoo("walkthrough", workers=2)
    [belgium] = odoo.call("res.country", "search", [("code", "=", "BE")])
    [euro] = odoo.call("res.currency", "search", [("name", "=", "EUR")], context={"active_test": False})
    odoo.call("res.currency", "write", [euro], {"active": True})
    odoo.call(
        "res.company",
        "write",
        [1],
        {"country_id": belgium, "currency_id": euro, "account_fiscal_country_id": belgium},
    )
    [group] = odoo.call("account.tax.group", "create", [{"name": "VAT", "country_id": belgium}])
    tax = {
        "name": "21% incl.",
        "amount": 21,
        "type_tax_use": "sale",
        "price_include_override": "tax_included",
        "country_id": belgium,
        "tax_group_id": group,
    }
    taxes = odoo.call("account.tax", "create", [tax])
    new_product(odoo, "MUG", 10, name="Mug", list_price=12.1, taxes_id=[(6, 0, taxes)])
    pricelists = odoo.call("product.pricelist", "search", [])
    odoo.call("product.pricelist", "write", pricelists, {"currency_id": euro})
    program = {
        "name": "Club",
        "program_type": "loyalty",
        "applies_on": "both",
        "trigger": "auto",
        "portal_point_name": "Points",
        "rule_ids": [(0, 0, {"reward_point_mode": "money", "reward_point_amount": 1})],
    }
    odoo.call("loyalty.program", "create", [program])
    connector = new_system(odoo, "Web Shop")
    flows = odoo.call("retail.flow", "search", [("connector_id", "=", connector)])
    odoo.call("retail.flow", "write", flows, {"mode": "pull", "sends_own": True})
    journals = odoo.call("account.journal", "search", [("type", "=", "bank")])
    _client, key = new_client(odoo, connector, payment_journal_id=journals[0])
    return odoo, key
