"""Property definitions and object types. object_types.py has the types of a new account."""

FIELD_TYPES = {
    "string": ("text", "textarea", "file", "html", "phonenumber"),
    "number": ("number", "calculation_equation"),
    "bool": ("booleancheckbox", "calculation_equation"),
    "enumeration": ("booleancheckbox", "checkbox", "radio", "select", "calculation_equation"),
    "date": ("date",),
    "datetime": ("date", "calculation_equation"),
    "phone_number": ("phonenumber",),
}
MAX_UNIQUE = 10  # custom unique properties of one object type


class Property:
    """A property definition. ``options`` are the allowed values of an enumeration, ``labels`` their labels."""

    def __init__(
        self, name, kind="string", field="text", options=(), *, unique=False, read_only=False, **more
    ):
        self.name, self.kind, self.field = name, kind, field
        self.set_options(options)
        self.unique, self.read_only = unique, read_only
        self.label = more.get("label", name)
        self.group = more.get("group")
        self.custom = more.get("custom", False)
        self.calculated = more.get("calculated", False)

    def set_options(self, options):
        """``options``: values, or {label, value} as the API takes them."""
        pairs = [(o["value"], o.get("label", o["value"])) if isinstance(o, dict) else (o, o) for o in options]
        self.labels = dict(pairs)
        self.options = tuple(self.labels)

    def describe(self):
        """Return the body of GET /crm/v3/properties/{type}/{name}."""
        options = [
            {"label": label, "value": value, "displayOrder": order, "description": "", "hidden": False}
            for order, (value, label) in enumerate(self.labels.items())
        ]
        return {
            "name": self.name,
            "label": self.label,
            "type": self.kind,
            "fieldType": self.field,
            "groupName": self.group,
            "description": "",
            "options": options,
            "displayOrder": -1,
            "calculated": self.calculated,
            "externalOptions": False,
            "hasUniqueValue": self.unique,
            "hidden": False,
            "formField": not self.read_only,
            "archived": False,
            "hubspotDefined": not self.custom,
            "modificationMetadata": {
                "archivable": self.custom,
                "readOnlyDefinition": not self.custom,
                "readOnlyValue": self.read_only,
            },
        }


class Schema:
    """An object type: its properties, HubSpot's rules for its records, and lookups that make checks fast.

    ``names``: what it may be called in a path besides its own name and ``type_id``.
    ``created``, ``modified``: the properties with these times; ``system`` has them and the id.
    ``shown``: names in an answer when none were asked for (besides ``system``).
    ``create_needs``: one of them must have a value. ``checks``: functions (call, item) that raise Failure or
    complete the item. ``derive``: function (properties, store) that gives those HubSpot computes.
    ``may_archive``: function of a record that raises Failure if it has to stay.
    ``pipeline``: names of the properties (pipeline, stage). ``currency``: property with a currency of the account.
    ``group``: HubSpot's own property group; ``groups``: {name: label} of all.
    ``plain``: names that any string suits. ``unique``: names whose values identify a record.
    """

    def __init__(self, label, type_id, properties, *, modified="hs_lastmodifieddate", **more):
        self.label, self.type_id, self.names = label, type_id, more.get("names", ())
        self.created, self.modified = more.get("created", "createdate"), modified
        self.system = tuple(sorted((self.created, "hs_object_id", modified)))
        self.shown = tuple(sorted({*self.system, *more.get("shown", ())}))
        self.builtin_unique, self.create_needs = more.get("builtin_unique", ()), more.get("create_needs", ())
        self.checks, self.derive = more.get("checks", ()), more.get("derive")
        self.may_archive = more.get("may_archive")
        self.pipeline, self.currency = more.get("pipeline"), more.get("currency")
        self.mergeable, self.deletable_for_good = more.get("mergeable", False), more.get("gdpr", False)
        self.group = label.lower().replace(" ", "") + "information"
        self.groups = {self.group: f"{label} information"}
        self.properties = {each.name: each for each in (*self.own_properties(), *properties)}
        for each in self.properties.values():
            each.group = each.group or self.group
        self.refresh()

    @property
    def constant(self):
        """Its name in messages, e.g. ``LINE_ITEM``."""
        return self.label.upper().replace(" ", "_")

    def own_properties(self):
        """Yield the read-only properties that every record has."""
        for name in ("hs_object_id", "hs_merged_object_ids"):
            yield Property(name, read_only=True)
        for name in (self.created, self.modified):
            yield Property(name, "datetime", "date", read_only=True)

    def add(self, prop):
        self.properties[prop.name] = prop
        self.refresh()

    def remove(self, name):
        del self.properties[name]
        self.refresh()

    def refresh(self):
        custom = [each.name for each in self.properties.values() if each.unique]
        self.unique = (*self.builtin_unique, *custom)
        self.computed = tuple(each.name for each in self.properties.values() if each.calculated)
        checked_elsewhere = self.pipeline[1:] if self.pipeline else ()
        self.plain = frozenset(
            each.name
            for each in self.properties.values()
            if (each.kind in ("string", "phone_number") and not each.read_only and each.name != "email")
            or each.name in checked_elsewhere
        )
