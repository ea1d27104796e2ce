"""The records of one kind. Callers of a store must hold the account's lock."""

import time
from datetime import UTC, datetime


def now_iso():
    """Return the current time in UTC, such as ``2026-11-23T09:30:00.123Z``."""
    return datetime.now(UTC).isoformat(timespec="milliseconds")[:-6] + "Z"


class Record:
    """``properties`` has no empty values. ``changed`` is a time of the monotonic clock, in seconds."""

    __slots__ = ("archived", "archived_at", "changed", "created", "id", "merged", "properties", "updated")

    def __init__(self, record_id, now):
        self.id, self.created, self.updated, self.changed = record_id, now, now, time.monotonic()
        self.archived, self.archived_at, self.merged = False, None, []
        self.properties = {}


class Store:
    """The records of one kind, with unique properties.

    ``unique``: names of the properties whose values identify a record. ``index``: unique property -> value -> record.
    ``aliases``: id of a merged record -> id of the survivor.
    """

    unique = ()

    def __init__(self, unique=(), first_id=1):
        if unique:
            self.unique = unique
        self.records, self.order = {}, []
        self.index, self.aliases = {}, {}
        self.next_id = first_id

    # --- to override ---

    def new_record(self, record_id, now):
        return Record(record_id, now)

    def new_id(self):
        """Return a new id, a string."""
        self.next_id += 1
        return str(self.next_id - 1)

    def normal(self, name, value):
        """Return the value of a unique property in the form in which it is compared."""
        return value

    # --- finding ---

    def find(self, key, name=None, archived=False):
        """Return the record with this id, or this value of a unique property; None if there is none, or archived."""
        if name is None:
            record = self.records.get(self.aliases.get(key, key))
            return record if record is not None and record.archived == archived else None
        return self.index.get(name, {}).get(self.normal(name, key))

    def owner(self, properties, record=None):
        """Return (property, value, record) of the first unique value that another record has, or None."""
        for name in self.unique:
            value = properties.get(name)
            if value:
                other = self.index.get(name, {}).get(value)
                if other is not None and other is not record:
                    return name, value, other
        return None

    def visible(self, lag=0, archived=False):
        """Return the records in the order of their creation, without those changed in the last ``lag`` seconds."""
        latest = time.monotonic() - lag
        return [
            r
            for r in self.order
            if r.archived == archived and r.changed <= latest and r.id not in self.aliases
        ]

    # --- writing ---

    def create(self, now=None):
        record = self.new_record(self.new_id(), now or now_iso())
        self.records[record.id] = record
        self.order.append(record)
        return record

    def write(self, record, properties, now=None):
        """Set properties. None and an empty string clear a property."""
        stored = record.properties
        for name in self.unique:
            if name in properties:
                self._reindex(record, name, stored.get(name), properties[name])
        stored.update(properties)
        values = properties.values()
        if "" in values or None in values:
            for name, value in properties.items():
                if value is None or value == "":
                    del stored[name]
        record.updated, record.changed = now or now_iso(), time.monotonic()

    def _reindex(self, record, name, old, new):
        values = self.index.setdefault(name, {})
        if old and values.get(old) is record:
            del values[old]
        if new:
            values[new] = record

    def archive(self, record, now=None):
        """Move a record to the recycle bin: it is no longer found, and its unique values can be used again."""
        self.release(record)
        record.archived, record.archived_at = True, now or now_iso()
        record.updated = record.archived_at

    def release(self, record):
        """Remove the record's unique values from the index."""
        for name in self.unique:
            self._reindex(record, name, record.properties.get(name), None)

    def merge(self, loser, winner, now=None):
        """Merge two records: the loser's id leads to the winner, which gets the values that it lacks."""
        self.release(loser)
        loser.archived = True
        winner.merged += [*loser.merged, loser.id]
        self.aliases.update(dict.fromkeys(winner.merged, winner.id))
        lacking = {name: value for name, value in loser.properties.items() if name not in winner.properties}
        self.write(winner, lacking, now)

    def forget(self, record):
        """Delete a record permanently."""
        self.release(record)
        del self.records[record.id]
        self.order.remove(record)

    def export(self):
        """Return the record for the control API."""
        return [
            {
                "id": record.id,
                "properties": record.properties,
                "archived": record.archived,
                "createdAt": record.created,
                "updatedAt": record.updated,
                "mergedIds": record.merged,
            }
            for record in self.order
            if record.id not in self.aliases
        ]

    def summary(self):
        archived = sum(record.archived and record.id not in self.aliases for record in self.order)
        return {"active": sum(not record.archived for record in self.order), "archived": archived}
