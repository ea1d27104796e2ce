"""Reading balances from loyalty engines: a job reads those that are due, and enters what has changed."""

import logging
import time
from datetime import timedelta
from functools import partial

import psycopg2

from odoo import SUPERUSER_ID, api, fields, models
from odoo.exceptions import MissingError, UserError
from odoo.tools import SQL

from ...connectors.asking import ask
from ...core.const import Lane
from ...core.errors import AuthError, QuotaError, RemoteError
from .attribution import CLOCK_MARGIN
from .mirror import Reading
from .remote_account import STEPS

_logger = logging.getLogger(__name__)

READER_LOCK = 1919247460  # the first key of the advisory lock that a reader holds while it runs
RUN_SECONDS = 30
BATCH = 50
HORIZON = 120  # seconds; the cron wakes readers for what is due later
TROUBLE_SECONDS = 30  # until a balance is read again that could not be


class RetailLoyaltyReader(models.AbstractModel):
    _name = "retail.loyalty.reader"
    _description = "Retail Hub: Reader of Balances"

    # -- waking ------------------------------------------------------------------------------------

    @api.model
    def _wake(self, connector_id, seconds=0.0):
        """Have due balances read after the transaction.

        Not before: a job that is waiting already may start earlier, and would not see what is due by then.
        """
        self.env.cr.postcommit.add(lambda: self._wake_in_new_transaction(connector_id, seconds))

    def _wake_in_new_transaction(self, connector_id, seconds):
        try:
            with self.env.registry.cursor() as cr:
                # As the superuser: anybody's sale may wake a reader; a job carries ids only.
                self.with_env(api.Environment(cr, SUPERUSER_ID, {}))._enqueue(connector_id, seconds)
        except psycopg2.Error:
            _logger.warning(
                "Cannot wake the reader of connector %s; the cron reads its balances", connector_id
            )

    @api.model
    def _enqueue(self, connector_id, seconds):
        """Have due balances read: by a job, or by the cron if no job runner runs."""
        at = fields.Datetime.now() + timedelta(seconds=seconds) if seconds else None
        if not self.env["retail.wake"]._is_job_runner_running():
            self.env.ref("retail_hub.ir_cron_loyalty_read")._trigger(at=at)
            return
        self.with_context(tracking_disable=True).with_delay(
            channel=Lane.REALTIME.channel,
            eta=at,
            max_retries=0,
            identity_key=f"retail_hub:loyalty:{connector_id}:{at.isoformat() if at else 'now'}",
            description=f"Retail Hub: balances of connector {connector_id}",
        )._run(connector_id)

    @api.model
    def _cron_read(self):
        """Read what is due of all engines."""
        for connector_id in self.env["retail.connector"]._engines():
            self._run(connector_id)

    # -- the job -----------------------------------------------------------------------------------

    @api.model
    def _run(self, connector_id):
        """Read the balances of a connector that are due, for a limited time; return their number."""
        connector = self.env["retail.connector"].browse(connector_id)
        try:
            if not connector._is_started() or not self._take_lock(connector):
                return 0
        except MissingError:  # it was deleted
            return 0
        try:
            count = self._read_due(connector)
        finally:
            self.env["retail.drain"]._unlock(READER_LOCK, connector_id)
        # Only after releasing the lock: what is due from here on wakes the next reader.
        seconds = self.env["retail.loyalty.account"]._seconds_to_next(connector)
        if seconds is not None and seconds <= HORIZON:
            self._wake(connector_id, max(seconds, self._closed_seconds(connector)))
        return count

    def _take_lock(self, connector):
        [(is_free,)] = self.env.execute_query(
            SQL("SELECT pg_try_advisory_lock(%s, %s)", READER_LOCK, connector.id)
        )
        return is_free

    def _closed_seconds(self, connector):
        return self.env["retail.drain"]._closed_seconds(connector, Lane.REALTIME.value)

    def _read_due(self, connector):
        until, count = time.monotonic() + RUN_SECONDS, 0
        if self._closed_seconds(connector):
            return 0
        try:
            connection = connector._connection()
        except (UserError, AuthError) as error:
            self.env["retail.drain"]._transaction(connector._need_attention, str(error))
            return 0
        except RemoteError as error:
            self.env["retail.drain"]._transaction(connector._throttle, error.retry_after or TROUBLE_SECONDS)
            return 0
        with connection as adapter:
            self._count_calls(connector, connection)
            while due := self.env["retail.loyalty.account"]._due(connector, BATCH):
                for account, due_at in due:
                    if time.monotonic() > until or not self._read(connector, adapter, account, due_at):
                        return count
                    count += 1
        return count

    def _count_calls(self, connector, connection):
        """Have the calls counted against the limits of the connector, if it has some."""
        drain = self.env["retail.drain"]
        if connector._gate().has_limits:
            connection.http.before_call = partial(drain._count_call, connector, Lane.REALTIME.value)

    def _read(self, connector, adapter, account, due_at):
        """Read one balance, and enter what has changed; return whether the engine answered."""
        transaction = self.env["retail.drain"]._transaction
        try:
            reading = ask(self._ask, adapter, account)
        except AuthError as error:
            transaction(connector._need_attention, error.message)
            return False
        except QuotaError as error:
            transaction(connector._throttle, error.retry_after or TROUBLE_SECONDS)
            return False
        except RemoteError as error:
            _logger.info("Cannot read a balance of connector %s: %s", connector.id, error.message)
            transaction(account._set_next_reading, due_at, TROUBLE_SECONDS, account.read_step)
            return False
        transaction(self._enter, account, reading, due_at)
        return True

    @api.model
    def _ask(self, adapter, account):
        """Return the :class:`~.mirror.Reading` of an account.

        :raise RemoteError: a call failed
        """
        card, program = account.card_id, account.program_id._retail_engine_program()
        started_at = fields.Datetime.now()
        membership = adapter.membership(program, card._retail_known_customer())
        if membership is None or account._is_as_read(membership):
            return Reading(membership, (), started_at)
        skew = timedelta(seconds=adapter.http.clock_skew or 0)
        # By the engine's clock. What is older and known is not entered again, so that it may be too early.
        since = card.create_date + min(skew, timedelta()) - CLOCK_MARGIN
        read = partial(adapter.transactions, program, membership.remote_id, since=since)
        after = account.last_transaction or ""
        # Without any new ones, the balance differs by something that is not listed, or by what is listed no more.
        transactions = read(after) or (read() if after else ())
        return Reading(membership, tuple(transactions), started_at, skew)

    def _enter(self, account, reading, due_at):
        """Enter what was read, and decide when the account is read again."""
        step = account.read_step
        is_settled = account._enter_reading(reading)
        is_last = is_settled or step + 1 >= len(STEPS)
        account._set_next_reading(due_at, None if is_last else STEPS[step + 1], 0 if is_last else step + 1)

    # -- at once -----------------------------------------------------------------------------------

    @api.model
    def _read_now(self, card, seconds):
        """Read the balance of a card from its engine now, and enter what has changed.

        :param seconds: within which the engine has to answer each call. None is begun after half of it.
        :raise RemoteError: it did not
        :raise UserError: the connector cannot be used
        :raise psycopg2.OperationalError: somebody else is changing the balance
        """
        with self.env.registry.cursor() as cr:
            cr.execute(SQL("SELECT set_config('lock_timeout', %s, true)", f"{int(seconds * 1000)}ms"))
            # As the superuser: whoever sells has no rights on accounts; whether they may see the card was checked.
            reader = self.with_env(api.Environment(cr, SUPERUSER_ID, {}))
            reader._read_card(reader.env["loyalty.card"].browse(card.id), seconds, is_counted=True)

    @api.model
    def _read_card(self, card, seconds, is_counted=False):
        """Read the balance of a card from its engine, and enter what has changed, in this transaction.

        :param card: as the superuser
        :param seconds: see :meth:`_read_now`
        :param is_counted: count the calls against the connector's limits. That ends the transaction.
        :raise RemoteError: it did not
        :raise UserError: the connector cannot be used
        """
        account = card.env["retail.loyalty.account"]._of(card)
        connector = account.program_id.retail_connector_id
        connection = connector._connection(connect_timeout=seconds / 4, read_timeout=seconds * 3 / 4)
        with connection as adapter:
            if is_counted:
                self._count_calls(connector, connection)
            connection.set_deadline(time.monotonic() + seconds / 2)
            reading = ask(self._ask, adapter, account)
        account._enter_reading(reading)
