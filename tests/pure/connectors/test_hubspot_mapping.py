"""Canonical customer → HubSpot contact: exact values."""

import pytest
from samples import customer, found_by, make_item

from odoo.addons.retail_hub.connectors.connection import Connection
from odoo.addons.retail_hub.connectors.hubspot import mapping
from odoo.addons.retail_hub.connectors.hubspot.provider import HUBSPOT
from odoo.addons.retail_hub.connectors.items import MatchKeys
from odoo.addons.retail_hub.connectors.provider import Settings
from odoo.addons.retail_hub.core import field_map
from odoo.addons.retail_hub.core.errors import MappingError
from odoo.addons.retail_hub.core.field_map import FieldMap
from odoo.addons.retail_hub.schemas.customer import CustomerV1

EMAIL = MatchKeys("email")
BOTH = MatchKeys("email", "odoo_customer_id")


def properties(keys=EMAIL, **changes):
    data = CustomerV1.model_validate(customer(1, **changes)).canonical()
    return prepare(data=data, keys=keys, remote_id="7").comparable


def address(kind="contact", **changes):
    return {**customer(1)["addresses"][0], "kind": kind, **changes}


def prepare(number=1, **changes):
    objects = found_by(changes.pop("keys", EMAIL))
    settings = Settings("https://hubspot.invalid", "2026-09", {"access_token": "x"}, objects=objects)
    with Connection(HUBSPOT, settings) as adapter:
        return adapter.prepare(make_item(number, **changes))


def test_person():
    assert properties() == {
        "email": "anna1@example.com",
        "firstname": "Anna",
        "lastname": "Janssens1",
        "phone": "+32470123456",
        "company": "",
        "jobtitle": "Buyer",
        "address": "Kerkstraat 1",
        "city": "Gent",
        "state": "VOV",
        "zip": "9000",
        "country": "Belgium",
        "hs_language": "nl-be",
        "website": "",
    }


def test_company():
    values = properties(type="company", name={"full": "Acme NV", "given": "", "family": ""})
    assert (values["firstname"], values["lastname"], values["company"]) == ("", "Acme NV", "Acme NV")


def test_person_at_a_company():
    assert properties(company_name="Acme NV")["company"] == "Acme NV"


@pytest.mark.parametrize(
    ("name", "first", "last"),
    [
        ({"full": "Cher", "given": "", "family": ""}, "", "Cher"),
        ({"full": "Cher", "given": "Cher", "family": ""}, "Cher", ""),
        ({"full": "Janssens", "given": "", "family": "Janssens"}, "", "Janssens"),
        ({"full": "Anna van den Berg", "given": "Anna", "family": "van den Berg"}, "Anna", "van den Berg"),
    ],
)
def test_names(name, first, last):
    values = properties(name=name)
    assert (values["firstname"], values["lastname"]) == (first, last)


def test_an_empty_customer_clears_everything():
    """Every property is there, all as empty strings: what was emptied in Odoo is emptied at HubSpot."""
    values = properties(
        name={"full": "X", "given": "", "family": ""},
        job_title="",
        emails=[],
        phones=[],
        addresses=[],
        language=None,
    )
    assert set(values) == {line.property for line in mapping.CONTACT}
    assert {name: value for name, value in values.items() if value} == {"lastname": "X"}


def test_only_strings():
    """HubSpot takes nothing else as a property value."""
    assert {type(value) for value in properties(BOTH).values()} == {str}


def test_first_email_in_lower_case():
    """HubSpot lower-cases addresses: else the same address would count as a change."""
    assert properties(emails=[" Anna@Example.COM ", "other@example.com"])["email"] == "anna@example.com"


@pytest.mark.parametrize(
    ("addresses", "city"),
    [
        ([address("delivery", city="A"), address("contact", city="B")], "B"),
        ([address("invoice", city="A"), address("delivery", city="B")], "A"),
        ([], ""),
    ],
)
def test_main_address(addresses, city):
    assert properties(addresses=addresses)["city"] == city


@pytest.mark.parametrize(
    ("street", "street2", "value"),
    [
        ("Kerkstraat 1", "bus 2", "Kerkstraat 1, bus 2"),
        ("", "bus 2", "bus 2"),
        ("Kerkstraat 1", "", "Kerkstraat 1"),
    ],
)
def test_street(street, street2, value):
    assert properties(addresses=[address(street=street, street2=street2)])["address"] == value


