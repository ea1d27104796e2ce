"""Check the arrows: which part of the addon may use which.

    core ← schemas ← connectors ← models; inside models source ← connector ← outbox ← loyalty ← inbox ← operations

Four kinds of use count: Python imports, also absolute ones and those of ``importlib``; names of models, as in
``self.env["retail.delivery"]``, outside the parts that may know the model; names of their tables in SQL; methods and
fields that a higher part adds to a model of a lower one. What is only known at run time is found where it begins like a
model, and where a module is imported by it.

``core/`` does no input and output: it imports only what is in ``PURE``.

Files under models/ that call each other in circles are few, too.

Usage: lint_arrows.py [--cycles] ROOT. Prints `file:line: what`, and ends with status 1 if there is anything to print.
``--cycles`` prints the circles instead.
"""

import ast
import re
import sys
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

PLAIN = ("core", "schemas", "connectors")  # no Odoo
ARROWS = {  # part: the parts that it may use, besides itself
    "core": (),
    "schemas": ("core",),
    "connectors": ("core", "schemas"),
    "tools": ("core",),
    "models/source": ("core", "schemas", "connectors", "tools"),
}
for _part, _below in (
    ("models/connector", "models/source"),
    ("models/outbox", "models/connector"),
    ("models/loyalty", "models/outbox"),
    ("models/inbox", "models/loyalty"),
    ("models/operations", "models/inbox"),
    ("wizards", "models/operations"),
    ("controllers", "wizards"),
):
    ARROWS[_part] = (*ARROWS[_below], _below)
# What core/ may import, besides itself.
# fmt: off
PURE = {
    "base64", "collections.abc", "dataclasses", "datetime", "decimal", "enum", "functools", "hashlib", "hmac", "html",
    "json", "jwt", "math", "phonenumbers", "random", "re", "secrets", "time", "traceback", "typing", "unicodedata",
    "urllib.parse", "zoneinfo",
}
# fmt: on
# Names that are right against the arrows: {(path, model, or how it begins): why}.
EXCEPTIONS = {
    ("schemas/base.py", "retail."): "types of CloudEvents begin like models",
}
ADDON = "odoo.addons.retail_hub"
WHOLE = {"", "models"}  # folders from which all parts can be reached
IMPORTERS = {"import_module", "__import__"}
UNKNOWN = "?"  # the name of a module that is only known at run time
MODELS = "retail."  # how the names of all models begin
CYCLE_LIMIT = 3  # files: a model and what is a part of it
BASES = {"models.Model", "models.AbstractModel", "models.TransientModel"}

Problem = tuple[str, int, str]


@dataclass
class Module:
    """What a Python file defines and uses; members are ``(model, name)``."""

    path: str
    part: str
    imports: list[tuple[int, list[str]]] = field(default_factory=list)  # line, paths or dotted names
    models: dict[str, int] = field(default_factory=dict)  # that it makes -> line
    tables: dict[str, str] = field(default_factory=dict)  # of these models -> model
    members: set[tuple[str, str]] = field(default_factory=set)
    opens: list[int] = field(default_factory=list)  # lines that open files
    prefixes: list[tuple[int, str]] = field(default_factory=list)  # of texts that are only known at run time
    texts: list[tuple[int, str]] = field(default_factory=list)
    names: list[tuple[int, str]] = field(default_factory=list)  # attributes that are used
    calls: set[tuple[str, str]] = field(default_factory=set)  # (model or "", member)


def read(root: Path) -> list[Module]:
    """Return all modules of the parts."""
    modules = []
    for part in ARROWS:
        for file in sorted((root / part).rglob("*.py")):
            path = file.relative_to(root).as_posix()
            module = Module(path, part)
            _Reader(module).visit(ast.parse(file.read_text(), path))
            modules.append(module)
    return modules


