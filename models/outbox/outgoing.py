"""A delivery on its way: what each step of a batch finds out about it."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from ...connectors.items import Item, Outcome, Prepared
from ...core.const import OPEN_STATES, EventKind, State
from ...core.errors import RemoteError
from ...core.policy import Decision, decide, still_in_doubt
from ...core.redaction import MASK, redact_text
from .attempt_snapshot import key_hash, named_values
from .binding import Bound
from .claim import Claim

SHARED_KEY_DELAY = 1.0  # seconds until what waits for another attempt with the same key looks again


@dataclass(slots=True)
class OutgoingDelivery:
    """One claimed delivery. Steps fill it in, in the order of the fields; one that is decided goes no further.

    ``sought`` is (operation, natural key) of what may have been made of a record that is deleted by now: such a
    delivery only looks for it. ``waits_for`` names the record that has to arrive first (``res.partner,7``).
    """

    claim: Claim
    payload: Mapping[str, Any] | None = None
    merged_remote_ids: Sequence[str] = ()
    sought: tuple[str, str] | None = None
    binding: Bound | None = None
    item: Item | None = None
    prepared: Prepared | None = None
    attempt_id: int | None = None
    outcome: Outcome | None = None
    decision: Decision | None = None
    error: RemoteError | None = None
    waits_for: str | None = None
    warnings: list[str] = field(default_factory=list)

    @property
    def is_ready(self):
        """Tell whether it is to be sent."""
        return self.prepared is not None and self.decision is None

    @property
    def is_fact(self):
        return self.claim.kind == EventKind.FACT

    @property
    def is_dead(self):
        return self.decision is not None and self.decision.state is State.DEAD

    # -- decisions ---------------------------------------------------------------------------------

    def decide(self, error, is_final=False):
        """Decide by the rules what follows an error, or success (None)."""
        decision = decide(error, self.claim.attempts, self.claim.is_in_doubt)
        self.decision = replace(decision, state=State.DEAD) if is_final else decision
        self.error = error

    def cancel(self, reason):
        self.decision, self.error = Decision(State.CANCELLED, self.claim.attempts), None
        self.warnings = [reason]

    def skip(self):
        """The remote has it already."""
        self.decision = Decision(State.DELIVERED, self.claim.attempts)

    def postpone(self):
        """Another attempt is about to make the same remote record."""
        decision = Decision(State.PENDING, self.claim.attempts, SHARED_KEY_DELAY)
        self.decision = still_in_doubt(decision) if self.claim.is_in_doubt else decision

    def end_wait(self):
        """What it waits for has arrived: it is due at once."""
        self.decision = replace(self.decision, delay=0.0)

    # -- what is recorded --------------------------------------------------------------------------

    @property
    def new_key(self):
        """The hash of the natural key by which the remote will make a record, None if it will not."""
        prepared = self.prepared
        return key_hash(prepared.key) if prepared.key and not prepared.item.remote_id else None

    @property
    def warning(self):
        return "\n".join(filter(None, self.warnings)) or None

    @property
    def checkpoint(self):
        """What the next attempt is to know of this one, or of the one before if nothing was sent: JSON text."""
        checkpoint = self.outcome.checkpoint if self.outcome else self.claim.checkpoint
        return json.dumps(checkpoint) if checkpoint and self.decision.state in OPEN_STATES else None

    @property
    def masked_message(self):
        """The error's text without the personal data that the remote may quote of what was sent."""
        text = redact_text(self.error.message)
        for value in named_values(self.prepared.body, self.prepared.personal) if self.prepared else ():
            text = text.replace(value, MASK)
        return text
