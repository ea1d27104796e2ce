"""The Voucherify provider."""

from ..authentication import AuthMethod, Credential
from ..loyalty import LoyaltyAbilities
from ..promotions import PromotionAbilities
from ..provider import FlowTemplate, Plan, Provider, QuotaReading, RemoteObject, one_call_each
from . import codes, customers, orders, points
from .adapter import VoucherifyAdapter
from .receiver import VoucherifyReceiver

APP_ID, APP_TOKEN = "app_id", "app_token"
MINUTE = 60
ENGINE_FLOWS = FlowTemplate(
    "loyalty", "Customers, orders, points and codes", ("customer.*", "order.*", "loyalty.*", "code.*")
)


class ApplicationKeys(AuthMethod):
    """The two headers of a project's application keys."""

    def headers(self, credentials):
        names = {"X-App-Id": APP_ID, "X-App-Token": APP_TOKEN}
        values = {header: (credentials.get(name) or "").strip() for header, name in names.items()}
        return values if all(values.values()) else {}


def quota_readings(headers):
    """Return the limit of calls per minute: the headers say what is left, but not when the minute began."""
    limit, remaining = headers.get("x-rate-limit-limit", ""), headers.get("x-rate-limit-remaining", "")
    if not (limit.isdecimal() and remaining.isdecimal()):
        return ()
    return (QuotaReading(MINUTE, int(limit), int(remaining)),)


VOUCHERIFY = Provider(
    code="voucherify",
    label="Voucherify",
    adapter=VoucherifyAdapter,
    base_url="https://api.voucherify.io",
    auth_methods=(
        ApplicationKeys(
            (
                Credential(APP_ID, "Application ID", is_secret=False),
                Credential(APP_TOKEN, "Application token"),
            ),
            code="keys",
            label="Application keys",
        ),
    ),
    batch_size=100,
    event_types=customers.EVENT_TYPES | orders.EVENT_TYPES | points.EVENT_TYPES | codes.EVENT_TYPES,
    objects=(
        RemoteObject(customers.CUSTOMER, "Customer", customers.SAVED, ("customer", "business_customer")),
    ),
    default_field_maps=customers.DEFAULT_FIELD_MAPS,
    plans=(
        Plan("business", "Business", {MINUTE: 100}),
        Plan("organization", "Organization", {MINUTE: 2_000}),
        Plan("sandbox", "Sandbox project", {3_600: 100}),
    ),
    flow_templates=(ENGINE_FLOWS,),
    quota_readings=quota_readings,
    estimate=one_call_each,
    receiver=VoucherifyReceiver(),
    loyalty=LoyaltyAbilities(holds_points=False, has_pending_points=True),
    promotions=PromotionAbilities(creates=True, has_prices=True, has_segments=True),
)
