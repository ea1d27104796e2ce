"""The records of one object type. Whoever uses a store holds the portal's lock."""

import time
from bisect import bisect_left
from datetime import UTC, datetime

from .object_types import LIFECYCLE

FIRST_ID = 151_000_000_001


def now_iso():
    """Now, as HubSpot writes it: ``2026-11-23T09:30:00.123Z``."""
    return datetime.now(UTC).isoformat(timespec="milliseconds")[:-6] + "Z"


class Record:
    """``properties`` holds strings only and no empty ones; ``changed`` is on the monotonic clock, in seconds."""

    __slots__ = ("archived", "archived_at", "changed", "created", "id", "merged", "properties", "updated")

    def __init__(self, record_id, now, schema):
        self.id, self.created, self.updated, self.changed = record_id, now, now, time.monotonic()
        self.archived, self.archived_at, self.merged = False, None, []
        self.properties = {schema.created: now, "hs_object_id": record_id, schema.modified: now}

    def describe(self, names):
        """As a GET answers; ``names``: the properties to show, null where there is no value."""
        get = self.properties.get
        result = {
            "id": self.id,
            "properties": {name: get(name) for name in names},
            "createdAt": self.created,
            "updatedAt": self.updated,
            "archived": self.archived,
        }
        return {**result, "archivedAt": self.archived_at} if self.archived else result

    def written(self, properties, schema):
        """As a write answers: what was written and what the system set."""
        stored = self.properties
        shown = {name: stored.get(name, "") for name in properties}
        for name in (*schema.system, *schema.computed):
            shown[name] = stored[name]
        return {
            "id": self.id,
            "properties": shown,
            "createdAt": self.created,
            "updatedAt": self.updated,
            "archived": False,
        }


class Store:
    """``index``: unique property -> value -> record. ``aliases``: id of a merged record -> id that it has now.

    ``pipelines``: by id, see pipelines.py. ``blocked``: emails of people who asked to be forgotten.
    """

    def __init__(self, schema, first_id=FIRST_ID):
        self.schema, self.pipelines = schema, {}
        self.records, self.order = {}, []
        self.index, self.aliases, self.blocked = {}, {}, set()
        self.next_id = first_id

    def find(self, key, id_property=None, archived=False):
        """The record with that id, or that value of a unique property; None if there is none (or it is archived)."""
        if id_property is None or id_property == "hs_object_id":
            record = self.records.get(self.aliases.get(key, key))
            return record if record is not None and record.archived == archived else None
        if id_property == "email":
            key = key.strip().lower()
        return self.index.get(id_property, {}).get(key)

    def owner(self, properties, record=None):
        """(property, value, record) of the first unique value that another record has, else None."""
        for name in self.schema.unique:
            value = properties.get(name)
            if value:
                other = self.index.get(name, {}).get(value)
                if other is not None and other is not record:
                    return name, value, other
        return None

    def create(self, now):
        record = Record(str(self.next_id), now, self.schema)
        self.next_id += 1
        self.records[record.id] = record
        self.order.append(record)
        return record

    def write(self, record, properties, now):
        """Set cleaned properties; an empty string clears."""
        stored = record.properties
        for name in self.schema.unique:
            if name in properties:
                self._reindex(record, name, stored.get(name), properties[name])
        if "lifecyclestage" in properties and goes_back(
            stored.get("lifecyclestage"), properties["lifecyclestage"]
        ):
            properties = {name: value for name, value in properties.items() if name != "lifecyclestage"}
        stored.update(properties)
        if "" in properties.values():
            for name, value in properties.items():
                if value == "":
                    del stored[name]
        if self.schema.derive:
            stored.update(self.schema.derive(stored, self))
        stored[self.schema.modified] = record.updated = now
        record.changed = time.monotonic()

    def _reindex(self, record, name, old, new):
        values = self.index.setdefault(name, {})
        if old and values.get(old) is record:
            del values[old]
        if new:
            values[new] = record

    def archive(self, record, now):
        """Into the recycle bin: not found any more, and its unique values are free."""
        self.release(record)
        record.archived, record.archived_at, record.updated = True, now, now

    def release(self, record):
        """Take the record's unique values out of the index."""
        for name in self.schema.unique:
            self._reindex(record, name, record.properties.get(name), None)
        for email in additional_emails(record):
            self._reindex(record, "email", email, None)

    def forget(self, record):
        """Delete for good (GDPR)."""
        self.release(record)
        del self.records[record.id]
        self.order.remove(record)

    def page(self, after, limit, archived=False):
        """(up to ``limit`` records with an id of at least ``after``, id of the one after them or None)."""
        position = bisect_left(self.order, after, key=lambda record: int(record.id))
        found = []
        for record in self.order[position:]:
            if record.archived == archived and record.id not in self.aliases:
                if len(found) == limit:
                    return found, record.id
                found.append(record)
        return found, None

    def export(self):
        """Everything, for the control API."""
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


def additional_emails(record):
    """The emails that a merge left to the record besides its own."""
    return [email for email in record.properties.get("hs_additional_emails", "").split(";") if email]


def goes_back(old, new):
    """Whether a lifecycle stage is earlier than the present one; HubSpot then keeps the present one."""
    return bool(old and new) and LIFECYCLE.index(new) < LIFECYCLE.index(old)