@pytest.mark.parametrize(
    ("code", "name"),
    [("BE", "Belgium"), ("US", "United States"), ("NL", "Netherlands"), ("QZ", "QZ"), (None, "")],
)
def test_country(code, name):
    assert properties(addresses=[address(country=code)])["country"] == name


@pytest.mark.parametrize(
    ("language", "code"),
    [
        ("en", "en"),
        ("en-US", "en-us"),
        ("nl-BE", "nl-be"),
        ("pt-BR", "pt-br"),
        ("es-419", "es-419"),
        ("sr-Latn-RS", "sr-rs"),
        ("zh-Hant-TW", "zh-tw"),
        ("tl-PH", "fil-ph"),
        (None, ""),
    ],
)
def test_language(language, code):
    assert properties(language=language)["hs_language"] == code


# ----- keys -----


@pytest.mark.parametrize(
    ("keys", "emails", "found"),
    [
        (EMAIL, ["Anna@Example.com"], ("email", "anna@example.com")),
        (BOTH, ["Anna@Example.com"], ("email", "anna@example.com")),
        (BOTH, [], ("odoo_customer_id", "res.partner,1")),
        (MatchKeys("odoo_customer_id"), [], ("odoo_customer_id", "res.partner,1")),
        (MatchKeys("email", "phone"), [], ("phone", "+32470123456")),
    ],
)
def test_find_key(keys, emails, found):
    """By what the admin names; a key is found whether or not a line fills it."""
    for lines in (None, ()):
        settings = Settings("https://hubspot.invalid", "2026-09", field_maps=lines, objects=found_by(keys))
        with Connection(HUBSPOT, settings) as adapter:
            prepared = adapter.prepare(make_item(1, data=customer(1, emails=emails)))
            assert (prepared.body["idProperty"], prepared.key) == found


def test_the_property_of_ones_own_is_sent_if_it_is_a_key():
    """An account without it would refuse every contact."""
    assert "odoo_customer_id" not in properties(EMAIL)
    assert properties(BOTH)["odoo_customer_id"] == "res.partner,1"
    assert properties(MatchKeys("odoo_customer_id"))["odoo_customer_id"] == "res.partner,1"


def test_prepare_new():
    prepared = prepare(data=customer(1, emails=["Anna@Example.com"]))
    assert prepared.operation == "contact.upsert:email"
    assert prepared.key == "anna@example.com"
    assert prepared.comparable["email"] == "anna@example.com"
    assert prepared.body == {
        "id": "anna@example.com",
        "idProperty": "email",
        "properties": prepared.comparable,
        "objectWriteTraceId": "1001",
    }


def test_prepare_known():
    """By its id; the key is still given, since no two customers may claim the same one."""
    prepared = prepare(remote_id="77", keys=BOTH)
    assert (prepared.operation, prepared.key) == ("contact.update", "anna1@example.com")
    assert set(prepared.body) == {"id", "properties", "objectWriteTraceId"}
    assert prepared.body["id"] == "77"
    assert prepared.body["properties"]["odoo_customer_id"] == "res.partner,1"


@pytest.mark.parametrize(
    ("keys", "said"),
    [
        (EMAIL, "no email. Enter an email address for the customer"),
        (MatchKeys("email", "phone"), "no email and no phone"),
    ],
)
def test_key_missing(keys, said):
    with pytest.raises(MappingError) as caught:
        prepare(keys=keys, data=customer(1, emails=[], phones=[]))
    assert (caught.value.code, caught.value.field) == ("KEY_MISSING", "email")
    assert said in caught.value.message


def test_archived_customer_is_an_update():
    """An archived customer stays a contact: campaigns and deals of the past need it."""
    assert prepare(data=customer(1, active=False), remote_id="7").operation == "contact.update"


@pytest.mark.parametrize(
    ("event_type", "remote_id", "merged", "operation"),
    [
        ("customer.merged", "1", ["2", "3", "2", "1"], "contact.merge"),
        ("customer.merged", None, ["2"], "noop"),
        ("customer.merged", "1", [], "noop"),
        ("customer.erased", "1", [], "contact.archive"),
        ("customer.erased", None, [], "noop"),
    ],
)
def test_prepare_facts(event_type, remote_id, merged, operation):
    data = {"id": "res.partner,1"}
    prepared = prepare(event_type=event_type, data=data, remote_id=remote_id, merged_remote_ids=merged)
    assert (prepared.operation, prepared.key) == (operation, None)
    if operation == "contact.merge":
        assert prepared.body == {"primaryObjectId": "1", "objectIdsToMerge": ["2", "3"]}


