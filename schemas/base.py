"""What all canonical models share. Plain Python and pydantic: no Odoo."""

import re
from dataclasses import dataclass
from typing import Annotated

from pydantic import BaseModel, ConfigDict, StringConstraints, ValidationError

from ..core.const import EventKind, Mode

Decimal = Annotated[str, StringConstraints(pattern=r"^-?\d+(\.\d+)?$")]
Currency = Annotated[str, StringConstraints(pattern=r"^[A-Z]{3}$")]
Timestamp = Annotated[str, StringConstraints(pattern=r"^\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}(\.\d+)?Z$")]


class Canonical(BaseModel):
    """A canonical, versioned model. A published version never changes: make a new class instead."""

    # An error that is logged must not quote a customer.
    model_config = ConfigDict(
        frozen=True, extra="forbid", str_strip_whitespace=True, hide_input_in_errors=True
    )

    def canonical(self):
        """Return the JSON form (a dict of JSON values), as stored, hashed and handed to adapters."""
        return self.model_dump(mode="json")


class MoneyV1(Canonical):
    """An amount as a decimal string, with all digits of its ISO 4217 currency: ``12.50``, ``EUR``."""

    amount: Decimal
    currency: Currency


def _lt(text):
    """Return a text that is translated where it is shown: Odoo's extraction looks for this name."""
    return text


@dataclass(frozen=True, slots=True)
class EventType:
    """A kind of business event.

    Its name, the Odoo model it is about, how it is kept, its payload, what an admin calls it, and the mode and
    window that new flows have for it. ``more_model`` is a second Odoo model with this event, with a filter of its own.
    ``is_lasting``: a fact that its record still shows later, such as a posted invoice.
    """

    name: str
    model: str
    kind: EventKind
    schema: type[Canonical]
    label: str
    mode: Mode = Mode.REALTIME
    more_model: str = ""
    is_lasting: bool = False

    @property
    def can_backfill(self):
        """Whether it can be sent for records from before it was captured: all states, and lasting facts."""
        return self.kind is EventKind.STATE or self.is_lasting

    @property
    def models(self):
        """The Odoo models with this event, the main one first."""
        return (self.model, self.more_model) if self.more_model else (self.model,)

    @property
    def cloudevents_type(self):
        """The ``type`` of its CloudEvents: ``retail.order.placed.v1``; the version is that of the schema."""
        version = re.search(r"V(\d+)$", self.schema.__name__)
        return f"retail.{self.name}.v{version[1]}"


def error_text(error):
    """Say in a few words, without personal data, what kept a payload from being built."""
    if isinstance(error, ValidationError):
        first = error.errors(include_input=False, include_url=False)[0]
        return f"{'.'.join(str(part) for part in first['loc'])}: {first['msg']}"
    return type(error).__name__
