"""What all canonical models share. Plain Python and pydantic: no Odoo."""

from dataclasses import dataclass

from pydantic import BaseModel, ConfigDict

from ..const import Kind, Mode


class Canonical(BaseModel):
    """A canonical, versioned model. A published version never changes: make a new class instead."""

    model_config = ConfigDict(frozen=True, extra="forbid", str_strip_whitespace=True)

    def canonical(self):
        """Return the JSON form (a dict of JSON values), as stored, hashed and handed to adapters."""
        return self.model_dump(mode="json")


@dataclass(frozen=True, slots=True)
class EventType:
    """A kind of business event.

    Its name, the Odoo model it is about, how it is kept, its payload, what an admin calls it, and the mode that
    new flows have for it.
    """

    name: str
    model: str
    kind: Kind
    schema: type[Canonical]
    label: str
    mode: Mode = Mode.REALTIME