def test_merged_without_remote_ids():
    """The plain CustomerMergedV1, as a hub that knows of no bindings hands it over."""
    data = {"id": "res.partner,1", "merged_ids": ["res.partner,2"]}
    assert prepare(event_type="customer.merged", data=data, remote_id="1").operation == "noop"


# ----- lines -----


def mapped(*lines, **changes):
    """Prepare an item by these lines instead of the defaults."""
    objects = found_by(changes.pop("keys", EMAIL))
    settings = Settings("https://hubspot.invalid", "2026-09", field_maps=lines, objects=objects)
    with Connection(HUBSPOT, settings) as adapter:
        return adapter.prepare(make_item(1, **changes))


def contact_line(name, expression, **changes):
    return FieldMap("contact", name, expression, **changes)


def test_each_default_line_has_a_key_that_stays():
    for line in mapping.DEFAULT_FIELD_MAPS:
        assert line.key == f"{line.object}.{line.property}"


@pytest.mark.parametrize("each", HUBSPOT.objects, ids=lambda each: each.name)
def test_default_lines_suit_the_canonical_model(each):
    """Their paths exist in the data of some event, and their transforms have a use for what is there."""
    lines = [line for line in mapping.DEFAULT_FIELD_MAPS if line.object == each.name]
    assert lines
    for line in lines:
        fitting = [schema for schema in each.fields_schemas() if has_paths(schema, line)]
        assert fitting, line
        kind = field_map.source_type(line, fitting[0], None)
        assert field_map.result_type(line, kind, mapping.TRANSFORMS).name not in ("object", "list"), line


def has_paths(schema, line):
    try:
        for path in field_map.canonical_paths(line):
            field_map.value_type_of(schema, path)
    except field_map.FieldMapError:
        return False
    return True


def test_lines_instead_of_the_defaults():
    prepared = mapped(contact_line("nickname", "name.given", transform="upper"))
    assert prepared.comparable == {"nickname": "ANNA"}
    assert (prepared.operation, prepared.key) == ("contact.upsert:email", "anna1@example.com")
    assert prepared.personal == {"nickname"}


def test_properties_made_of_an_address_are_personal():
    """A street under a name of the admin's choice; parts that say little, such as the country, stay readable."""
    street = contact_line("x_place", "addresses.contact|0", transform="hubspot.street")
    country = contact_line("x_country", "addresses.contact|0.country", transform="hubspot.country")
    assert mapped(street, country).personal == {"x_place"}


def test_only_on_create():
    """It goes into the body of a new record, and never counts as a change."""
    lines = (contact_line("lifecyclestage", "lead", source="constant", only_on_create=True),)
    new = mapped(*lines)
    assert (new.body["properties"], new.comparable) == ({"lifecyclestage": "lead"}, {})
    known = mapped(*lines, remote_id="7")
    assert (known.body["properties"], known.comparable) == ({}, {})


def test_odoo_fields():
    lines = (contact_line("size", "x_size", source="record"), contact_line("jobtitle", "job_title"))
    assert mapped(*lines, record_values={"x_size": 42.0}).comparable == {"size": "42", "jobtitle": "Buyer"}
    assert mapped(*lines, record_values={"x_size": None}).comparable == {"size": "", "jobtitle": "Buyer"}
    assert mapped(*lines).comparable == {"jobtitle": "Buyer"}


def test_a_key_follows_its_line():
    """Found by what is sent, be it another value than the default."""
    line = contact_line("email", "{name.family}@example.org", source="template", transform="lower")
    assert mapped(line).key == "janssens1@example.org"
    own = contact_line("odoo_customer_id", "external_ids.reference")
    prepared = mapped(
        own, keys=MatchKeys("odoo_customer_id"), data=customer(1, external_ids={"reference": "C-1"})
    )
    assert (prepared.key, prepared.comparable) == ("C-1", {"odoo_customer_id": "C-1"})


def test_a_line_that_cannot_be_filled():
    with pytest.raises(MappingError) as caught:
        mapped(contact_line("jobtitle", "job_title", transform="map", argument="Seller=S"))
    assert (caught.value.code, caught.value.field) == ("FIELD_MAP", "jobtitle")
    assert "Buyer" not in caught.value.message