class _Reader(ast.NodeVisitor):
    def __init__(self, module: Module):
        self.module = module
        self.model = ""  # of the class that is being read

    def visit_Import(self, node):
        for alias in node.names:
            self._note_import(node, alias.name)

    def visit_ImportFrom(self, node):
        for alias in node.names:
            target = "." * node.level + (node.module or "")
            self._note_import(node, target, f"{target}{'.' if node.module else ''}{alias.name}")

    def _note_import(self, node, *names):
        """Note the names that one import may mean, such as ``..outbox`` and ``..outbox.drain``."""
        self.module.imports.append((node.lineno, [path for name in names for path in self._paths(name)]))

    def _paths(self, name):
        """Return the path of a module of this addon, after its dotted name if it has one; else the dotted name."""
        below = name.lstrip(".")
        if level := len(name) - len(below):
            return ["/".join([*self.module.path.split("/")[:-level], *filter(None, below.split("."))])]
        is_own = f"{name}.".startswith(f"{ADDON}.")
        return [name, name.removeprefix(ADDON).strip(".").replace(".", "/")] if is_own else [name]

    def visit_Call(self, node):
        called = getattr(node.func, "id", getattr(node.func, "attr", ""))
        if called in IMPORTERS and node.args:
            self._note_import(node, _text(node.args[0]) or UNKNOWN)
        if called == "open":
            self.module.opens.append(node.lineno)
        if called == "format":
            self.module.prefixes.append((node.lineno, _beginning(getattr(node.func, "value", None))))
        self.generic_visit(node)

    def visit_ClassDef(self, node):
        if not any(ast.unparse(base) in BASES for base in node.bases):
            self.generic_visit(node)
            return
        assigned = {
            target.id: statement.value
            for statement in node.body
            if isinstance(statement, ast.Assign)
            for target in statement.targets
            if isinstance(target, ast.Name)
        }
        inherited = _constants(assigned.get("_inherit"))
        self.model = next(iter(_constants(assigned.get("_name")) or inherited), "")
        if "_name" in assigned and self.model not in inherited:
            self.module.models[self.model] = node.lineno
            table = _constants(assigned.get("_table")) or [self.model.replace(".", "_")]
            self.module.tables[table[0]] = self.model
        methods = {each.name for each in node.body if isinstance(each, ast.FunctionDef)}
        extended = {name for name, value in assigned.items() if _extends(value)}
        own = {name for name in (methods | assigned.keys()) - extended if not name.startswith("__")}
        self.module.members |= {
            (self.model, name) for name in own - {"_name", "_inherit", "_description", "_order"}
        }
        self.generic_visit(node)
        self.model = ""

    def visit_Expr(self, node):
        if not isinstance(node.value, ast.Constant):  # a docstring uses nothing
            self.generic_visit(node)

    def visit_Constant(self, node):
        if isinstance(node.value, str):
            self.module.texts.append((node.lineno, node.value))
            if node.value.startswith(f"{ADDON}."):
                self._note_import(node, node.value)

    def visit_BinOp(self, node):
        """Two texts in two pieces are one; of what is put together at run time, only the beginning is known."""
        text = _text(node)
        if text:
            self.module.texts.append((node.lineno, text))
            return
        self.module.prefixes.append((node.lineno, _beginning(node)))
        self.generic_visit(node)

    def visit_JoinedStr(self, node):
        self.module.prefixes.append((node.lineno, _beginning(node)))
        self.generic_visit(node)

    def visit_Attribute(self, node):
        self.module.names.append((node.lineno, node.attr))
        self.module.calls.add((self._model_of(node.value), node.attr))
        self.generic_visit(node)

    def _model_of(self, node) -> str:
        """Return the model of an expression as far as it can be read: ``self``, ``self.env["…"]``."""
        while isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute):
            node = node.func.value  # .sudo(), .with_context(…): mostly the same model
        if isinstance(node, ast.Name) and node.id == "self":
            return self.model
        if isinstance(node, ast.Subscript) and isinstance(node.slice, ast.Constant):
            return node.slice.value if isinstance(node.slice.value, str) else ""
        return ""


def _text(node) -> str:
    """Return a text that may be written in several pieces; "" if it is no text, or only known at run time."""
    if isinstance(node, ast.BinOp) and isinstance(node.op, ast.Add):
        left, right = _text(node.left), _text(node.right)
        return left + right if left and right else ""
    return node.value if isinstance(node, ast.Constant) and isinstance(node.value, str) else ""


def _beginning(node) -> str:
    """Return how a text begins that is put together at run time; "" if that is unknown."""
    while isinstance(node, (ast.BinOp, ast.JoinedStr)) and not _text(node):
        pieces = [node.left] if isinstance(node, ast.BinOp) else node.values
        node = pieces[0] if pieces else None
    return re.split(r"%|\{", _text(node))[0]


def _extends(node) -> bool:
    """Return whether a field is one of another module, which gets more values."""
    return isinstance(node, ast.Call) and any(each.arg == "selection_add" for each in node.keywords)


def _constants(node) -> list[str]:
    return [each.value for each in ast.walk(node) if isinstance(each, ast.Constant)] if node else []


def _part_of(target: str) -> str:
    return next((part for part in ARROWS if target == part or target.startswith(f"{part}/")), "")


def check(modules: list[Module]) -> Iterator[Problem]:
    """Yield (path, line, what) for each use against the arrows."""
    makers = {model: module.part for module in modules for model in module.models}
    tables = {table: model for module in modules for table, model in module.tables.items()}
    adders = _adders(modules, makers)
    for module in modules:
        allowed = {module.part, *ARROWS[module.part]}
        higher = {
            model: part
            for model, part in makers.items()
            if part not in allowed and (module.path, model) not in EXCEPTIONS
        }
        yield from _check_imports(module, allowed)
        yield from _check_names(module, higher, tables)
        for line, name in _used_members(module) if module.part.startswith(("models", "wizards")) else ():
            if name in adders and not adders[name] & allowed:
                yield module.path, line, f"{module.part} uses {name}, which only {_listed(adders[name])} adds"


