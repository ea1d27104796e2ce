"""What an endpoint of the API is. The routes and the OpenAPI description are made from it."""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time
from email.utils import format_datetime
from functools import cache
from typing import Any
from urllib.parse import quote

from ...models.inbox.api_client import Caller
from ...schemas.base import Canonical
from ...schemas.commands import COMMAND_TYPES
from ...schemas.examples.commands import COMMAND_EXAMPLES

MAX_BYTES = 1_000_000
PARAMETER = re.compile(r"\{(\w+)\}")
PATH_EXAMPLES = {"external_id": "W-1001", "id": "00000000-0000-4000-8000-000000000000"}


@dataclass(frozen=True)
class Call:
    """One request, checked.

    :param env: the superuser's; :attr:`client_env` is that of the client's user
    :param path: the parameters of the path
    :param query: the parameters of the query, of the endpoint's schema; None if it has none
    :param body: the content, of the endpoint's schema; None if it takes none
    """

    env: Any
    caller: Caller
    path: Mapping[str, str]
    trace_id: str
    base_url: str
    query: Any = None
    body: Any = None

    @property
    def client_env(self):
        """The environment of the client's user, with its company and no other."""
        context = {"allowed_company_ids": [self.caller.company_id]}
        # Not as the superuser: what is read is what that user may read.
        return self.env(user=self.caller.user_id, su=False, context=context)

    @property
    def client(self):
        return self.env["retail.api.client"].browse(self.caller.client_id)

    @property
    def connector(self):
        return self.env["retail.connector"].browse(self.caller.connector_id)


@dataclass(frozen=True)
class Endpoint:
    """One operation of the API.

    :param method: ``GET``, ``POST``, …
    :param path: below the base URL, with parameters in braces: ``/customers/{external_id}``
    :param operation: a name for generated clients: ``getCustomer``
    :param summary: what it does, in a few words
    :param scope: that a client needs
    :param response: what it returns
    :param read: a function from a :class:`Call` to the response
    :param command: of a command: its name
    :param problems: the kinds of problems that callers have to expect, beside those that all endpoints have
    :param query: of a read: the schema of the query's parameters
    :param body: of what is no command: the schema of the content
    :param body_example: an example of that, as a dict
    :param path_example: an example of the path's parameters, if it is not that of an order
    :param query_example: of a read that needs a query: an example, such as ``sku=MUG``
    :param max_bytes: of the content
    :param deprecated_at: since when callers should use another endpoint
    :param sunset_at: when it will be removed
    :param may_wait: whether a command may be kept until it can be carried out, or a person has decided about it
    """

    method: str
    path: str
    operation: str
    summary: str
    scope: str
    response: type[Canonical]
    read: Callable[[Call], Canonical] | None = None
    command: str = ""
    problems: tuple[str, ...] = ()
    query: type[Canonical] | None = field(default=None, kw_only=True)
    deprecated_at: date | None = field(default=None, kw_only=True)
    sunset_at: date | None = field(default=None, kw_only=True)
    body: type[Canonical] | None = field(default=None, kw_only=True)
    body_example: Mapping[str, Any] = field(default_factory=dict, kw_only=True)
    path_example: Mapping[str, str] = field(default_factory=dict, kw_only=True)
    query_example: str = field(default="", kw_only=True)
    max_bytes: int = field(default=MAX_BYTES, kw_only=True)
    may_wait: bool = field(default=False, kw_only=True)

    @property
    def command_type(self):
        return COMMAND_TYPES.get(self.command)

    @property
    def content(self):
        """The schema of the content; None if the endpoint takes none."""
        return self.command_type.schema if self.command_type else self.body

    @property
    def example(self):
        """An example of the content, as a dict, without what stands in the path; empty if the endpoint takes none."""
        example = COMMAND_EXAMPLES.get(self.command, {}) if self.command else self.body_example
        return {name: value for name, value in example.items() if name not in self.parameters}

    @property
    def example_path(self):
        """The path with an example of each parameter, and of the query if it needs one."""
        known = COMMAND_EXAMPLES.get(self.command, {**PATH_EXAMPLES, **self.path_example})
        path = PARAMETER.sub(lambda found: quote(known.get(found[1], found[1]), safe=""), self.path)
        return f"{path}?{self.query_example}" if self.query_example else path

    @property
    def deprecation_headers(self):
        """The headers ``Deprecation`` (RFC 9745) and ``Sunset`` (RFC 8594)."""
        headers = {}
        if self.deprecated_at:
            headers["Deprecation"] = f"@{int(_midnight(self.deprecated_at).timestamp())}"
        if self.sunset_at:
            headers["Sunset"] = format_datetime(_midnight(self.sunset_at), usegmt=True)
        return headers

    @property
    def parameters(self):
        """The names in the path."""
        return PARAMETER.findall(self.path)

    @property
    def literal_length(self):
        """How much of the path is given: of two that match, the one with more is meant."""
        return len(PARAMETER.sub("", self.path))

    @property
    def pattern(self):
        """A regular expression for the path, with a group for each parameter.

        A parameter may have slashes, which arrive decoded: ``%2F`` is ``/`` to WSGI, and to many proxies.
        """
        return _pattern(self.path)


def _midnight(day):
    return datetime.combine(day, time(), UTC)


@cache
def _pattern(path):
    parts = PARAMETER.split(path)
    texts = (rf"(?P<{part}>.+)" if number % 2 else re.escape(part) for number, part in enumerate(parts))
    return re.compile("".join(texts), re.DOTALL)


def command_endpoint(method, path, operation, command, problems=(), may_wait=False):
    """Return the endpoint that carries out a command."""
    command_type = COMMAND_TYPES[command]
    return Endpoint(
        method,
        path,
        operation,
        command_type.label,
        command_type.scope,
        command_type.result,
        command=command,
        problems=problems,
        may_wait=may_wait,
    )
