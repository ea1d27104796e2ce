"""Generate the tables and examples of the adapter contract in CONTRIBUTING.md, from docstrings and code."""

import ast
import re
import sys
from functools import cache
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
DOCUMENT = ROOT / "CONTRIBUTING.md"
ABILITIES = ("SchemaReader", "Provisioner", "Finder", "Sampler")
EXCHANGED = ("Item", "Prepared", "Outcome")
# Tables of the fields of several classes: {table: [(file, classes)]}.
FIELDS = {
    "declared": [
        ("connectors/provider.py", ("RemoteObject",)),
        ("connectors/items.py", ("MatchKeys",)),
        ("core/field_map.py", ("FieldMap", "Transform")),
        ("connectors/authentication.py", ("Credential",)),
        ("connectors/provider.py", ("Plan", "FlowTemplate")),
    ],
    "returned": [
        ("connectors/provider.py", ("ConnectionReport", "QuotaReading", "RemoteProperty")),
        ("connectors/items.py", ("Reference", "RemoteId")),
    ],
    "webhooks": [("connectors/receiver.py", ("WebhookRequest", "ReceivedCommand", "ReportedChange"))],
}
# What the adapter uses of the mapper; the hub uses the rest.
MAPPER = ("mapped_values", "mapped_value", "object_for", "keys_for", "field_maps")
HELPERS = [
    ("connectors/mapper.py", ("personal_properties",)),
    ("connectors/items.py", ("failed",)),
    ("connectors/provider.py", ("one_call_each",)),
    ("connectors/bisect.py", ("bisect",)),
    ("connectors/http_status.py", ("error_class", "asked_to_wait", "is_uncertain")),
    ("connectors/texts.py", ("clean", "family_name")),
    ("core/strict_json.py", ("read_object", "read_json")),
]
# Errors that only the hub makes.
OF_THE_HUB = ("DependencyError", "FlowFaultError")
PROVIDER = "dev/skeleton/retail_hub_acme/acme/provider.py"
ADAPTER = "dev/skeleton/retail_hub_acme/acme/adapter.py"
CLUB = "dev/addons/retail_hub_example/club/adapter.py"
# Code: {example: (file, class or an empty text, names)}.
EXAMPLES = {
    "example-provider": (PROVIDER, "", ("line", "ACME")),
    "example-prepare": (ADAPTER, "AcmeAdapter", ("prepare", "_prepare_put")),
    "example-objects": (CLUB, "ClubAdapter", ("prepare",)),
    "example-send": (ADAPTER, "AcmeAdapter", ("send_one", "_put", "_call")),
    "example-resolve": (ADAPTER, "AcmeAdapter", ("resolve",)),
}
ROLE = re.compile(r":\w+:`~?\.*([^`]+)`")
PARAMETER = re.compile(r"^:param (\w+): (.*?)(?=^:|\Z)", re.DOTALL | re.MULTILINE)


def update(text: str) -> str:
    """Return the document with its tables and examples generated again.

    Each is between ``<!-- name -->`` and ``<!-- /name -->``.
    """
    for name, lines in blocks().items():
        block = re.compile(rf"(?P<indent> *)<!-- {name} -->\n.*?<!-- /{name} -->", re.DOTALL)
        text = block.sub(lambda found, name=name, lines=lines: _block(found["indent"], name, lines), text)
    return text


def blocks() -> dict[str, list[str]]:
    """Return ``{name: lines of a table or an example}``."""
    return {**tables(), **{name: _example(*place) for name, place in EXAMPLES.items()}}


def tables() -> dict[str, list[str]]:
    """Return ``{name: lines of a table}``."""
    abilities = [(name, _class("connectors/base.py", name)) for name in ABILITIES]
    mapper = {each.name: each for each in _methods(_class("connectors/mapper.py", "Mapper"))}
    errors = [each for each in _classes("core/errors.py") if each.name not in ("RemoteError", *OF_THE_HUB)]
    return {
        "provider": _table("attribute", _members(_class("connectors/provider.py", "Provider"))),
        "receiver": _table("attribute, method", _members(_class("connectors/receiver.py", "Receiver"))),
        "adapter": _table("method", _members(_class("connectors/base.py", "Adapter"))),
        "abilities": _table(
            "ability, method",
            [(f"`{name}`: {_call(m)}", _text(m)) for name, each in abilities for m in _methods(each)],
        ),
        "record-adapter": _table("method", _members(_class("connectors/record_adapter.py", "RecordAdapter"))),
        **{name.lower(): _fields("field", "connectors/items.py", name) for name in EXCHANGED},
        **{name: _fields_of_classes(places) for name, places in FIELDS.items()},
        "mapper": _table("method", [(_call(mapper[name]), _text(mapper[name])) for name in MAPPER]),
        "request": _table("parameter", _request()),
        "response": _fields("field", "connectors/http_client.py", "Response"),
        "settings": _fields("field", "connectors/provider.py", "Settings"),
        "errors": _table("class", [(f"`{each.name}`", _plain(ast.get_docstring(each))) for each in errors]),
        "error": _table("parameter", list(_explained(_class("core/errors.py", "RemoteError")).items())),
        "helpers": _table("function", list(_helpers())),
    }


def _block(indent, name, lines):
    found = [f"<!-- {name} -->", *lines, f"<!-- /{name} -->"]
    return "\n".join(f"{indent}{line}".rstrip() for line in found)


