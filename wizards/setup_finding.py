"""What the setup check says about one topic. Plain Python, without I/O."""

from dataclasses import dataclass
from typing import Any

OK, WARNING, ERROR = "ok", "warning", "error"


@dataclass(frozen=True, slots=True)
class Finding:
    """One topic.

    :param name: the topic
    :param detail: what was found
    :param fix: what to do, a sentence; empty if there is nothing
    :param record: the record of Odoo that is opened to correct it; of a company, its settings are opened
    :param text: what to put into a file, or to run on the server, exactly: lines to copy
    :param can_rotate: whether *Re-encrypt* corrects it
    """

    status: str
    name: str
    detail: str
    fix: str = ""
    record: Any = None
    text: str = ""
    can_rotate: bool = False

    def values(self):
        """Return the values of the line that shows it."""
        return {
            "status": self.status,
            "name": self.name,
            "detail": self.detail,
            "fix": self.fix or False,
            "text": self.text or False,
            "res_model": self.record._name if self.record else False,
            "res_id": self.record.id if self.record else False,
            "can_rotate": self.can_rotate,
        }
