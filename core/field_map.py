"""Field maps: which canonical field becomes which remote property, and how. Pure functions, no Odoo.

A path leads through canonical data: ``name.given``; ``emails.0`` by number; ``addresses.invoice.city`` is of the
first entry of that kind; ``addresses.contact|0.city`` of the own address, else of the first one.
"""

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from functools import lru_cache
from typing import Any, NamedTuple

RECORD = "odoo."  # a reference of a template that begins so leads to a field of the record in Odoo
OTHERWISE = "*"

_REFERENCE = re.compile(r"\{([^{}]*)\}")
_NUMBER = re.compile(r"-?\d+(\.\d+)?")
_PATTERN_TYPES = {r"^-?\d+(\.\d+)?$": "number", r"^\d{4}-\d{2}-\d{2}$": "date"}


class Reason(str):
    """What is wrong, in English, together with what it was made of, so that it can be said in other languages.

    :param template: with ``%(name)s`` for each parameter; parameters may be reasons themselves
    """

    template: str
    params: Mapping[str, Any]

    def __new__(cls, template, **params):
        reason = super().__new__(cls, template % params if params else template)
        reason.template, reason.params = template, params
        return reason


_lt = Reason  # Odoo's extraction of translatable texts looks for this name


class FieldMapError(ValueError):
    """A line that does not make sense, or does not fit a value. In words, without the value.

    :param reason: a :class:`Reason`, or a text that is translated already
    """

    def __init__(self, reason):
        super().__init__(reason)
        self.reason = reason


_KINDS = {
    "text": _lt("a text"),
    "number": _lt("a number"),
    "boolean": _lt("a boolean"),
    "date": _lt("a date"),
    "datetime": _lt("a date with time"),
    "list": _lt("a list"),
}


@dataclass(frozen=True, slots=True)
class FieldMap:
    """A mapping line: where a remote property gets its value from.

    :param object: the name of the :class:`RemoteObject`
    :param property: the name of the remote property
    :param expression: a path in the payload, such as ``name.full``, ``emails.0`` or ``addresses.invoice.city``; or what
        ``source`` says
    :param source: what ``expression`` is: ``canonical`` (a path in the payload), ``record`` (a path of fields of the
        Odoo record, such as ``user_id.name``), ``constant`` (the value itself) or ``template`` (a text with ``{path}``
        and ``{odoo.path}``)
    :param transform: the name of one of the provider's transforms; the common ones are ``none``, ``upper``, ``lower``,
        ``title``, ``map`` and ``date``
    :param argument: for the transform, such as the format of a date
    :param only_on_create: whether the property is only set when the remote record is created
    :param direction: ``out`` (to the remote), ``in`` (to Odoo) or ``both``
    :param system_of_record: whose value wins if both sides changed it: ``odoo`` or ``remote``
    :param key: identifies a default line of the provider. Never change it, even if the line changes: it shows which
        lines the admin has edited. Empty for lines that an admin adds
    """

    object: str
    property: str
    expression: str
    source: str = "canonical"
    transform: str = "none"
    argument: str = ""
    only_on_create: bool = False
    direction: str = "out"
    system_of_record: str = "odoo"
    key: str = ""

    @property
    def is_sent(self):
        return self.direction != "in"


class Transform(NamedTuple):
    """How a mapping line changes a value.

    :param label: the name that the admin sees
    :param function: takes ``(value, argument, data)``, and returns a JSON value. ``data`` is the whole payload. It is
        not called for empty values. None changes nothing
    :param kind: the type of the result: ``text``, ``number``, ``boolean``, ``date``, ``datetime`` or ``list``; empty:
        that of the value
    :param takes_object: whether the value may be a group of fields, such as ``name``
    """

    label: str
    function: Callable[[Any, str, Mapping[str, Any]], Any]
    kind: str = ""
    takes_object: bool = False


class ValueType(NamedTuple):
    """What values are like: ``text``, ``number``, ``boolean``, ``date``, ``datetime``, ``list``, ``object``.

    ``values``: all that are possible, None if there is no such list.
    """

    name: str
    values: tuple[str, ...] | None = None


# ----- values -----


def value_of(field_map, data, record_values, transforms):
    """Return the value of a line: a JSON value; None or "" if there is none.

    :param record_values: ``{path: value}`` of the Odoo record
    :raise FieldMapError: the value does not fit the transform
    """
    return compile_line(field_map, transforms)(data, record_values)


def compile_line(field_map, transforms):
    """Return a function of (data, record_values) that gives the value of a line: see :func:`value_of`."""
    read = _READERS[field_map.source](field_map.expression)
    function, argument = transforms[field_map.transform].function, field_map.argument
    if function is None:
        return read
    takes_empty = field_map.transform == "map"

    def value(data, record_values):
        found = read(data, record_values)
        return function(found, argument, data) if takes_empty or not is_empty(found) else found

    return value


