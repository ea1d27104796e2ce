"""Match keys that another Odoo record has at the remote already.

The second record of most models fails. Two customers may be the same person: there the second one becomes an alias of
the first. A key that passes from one record to another is taken from the first before the second gets it.
"""

from collections import defaultdict
from dataclasses import replace

from ...core.const import OPEN_STATES, EventKind
from ...core.errors import ConflictError, DependencyError, RemoteError
from .alias import Alias


class SharedKeys:
    """Decides the shared keys of the deliveries of one batch that are ready to be sent.

    :param batch: a :class:`~.dispatch.DeliveryBatch` whose attempts are committed. If another attempt had the same key,
        then either it has linked its record, which this transaction sees, or the insertion of our attempt waited.
    """

    def __init__(self, batch):
        self.env = batch.env
        self.connector = batch.connector
        self.batch = batch
        self._waits = {}  # (model, id) -> the id for which it waits, of this batch

    def decide(self):
        """Decide the deliveries that cannot be sent as they are, or prepare them without their key."""
        by_model = defaultdict(list)
        for each in self.batch.ready:
            if each.new_key or each.changed_key or each.lacks_something:
                by_model[each.claim.res_model].append(each)
        for res_model, deliveries in by_model.items():
            self._decide_model(res_model, deliveries)

    def _decide_model(self, res_model, deliveries):
        may_share = self.env[res_model]._retail_may_share
        if may_share:
            ids = {each.claim.res_id for each in deliveries}
            aliases = self.env["retail.alias"]._by_record(self.connector, res_model, ids)
            for each in deliveries:
                each.alias = aliases.get(each.claim.res_id)
        holders = self._holders(res_model, deliveries)
        for each in deliveries:
            holder = self._primary_of(each) or holders.get(each.new_key or each.changed_key)
            if holder is None or holder == each.claim.res_id:
                continue
            if each.prepared.item.remote_id:
                self._pass_on(each, holder)
            elif may_share and not each.sought:
                self._share(each, holder)
            else:
                self._refuse(each, holder)

    def _holders(self, res_model, deliveries):
        """Return ``{key hash: id}`` of the records that exist and have one of the keys at the remote."""
        keys = {each.new_key or each.changed_key for each in deliveries} - {None}
        holders = self.env["retail.binding"]._key_holders(self.connector, res_model, keys)
        living = set(self.env[res_model].browse(holders.values()).exists().ids)
        return {key: res_id for key, res_id in holders.items() if res_id in living}

    # -- new records -------------------------------------------------------------------------------

    def _primary_of(self, delivery):
        """Return the record of which the remote said before that it is the same one; None if that may have changed."""
        alias = delivery.alias
        if alias is None or not alias.is_remote or alias.key_hash is None:
            return None
        if alias.key_hash not in (delivery.new_key, delivery.content_hash):
            return None
        res_model = delivery.claim.res_model
        bound = self.env["retail.binding"]._by_record(self.connector, res_model, [alias.primary_id])
        return alias.primary_id if bound and self.env[res_model].browse(alias.primary_id).exists() else None

    def _share(self, delivery, primary_id):
        """Count it as delivered, as an alias."""
        claim = delivery.claim
        is_remote = self._primary_of(delivery) is not None
        warning = alias_warning(self.env, claim.res_model, primary_id)
        key = delivery.alias.key_hash if is_remote else delivery.new_key
        delivery.share(primary_id, key, is_remote, warning)
        self._forget_attempt(delivery)

    def _refuse(self, delivery, holder):
        if delivery.sought:  # the lookup would find the other record's remote record
            delivery.cancel(self.env._("The record was deleted before it was sent."))
        else:
            delivery.refuse(self._error(delivery.claim.res_model, holder), holder)
        self._forget_attempt(delivery)

    def _forget_attempt(self, delivery):
        claim, attempts = delivery.claim, self.env["retail.delivery.attempt"]
        if claim.is_in_doubt or delivery.sought:  # what it may have created is the other record's
            attempts._forget_natural_keys(self.connector, claim.res_model, [claim.res_id])
        attempts.browse(delivery.attempt_id).unlink()

    def _error(self, res_model, holder):
        message = self.env._(
            "%(record)s is already linked to the remote record with this key. Merge the two records, or change the"
            " key of this one.",
            record=self.env[res_model].browse(holder)._retail_reference(),
        )
        return ConflictError(message, code="SHARED_KEY")

    # -- keys that pass from one record to another -------------------------------------------------

    def _pass_on(self, delivery, holder):
        """Wait until the holder has given the key up. If it waits for this record's, give that up first."""
        claim = delivery.claim
        if not delivery.changed_key or not self._will_be_sent(claim.res_model, holder):
            self._leave(delivery, holder)
            return
        if self._waits_for(claim.res_model, holder, claim.res_id):
            self._give_up_key(delivery)
            return
        message = self.env._(
            "Waiting for %(record)s, whose key this record gets.",
            record=self.env[claim.res_model].browse(holder)._retail_reference(),
        )
        self._waits[claim.res_model, claim.res_id] = holder
        delivery.key_in_use = delivery.changed_key
        delivery.wait_for(DependencyError(message, code="KEY_IN_USE", field=f"{claim.res_model},{holder}"))
        self.env["retail.delivery.attempt"].browse(delivery.attempt_id).unlink()

    def _open_deliveries(self, res_model, res_id):
        return self.env["retail.delivery"].search(
            [
                ("connector_id", "=", self.connector.id),
                ("res_model", "=", res_model),
                ("res_id", "=", res_id),
                ("kind", "=", EventKind.STATE.value),
                ("state", "in", [state.value for state in OPEN_STATES]),
            ]
        )

    def _will_be_sent(self, res_model, res_id):
        return bool(self._open_deliveries(res_model, res_id))

    def _waits_for(self, res_model, res_id, wanted):
        """Return whether a record waits for another one, over any number of records."""
        seen = set()
        while res_id is not None and res_id not in seen:
            seen.add(res_id)
            if res_id == wanted:
                return True
            res_id = self._waits.get((res_model, res_id)) or self._stored_wait(res_model, res_id)
        return False

    def _stored_wait(self, res_model, res_id):
        waits = self._open_deliveries(res_model, res_id).filtered(
            lambda each: each.error_code == "KEY_IN_USE" and each.waits_for
        )
        return int(waits[0].waits_for.partition(",")[2]) if waits else None

    def _give_up_key(self, delivery):
        """Send everything but the key now, and all of it once the key is free."""
        delivery.is_partial = self._leave_out(delivery, delivery.prepared.key_property)

    def _leave(self, delivery, holder):
        """Send everything but what the holder has and does not give up. Of other models than customers, it fails."""
        if not self.env[delivery.claim.res_model]._retail_may_share:
            return  # the remote decides
        is_remote = self._primary_of(delivery) is not None
        alias = delivery.alias if is_remote else Alias(holder, delivery.changed_key, False, is_partial=True)
        if self._leave_out(delivery, alias.remote_property or delivery.prepared.key_property):
            delivery.leave(alias, left_out_warning(self.env, delivery.claim.res_model, holder))

    def _leave_out(self, delivery, name):
        """Prepare a delivery without a property, or without its key; return whether it can be sent like that."""
        item = replace(delivery.item, without=frozenset({name}))
        if not name:
            data = self.env[delivery.claim.res_model]._retail_without_key(item.data)
            item = replace(delivery.item, data=data)
        try:
            prepared = self.batch.adapter.prepare(item)
        except RemoteError as error:
            delivery.decide(error)
            return False
        delivery.prepared = prepared
        if delivery.attempt_id:  # a preview makes none
            self.env["retail.delivery.attempt"].browse(delivery.attempt_id).unlink()
            self.batch.start_attempts([delivery])
        return True


def alias_warning(env, res_model, primary_id):
    """Return what a user reads about an alias."""
    return env._(
        "Possible duplicate of %(record)s, which is already linked to the remote record with this key. Orders and other"
        " documents are linked to that remote record, and changes of this record are not sent. Merge the two if they"
        " are the same, or change the key of this one.",
        record=env[res_model].browse(primary_id)._retail_reference(),
    )


def left_out_warning(env, res_model, holder):
    """Return what a user reads about a record that is sent without what the remote record of another one has."""
    return env._(
        "Possible duplicate of %(record)s, whose remote record has the same key, such as the email address. This record"
        " was sent without it. Merge the two if they are the same, or change the key of one of them.",
        record=env[res_model].browse(holder)._retail_reference(),
    )


def released_keys(deliveries):
    """Return ``{model: {id: key hash}}`` of the keys that records had before these deliveries arrived."""
    released = defaultdict(dict)
    for each in deliveries:
        if each.binding and each.binding.key_hash not in (None, each.key):
            released[each.claim.res_model][each.claim.res_id] = each.binding.key_hash
    return released
