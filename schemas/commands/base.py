"""What all commands share: things that a remote system asks for. Plain Python and pydantic: no Odoo."""

import re
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Annotated

from pydantic import AfterValidator, Field, StringConstraints

from ...core.email_address import is_email_address
from ..base import Canonical

# Digits are [0-9] in these patterns: \d is any digit of Unicode.

# What has no blanks, and is compared as it is.
LineId = Annotated[str, StringConstraints(min_length=1, max_length=128, pattern=r"^[\x21-\x7e]+$")]


def _is_path(text: str) -> str:
    """
    :raise ValueError: HTTP clients and proxies would change it in a URL (RFC 3986, section 5.2.4)
    """
    if not {"", ".", ".."}.isdisjoint(text.split("/")):
        raise ValueError("No part between slashes can be empty, . or ..")
    return text


# The caller's name of something: it is stored, shown and compared as it is, and part of URLs.
ExternalId = Annotated[LineId, AfterValidator(_is_path)]


def _is_moment(text: str) -> str:
    """
    :raise ValueError: there is no such day or time
    """
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        raise ValueError("There is no such day or time.") from None
    if not 1900 <= moment.year <= 2200:
        raise ValueError("The year is not between 1900 and 2200.")
    return text


def _is_email(text: str) -> str:
    """
    :raise ValueError: mail servers would not accept the address
    """
    if text and not is_email_address(text):
        raise ValueError("This is not an email address.")
    return text


def _is_website(text: str) -> str:
    """
    :raise ValueError: it is the address of something else, such as a script
    """
    scheme = re.match(r"[A-Za-z][A-Za-z0-9+.-]*:(?![0-9])", text)
    if scheme and scheme[0].casefold() not in ("http:", "https:"):
        raise ValueError("This is not the address of a website.")
    return text


# Empty, or one address without a name.
Email = Annotated[str, StringConstraints(max_length=254), AfterValidator(_is_email)]
# Without line breaks and other control characters.
Line = Annotated[str, StringConstraints(pattern=r"^[^\x00-\x1f\x7f-\x9f\u2028\u2029]*$")]
Website = Annotated[Line, StringConstraints(max_length=512), AfterValidator(_is_website)]
# With line breaks and tabs.
Paragraphs = Annotated[str, StringConstraints(pattern=r"^[^\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f]*$")]


# RFC 3339 in UTC, and a day and time that exist.
Moment = Annotated[
    str,
    StringConstraints(pattern=r"^[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}(\.[0-9]+)?Z$"),
    AfterValidator(_is_moment),
    Field(json_schema_extra={"format": "date-time"}),
]


def no_key(_command) -> str:
    return ""


@dataclass(frozen=True, slots=True)
class CommandType:
    """A kind of command.

    :param name: ``customer.upsert``
    :param schema: of what is asked for
    :param result: of what came of it
    :param scope: that a client needs for it
    :param label: what an admin calls it
    :param subject: returns the subject of a command, such as ``customer/C-7``: commands of one subject apply in order
    """

    name: str
    schema: type[Canonical]
    result: type[Canonical]
    scope: str
    label: str
    subject: Callable[[Canonical], str] = no_key

    @property
    def version(self):
        return re.search(r"V(\d+)$", self.schema.__name__)[1]
