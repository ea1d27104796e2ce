"""The Voucherify adapter."""

from contextlib import suppress
from decimal import Decimal

from ...core.errors import MappingError, RemoteNotFoundError, TransientError
from ..base import Finder
from ..items import Outcome, Reference
from ..loyalty import CodeEngine, ForecastEngine, GiftCardEngine, LoyaltyEngine, customer_key
from ..promotions import PromotionEngine
from ..provider import ConnectionReport
from ..record_adapter import RecordAdapter
from . import codes, customers, orders, points
from .api import Api
from .promotions import Promotions


class VoucherifyAdapter(
    RecordAdapter, Finder, LoyaltyEngine, ForecastEngine, CodeEngine, GiftCardEngine, PromotionEngine
):
    """Sends customers, orders, points and codes, one per call. README.md says what Voucherify does with them."""

    def __init__(self, settings, mapper, http):
        super().__init__(settings, mapper, http)
        self.api = Api(http)
        self.points = points.PointsHandler(self.api)
        self.promotions = Promotions(self.api)

    # ----- preparing -----

    def references(self, event_type, data):
        customer_id = data.get("customer_id")
        is_needed = event_type in points.EVENT_TYPES | orders.EVENT_TYPES | codes.EVENT_TYPES
        return (Reference("customer", int(customer_id)),) if is_needed and customer_id else ()

    def prepare(self, item):
        """Return the request for an item.

        :raise MappingError: a value cannot be mapped, or the event type is not supported
        """
        if item.event_type in customers.EVENT_TYPES:
            return customers.prepare(item, self.mapper)
        if item.event_type in orders.EVENT_TYPES:
            return orders.prepare(item)
        if item.event_type in points.EVENT_TYPES:
            return points.prepare(item, self.settings.loyalty_programs)
        if item.event_type in codes.EVENT_TYPES:
            return codes.prepare(item)
        raise MappingError(f"Voucherify does not support {item.event_type}.", code="EVENT_NOT_SUPPORTED")

    def prepare_search(self, item, operation, key):
        return customers.prepare_search(item, key) if operation == customers.SAVE else None

    # ----- sending -----

    def send_one(self, prepared):
        if prepared.operation in (points.ENROLL, points.ADJUST):
            return self.points.send(prepared)
        if prepared.operation in codes.OPERATIONS:
            return codes.send(self.api, prepared)
        return self._sent(prepared)

    def resolve(self, batch):
        """Customers and orders have a key of our own: they are sent again. Points and codes are looked for first."""
        return self.call_each(batch, self._resolve_one)

    def _resolve_one(self, prepared):
        if prepared.operation in (points.ENROLL, points.ADJUST):
            return self.points.resolve(prepared)
        if prepared.operation in codes.OPERATIONS:
            return codes.resolve(self.api, prepared)
        return self._sent(prepared)

    def _sent(self, prepared):
        remote_id = _CALLS[prepared.operation](self.api, prepared.body)
        return Outcome(prepared.item.trace_id, remote_id, http_status=200)

    # ----- the engine -----

    def has_program(self, program):
        try:
            wallets = self.api.wallets(program.id)
        except RemoteNotFoundError:
            return False
        return not program.wallet or program.wallet in wallets

    def membership(self, program, customer_id):
        try:
            body = self.api.membership(program.id, customer_key(customer_id))
        except RemoteNotFoundError:
            return None
        return points.membership_of(body, program.wallet)

    def transactions(self, program, remote_id, after="", since=None):
        found = []
        for each in self.api.transactions(program.id, *points.split(remote_id)):
            if each["id"] == after or (since and points.time_of(each) < since):
                break
            transaction = points.transaction_of(each)
            if transaction:
                found.append(transaction)
        return found[::-1]

    def forecast(self, program, order):
        body = orders.examination(order)
        return points.forecast_of(self.api.examine(body), program) if body else Decimal()

    def ask_code(self, question):
        return codes.ask(self.api, question)

    def release_code(self, code, hold):
        with suppress(RemoteNotFoundError):
            self.api.release(code, codes.session_key(hold, code))

    def gift_card_balance(self, code, currency):
        return codes.balance_of(self.api, code, currency)

    # ----- promotions -----

    def campaigns(self, codes):
        return self.promotions.campaigns(codes)

    def prices(self):
        return self.promotions.prices()

    def segments(self, names):
        return self.promotions.segments(names)

    def create_campaign(self, campaign):
        return self.promotions.make(campaign)

    def change_campaign(self, campaign_id, changes):
        self.promotions.change(campaign_id, changes)

    def change_price(self, price_id, price):
        self.promotions.change_price(price_id, price)

    # ----- connection -----

    def test_connection(self):
        """List one customer.

        :raise RemoteError: the call failed; the message is for the admin
        """
        response = self.api.call("GET", "/v1/customers", params={"limit": 1})
        return ConnectionReport(self.http.host, response.date)


def _save_customer(api, body):
    return _id_of(api.save_customer(body))


def _id_of(answer):
    """
    :raise TransientError: the answer has no id: nobody knows what became of the call
    """
    if not isinstance(answer.get("id"), str):
        raise TransientError("The response of Voucherify has no ID.", code="BAD_RESPONSE", uncertain=True)
    return answer["id"]


def _erase_customer(api, body):
    with suppress(RemoteNotFoundError):  # erased already
        api.erase_customer(body["id"])


def _find_customer(api, body):
    try:
        return _id_of(api.customer(body["source_id"]))
    except RemoteNotFoundError:
        return None


def _save_order(api, body):
    return _id_of(api.save_order(body))


_CALLS = {
    customers.SAVE: _save_customer,
    customers.ERASE: _erase_customer,
    customers.FIND: _find_customer,
    customers.NOTHING: lambda api, body: None,
    "order": _save_order,
}
