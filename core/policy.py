"""What follows an attempt: the rules of the deliveries' state machine, as pure functions."""

import random
from dataclasses import dataclass, replace

from .const import ErrorClass, State
from .errors import RemoteError

# Seconds before attempt 1, 2, 3, ...: about three days in all.
RETRY_SCHEDULE = (0, 5, 30, 300, 1800, 7200, 18000, 36000, 50400, 72000, 86400)
JITTER = 0.2

FINAL_ERRORS = frozenset({ErrorClass.MAPPING, ErrorClass.VALIDATION, ErrorClass.BUSINESS})
MAX_CONFLICT_ATTEMPTS = 3
DEFAULT_QUOTA_DELAY = 10.0
ACCEPTED_DELAY = 2.0
DEPENDENCY_DELAY = (
    60.0  # it is woken when what it waits for has arrived; this is for the case that it was not
)


@dataclass(frozen=True, slots=True)
class Decision:
    """The next state, the attempts used up so far, and the seconds until the next attempt (0 if final)."""

    state: State
    attempts: int
    delay: float = 0.0


def decide(error: RemoteError | None, attempts: int, is_in_doubt: bool = False) -> Decision:
    """Decide what follows an attempt that ended with ``error`` (None: it succeeded).

    :param attempts: attempts used up before this one
    :param is_in_doubt: an earlier attempt may have been applied; a later one that surely was not does not change that
    """
    decision = _decide(error, attempts)
    return still_in_doubt(decision) if is_in_doubt else decision


def still_in_doubt(decision: Decision) -> Decision:
    """Return the decision for a delivery that is in doubt: instead of pending, it stays in doubt."""
    return replace(decision, state=State.UNKNOWN) if decision.state is State.PENDING else decision


def _decide(error, attempts):
    if error is None:
        return Decision(State.DELIVERED, attempts + 1)
    if error.error_class is ErrorClass.AUTH:
        return Decision(State.PENDING, attempts)
    if error.error_class is ErrorClass.QUOTA:
        return Decision(State.PENDING, attempts, error.retry_after or DEFAULT_QUOTA_DELAY)
    if error.error_class is ErrorClass.ACCEPTED:
        return Decision(State.PENDING, attempts, error.retry_after or ACCEPTED_DELAY)
    if error.error_class is ErrorClass.DEPENDENCY:
        return Decision(State.PENDING, attempts, DEPENDENCY_DELAY)
    if not error.is_sent:
        return Decision(State.PENDING, attempts, retry_delay(1))
    return _decide_failed(error, attempts + 1)


def _decide_failed(error, attempts):
    delay = retry_delay(attempts)
    if _is_final(error, attempts) or delay is None:
        return Decision(State.DEAD, attempts)
    state = State.UNKNOWN if error.uncertain else State.PENDING
    return Decision(state, attempts, max(delay, error.retry_after or 0.0))


def _is_final(error, attempts):
    if error.error_class is ErrorClass.CONFLICT:
        return attempts >= MAX_CONFLICT_ATTEMPTS
    return error.error_class in FINAL_ERRORS


def retry_delay(attempts, random=random.random):
    """Return the seconds to wait before the next attempt, or None if the schedule is exhausted.

    :param attempts: how many attempts were made already
    :param random: returns a number in [0, 1): spreads the delay evenly over ±20 %, so that what failed
        together does not come back together
    """
    if not 0 <= attempts < len(RETRY_SCHEDULE):
        return None
    return RETRY_SCHEDULE[attempts] * (1 - JITTER + 2 * JITTER * random())


def fingerprint(connector, error_class, code, field):
    """Return a text that is equal for failures of the same kind: fix once, replay all alike.

    For example ``HubSpot: validation INVALID_EMAIL (email)``.
    """
    words = [f"{connector}:", str(error_class), code, field and f"({field})"]
    return " ".join(word for word in words if word)
