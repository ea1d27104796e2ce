"""The Talon.One provider."""

from ..authentication import AuthMethod, Credential
from ..loyalty import LoyaltyAbilities
from ..promotions import PromotionAbilities
from ..provider import FlowTemplate, Provider, RemoteObject, one_call_each
from . import codes, customers, orders, points, promotions, returns
from .adapter import TalonOneAdapter
from .api import INTEGRATION_KEY, MANAGEMENT_KEY, authorization
from .corrections import CORRECTION_EVENT
from .receiver import TalonOneReceiver

ENGINE_FLOWS = FlowTemplate(
    "loyalty",
    "Customers, orders, refunds, points and codes",
    ("customer.*", "order.*", "refund.issued", "loyalty.*", "code.*"),
)


class ApiKeys(AuthMethod):
    """The key of the Integration API. Calls of the Management API bring their own."""

    def headers(self, credentials):
        return authorization(credentials, INTEGRATION_KEY)


TALON_ONE = Provider(
    code="talon_one",
    label="Talon.One",
    adapter=TalonOneAdapter,
    base_url="https://mycompany.europe-west1.talon.one",
    auth_methods=(
        ApiKeys(
            (
                Credential(INTEGRATION_KEY, "Integration API key"),
                Credential(MANAGEMENT_KEY, "Management API key", required=False),
                Credential(CORRECTION_EVENT, "Event that corrects points", required=False, is_secret=False),
                Credential(promotions.APPLICATION, "Application ID", required=False, is_secret=False),
            ),
            code="keys",
            label="API keys",
        ),
    ),
    batch_size=100,
    event_types=(
        customers.EVENT_TYPES
        | orders.EVENT_TYPES
        | returns.EVENT_TYPES
        | points.EVENT_TYPES
        | codes.EVENT_TYPES
    ),
    objects=(
        RemoteObject(
            customers.PROFILE, "Customer profile", customers.SAVED, ("customer", "business_customer")
        ),
        RemoteObject(orders.SESSION, "Customer session", orders.SAVED, ("order",)),
    ),
    default_field_maps=customers.DEFAULT_FIELD_MAPS,
    flow_templates=(ENGINE_FLOWS,),
    estimate=one_call_each,
    receiver=TalonOneReceiver(),
    loyalty=LoyaltyAbilities(
        reverses_parts=True,
        has_pending_points=True,
        reports_changes=True,
        has_idempotency_keys=True,
        has_fractions=True,
        counts_codes_when_paid=True,
    ),
    promotions=PromotionAbilities(),
)