def is_empty(value):
    return value is None or value == "" or value == [] or value == {}


def text(value):
    """Return a value as text: numbers without needless zeros, lists separated by semicolons.

    :raise FieldMapError: it is a group of fields
    """
    if value is None or isinstance(value, str):
        return value or ""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, float):
        return f"{value:.10f}".rstrip("0").rstrip(".")
    if isinstance(value, (list, tuple)):
        return ";".join(map(text, value))
    if isinstance(value, dict):
        raise FieldMapError(_lt("this is a group of fields: choose one of them"))
    return str(value)


def read_path(data, expression):
    """Return what a path leads to in canonical data, None if it leads nowhere."""
    return _path_reader(expression)(data, None)


def record_paths(field_map):
    """Return the paths of Odoo fields that a line needs."""
    if field_map.source == "record":
        return (field_map.expression,)
    if field_map.source == "template":
        return tuple(
            name.removeprefix(RECORD) for name in references(field_map.expression) if name.startswith(RECORD)
        )
    return ()


def canonical_paths(field_map):
    """Return the paths through canonical data that a line needs."""
    if field_map.source == "canonical":
        return (field_map.expression,)
    if field_map.source == "template":
        return tuple(name for name in references(field_map.expression) if not name.startswith(RECORD))
    return ()


@lru_cache(maxsize=4096)
def references(template):
    """Return what stands in braces in a template."""
    return tuple(name.strip() for name in _REFERENCE.findall(template))


@lru_cache(maxsize=4096)
def _segments(expression):
    return tuple(expression.split("."))


@lru_cache(maxsize=4096)
def _path_reader(expression):
    segments = _segments(expression)

    def read(data, _record_values):
        value = data
        for segment in segments:
            if isinstance(value, dict):
                value = value.get(segment)
            elif isinstance(value, (list, tuple)):
                value = _pick(value, segment)
            else:
                return None
        return value

    return read


def _pick(items, segment):
    for choice in _choices(segment):
        if isinstance(choice, int):
            found = items[choice] if choice < len(items) else None
        else:
            found = next(
                (item for item in items if isinstance(item, dict) and item.get("kind") == choice), None
            )
        if found is not None:
            return found
    return None


@lru_cache(maxsize=4096)
def _choices(segment):
    return tuple(int(choice) if choice.isdecimal() else choice for choice in segment.split("|"))


def _record_reader(path):
    return lambda _data, record_values: record_values.get(path)


def _constant_reader(constant):
    return lambda _data, _record_values: constant


def _template_reader(template):
    parts = _REFERENCE.split(template)  # text and reference by turns
    readers = [
        _record_reader(name.removeprefix(RECORD)) if name.startswith(RECORD) else _path_reader(name)
        for name in map(str.strip, parts[1::2])
    ]

    def read(data, record_values):
        values = [text(reader(data, record_values)) for reader in readers]
        if not any(values):
            return ""  # "Dear " alone says nothing
        filled = [part for pair in zip(parts[::2], [*values, ""], strict=True) for part in pair]
        return " ".join("".join(filled).split())

    return read


_READERS = {
    "canonical": _path_reader,
    "record": _record_reader,
    "constant": _constant_reader,
    "template": _template_reader,
}


# ----- transforms -----


def parse_values(argument):
    """Return ``{from: to}`` of ``from=to; from=to``.

    :raise FieldMapError: it is not such a list
    """
    values = {}
    for entry in filter(None, map(str.strip, argument.split(";"))):
        before, equals, after = entry.partition("=")
        if not equals:
            raise FieldMapError(
                _lt("write the map of values as “from=to; from=to”, and “*=…” for all other values")
            )
        values[before.strip()] = after.strip()
    if not values:
        raise FieldMapError(_lt("the map of values is empty: write it as “from=to; from=to”"))
    return values


_parse_values = lru_cache(maxsize=1024)(parse_values)


def _map(value, argument, _data):
    values = _parse_values(argument)
    key = text(value)
    if key not in values and OTHERWISE not in values and key:
        raise FieldMapError(
            _lt("the map of values has no entry for this value, and none for all other values (“*=…”)")
        )
    return values.get(key, values.get(OTHERWISE, "") if key else "")


def _date(value, argument, _data):
    moment = parse_date(value)
    if moment is None:
        raise FieldMapError(_lt("the value is not a date"))
    return moment.strftime(argument or "%Y-%m-%d")


