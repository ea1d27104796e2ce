"""Sends returns to Talon.One, and finds out which points it leaves with the customer."""

from collections import Counter
from datetime import UTC, datetime

from ...core.errors import BusinessError, RemoteError
from ..items import Outcome
from . import kept, returns


class Returning:
    """
    :param api: an :class:`~.api.Api`
    :param programs: whose points Talon.One owns, see :func:`~.kept.owned`
    """

    def __init__(self, api, programs):
        self.api, self.programs = api, programs

    def send(self, prepared, is_in_doubt):
        """Give back the items of each session, with a key of its own; what was given back is in the checkpoint."""
        returned = dict(prepared.item.checkpoint.get("returned") or {})
        try:
            for key, wishes in prepared.body["sessions"].items():
                if key not in returned:
                    returned[key] = self._give_back(prepared, key, wishes, is_in_doubt)
            kept_points = [self._kept_of_returned(key, rows) for key, rows in returned.items() if rows]
        except RemoteError as error:
            checkpoint = {"returned": returned} if returned else {}
            return Outcome(
                prepared.item.trace_id,
                None,
                error,
                error.http_status,
                error.response,
                checkpoint=checkpoint,
            )
        warnings = [
            f"Talon.One has booked nothing for the order {key}: there was nothing to take back."
            for key, rows in returned.items()
            if rows is None
        ]
        return Outcome(
            prepared.item.trace_id,
            http_status=200,
            warnings=warnings,
            kept_points=kept.as_list(kept_points),
        )

    def _give_back(self, prepared, key, wishes, is_in_doubt):
        """Return which units came back, see :func:`~.kept.rows_of`; None if nothing was booked for the order.

        :raise RemoteError: a call failed, or it cannot be done
        """
        age = _age(prepared.item)
        session = self.api.session(key)
        if session is None or session.get("state") not in ("closed", "partially_returned"):
            error = returns.not_closed(age, session)
            if error:
                raise error
            return None
        body = returns.body_of(session, wishes)
        if is_in_doubt and age > returns.KEY_LIFETIME:
            message = "It is not known whether the items were returned, and Talon.One may return them a second time."
            raise BusinessError(f"{message} Look at the session {key} there.", code="RETURN_IN_DOUBT")
        if not is_in_doubt and not returns.is_left(session, body):
            message = f"Items of the session {key} were returned before. Look at it in Talon.One."
            raise BusinessError(message, code="RETURNED_BEFORE")
        entries = body["return"]["returnedCartItems"]
        if not entries:
            return []
        answer = self.api.give_back(key, body, f"{prepared.item.idempotency_key}-{key}")
        return kept.rows_of(answer.get("customerSession") or {}, entries)

    def _kept_of_returned(self, key, rows):
        """Return the points that a return of units of a session has left, see :func:`~.kept.points_of`."""
        answer = self.api.session_with_effects(key) if self.programs else None
        return kept.points_of(answer, kept.units_of(rows), self.programs) if answer else Counter()

    def kept_of_cancelled(self, key):
        """Return a list of :class:`~..loyalty.KeptPoints` of a cancelled session, without what earlier returns left."""
        answer = self.api.session_with_effects(key) if self.programs else None
        session = answer["customerSession"] if answer else {}
        rest = kept.units_of_rest(session)
        if not (answer and kept.points_of(answer, rest, self.programs)):
            return []
        booked = {  # of a session that was never closed, the effects are forecasts
            each["transactionUUID"]
            for program in {program for program, _wallet in self.programs}
            for each in self.api.transactions(program, session["profileId"], customerSessionIDs=[key])
        }
        return kept.as_list([kept.points_of(answer, rest, self.programs, booked)])


def _age(item):
    """Return how many seconds ago an item happened."""
    now = datetime.now(UTC).replace(tzinfo=None)
    return (now - item.occurred_at).total_seconds() if item.occurred_at else 0.0
