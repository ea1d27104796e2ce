"""The Acme provider."""

from odoo.addons.retail_hub.connectors.authentication import Credential, Token
from odoo.addons.retail_hub.connectors.items import MatchKeys
from odoo.addons.retail_hub.connectors.provider import Provider, RemoteObject, one_call_each
from odoo.addons.retail_hub.core.field_map import FieldMap

from .adapter import CREATED_OR_UPDATED, CUSTOMER, ERASED, MERGED, AcmeAdapter
from .receiver import AcmeReceiver


def line(name, path, transform="none"):
    return FieldMap(CUSTOMER, name, path, transform=transform, key=f"{CUSTOMER}.{name}")


ACME = Provider(
    code="acme",
    label="Acme",
    adapter=AcmeAdapter,
    base_url="https://api.example.com",
    api_versions=("v1",),
    auth_methods=(Token((Credential("access_token", "API key"),), header="X-Account-Key", prefix=""),),
    batch_size=20,
    estimate=one_call_each,
    event_types=frozenset({*CREATED_OR_UPDATED, MERGED, ERASED}),
    objects=(
        RemoteObject(
            CUSTOMER,
            "Customer",
            CREATED_OR_UPDATED,
            ("customer", "business_customer"),
            keys=MatchKeys("key"),
        ),
    ),
    default_field_maps=(
        line("name", "name.full"),
        line("email", "emails.0", "lower"),
        line("phone", "phones.0.number"),
        line("job", "job_title"),
    ),
    receiver=AcmeReceiver(),
)
