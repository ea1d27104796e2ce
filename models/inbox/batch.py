"""Batches: many commands in one request, in groups that share a transaction and their locks."""

import json
import logging
from functools import partial
from itertools import groupby
from operator import itemgetter

from odoo import SUPERUSER_ID, api, models
from odoo.exceptions import UserError

from ...core.problem import PROBLEMS, Problem
from ...core.tracebacks import without_values
from ..source.origin import changes_from
from .gateway import NOT_KEPT, Reply, slots_of
from .locks import locked

GROUP_SIZE = 50  # what one transaction carries out: its locks are held so long
_logger = logging.getLogger(__name__)


class RetailGateway(models.AbstractModel):
    _inherit = "retail.gateway"

    @api.model
    def _carry_out_batch(self, caller, requests):
        """Carry out commands in order; return a list of :class:`~.gateway.Reply`, or :class:`Problem` if not stored.

        Each group is committed before the next one begins. If the server stops, what was committed stays, and the
        repeated batch gets those answers again.

        :param caller: a :class:`~.api_client.Caller`, who has a slot already
        :param requests: a list of :class:`~.command.CommandRequest`
        """
        caller = caller._replace(max_parallel=0)
        replies = []
        for start in range(0, len(requests), GROUP_SIZE):
            replies += self._carry_out_group(caller, requests[start : start + GROUP_SIZE])
        return replies

    def _carry_out_group(self, caller, requests):
        """Carry out commands in one transaction; if it fails because of one of them, each in its own."""
        try:
            return self._in_transaction(lambda gateway: gateway._together(caller, requests))
        except Exception as error:  # which of them it was, each by itself shows
            _logger.info("%d commands are carried out one by one: %s", len(requests), type(error).__name__)
        return [self._carry_out_alone(caller, request) for request in requests]

    def _in_transaction(self, function):
        with self.env.registry.cursor() as cr:
            # As the superuser: the commands are carried out as the client's user.
            return function(self.with_env(api.Environment(cr, SUPERUSER_ID, {})))

    def _carry_out_alone(self, caller, request):
        try:
            return self._in_transaction(lambda gateway: gateway._carry_out(caller, request))
        except Problem as problem:
            return problem
        except Exception as error:  # must not affect the other commands
            _logger.error("The command %s failed in a batch\n%s", request.trace_id, without_values(error))
            return Problem("internal", PROBLEMS["internal"].help)

    def _together(self, caller, requests):
        """Carry out commands in this transaction.

        :raise Problem: one of them cannot be carried out now; nothing is done
        """
        sender = self._sender(caller)
        models_ = [self._command_model(caller, request) for request in requests]
        keys = {f"{caller.client_id}/{request.idempotency_key}" for request in requests}
        for commands, request in zip(models_, requests, strict=True):
            keys.update(commands._lock_keys(request.command, sender))
        pairs = list(zip(requests, models_, strict=True))
        run_all = partial(self._in_runs, caller, pairs, sender)
        return locked(self.env, (slots_of(caller), 0), "", keys, run_all)

    def _in_runs(self, caller, pairs, sender):
        """Carry out ``[(request, command model)]`` in order, neighbours of one kind together if they can be."""
        replies = []
        for commands, run in groupby(pairs, key=itemgetter(1)):
            requests = [request for request, _commands in run]
            done = self._at_once(caller, requests, commands, sender)
            replies += [
                done.get(position) or self._one_of_many(caller, request, commands, sender)
                for position, request in enumerate(requests)
            ]
        return replies

    def _at_once(self, caller, requests, commands, sender):
        """Carry out those that can be together; return ``{position: Reply}``, empty if that fails."""
        positions = [] if caller.is_test else commands._together([each.command for each in requests], sender)
        if len(positions) < 2:
            return {}
        try:
            with self.env.cr.savepoint(), changes_from(self.env.cr, caller.connector_id):
                return self._applied_at_once(caller, requests, positions, commands, sender)
        except (Problem, UserError) as error:  # each by itself shows which
            _logger.info("%d commands are not carried out together: %s", len(positions), type(error).__name__)
            return {}

    def _applied_at_once(self, caller, requests, positions, commands, sender):
        messages = self.env["retail.message"]
        started = messages._start_all(caller, [requests[position] for position in positions])
        new = {position: started.get(requests[position].trace_id) for position in positions}
        new = {position: message_id for position, message_id in new.items() if message_id}
        if not new:
            return {}
        found = commands._apply_together([requests[position].command for position in new], sender)
        commands.env.flush_all()
        applied = dict(zip(new, found, strict=True))
        replies = {
            position: Reply(
                201 if each.is_created else 200,
                json.dumps(each.result.canonical()),
                {"Retail-Trace-Id": requests[position].trace_id},
            )
            for position, each in applied.items()
        }
        messages._finish_all((new[each], replies[each], applied[each].record) for each in new)
        messages._wake_all(sender.connector, [requests[position].subject for position in new])
        return replies

    def _one_of_many(self, caller, request, commands, sender):
        try:
            return self._once(caller, request, commands, sender)
        except Problem as problem:
            if problem.kind in NOT_KEPT:
                raise
            return problem
