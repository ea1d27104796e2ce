"""The records of one object type. Callers of a store must hold the portal's lock."""

from bisect import bisect_left

from kit import store

from .object_types import LIFECYCLE

FIRST_ID = 151_000_000_001


class Record(store.Record):
    """``properties`` holds strings only and no empty ones."""

    __slots__ = ()

    def __init__(self, record_id, now, schema):
        super().__init__(record_id, now)
        self.properties = {schema.created: now, "hs_object_id": record_id, schema.modified: now}

    def describe(self, names):
        """Return the record as in the response to a GET. ``names`` are the properties to include, null if empty."""
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
        """Return the record as in the response to a write: the written properties, and those that the system set."""
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


class Store(store.Store):
    """``pipelines``: by id, see pipelines.py. ``blocked``: emails of people who asked to be forgotten."""

    def __init__(self, schema, first_id=FIRST_ID):
        super().__init__(first_id=first_id)
        self.schema, self.pipelines, self.blocked = schema, {}, set()

    @property
    def unique(self):
        return self.schema.unique

    def new_record(self, record_id, now):
        return Record(record_id, now, self.schema)

    def normal(self, name, value):
        return value.strip().lower() if name == "email" else value

    def find(self, key, id_property=None, archived=False):
        """The record with that id, or that value of a unique property; None if there is none (or it is archived)."""
        return super().find(key, None if id_property == "hs_object_id" else id_property, archived)

    def write(self, record, properties, now):
        """Set cleaned properties; an empty string clears."""
        stored = record.properties
        if "lifecyclestage" in properties and goes_back(
            stored.get("lifecyclestage"), properties["lifecyclestage"]
        ):
            properties = {name: value for name, value in properties.items() if name != "lifecyclestage"}
        if properties.get("email") in additional_emails(record):
            self._swap_email(record, properties["email"])
        super().write(record, properties, now)
        if self.schema.derive:
            stored.update(self.schema.derive(stored, self))
        stored[self.schema.modified] = now

    def _swap_email(self, record, email):
        """Make one of the additional emails the record's own, and its own an additional one."""
        former = record.properties.pop("email", None)
        others = [each for each in additional_emails(record) if each != email]
        record.properties["hs_additional_emails"] = ";".join(filter(None, [*others, former]))

    def release(self, record):
        """Take the record's unique values out of the index."""
        super().release(record)
        for email in additional_emails(record):
            self._reindex(record, "email", email, None)

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


def additional_emails(record):
    """Return the emails that the record got by merges, besides its own."""
    return [email for email in record.properties.get("hs_additional_emails", "").split(";") if email]


def goes_back(old, new):
    """Whether a lifecycle stage is earlier than the present one; HubSpot then keeps the present one."""
    return bool(old and new) and LIFECYCLE.index(new) < LIFECYCLE.index(old)
