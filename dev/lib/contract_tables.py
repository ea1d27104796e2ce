"""Generate the tables of the adapter contract in CONTRIBUTING.md from its docstrings."""

import ast
import re
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
DOCUMENT = ROOT / "CONTRIBUTING.md"
CONTRACT = ROOT / "connectors"
ABILITIES = ("SchemaReader", "Provisioner", "Finder", "Sampler")
EXCHANGED = ("Item", "Prepared", "Outcome")
ROLE = re.compile(r":\w+:`~?\.*([^`]+)`")


def update(text: str) -> str:
    """Return the document with its tables generated again, each between ``<!-- name -->`` and ``<!-- /name -->``."""
    for name, table in tables().items():
        block = re.compile(rf"(?P<indent> *)<!-- {name} -->\n.*?<!-- /{name} -->", re.DOTALL)
        text = block.sub(lambda found, name=name, table=table: _block(found["indent"], name, table), text)
    return text


def tables() -> dict[str, list[str]]:
    """Return ``{name: lines of a table}``."""
    provider = _class("provider.py", "Provider")
    adapter = _class("base.py", "Adapter")
    record = _class("record_adapter.py", "RecordAdapter")
    abilities = [(name, _class("base.py", name)) for name in ABILITIES]
    return {
        "provider": _table("attribute", list(_attributes(provider))),
        "adapter": _table("method", _members(adapter)),
        "abilities": _table(
            "ability, method",
            [(f"`{name}`: {_call(m)}", _text(m)) for name, each in abilities for m in _methods(each)],
        ),
        "receiver": _table("attribute, method", _members(_class("receiver.py", "Receiver"))),
        "record-adapter": _table("method", _members(record)),
        **{name.lower(): _table("field", _parameters(_class("items.py", name))) for name in EXCHANGED},
    }


def _block(indent, name, table):
    lines = [f"<!-- {name} -->", *table, f"<!-- /{name} -->"]
    return "\n".join(f"{indent}{line}" for line in lines)


def _class(file, name):
    tree = ast.parse((CONTRACT / file).read_text(encoding="utf-8"))
    return next(each for each in tree.body if isinstance(each, ast.ClassDef) and each.name == name)


def _members(node):
    """Return (name, docstring) of the attributes and methods that have one."""
    return [*_attributes(node), *((_call(each), _text(each)) for each in _methods(node))]


def _attributes(node):
    """Yield (name, docstring) of the attributes that are followed by a docstring."""
    for attribute, text in zip(node.body, node.body[1:], strict=False):
        is_text = isinstance(text, ast.Expr) and isinstance(text.value, ast.Constant)
        if isinstance(attribute, ast.AnnAssign) and is_text:
            yield f"`{attribute.target.id}`", _plain(text.value.value)


def _parameters(node):
    """Return (name, docstring) of the fields of a class, which its docstring explains as parameters.

    :raise KeyError: a field is not explained
    """
    texts = re.findall(r"^:param (\w+): (.*?)(?=^:|\Z)", ast.get_docstring(node), re.DOTALL | re.MULTILINE)
    explained = {name: _plain(text[:1].upper() + text[1:]) for name, text in texts}
    fields = [each.target.id for each in node.body if isinstance(each, ast.AnnAssign)]
    return [(f"`{name}`", explained[name]) for name in fields]


def _methods(node):
    """Return the public methods that have a docstring."""
    functions = [each for each in node.body if isinstance(each, ast.FunctionDef)]
    return [each for each in functions if not each.name.startswith("_") and ast.get_docstring(each)]


def _call(function):
    names = [each.arg for each in function.args.args if each.arg != "self"]
    return f"`{function.name}({', '.join(names)})`"


def _text(function):
    text = _plain(ast.get_docstring(function))
    decorators = [each.id for each in function.decorator_list if isinstance(each, ast.Name)]
    return f"**Required.** {text}" if "abstractmethod" in decorators else text


def _plain(docstring):
    """Return a docstring as one line of Markdown, with each parameter and exception as a sentence."""
    text = ROLE.sub(r"`\1`", docstring).replace("``", "`").replace("|", "\\|")
    first, *fields = re.split(r"^\s*:", text, flags=re.MULTILINE)
    sentences = [first, *(_field(each) for each in fields)]
    return " ".join(" ".join(each.split()).rstrip(".") + "." for each in sentences)


def _field(text):
    text = re.sub(r"^raise (\w+):", r"Raises `\1`:", text)
    return re.sub(r"^param (\w+):", r"`\1` is", text)


def _table(title, rows):
    return [f"| {title} | meaning |", "| --- | --- |", *(f"| {name} | {text} |" for name, text in rows)]


if __name__ == "__main__":
    changed = update(DOCUMENT.read_text(encoding="utf-8"))
    DOCUMENT.write_text(changed, encoding="utf-8")
    sys.stdout.write(f"Updated the tables of {DOCUMENT.name}.\n")
