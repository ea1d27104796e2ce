"""HubSpot's association types between the object types of the sandbox.

From https://developers.hubspot.com/docs/api-reference/legacy/crm/associations/associate-records/guide, table
"Association type ID values": one line for each pair of types, with the id in either direction and the label.
"""

HUBSPOT_DEFINED, USER_DEFINED = "HUBSPOT_DEFINED", "USER_DEFINED"
PAIRS = (
    ("contacts", "contacts", 449, 449, None),
    ("contacts", "companies", 279, 280, None),
    ("contacts", "companies", 1, 2, "Primary"),
    ("contacts", "deals", 4, 3, None),
    ("contacts", "orders", 508, 507, None),
    ("contacts", "invoices", 178, 177, None),
    ("companies", "companies", 450, 450, None),
    ("companies", "deals", 342, 341, None),
    ("companies", "deals", 6, 5, "Primary"),
    ("companies", "orders", 935, 934, None),
    ("companies", "orders", 510, 509, "Primary"),
    ("companies", "invoices", 180, 179, None),
    ("deals", "deals", 451, 451, None),
    ("deals", "orders", 511, 512, None),
    ("deals", "line_items", 19, 20, None),
    ("deals", "invoices", 176, 175, None),
    ("orders", "line_items", 513, 514, None),
    ("orders", "invoices", 518, 517, None),
    ("invoices", "line_items", 409, 410, None),
)
SINGULAR = {
    "contacts": "contact",
    "companies": "company",
    "deals": "deal",
    "orders": "order",
    "line_items": "line_item",
    "invoices": "invoice",
}


class AssociationType:
    """A type of association from ``source`` to ``target``. ``inverse`` is the type of the opposite direction."""

    __slots__ = ("category", "id", "inverse", "label", "name", "source", "target")

    def __init__(self, type_id, source, target, label, category=HUBSPOT_DEFINED):
        self.id, self.source, self.target, self.label = type_id, source, target, label
        self.category, self.inverse = category, self
        self.name = f"{SINGULAR[source]}_to_{SINGULAR[target]}"

    def describe(self):
        return {"category": self.category, "typeId": self.id, "label": self.label}

    def spec(self):
        return {"associationCategory": self.category, "associationTypeId": self.id}


class AssociationTypes:
    """The types of one account: HubSpot's own, and the labels that its people made."""

    def __init__(self):
        self._types, self._last_id = {}, 0
        for source, target, there, back, label in PAIRS:
            self._add(
                AssociationType(there, source, target, label), AssociationType(back, target, source, label)
            )
        with_primary = {(kind.source, kind.target) for kind in self if kind.label}
        for kind in self:
            if kind.label is None and (kind.source, kind.target) in with_primary:
                kind.name += "_unlabeled"  # the plain name is that of the primary one

    def __iter__(self):
        return iter(self._types.values())

    def _add(self, there, back):
        there.inverse, back.inverse = back, there
        for kind in (back, there):
            self._types[kind.category, kind.id] = kind
        if back.id == there.id:
            there.inverse = there
        return there

    def get(self, category, type_id):
        """Return the type with this id, or None."""
        return self._types.get((category, int(type_id))) if str(type_id).isdecimal() else None

    def between(self, source, target):
        """Return the types from ``source`` to ``target``, the unlabelled one first."""
        found = [kind for kind in self if (kind.source, kind.target) == (source, target)]
        return sorted(found, key=lambda kind: kind.label is not None)

    def add_label(self, source, target, name, label, inverse_label=None):
        """Add a label that people made, and return its type."""
        is_symmetric = source == target and inverse_label is None
        there_id = self._last_id + 1
        back_id = self._last_id = there_id if is_symmetric else there_id + 1
        there = AssociationType(there_id, source, target, label, USER_DEFINED)
        back = AssociationType(back_id, target, source, inverse_label or label, USER_DEFINED)
        there.name, back.name = name, f"{name}_inverse"
        return self._add(there, back)
