"""Check the arrows: which part of the addon may use which.

    core ← schemas ← connectors ← models; inside models source ← connector ← outbox ← loyalty ← inbox ← operations

Three kinds of use count: Python imports; names of models, as in ``self.env["retail.delivery"]``, outside the parts that
may know the model; methods and fields that a higher part adds to a model of a lower one.

Files under models/ that call each other in circles are few, too.

Usage: lint_arrows.py [--cycles] ROOT. Prints `file:line: what`, and ends with status 1 if there is anything to print.
``--cycles`` prints the circles instead.
"""

import ast
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
    members: set[tuple[str, str]] = field(default_factory=set)
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
        self.module.imports += [(node.lineno, [alias.name]) for alias in node.names]

    def visit_ImportFrom(self, node):
        below = node.module.split(".") if node.module else []
        if node.level:
            names = [alias.name for alias in node.names]
            target = [*self.module.path.split("/")[: -node.level], *below]
            paths = ["/".join([*target, *each]) for each in ([], *([name] for name in names))]
        else:
            paths = [node.module]
        self.module.imports.append((node.lineno, paths))

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
    adders = _adders(modules, makers)
    for module in modules:
        allowed = {module.part, *ARROWS[module.part]}
        yield from _check_imports(module, allowed)
        for line, text in module.texts:
            if text in makers and makers[text] not in allowed:
                yield module.path, line, f"{module.part} names {text}, a model of {makers[text]}"
        for line, name in _used_members(module) if module.part.startswith(("models", "wizards")) else ():
            if name in adders and not adders[name] & allowed:
                yield module.path, line, f"{module.part} uses {name}, which only {_listed(adders[name])} adds"


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
        wrong = [path for path in paths if _part_of(path) and _part_of(path) not in allowed]
        if wrong:
            yield module.path, line, f"{module.part} imports {wrong[0]}"


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
