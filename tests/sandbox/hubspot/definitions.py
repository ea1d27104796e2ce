"""The properties API: list, read, create, change and archive property definitions."""

import re

from kit.store import now_iso
from kit.wire import Response, json_response

from .catalog import FIELD_TYPES, MAX_UNIQUE, Property
from .envelope import batch_response, inputs_of
from .failures import NOT_FOUND, Failure, bad_input

MAX_INPUTS = 100
NAME = re.compile(r"[a-z][a-z0-9_]*")
REQUIRED = ("name", "label", "type", "fieldType", "groupName")


def handle(call, name):
    """Handle a request. ``name`` is the rest of the path, None for the collection."""
    if name == "groups" or (name or "").startswith("groups/"):
        return handle_groups(call, name.partition("/")[2])
    fixed = name is None or name.startswith("batch/")
    action = ACTIONS.get((call.request.method, name if fixed else "one"))
    if action is None:
        raise Failure(405, "VALIDATION_ERROR", f"{call.request.method} is not allowed here")
    with call.lock:
        return action(call, name)


def handle_groups(call, name):
    """The groups of properties: list, read one, create one."""
    groups = call.store.schema.groups
    if name and name not in groups:
        raise Failure(404, NOT_FOUND, f"Property group {name} does not exist")
    if call.request.method == "GET":
        described = [describe_group(each, label) for each, label in groups.items()]
        body = describe_group(name, groups[name]) if name else {"results": described}
        return json_response(200, body)
    if call.request.method != "POST" or name:
        raise Failure(405, "VALIDATION_ERROR", f"{call.request.method} is not allowed here")
    data = call.json()
    if not data.get("name") or not data.get("label"):
        raise bad_input("name and label can not be null or empty")
    if data["name"] in groups:
        raise Failure(
            409, "OBJECT_ALREADY_EXISTS", f"A property group named '{data['name']}' already exists."
        )
    groups[data["name"]] = data["label"]
    return json_response(201, describe_group(data["name"], data["label"]))


def describe_group(name, label):
    return {"name": name, "label": label, "displayOrder": -1, "archived": False}


def list_all(call, _name):
    return json_response(
        200, {"results": [each.describe() for each in call.store.schema.properties.values()]}
    )


def read(call, name):
    return json_response(200, existing(call, name).describe())


def create(call, _name):
    return json_response(201, define(call.store.schema, call.json()).describe())


def batch_create(call, _name):
    started = now_iso()
    created = [define(call.store.schema, each).describe() for each in inputs_of(call.json(), MAX_INPUTS)]
    return batch_response(call, 201, started, created)


def batch_read(call, _name):
    """Return the definitions that exist. The names of the others are in the errors of a 207."""
    started, properties = now_iso(), call.store.schema.properties
    names = [each.get("name") for each in inputs_of(call.json(), MAX_INPUTS)]
    found = [properties[name].describe() for name in names if name in properties]
    errors = [unknown(name).item(None) for name in names if name not in properties]
    return batch_response(call, 200, started, found, errors)


def batch_archive(call, _name):
    for each in inputs_of(call.json(), MAX_INPUTS):
        if each.get("name") in call.store.schema.properties:
            archive(call, each["name"])
    return Response(204)


def change(call, name):
    prop, data = existing(call, name), call.json()
    if not prop.custom:
        raise bad_input(f"{name} is defined by HubSpot and cannot be changed")
    prop.label = data.get("label", prop.label)
    if "options" in data:
        prop.set_options(data["options"])
    return json_response(200, prop.describe())


def archive(call, name):
    if not existing(call, name).custom:
        raise bad_input(f"{name} is defined by HubSpot and cannot be archived")
    call.store.schema.remove(name)
    return Response(204)


def existing(call, name):
    prop = call.store.schema.properties.get(name)
    if prop is None:
        raise unknown(name)
    return prop


def unknown(name):
    return Failure(404, NOT_FOUND, f'Property "{name}" does not exist', {"propertyName": [name]})


def define(schema, data):
    """Add a custom property. Raises Failure if HubSpot would reject the definition."""
    check_definition(schema, data)
    prop = Property(
        data["name"],
        data["type"],
        data["fieldType"],
        data.get("options") or (),
        unique=bool(data.get("hasUniqueValue")),
        label=data["label"],
        group=data["groupName"],
        custom=True,
    )
    schema.add(prop)
    return prop


def check_definition(schema, data):
    for key in REQUIRED:
        if not data.get(key):
            raise bad_input(f"{key} can not be null or empty")
    name = data["name"]
    if not NAME.fullmatch(name):
        raise bad_input(
            f"{name} is no property name: lower-case letters, digits and underscores, a letter first"
        )
    if name in schema.properties:
        message = f"A property named '{name}' already exists."
        raise Failure(409, "OBJECT_ALREADY_EXISTS", message, {"propertyName": [name]})
    if data["groupName"] not in schema.groups:
        raise bad_input(f"Property group {data['groupName']} does not exist")
    if data["fieldType"] not in FIELD_TYPES.get(data["type"], ()):
        raise bad_input(f"{data['fieldType']} is not a valid field type for {data['type']}")
    taken = len(schema.unique) - len(schema.builtin_unique)
    if data.get("hasUniqueValue") and taken >= MAX_UNIQUE:
        raise bad_input(f"at most {MAX_UNIQUE} properties can have unique values")


ACTIONS = {
    ("GET", None): list_all,
    ("POST", None): create,
    ("POST", "batch/create"): batch_create,
    ("POST", "batch/read"): batch_read,
    ("POST", "batch/archive"): batch_archive,
    ("GET", "one"): read,
    ("PATCH", "one"): change,
    ("DELETE", "one"): archive,
}
