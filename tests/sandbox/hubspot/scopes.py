"""HubSpot's scopes, the scope that a request needs, and the 403 for tokens without it.

The names are those of HubSpot's API description, version 2026-09 (properties, associations, objects), and of its page
"Scopes". There is no ``crm.schemas.line_items.write`` and no ``crm.schemas.products.…``: the properties of line items
and products need ``e-commerce``, which also opens their records.
"""

from .failures import Failure

READING = ("search", "batch/read")
LINK = "https://developers.hubspot.com/scopes"
ECOMMERCE = "e-commerce"
_OBJECTS = """
appointments carts commercepayments companies contacts courses custom deals goals invoices leads line_items listings
marketing_events orders partner-clients partner-services products projects quotes services subscriptions users
"""
_OBJECTS_READ = "calls emails feedback_submissions meetings notes owners tasks"
_SCHEMAS = """
appointments calls carts commercepayments companies contacts courses custom deals emails invoices listings meetings
notes orders quotes services subscriptions tasks
"""
_SCHEMAS_READ = "line_items projects"
_SENSITIVE = "companies contacts custom deals"
_OTHERS = """
oauth e-commerce automation accounting actions business-intelligence content crm.export crm.import crm.lists.read
crm.lists.write crm.pipelines.orders.read crm.pipelines.orders.write cpq.quotes.read cpq.quotes.write files forms
hubdb integration-sync media_bridge.read media_bridge.write sales-email-read social settings.currencies.read
settings.currencies.write settings.users.read settings.users.write tickets tickets.sensitive.v2
tickets.highly_sensitive.v2 timeline transactional-email account-info.security.read
crm.objects.appointments.sensitive.read.v2 crm.objects.appointments.sensitive.write.v2
crm.objects.projects.sensitive.read crm.objects.projects.sensitive.write crm.objects.projects.highly_sensitive.read
crm.objects.projects.highly_sensitive.write crm.objects.tickets.sensitive.read crm.objects.tickets.sensitive.write
crm.objects.tickets.highly_sensitive.read crm.objects.tickets.highly_sensitive.write
"""


def _named(kind, names, *rights):
    return {f"crm.{kind}.{name}.{right}" for name in names.split() for right in rights}


KNOWN = frozenset(
    {
        *_named("objects", _OBJECTS, "read", "write"),
        *_named("objects", _OBJECTS_READ, "read"),
        *_named("schemas", _SCHEMAS, "read", "write"),
        *_named("schemas", _SCHEMAS_READ, "read"),
        *_named("objects", _SENSITIVE, "sensitive.read.v2", "sensitive.write.v2"),
        *_named("objects", _SENSITIVE, "highly_sensitive.read.v2", "highly_sensitive.write.v2"),
        *_OTHERS.split(),
    }
)


def unknown(names):
    """Return the scopes among ``names`` that HubSpot does not have."""
    return [name for name in names if name not in KNOWN]


def check(granted, needed):
    """Raise Failure if none of the accepted scopes is granted. ``granted`` is None for all."""
    if granted is None or not needed or set(granted) & set(needed):
        return
    detail = {
        "message": "One or more of the following scopes are required.",
        "context": {"requiredGranularScopes": list(needed)},
    }
    raise Failure(
        403,
        "MISSING_SCOPES",
        "This app hasn't been granted all required scopes to make this call. "
        f"Read more about required scopes here: {LINK}.",
        details=[detail],
        links={"scopes": LINK},
    )


def for_records(object_type, method, rest):
    """Return the scopes of which a request for records needs one. ``rest`` is the path after the object type."""
    reads = method == "GET" or (rest or "").endswith(READING)
    return known(f"crm.objects.{object_type}.{'read' if reads else 'write'}", object_type)


def for_schemas(object_type, method):
    """Return the scopes of which a request for definitions of properties or pipelines needs one."""
    if method == "GET":
        schema, objects = f"crm.schemas.{object_type}.read", f"crm.objects.{object_type}.read"
        return (*known(schema, object_type), objects)
    return known(f"crm.schemas.{object_type}.write", object_type)


def known(name, object_type):
    """Return the scope, if HubSpot has it, and ``e-commerce`` where that does."""
    sold = (ECOMMERCE,) if object_type in ("line_items", "products") else ()
    return (*((name,) if name in KNOWN else ()), *sold)
