"""Each event type has an example, of its schema, about a record that no database has."""

import re

import pytest

from odoo.addons.retail_hub.schemas import EVENT_TYPES
from odoo.addons.retail_hub.schemas.examples import EXAMPLES, MODULES


def test_each_event_type_has_an_example():
    names = [name for module in MODULES for name in module.EXAMPLES]
    assert sorted(names) == sorted(EVENT_TYPES)


@pytest.mark.parametrize("name", EXAMPLES)
def test_it_is_of_its_schema(name):
    example, schema = EXAMPLES[name].data, EVENT_TYPES[name].schema
    assert type(example) is schema
    assert schema.model_validate(example.canonical()) == example


@pytest.mark.parametrize("name", EXAMPLES)
def test_it_is_about_no_real_record(name):
    """All ids are too high for a sequence of PostgreSQL to have come there, and fit into its integers."""
    ids = _ids(EXAMPLES[name].data.canonical())
    assert EXAMPLES[name].record_id in ids
    assert [each for each in ids if each and not 2_000_000_000 < int(each) < 2**31] == []


@pytest.mark.parametrize("name", EXAMPLES)
def test_its_totals_add_up(name):
    data = EXAMPLES[name].data.canonical()
    parts = [data, *data.get("lines", ()), *(data[key] for key in ("sales", "refunds") if key in data)]
    sums = [part for part in parts if "untaxed" in part]
    assert [
        part for part in sums if float(part["untaxed"]) + float(part["tax"]) != float(part["total"])
    ] == []


def test_no_money_moves():
    payments = [EXAMPLES[name].data for name in EXAMPLES if name.startswith("payment.")]
    assert {payment.is_test for payment in payments} == {True}


def _ids(value, name=""):
    """Return all identities in a payload, but for those that others gave."""
    if isinstance(value, dict):
        return [found for key, each in value.items() if key != "external_ids" for found in _ids(each, key)]
    if isinstance(value, list):
        return [found for each in value for found in _ids(each, name)]
    return [value] if re.search(r"(^|_)ids?$", name) and name != "tax_id" else []
