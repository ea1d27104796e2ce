"""Words that several layers share. Plain Python: no Odoo, no I/O."""

from enum import StrEnum


class State(StrEnum):
    """The states of a delivery (doc/user_guide.rst)."""

    PENDING = "pending"
    IN_FLIGHT = "in_flight"
    UNKNOWN = "unknown"
    DELIVERED = "delivered"
    DEAD = "dead"
    SUPERSEDED = "superseded"
    CANCELLED = "cancelled"
    PUBLISHED = "published"


OPEN_STATES = (State.PENDING, State.IN_FLIGHT, State.UNKNOWN)
CLAIMABLE_STATES = (State.PENDING, State.UNKNOWN)
ARRIVED_STATES = (State.DELIVERED, State.PUBLISHED)  # the system has it, or can read it
FINISHED_STATES = (State.DELIVERED, State.SUPERSEDED, State.CANCELLED, State.PUBLISHED)
IN_PROGRESS_STATES = (State.IN_FLIGHT, State.UNKNOWN)  # the system may have it, and nobody knows
DROPPED_STATES = (State.SUPERSEDED, State.CANCELLED)  # it is never sent


class EventKind(StrEnum):
    """STATE: only the newest matters, read when sent. FACT: each one counts, snapshot when it happened."""

    STATE = "state"
    FACT = "fact"


class Lane(StrEnum):
    """A stream of work with its own queue_job channel ``root.retail.<lane>``."""

    REALTIME = "realtime"
    BULK = "bulk"
    INBOUND = "inbound"

    @property
    def channel(self):
        return f"root.retail.{self.value}"


SENDING_LANES = (Lane.REALTIME.value, Lane.BULK.value)


class Mode(StrEnum):
    """How soon a flow sends: within seconds, after collecting for a while, at a time of day, or when it is asked."""

    REALTIME = "realtime"
    MICRO_BATCH = "micro_batch"
    SCHEDULED = "scheduled"
    PULL = "pull"


class ErrorClass(StrEnum):
    """What kind of failure it was, which decides what happens next."""

    TRANSIENT = "transient"
    QUOTA = "quota"
    ACCEPTED = "accepted"
    DEPENDENCY = "dependency"
    AUTH = "auth"
    CONFLICT = "conflict"
    MAPPING = "mapping"
    VALIDATION = "validation"
    BUSINESS = "business"