@cache
def _source(file):
    return (ROOT / file).read_text(encoding="utf-8")


@cache
def _tree(file):
    return ast.parse(_source(file))


def _classes(file):
    return [each for each in _tree(file).body if isinstance(each, ast.ClassDef)]


def _class(file, name):
    return next(each for each in _classes(file) if each.name == name)


# ----- rows -----


def _members(node):
    """Return (name, docstring) of the attributes and methods that have one."""
    return [*_attributes(node), *((_call(each), _text(each)) for each in _methods(node))]


def _attributes(node):
    """Yield (name, docstring) of the attributes that are followed by a docstring."""
    for attribute, text in zip(node.body, node.body[1:], strict=False):
        is_text = isinstance(text, ast.Expr) and isinstance(text.value, ast.Constant)
        if isinstance(attribute, ast.AnnAssign) and is_text:
            yield f"`{attribute.target.id}`", _plain(text.value.value)


def _explained(node):
    """Return ``{name: explanation}`` of the parameters in the docstring of a class or function."""
    found = PARAMETER.findall(ast.get_docstring(node))
    return {f"`{name}`": _plain(text[:1].upper() + text[1:]) for name, text in found}


def _parameters(node, prefix=""):
    """Return (name, explanation) of the fields of a class, which its docstring explains as parameters.

    :raise KeyError: a field is not explained
    """
    explained = _explained(node)
    names = [each.target.id for each in node.body if isinstance(each, ast.AnnAssign)]
    return [(f"`{prefix}{name}`", explained[f"`{name}`"]) for name in names]


def _fields(title, file, name):
    node = _class(file, name)
    properties = [(f"`{each.name}`", _text(each)) for each in _methods(node) if _has(each, "property")]
    return _table(title, [*_parameters(node), *properties])


def _fields_of_classes(places):
    nodes = [_class(file, name) for file, names in places for name in names]
    return _table("field", [row for node in nodes for row in _parameters(node, f"{node.name}.")])


def _request():
    """Return the parameters of ``HttpClient.request``, and the errors that it raises."""
    methods = _methods(_class("connectors/http_client.py", "HttpClient"))
    request = next(each for each in methods if each.name == "request")
    names = [each.arg for each in request.args.args if each.arg != "self"]
    explained = _explained(request)
    raised = re.findall(
        r"^:raise (\w+): (.*?)(?=^:|\Z)", ast.get_docstring(request), re.DOTALL | re.MULTILINE
    )
    rows = [(f"`{name}`", explained[f"`{name}`"]) for name in names]
    return [*rows, *((f"raises `{name}`", _plain(text[:1].upper() + text[1:])) for name, text in raised)]


def _helpers():
    for file, names in HELPERS:
        functions = {each.name: each for each in _tree(file).body if isinstance(each, ast.FunctionDef)}
        for name in names:
            yield f"{_call(functions[name])} (`{file}`)", _text(functions[name])


def _methods(node):
    """Return the public methods that have a docstring."""
    functions = [each for each in node.body if isinstance(each, ast.FunctionDef)]
    return [each for each in functions if not each.name.startswith("_") and ast.get_docstring(each)]


def _call(function):
    names = [each.arg for each in function.args.args if each.arg != "self"]
    return f"`{function.name}({', '.join(names)})`"


def _text(function):
    text = _plain(ast.get_docstring(function))
    return f"**Required.** {text}" if _has(function, "abstractmethod") else text


def _has(function, decorator):
    return decorator in [each.id for each in function.decorator_list if isinstance(each, ast.Name)]


def _plain(docstring):
    """Return a docstring as one line of Markdown, with each parameter and exception as a sentence."""
    text = ROLE.sub(r"`\1`", docstring).replace("``", "`").replace("|", "\\|")
    first, *fields = re.split(r"^\s*:", text, flags=re.MULTILINE)
    sentences = [first, *(_field(each) for each in fields)]
    return " ".join(" ".join(each.split()).rstrip(".") + "." for each in sentences)


def _field(text):
    text = re.sub(r"^raise (\w+):", r"Raises `\1`:", text)
    text = re.sub(r"^return:", "Returns", text)
    return re.sub(r"^param (\w+):", r"`\1` is", text)


def _table(title, rows):
    return [f"| {title} | meaning |", "| --- | --- |", *(f"| {name} | {text} |" for name, text in rows)]


# ----- examples -----


def _example(file, class_name, names):
    """Return the code of some functions and assignments of a file or class, as lines of Markdown."""
    nodes = (_class(file, class_name) if class_name else _tree(file)).body
    found = {name: each for each in nodes for name in _defined(each)}
    return ["```python", *"\n\n\n".join(_code(file, found[name]) for name in names).splitlines(), "```"]


def _defined(node):
    targets = node.targets if isinstance(node, ast.Assign) else ()
    return [node.name] if isinstance(node, ast.FunctionDef) else [each.id for each in targets]


def _code(file, node):
    lines = _source(file).splitlines()[node.lineno - 1 : node.end_lineno]
    return "\n".join(line[node.col_offset :] for line in lines)


if __name__ == "__main__":
    changed = update(DOCUMENT.read_text(encoding="utf-8"))
    DOCUMENT.write_text(changed, encoding="utf-8")
    sys.stdout.write(f"Updated the tables and examples of {DOCUMENT.name}.\n")
