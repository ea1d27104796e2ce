"""Carrying out commands. Each has a model ``retail.command.<name>``, and a file of its own."""

from typing import Any, NamedTuple

from odoo import models

from ...core.problem import Problem
from ...schemas.base import Canonical
from ...schemas.commands.base import CommandType


class CommandRequest(NamedTuple):
    """A command as it was received, and checked against its schema.

    :param content: the JSON of the request, to be stored
    :param digest: of method, path and body: what has to be alike under one idempotency key
    :param base_url: of the API, for problem types
    """

    command_type: CommandType
    command: Canonical
    content: dict[str, Any]
    digest: str
    idempotency_key: str
    trace_id: str
    base_url: str

    @property
    def subject(self):
        return self.command_type.subject(self.command)


class Sender(NamedTuple):
    """Who asks for something: records as the superuser.

    :param client: the API client, whose policies apply
    :param accepts_difference: a person has decided that an order is captured whose lines do not add up to its total
    """

    connector: Any
    client: Any
    accepts_difference: bool = False


class Applied(NamedTuple):
    """What came of a command.

    :param result: for the caller
    :param record: the Odoo record that it was about
    :param is_created: whether that is new
    """

    result: Canonical
    record: Any
    is_created: bool = False


class Undecided(NamedTuple):
    """What came of a command that a person has to decide about.

    :param record: the decision, as the superuser, with a ``message_id``
    :param problem: why it was not carried out, as the caller gets it
    """

    record: Any
    problem: Problem


class RetailCommand(models.AbstractModel):
    _name = "retail.command"
    _description = "Retail Hub: Command"

    def _lock_keys(self, command, sender):
        """Return what no other command may change at the same time, as texts. They are locked before anything is read.

        :param command: of the command type's schema
        :param sender: a :class:`Sender`
        """
        return ()

    def _together(self, commands, sender):
        """Return the positions of those commands of a batch that :meth:`_apply_together` can carry out at once."""
        return []

    def _apply_together(self, commands, sender):
        """As :meth:`_apply`, of many: return a list of :class:`Applied`."""
        raise NotImplementedError

    def _note_refusal(self, problem, sender):
        """Keep what the people who have to act on a refusal need. Called after what the command did was undone."""

    def _apply(self, command, sender):
        """Carry out a command in the environment of the client's user.

        Return an :class:`Applied`, or an :class:`Undecided`.

        :param sender: a :class:`Sender`
        :raise Problem: it cannot be carried out; what was changed so far is undone
        """
        raise NotImplementedError
