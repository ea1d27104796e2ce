"""The provider Club."""

from odoo.addons.retail_hub.connectors.authentication import Credential, Token
from odoo.addons.retail_hub.connectors.items import MatchKeys
from odoo.addons.retail_hub.connectors.provider import (
    FlowTemplate,
    Plan,
    Provider,
    QuotaReading,
    RemoteObject,
    one_call_each,
)
from odoo.addons.retail_hub.core import field_map
from odoo.addons.retail_hub.core.field_map import FieldMap, Transform

from .adapter import EVENT_TYPES, ClubAdapter

HOUR = 3_600
SAVED = EVENT_TYPES[:2]
KEY = MatchKeys("odoo_id")


def initials(name, _argument, _customer):
    """Return the first letters of a canonical name."""
    return "".join(word[0] for word in name["full"].split())


def readings(headers):
    """Return the club's hourly limit, as its headers report it."""
    limit, left = headers.get("x-club-limit", ""), headers.get("x-club-left", "")
    return [QuotaReading(HOUR, int(limit), int(left))] if limit.isdecimal() and left.isdecimal() else []


def line(name, prop, path, transform="none"):
    return FieldMap(name, prop, path, transform=transform, key=f"{name}.{prop}")


CLUB = Provider(
    code="club",
    label="Club",
    adapter=ClubAdapter,
    base_url="https://api.club.example",
    api_versions=("v1",),
    auth_methods=(Token((Credential("access_token", "API key"),), header="X-Api-Key", prefix=""),),
    event_types=frozenset(EVENT_TYPES),
    objects=(
        RemoteObject("member", "Member", SAVED, ("customer",), keys=KEY),
        RemoteObject("contact", "Person of interest", SAVED, ("customer",), keys=KEY),
    ),
    default_field_maps=(
        line("member", "name", "name.full"),
        line("member", "initials", "name", "club.initials"),
        line("member", "email", "emails.0", "lower"),
        line("contact", "email", "emails.0", "lower"),
    ),
    transforms={
        **field_map.TRANSFORMS,
        "club.initials": Transform("Initials", initials, "text", takes_object=True),
    },
    plans=(Plan("basic", "Basic", {HOUR: 500}), Plan("gold", "Gold", {HOUR: 5_000})),
    flow_templates=(FlowTemplate("members", "Members", ("customer.*",)),),
    quota_readings=readings,
    estimate=one_call_each,
)
