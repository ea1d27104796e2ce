"""The state of one delivery while its batch is sent."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from ...connectors.call_log import Call
from ...connectors.items import Item, Outcome, Prepared
from ...core import remote_data
from ...core.const import OPEN_STATES, EventKind, State
from ...core.errors import RemoteError
from ...core.policy import Decision, decide, still_in_doubt
from ...core.redaction import mask_values, redact_text
from .alias import Alias
from .attempt_snapshot import comparable_hash, key_hash, named_values
from .binding import Bound
from .claim import Claim

MAX_CHECKPOINT = (
    20_000,
    1_000_000,
)  # entries and characters: that of a long order has the ids of all its lines
SHARED_KEY_DELAY = 1.0  # seconds to wait while another attempt with the same match key is in progress


@dataclass(slots=True, eq=False)
class OutgoingDelivery:
    """One claimed delivery. The steps of sending fill in its fields in order, until it has a decision.

    :param sought: (operation, match key) of an earlier attempt that may have created the remote record of an Odoo
        record which was deleted since. Such a delivery only looks the remote record up.
    :param waits_for: the record that must arrive first, such as ``res.partner,7``
    :param conflicts_with: the other record that is linked to the remote record already, such as ``res.partner,7``
    :param alias: what its record was an alias of before, if it may be one
    :param shared_with: what its record is an alias of now
    :param left_to: the record that has a value which this one is sent without
    :param key_in_use: hash of the match key for which it waits: the other record still has it
    :param is_partial: it is sent without its match key, which another record has to give up first, and then again
    """

    claim: Claim
    payload: Mapping[str, Any] | None = None
    merged_remote_ids: Sequence[str] = ()
    sought: tuple[str, str] | None = None
    binding: Bound | None = None
    item: Item | None = None
    prepared: Prepared | None = None
    attempt_id: int | None = None
    calls: Sequence[Call] = ()
    outcome: Outcome | None = None
    decision: Decision | None = None
    error: RemoteError | None = None
    waits_for: str | None = None
    conflicts_with: str | None = None
    warnings: list[str] = field(default_factory=list)
    unreadable: frozenset[str] = frozenset()
    alias: Alias | None = None
    shared_with: Alias | None = None
    left_to: Alias | None = None
    is_partial: bool = False
    key_in_use: str | None = None

    @property
    def is_ready(self):
        """Whether it is prepared and will be sent."""
        return self.prepared is not None and self.decision is None

    @property
    def is_fact(self):
        return self.claim.kind == EventKind.FACT

    @property
    def is_dead(self):
        return self.decision is not None and self.decision.state is State.DEAD

    # -- decisions ---------------------------------------------------------------------------------

    def decide(self, error, is_final=False):
        """Decide the next state after an error, or after success (None).

        :param is_final: do not retry
        """
        decision = decide(error, self.claim.attempts, self.claim.is_in_doubt)
        self.decision = replace(decision, state=State.DEAD) if is_final else decision
        self.error = error

    def refuse(self, error, res_id):
        """Decide that it has failed for good, because of another record of its model."""
        self.conflicts_with = f"{self.claim.res_model},{res_id}"
        self.decide(error, is_final=True)

    def share(self, primary_id, key, is_remote, warning):
        """Decide that it counts as delivered: its record is an alias of another one, which is sent.

        :param key: the hash of its own match key
        :param is_remote: whether the remote system said so
        """
        self.shared_with = Alias(primary_id, key, is_remote)
        self.conflicts_with = f"{self.claim.res_model},{primary_id}"
        self.decision, self.error = Decision(State.DELIVERED, self.claim.attempts), None
        self.warnings = [warning]

    def leave(self, alias, warning):
        """Have it sent without a value that the remote record of another one has."""
        self.left_to = alias
        self.conflicts_with = f"{self.claim.res_model},{alias.primary_id}"
        self.warnings = [*self.warnings, warning]

    def wait_for(self, error):
        """Wait for what a :class:`~...core.errors.DependencyError` names."""
        self.waits_for = error.field
        self.decide(error)

    def cancel(self, reason):
        """Decide not to send it; the reason becomes its warning."""
        self.decision, self.error = Decision(State.CANCELLED, self.claim.attempts), None
        self.warnings = [reason]

    def send_again(self):
        """Decide that the rest of it is sent at once."""
        self.decision = Decision(State.PENDING, self.claim.attempts)

    def skip(self):
        """Decide that it counts as delivered, because the remote already has the same content."""
        self.decision = Decision(State.DELIVERED, self.claim.attempts)

    def postpone(self):
        """Decide to wait, because another attempt is about to create the same remote record."""
        decision = Decision(State.PENDING, self.claim.attempts, SHARED_KEY_DELAY)
        self.decision = still_in_doubt(decision) if self.claim.is_in_doubt else decision

    def end_wait(self):
        """Make it due at once: what it waited for has happened."""
        self.decision = replace(self.decision, delay=0.0)

    # -- what is recorded --------------------------------------------------------------------------

    @property
    def new_key(self):
        """The hash of the match key by which the remote may create a record; None if it cannot create one."""
        return None if self.prepared.item.remote_id else self.key

    @property
    def changed_key(self):
        """The hash of the match key that the remote record is to get; None if it has that key already."""
        if not self.prepared.item.remote_id or self.key == self.binding.key_hash:
            return None
        return self.key

    @property
    def lacks_something(self):
        """Whether the remote record may lack a part of the content: the hash of what it has is not known."""
        return bool(self.binding and not self.binding.sent_hash)

    @property
    def content_hash(self):
        """The hash of what is sent."""
        return comparable_hash(self.prepared.comparable)

    @property
    def key(self):
        """The hash of the match key; None if there is none."""
        return key_hash(self.prepared.key) if self.prepared.key else None

    @property
    def warning(self):
        return "\n".join(filter(None, self.warnings)) or None

    @property
    def checkpoint(self):
        """The checkpoint for the next attempt as JSON text, or None; the previous one if the outcome has none.

        A dead letter keeps it: it may be retried.
        """
        checkpoint = self.outcome.checkpoint if self.outcome else None
        if checkpoint is None:
            checkpoint = self.claim.checkpoint
        return (
            json.dumps(remote_data.values(checkpoint, *MAX_CHECKPOINT))
            if checkpoint and self.decision.state in (*OPEN_STATES, State.DEAD)
            else None
        )

    @property
    def masked_message(self):
        """The error's message with personal data masked, which the remote may quote from the request."""
        prepared, error = self.prepared, self.error or self.outcome.error
        values = named_values(prepared.body, prepared.personal) if prepared else ()
        return mask_values(redact_text(error.message), values)

    @property
    def calls_json(self):
        """The calls that were made, as JSON text with secrets and personal data masked; None if there were none."""
        calls = [call.as_json() for call in self.calls]
        return json.dumps(calls, ensure_ascii=False) if calls else None
