"""Object types and their property definitions, as a new portal has them."""

LIFECYCLE = (
    "subscriber",
    "lead",
    "marketingqualifiedlead",
    "salesqualifiedlead",
    "opportunity",
    "customer",
    "evangelist",
    "other",
)
LANGUAGES = [
    "af",
    "ar",
    "ar-eg",
    "bg",
    "bn",
    "ca",
    "ca-es",
    "cs",
    "cs-cz",
    "da",
    "da-dk",
    "de",
    "de-at",
    "de-ch",
    "de-de",
    "de-li",
    "de-lu",
    "el",
    "el-gr",
    "en",
    "en-au",
    "en-be",
    "en-ca",
    "en-gb",
    "en-ie",
    "en-in",
    "en-nz",
    "en-sg",
    "en-us",
    "en-za",
    "es",
    "es-ar",
    "es-cl",
    "es-co",
    "es-es",
    "es-mx",
    "es-us",
    "et",
    "et-ee",
    "fi",
    "fi-fi",
    "fr",
    "fr-be",
    "fr-ca",
    "fr-ch",
    "fr-fr",
    "fr-lu",
    "he",
    "he-il",
    "hi",
    "hi-in",
    "hr",
    "hr-hr",
    "hu",
    "hu-hu",
    "id",
    "id-id",
    "is",
    "it",
    "it-ch",
    "it-it",
    "ja",
    "ja-jp",
    "ko",
    "ko-kr",
    "lb",
    "lt",
    "lt-lt",
    "lv",
    "lv-lv",
    "ms",
    "ms-my",
    "nb",
    "nl",
    "nl-be",
    "nl-nl",
    "no",
    "no-no",
    "pl",
    "pl-pl",
    "pt",
    "pt-br",
    "pt-pt",
    "ro",
    "ro-ro",
    "ru",
    "ru-ru",
    "sk",
    "sk-sk",
    "sl",
    "sl-si",
    "sr",
    "sv",
    "sv-fi",
    "sv-se",
    "th",
    "th-th",
    "tl",
    "tr",
    "tr-tr",
    "uk",
    "uk-ua",
    "vi",
    "vi-vn",
    "zh",
    "zh-cn",
    "zh-hk",
    "zh-tw",
]
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
    """A property definition. ``options`` are the allowed values of an enumeration, ``labels`` what people see."""

    def __init__(
        self, name, kind="string", field="text", options=(), *, unique=False, read_only=False, **more
    ):
        self.name, self.kind, self.field = name, kind, field
        self.set_options(options)
        self.unique, self.read_only = unique, read_only
        self.label = more.get("label", name)
        self.group = more.get("group", "contactinformation")
        self.custom = more.get("custom", False)

    def set_options(self, options):
        """``options``: values, or {label, value} as the API takes them."""
        pairs = [(o["value"], o.get("label", o["value"])) if isinstance(o, dict) else (o, o) for o in options]
        self.labels = dict(pairs)
        self.options = tuple(self.labels)

    def describe(self):
        """As GET /crm/v3/properties/{type}/{name} answers."""
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
            "calculated": False,
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
    """The properties of one object type, with what makes checking a value fast.

    ``shown``: names in an answer when none were asked for. ``create_needs``: one of them must have a value.
    ``plain``: names that any string suits. ``unique``: names whose values identify a record.
    """

    def __init__(self, label, type_id, properties, *, builtin_unique=(), shown=(), create_needs=()):
        self.label, self.type_id, self.builtin_unique = label, type_id, builtin_unique
        self.shown, self.create_needs = shown, create_needs
        self.properties = {each.name: each for each in properties}
        self.refresh()

    def add(self, prop):
        self.properties[prop.name] = prop
        self.refresh()

    def remove(self, name):
        del self.properties[name]
        self.refresh()

    def refresh(self):
        custom = [each.name for each in self.properties.values() if each.unique]
        self.unique = (*self.builtin_unique, *custom)
        self.plain = frozenset(
            each.name
            for each in self.properties.values()
            if each.kind in ("string", "phone_number") and not each.read_only and each.name != "email"
        )


def contacts():
    texts = "firstname lastname phone mobilephone company address city state zip country website jobtitle"
    dates = "createdate lastmodifieddate"
    texts_read_only = "hs_object_id hs_merged_object_ids hs_additional_emails hs_email_domain"
    return Schema(
        label="Contact",
        type_id="0-1",
        builtin_unique=("email",),
        create_needs=("email", "firstname", "lastname"),
        shown=("createdate", "email", "firstname", "hs_object_id", "lastmodifieddate", "lastname"),
        properties=[
            Property("email"),
            *(Property(name) for name in texts.split()),
            *(Property(name, read_only=True) for name in texts_read_only.split()),
            *(Property(name, "datetime", "date", read_only=True) for name in dates.split()),
            Property("hs_email_optout", "bool", "booleancheckbox", ("true", "false"), read_only=True),
            Property("hs_language", "enumeration", "select", LANGUAGES),
            Property("lifecyclestage", "enumeration", "radio", LIFECYCLE),
            Property("hs_lead_status", "enumeration", "radio", ("NEW", "OPEN", "IN_PROGRESS", "UNQUALIFIED")),
        ],
    )


OBJECT_TYPES = {
    "contacts": contacts,
}
ALIASES = {"contact": "contacts", "0-1": "contacts"}
