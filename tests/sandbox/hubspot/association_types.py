"""HubSpot's association types between the object types of the sandbox.

From https://developers.hubspot.com/docs/api-reference/legacy/crm/associations/associate-records/guide, table
"Association type ID values": one line for each pair of types, with the id in either direction and the label.
"""

HUBSPOT_DEFINED = "HUBSPOT_DEFINED"
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
    """A type of association from ``source`` to ``target``. ``inverse`` is the id of the opposite direction."""

    __slots__ = ("id", "inverse", "label", "name", "source", "target")

    def __init__(self, type_id, source, target, inverse, label):
        self.id, self.source, self.target, self.inverse, self.label = type_id, source, target, inverse, label
        self.name = f"{SINGULAR[source]}_to_{SINGULAR[target]}"

    def describe(self):
        return {"category": HUBSPOT_DEFINED, "typeId": self.id, "label": self.label}

    def spec(self):
        return {"associationCategory": HUBSPOT_DEFINED, "associationTypeId": self.id}


def build():
    types = {}
    for source, target, there, back, label in PAIRS:
        types[there] = AssociationType(there, source, target, back, label)
        if back != there:
            types[back] = AssociationType(back, target, source, there, label)
    with_primary = {(kind.source, kind.target) for kind in types.values() if kind.label}
    for kind in types.values():
        if kind.label is None and (kind.source, kind.target) in with_primary:
            kind.name += "_unlabeled"  # the plain name is that of the primary one
    return types


TYPES = build()


def between(source, target):
    """Return the types from ``source`` to ``target``, the unlabelled one first."""
    found = [kind for kind in TYPES.values() if (kind.source, kind.target) == (source, target)]
    return sorted(found, key=lambda kind: kind.label is not None)