def parse_date(value):
    """Return the date or datetime that a text (ISO 8601) says, None if it says none."""
    for parse in (date.fromisoformat, datetime.fromisoformat):
        try:
            return parse(str(value))
        except ValueError:
            continue
    return None


TRANSFORMS = {
    "none": Transform("As it is", None),
    "upper": Transform("UPPER CASE", lambda value, _argument, _data: text(value).strip().upper(), "text"),
    "lower": Transform("lower case", lambda value, _argument, _data: text(value).strip().lower(), "text"),
    "title": Transform("Title Case", lambda value, _argument, _data: text(value).strip().title(), "text"),
    "map": Transform("Map of values", _map, "text"),
    "date": Transform("Date format", _date, "date"),
}


# ----- kinds of values -----


def value_type_of(schema, expression):
    """Return the :class:`ValueType` of what a path leads to.

    :param schema: the JSON Schema of the canonical model
    :raise FieldMapError: the path does not exist; in words
    """
    node = schema
    for segment in _segments(expression):
        node = _step(schema, _resolve(schema, node), segment, expression)
    return _kind(_resolve(schema, node))


def part_schema(schema, part):
    """Return the schema of the entries of a list, or the whole schema if ``part`` names none."""
    if not part:
        return schema
    item = _resolve(schema, _resolve(schema, schema["properties"][part])["items"])
    return {**item, "$defs": schema["$defs"]}


def leaf_paths(schema):
    """Return the paths to single values and lists of values, in the order of the canonical model."""
    return list(_leaves(schema, _resolve(schema, schema), ""))


def _leaves(schema, node, prefix):
    for name, child in node.get("properties", {}).items():
        child, path = _resolve(schema, child), f"{prefix}{name}"
        kind = _kind(child).name
        if kind == "object":
            yield from _leaves(schema, child, f"{path}.")
        elif kind != "list":
            yield path
        else:
            yield from _list_leaves(schema, child, path)


def _list_leaves(schema, node, path):
    item = _resolve(schema, node["items"])
    kinds = _kinds(schema, item)
    if kinds:
        choices = (f"{kinds[0]}|0", *kinds[1:]) if len(kinds) > 1 else ("0",)
        for choice in choices:
            for leaf in _leaves(schema, item, f"{path}.{choice}."):
                if not leaf.endswith(".kind"):
                    yield leaf
    elif "properties" not in item:
        yield f"{path}.0"
        yield path


def _step(schema, node, segment, expression):
    if segment in node.get("properties", {}):
        return node["properties"][segment]
    if node.get("type") == "object" and node.get("additionalProperties") and segment:
        return node["additionalProperties"]
    if node.get("type") == "array":
        return _step_into_list(schema, node, segment, expression)
    known = ", ".join(node.get("properties", ()))
    if not known:
        raise FieldMapError(_lt("“%(path)s”: there is no field “%(name)s”", path=expression, name=segment))
    raise FieldMapError(
        _lt(
            "“%(path)s”: there is no field “%(name)s”, only %(known)s",
            path=expression,
            name=segment,
            known=known,
        )
    )


def _step_into_list(schema, node, segment, expression):
    kinds = _kinds(schema, _resolve(schema, node["items"]))
    for choice in segment.split("|"):
        if not choice.isdecimal() and choice not in kinds:
            known = ", ".join(("0", *kinds))
            raise FieldMapError(
                _lt(
                    "“%(path)s”: “%(choice)s” selects nothing from the list; use one of %(known)s",
                    path=expression,
                    choice=choice,
                    known=known,
                )
            )
    return node["items"]


def _kinds(schema, item):
    kind = _resolve(schema, item.get("properties", {}).get("kind", {}))
    return tuple(kind.get("enum") or ([kind["const"]] if "const" in kind else ()))


def _resolve(schema, node):
    """Follow a reference, and leave out that there may be nothing."""
    while True:
        if "$ref" in node:
            node = schema["$defs"][node["$ref"].rpartition("/")[2]]
        elif "anyOf" in node:
            node = next(each for each in node["anyOf"] if each.get("type") != "null")
        else:
            return node


def _kind(node):
    if "enum" in node or "const" in node:
        return ValueType("text", tuple(node.get("enum") or (node["const"],)))
    if node.get("type") == "string":
        pattern = node.get("pattern", "")
        is_time = pattern.startswith(r"^\d{4}-\d{2}-\d{2}T")
        return ValueType("datetime" if is_time else _PATTERN_TYPES.get(pattern, "text"))
    if node.get("type") == "boolean":
        return ValueType("boolean", ("true", "false"))
    return ValueType({"array": "list", "integer": "number"}.get(node.get("type"), node.get("type", "text")))