def _check_names(module, higher, tables):
    """Find the names of models and of their tables.

    :param higher: ``{model: part}`` of those that the module may not know
    :param tables: ``{table: model}``
    """
    for line, text in module.texts:
        if text in higher:
            yield module.path, line, f"{module.part} names {text}, a model of {higher[text]}"
        for table in sorted(tables.keys() & set(re.findall(r"\w+", text))):
            if tables[table] in higher:
                yield module.path, line, f"{module.part} names {table}, a table of {higher[tables[table]]}"
    for line, prefix in module.prefixes:
        may_be_higher = prefix.startswith(MODELS) and any(model.startswith(prefix) for model in higher)
        if may_be_higher and (module.path, prefix) not in EXCEPTIONS:
            yield module.path, line, f"{module.part} puts together the name of a model: {prefix}…"


def check_cycles(modules: list[Module]) -> Iterator[Problem]:
    """Yield (path, 1, what) for each group of files that is too large to be read as one."""
    for group in cycles(modules):
        if len(group) > CYCLE_LIMIT:
            yield group[0], 1, f"{len(group)} files call each other in circles: {' '.join(group)}"


def check_parts(root: Path) -> Iterator[Problem]:
    """Yield (path, 1, what) for each file under models/ that no arrows are known of."""
    for file in sorted((root / "models").rglob("*.py")):
        path = file.relative_to(root).as_posix()
        if not _part_of(path) and path != "models/__init__.py":
            yield path, 1, "is in none of the folders that have arrows"


def _adders(modules, makers):
    """Return ``{name: parts that define it}`` of the members that a part adds to a model of another, or of Odoo.

    The other members are not checked: a model of a higher part can only be reached by its name, or by such a member.
    """
    own = {member for each in modules for member in each.members if makers.get(member[0]) == each.part}
    added = {name for each in modules for model, name in each.members - own}
    adders = defaultdict(set)
    for module in modules:
        for _model, name in module.members:
            if name in added:
                adders[name].add(module.part)
    return adders


def _check_imports(module, allowed):
    for line, paths in module.imports:
        if module.part in PLAIN and paths[0].partition(".")[0] == "odoo":
            yield module.path, line, f"{module.part} is plain Python and imports Odoo"
        if UNKNOWN in paths:
            yield module.path, line, f"{module.part} imports what is only known at run time"
        if WHOLE & set(paths[-1:]):
            yield module.path, line, f"{module.part} imports all parts at once"
        wrong = [path for path in paths if _part_of(path) and _part_of(path) not in allowed]
        if wrong:
            yield module.path, line, f"{module.part} imports {wrong[0]}"
        if module.part == "core" and not any(path in PURE or _part_of(path) for path in paths):
            yield module.path, line, f"core does no I/O, and {paths[-1]} is not in PURE"
    for line in module.opens if module.part == "core" else ():
        yield module.path, line, "core does no I/O, and opens a file"


def _used_members(module):
    """Yield (line, name) of attributes, and of the parts of dotted texts: ``connector_id.flow_ids.active``."""
    yield from module.names
    for line, text in module.texts:
        if text.replace(".", "").isidentifier():
            yield from ((line, name) for name in text.split("."))


def _listed(parts):
    return " and ".join(sorted(parts))


# -- cycles ----------------------------------------------------------------------------------------


def cycles(modules: list[Module]) -> list[list[str]]:
    """Return the groups of files under models/ in which each uses each other, the largest first."""
    modules = [module for module in modules if module.part.startswith("models/")]
    graph = {module.path: _uses(module, modules) for module in modules}
    return sorted((group for group in _components(graph) if len(group) > 1), key=len, reverse=True)


def _uses(module, modules):
    """Return the paths of the files that define what a file imports or calls.

    A member that several files define is looked for where its model is made, or else in the lowest part.
    """
    homes = defaultdict(list)  # (model, name), ("", name) -> paths, the lowest first
    made = {}
    for each in modules:
        made |= dict.fromkeys(each.models, each.path)
        for model, name in each.members:
            homes[model, name].append(each.path)
            homes["", name].append(each.path)
    used = set()
    for model, name in module.calls:
        is_known = model in made or any((model, name) in each.members for each in modules)
        found = homes.get((model if is_known else "", name), ())
        if is_known or (name.startswith("_") and len(set(found)) == 1):
            used.update([made[model]] if made.get(model) in found else found[:1])
        if model in made and not found:
            used.add(made[model])
    for _line, paths in module.imports:
        used |= {f"{path}.py" for path in paths}
    return (used & {each.path for each in modules}) - {module.path}


def _components(graph):
    """Return the strongly connected components of ``{node: set of nodes}``."""
    reach = {node: _reachable(graph, node) for node in graph}
    groups = {frozenset(other for other in reach[node] if node in reach[other]) | {node} for node in graph}
    return [sorted(group) for group in groups]


def _reachable(graph, node):
    seen, todo = set(), [node]
    while todo:
        for other in graph[todo.pop()] - seen:
            seen.add(other)
            todo.append(other)
    return seen


def main(arguments: list[str]) -> int:
    root = Path(arguments[-1])
    modules = read(root)
    if "--cycles" in arguments:
        for group in cycles(modules):
            print(len(group), "files:", *group)
        return 0
    problems = sorted({*check(modules), *check_cycles(modules), *check_parts(root)})
    for path, line, what in problems:
        print(f"{path}:{line}: {what}")
    return 1 if problems else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
