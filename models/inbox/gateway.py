"""The gateway: carries out a command once, and stores what was asked and answered."""

import json
from typing import NamedTuple

from odoo import SUPERUSER_ID, api, models
from odoo.exceptions import AccessError, UserError

from ...core.problem import Problem
from ..source.origin import changes_from
from .command import Sender, Undecided
from .early import Early
from .locks import locked
from .unknown_codes import ToComplete

# The same request may succeed later, so the next one with its key is carried out.
NOT_KEPT = frozenset({"in-progress", "rate-limited", "internal"})
RULE = "A rule in Odoo forbids this. Users of Odoo can look it up by the trace_id."


class Reply(NamedTuple):
    """What a caller gets: the HTTP status, the JSON text of the body, and headers."""

    status: int
    body: str
    headers: dict[str, str]


def slots_of(caller):
    """Return the name of the slots in which a client's calls are carried out."""
    return f"retail.api.client/{caller.client_id}"


class Undone(Exception):
    """Rolls back what a client in test mode has asked for."""

    def __init__(self, applied):
        super().__init__()
        self.applied = applied


class RetailGateway(models.AbstractModel):
    _name = "retail.gateway"
    _description = "Retail Hub: Gateway"

    @api.model
    def _carry_out(self, caller, request):
        """Carry out a command, unless that was done before; return the :class:`Reply`.

        :param caller: a :class:`~.api_client.Caller`
        :param request: a :class:`~.command.CommandRequest`
        :raise Problem: nothing was stored, and the request may be sent again
        """
        commands, sender = self._command_model(caller, request), self._sender(caller)
        key = request.idempotency_key and f"{caller.client_id}/{request.idempotency_key}"
        keys = commands._lock_keys(request.command, sender)
        slots = (slots_of(caller), caller.max_parallel)
        return locked(self.env, slots, key, keys, lambda: self._once(caller, request, commands, sender))

    def _once(self, caller, request, commands, sender):
        messages = self.env["retail.message"]
        message_id = messages._start(caller, request)
        if message_id is None:
            return self._again(caller, request)
        self.env["retail.api.key"]._note_use(caller.key_id)
        return self._answer(caller, request, commands, sender, message_id)

    def _sender(self, caller):
        # As the superuser: the system's links and settings are not for the client's user to read.
        env = self.env(user=SUPERUSER_ID, su=True, context={})
        client = env["retail.api.client"].browse(caller.client_id)
        return Sender(env["retail.connector"].browse(caller.connector_id), client)

    def _command_model(self, caller, request):
        """Return the model of the command in the environment of the client's user, with its company and no other."""
        context = {"allowed_company_ids": [caller.company_id]}
        # Not as the superuser: the client may do what its user may.
        env = self.env(user=caller.user_id, su=False, context=context)
        return env[f"retail.command.{request.command_type.name}"]

    def _again(self, caller, request):
        """Return the first answer to a request that was carried out before.

        :raise Problem: it was another request
        """
        trace_id, digest, status, body = self.env["retail.message"]._answered(caller, request.idempotency_key)
        if digest != request.digest:
            detail = "Another request was sent with this idempotency key."
            raise Problem("key-reused", detail)
        return Reply(status, body, {"Retail-Trace-Id": trace_id, "Idempotency-Replayed": "true"})

    @api.model
    def _retry(self, message, decision=None):
        """Carry out a request again that was not completed, in a transaction of its own; return the :class:`Reply`.

        Its caller gets the new answer if it repeats the request, or asks for the message.

        :param decision: values for the message, by which a person has decided how to carry it out
        :raise Problem: it cannot be carried out now
        """
        with self.env.registry.cursor() as cr:
            # As the superuser: whoever asks for it, it is carried out as the client's user.
            gateway = self.with_env(api.Environment(cr, SUPERUSER_ID, {}))
            return gateway._carry_out_again(message.id, decision or {})

    def _carry_out_again(self, message_id, decision):
        message = self.env["retail.message"].browse(message_id)
        caller, request = message.client_id._caller(message.is_test), message._request()
        if request.command_type.scope not in caller.scopes:
            raise Problem("forbidden", f"The client lacks the scope {request.command_type.scope}.")
        commands, sender = self._command_model(caller, request), self._sender(caller)
        is_accepted = bool(decision.get("accepted_by_id") or message.accepted_by_id)
        sender = sender._replace(accepts_difference=is_accepted)
        keys = commands._lock_keys(request.command, sender)

        def again():
            if message._lock_open():
                message.write(decision)
                return self._answer(caller, request, commands, sender, message_id)
            raise Problem("conflict", "The request is completed.")

        return locked(self.env, (slots_of(caller), 0), f"message/{message_id}", keys, again)

    def _answer(self, caller, request, commands, sender, message_id):
        messages = self.env["retail.message"]
        headers = {"Retail-Trace-Id": request.trace_id}
        try:
            applied = self._apply(caller, request, commands, sender)
        except Problem as problem:
            if problem.kind in NOT_KEPT:
                raise
            return self._store_refusal(caller, request, commands, sender, message_id, problem)
        if isinstance(applied, Undecided):
            return self._store_undecided(caller, message_id, applied, headers)
        body = json.dumps(applied.result.canonical())
        reply = Reply(201 if applied.is_created else 200, body, headers)
        if caller.is_test:
            messages._finish(message_id, "tested", reply)
        else:
            messages._finish(message_id, "done", reply, applied.record)
            messages._wake(sender.connector, request.subject)
        return reply

    def _store_undecided(self, caller, message_id, undecided, headers):
        """Store a request that a person has to decide about, and return its reply.

        :raise Problem: too much is kept already
        """
        message = self.env["retail.message"].browse(message_id)
        body = message._as_kept("undecided", undecided.problem).canonical()
        reply = Reply(202, json.dumps(body), headers)
        if caller.is_test:
            message._finish(message_id, "tested", reply)
            return reply
        if message.state == "started":  # others wait already
            message._check_backlog(self.env["retail.api.client"].browse(caller.client_id))
        undecided.record.message_id = message_id
        message._finish(message_id, "undecided", reply, undecided.record, undecided.problem)
        return reply

    def _store_refusal(self, caller, request, commands, sender, message_id, problem):
        """Store a refusal, and return its reply; or keep the request until it can be carried out.

        :raise Problem: too much is kept already
        """
        messages = self.env["retail.message"]
        headers = {"Retail-Trace-Id": request.trace_id}
        if not caller.is_test:
            commands._note_refusal(problem, sender)
        kept_as = "" if caller.is_test else self._kept_as(sender, message_id, problem)
        if kept_as:
            message = messages.browse(message_id)
            if message.state == "started":  # others wait already
                messages._check_backlog(sender.client)
            body = message._as_kept(kept_as, problem).canonical()
            reply = Reply(202, json.dumps(body), headers)
            messages._finish(message_id, kept_as, reply, problem=problem)
            return reply
        body = json.dumps(problem.as_json(request.base_url, request.trace_id))
        reply = Reply(problem.status, body, {**headers, **problem.headers})
        messages._finish(message_id, "refused", reply, problem=problem)
        return reply

    def _kept_as(self, sender, message_id, problem):
        """Return the state in which a refused request is kept, as the client wants it; "" if it is not kept."""
        if isinstance(problem, ToComplete) and sender.client.keeps_incomplete:
            return "incomplete"
        if isinstance(problem, Early):
            message = self.env["retail.message"].browse(message_id)
            return "waiting" if message._wait(problem, sender.client.patience_minutes) else ""
        return ""

    def _apply(self, caller, request, commands, sender):
        """Carry out the command; all or nothing of it. In test mode, nothing.

        :raise Problem: it was refused
        """
        try:
            with self.env.cr.savepoint(), changes_from(self.env.cr, caller.connector_id):
                applied = commands._apply(request.command, sender)
                commands.env.flush_all()
                if caller.is_test:
                    raise Undone(applied)
                return applied
        except Undone as undone:
            return undone.applied
        except AccessError as error:
            detail = "The client's user lacks the rights for this. Check the client's scopes in Odoo."
            raise Problem("forbidden", detail) from error
        except UserError as error:  # a rule of Odoo or another module, whose text may name people and records
            raise Problem("invalid-request", RULE, reason=str(error)) from error