def result_type(field_map, kind, transforms):
    """Return the :class:`ValueType` of what a line sends.

    :param kind: of what its source gives, see :func:`source_type`
    :raise FieldMapError: the transform is unknown, or has no use for such values; in words
    """
    transform = transforms.get(field_map.transform)
    if transform is None:
        raise FieldMapError(_lt("there is no transform “%(name)s”", name=field_map.transform))
    if kind.name == "object" and not transform.takes_object:
        raise FieldMapError(
            _lt("“%(path)s” is a group of fields: choose one of them", path=field_map.expression)
        )
    if field_map.transform == "map":
        return ValueType("text", tuple(dict.fromkeys(parse_values(field_map.argument).values())))
    if field_map.transform == "date":
        if kind.name not in ("date", "datetime", "text"):
            raise FieldMapError(_lt("%(kind)s cannot have a date format", kind=_named(kind.name)))
        return ValueType(_date_type(field_map.argument))
    if kind.values is not None and transform.function and field_map.transform in _CASES:
        return ValueType("text", tuple(transform.function(value, "", {}) for value in kind.values))
    return ValueType(transform.kind) if transform.kind else kind


def _date_type(pattern):
    """Say what a date format makes: only what is written as ISO 8601 says is a date for the remote, too."""
    if pattern in ("", "%Y-%m-%d"):
        return "date"
    is_iso = pattern.startswith("%Y-%m-%dT") and parse_date(datetime(2026, 1, 31).strftime(pattern))
    return "datetime" if is_iso else "text"


def source_type(field_map, schema, record_type):
    """Return the :class:`ValueType` of what the source of a line gives.

    :param record_type: function that returns the kind of a path of Odoo fields
    :raise FieldMapError: a path does not exist; in words
    """
    canonical = [value_type_of(schema, path) for path in canonical_paths(field_map)]
    record = [record_type(path) for path in record_paths(field_map)]
    if field_map.source == "constant":
        return ValueType("text", (field_map.expression,))
    if field_map.source == "template":
        if not references(field_map.expression):
            raise FieldMapError(
                _lt("a template must contain at least one field in braces, such as {name.full}")
            )
        if any(kind.name == "object" for kind in canonical):
            raise FieldMapError(_lt("a template can only contain single fields, not a group of fields"))
        return ValueType("text")
    return (*canonical, *record)[0]


_CASES = ("upper", "lower", "title")


# ----- does it fit? -----


def fits(kind: ValueType, remote):
    """Say why values of a kind do not suit a remote property, as (problem, doubt): one is empty, or both.

    What is not empty is a :class:`Reason`.

    :param remote: a :class:`~..connectors.provider.RemoteProperty`
    """
    if kind.name == "object":
        return _lt("this is a group of fields: choose one of them, or a transform for the group"), ""
    if kind.values is not None:
        wrong = [value for value in kind.values if value and value_problem(value, remote)]
        return (value_problem(wrong[0], remote), "") if wrong else ("", "")
    return _fits_open(kind.name, remote)


def _fits_open(name, remote):
    suits = {
        "number": ("number",),
        "boolean": ("boolean",),
        "date": ("date", "datetime"),
        "datetime": ("datetime", "date"),
    }.get(remote.type)
    if suits is None and remote.type != "enumeration":
        return "", ""
    if remote.type == "enumeration":
        is_sure = name == "code"
        return "", "" if is_sure else _lt(
            "only these values will be accepted: %(options)s", options=_some(remote.options)
        )
    if name == "code" or name in suits:
        return "", ""
    return _lt(
        "the property takes %(property)s, not %(kind)s", kind=_named(name), property=_named(remote.type)
    ), ""


def value_problem(value: str, remote):
    """Say why a remote property does not take a value (text): a :class:`Reason`, "" if it does."""
    if not value or (remote.type == "enumeration" and _is_option(value, remote.options)):
        return ""
    if remote.type == "enumeration":
        return _lt(
            "“%(value)s” is not one of the options: %(options)s", value=value, options=_some(remote.options)
        )
    if remote.type == "number" and not _NUMBER.fullmatch(value):
        return _lt("“%(value)s” is not a number", value=value)
    if remote.type == "boolean" and value not in ("true", "false"):
        return _lt("“%(value)s” is neither true nor false", value=value)
    if remote.type in ("date", "datetime") and parse_date(value) is None and not value.isdecimal():
        return _lt("“%(value)s” is not a date", value=value)
    return ""


def _named(kind):
    return _KINDS.get(kind, kind)


def _is_option(value, options):
    return not options or all(part in options for part in value.split(";"))


def _some(options: Sequence[str]):
    return ", ".join(options[:8]) + (", …" if len(options) > 8 else "")
