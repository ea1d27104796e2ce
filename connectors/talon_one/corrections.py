"""Changes of points that do not follow from an order: each is booked once.

With an event: Talon.One accepts an event once by its ID, and a rule books the points. Without: the Management API books
them, each time that it is called; the name of a transaction says what it was for, and ends with the key of the item.
"""

from datetime import timedelta
from decimal import Decimal

from ...core.errors import (
    BusinessError,
    MappingError,
    RemoteNotFoundError,
    TransientError,
    ValidationError,
)
from ..items import Outcome
from ..loyalty import EngineProgram, key_in
from . import errors, points
from .api import MANAGEMENT_KEY

CORRECTION_EVENT = "correction_event"
DEFAULT_EVENT = "correction"
MAX_REFUSALS = 20  # of one correction, each with an event of its own
AROUND = timedelta(seconds=5)  # of the event, in which its points are booked


def event_of(settings):
    """Return the name of the event that corrects points; empty if the Management API does.

    :param settings: of the connector
    :raise MappingError: several programs are linked, and there is no management key: an event is for one
    """
    name, key = (
        (settings.credentials.get(each) or "").strip() for each in (CORRECTION_EVENT, MANAGEMENT_KEY)
    )
    programs = {(each.id, each.wallet) for each in settings.loyalty_programs.values()}
    if len(programs) <= 1:
        return name or ("" if key else DEFAULT_EVENT)
    if key:
        return ""
    message = "Several programs are linked, and an event corrects the points of one. Enter a management key."
    raise MappingError(message, code="SEVERAL_PROGRAMS")


class Corrections:
    """Sends what :func:`~.points.prepare` prepared.

    :param api: an :class:`~.api.Api`
    :param event: the name of the event; empty for the Management API
    """

    def __init__(self, api, event):
        self.api, self.event = api, event

    def send(self, prepared, is_in_doubt=False):
        """
        :raise RemoteError: a call failed, or the points were not booked
        """
        body = prepared.body
        program = EngineProgram(body["program"], body["wallet"])
        if prepared.operation == points.ENROLL:
            self._join(program, body["profile"])
            return self._outcome(prepared, program)
        amount = Decimal(body["points"])
        if not amount:
            return self._outcome(prepared, program)
        if self.event:
            return self._outcome(prepared, program, self._track(prepared, program, amount))
        if not (is_in_doubt and self._is_booked(prepared)):
            self._change(body, amount)
        return self._outcome(prepared, program)

    def _outcome(self, prepared, program, transaction=None):
        remote_id = points.member_id(program, prepared.body["profile"])
        # By its id the hub knows the transaction as its own: Talon.One does not say of which event it is.
        response = {"transaction": transaction} if transaction else {}
        return Outcome(prepared.item.trace_id, remote_id, http_status=200, response=response)

    def _join(self, program, profile):
        """Join the program, unless the profile has: a second time is refused, and so it is where programs are open."""
        try:
            self.api.join(program.id, profile)
        except (ValidationError, RemoteNotFoundError):
            self.api.balances(program.id, profile)

    # ----- by an event -----

    def _track(self, prepared, program, amount):
        """Return the UUID of the transaction.

        An event that booked nothing is used up: what is tried again, by a person, has the next ID.
        """
        for number in range(1, MAX_REFUSALS + 1):
            key = prepared.item.idempotency_key + (f".{number}" if number > 1 else "")
            try:
                answer = self.api.track(self._event(prepared, key, amount))
            except TransientError as error:
                if error.code != errors.BUSY:
                    raise
                event = self.api.event(key)
                if event is None:  # it is not known: Talon.One was busy
                    raise
                transaction = self._transaction_of(prepared, event, amount)
            else:
                transaction = points.booked_by(answer, program, amount)
                if transaction is None:
                    raise self._not_booked(answer)
            if transaction:
                return transaction
        message = "Talon.One has refused these points too often. Correct them there."
        raise BusinessError(message, code="TOO_MANY_REFUSALS")

    def _event(self, prepared, key, amount):
        return {
            "type": self.event,
            "integrationId": key,
            "profileId": prepared.body["profile"],
            "attributes": {"Points": float(amount), "Reason": prepared.body["reason"]},
            "responseContent": ["ruleFailureReasons"],
        }

    def _transaction_of(self, prepared, event, amount):
        """Return the UUID of the transaction of an event that was sent before; None if it booked nothing."""
        body, at = prepared.body, points.time_of(event.get("created"))
        if at is None:
            raise TransientError("The response of Talon.One has no event.", code="BAD_RESPONSE")
        between = {"startDate": f"{at - AROUND:%FT%TZ}", "endDate": f"{at + AROUND:%FT%TZ}"}
        found = [
            each
            for each in self.api.transactions(body["program"], body["profile"], **between)
            if not each.get("customerSessionId")
            and each.get("subledgerId", "") == body["wallet"]
            and (points.SIGNS[each["type"]] > 0) == (amount > 0)
            and key_in(each.get("name") or "") in ("", prepared.item.idempotency_key)
        ]
        right = [each for each in found if points.number(each["amount"]) == abs(amount)]
        if found and not right:
            raise points.booked_otherwise(points.number(found[0]["amount"]), amount)
        right.sort(key=lambda each: abs(points.time_of(each["created"]) - at))
        return right[0]["transactionUUID"] if right else None

    def _not_booked(self, answer):
        reasons = [str(each.get("details") or "") for each in answer.get("ruleFailureReasons") or ()]
        why = "; ".join(filter(None, reasons)) or f'no rule has booked points for the event "{self.event}"'
        return BusinessError(f"Talon.One booked no points: {why}.", code="NOT_BOOKED", http_status=200)

    # ----- by the Management API -----

    def _change(self, body, amount):
        change = {"points": float(abs(amount)), "name": body["reason"]}
        change |= {"subledgerId": body["wallet"]} if body["wallet"] else {}
        operation = "add" if amount > 0 else "deduct"
        self.api.change_points(body["program"], body["profile"], operation, change)

    def _is_booked(self, prepared):
        """Return whether a transaction has the key of the item."""
        body, key = prepared.body, prepared.item.idempotency_key
        entries = self.api.transactions(body["program"], body["profile"], loyaltyTransactionType="manual")
        return any(key_in(each.get("name") or "") == key for each in entries)
