"""Check that code which sees more than its caller says why, and that caches do not depend on who asks first.

``sudo``, ``su=`` and an environment of the superuser need a comment on a line of their statement, or directly above it.
A comment for a tool, such as ``# noqa``, does not say why. A function of ``tools.cache.cached`` runs as the superuser
without a context, so it must not read who asks: user, company, language or context. Other caches know nothing of users
and must not be on methods of models.

Usage: lint_trust.py ROOT. Prints `file:line: what`, and ends with status 1 if there is anything to print.
"""

import ast
import io
import re
import sys
import tokenize
from collections.abc import Iterator
from pathlib import Path

FOLDERS = ("models", "wizards", "controllers", "tools")
SUPERUSER = "SUPERUSER_ID"
NO_REASON = re.compile(r"#\s*(?:noqa|todo|fixme|xxx|pylint|fmt|ruff|type|pragma)\b|#\W*$", re.IGNORECASE)
TELLS_WHO_ASKS = {"args", "is_admin", "is_superuser", "is_system"}  # of an environment, too
OF_WHO_ASKS = {"companies", "company", "context", "lang", "tz", "uid", "user"}  # attributes of an environment
ENVIRONMENTS = {"env", "_env"}
CHANGES_WHO_ASKS = {"with_company", "with_context", "with_env", "with_user"}
OWN_CACHE = "cached"
OTHER_CACHES = {"cache", "cached_property", "lru_cache", "ormcache", "ormcache_context"}

Problem = tuple[int, str]


def check(source: str) -> list[Problem]:
    """Return the problems of a Python file, by line."""
    tree = ast.parse(source)
    return sorted({*_unexplained(tree, _comments(source)), *_dependent(tree)})


def _comments(source: str) -> dict[int, bool]:
    """Return ``{line: whether there is nothing else in the line}`` of the comments."""
    tokens = tokenize.generate_tokens(io.StringIO(source).readline)
    return {
        token.start[0]: token.line.lstrip().startswith("#")
        for token in tokens
        if token.type == tokenize.COMMENT and not NO_REASON.match(token.string)
    }


def _unexplained(tree: ast.AST, comments: dict[int, bool]) -> Iterator[Problem]:
    spared = {node.func for node in ast.walk(tree) if isinstance(node, ast.Call) and _is_given(node, False)}
    for statement, node in _own_nodes(tree):
        if node not in spared and _sees_more(node):
            lines = range(statement.lineno, _last_line(statement) + 1)
            if comments.keys().isdisjoint(lines) and not comments.get(statement.lineno - 1):
                yield node.end_lineno, "sudo without a comment that says why"


def _own_nodes(tree: ast.AST) -> Iterator[tuple[ast.stmt, ast.AST]]:
    """Yield each expression with its statement: the innermost."""
    for statement in ast.walk(tree):
        if isinstance(statement, ast.stmt):
            for node in _parts(statement):
                yield statement, node


def _parts(node: ast.AST) -> Iterator[ast.AST]:
    """Yield what a statement consists of, without the statements of its blocks."""
    for child in ast.iter_child_nodes(node):
        if not isinstance(child, ast.stmt):
            yield child
            yield from _parts(child)


def _last_line(statement: ast.stmt) -> int:
    """Return the last line of a statement, without its blocks."""
    return max((getattr(part, "end_lineno", 0) for part in _parts(statement)), default=statement.end_lineno)


def _sees_more(node: ast.AST) -> bool:
    if isinstance(node, ast.Attribute):
        return node.attr == "sudo"
    if not isinstance(node, ast.Call):
        return False
    name = _name_of(node)
    keywords = {keyword.arg: keyword.value for keyword in node.keywords}
    if "su" in keywords:
        return True
    users = [keywords["user"]] if "user" in keywords else []
    if name == "with_user" or name in ENVIRONMENTS:
        users += node.args[:1] if name == "with_user" else node.args[1:2]
    if name == "Environment":
        users += [keywords["uid"]] if "uid" in keywords else node.args[1:2]
    return any(map(_is_superuser, users))


def _is_superuser(node: ast.expr) -> bool:
    return (isinstance(node, ast.Constant) and node.value == 1) or _name_of(node) == SUPERUSER


def _is_given(call: ast.Call, value: bool) -> bool:
    return bool(call.args) and isinstance(call.args[0], ast.Constant) and call.args[0].value is value


def _dependent(tree: ast.AST) -> Iterator[Problem]:
    for function in ast.walk(tree):
        if not isinstance(function, ast.FunctionDef):
            continue
        names = {_name_of(decorator) for decorator in function.decorator_list}
        takes_records = bool(function.args.args) and function.args.args[0].arg in ("self", "env", "cls")
        for name in sorted(names & OTHER_CACHES) if takes_records else ():
            yield function.lineno, f"{name} knows nothing of users and databases: use tools.cache.cached"
        if OWN_CACHE in names:
            yield from _reads_of_who_asks(function)


def _name_of(decorator: ast.expr) -> str:
    node = decorator.func if isinstance(decorator, ast.Call) else decorator
    return node.attr if isinstance(node, ast.Attribute) else getattr(node, "id", "")


def _reads_of_who_asks(function: ast.FunctionDef) -> Iterator[Problem]:
    aliases = _aliases(function)
    for node in ast.walk(function):
        if not isinstance(node, ast.Attribute):
            continue
        if node.attr == "_context" or (
            node.attr in OF_WHO_ASKS | TELLS_WHO_ASKS and _is_environment(node.value, aliases)
        ):
            yield node.lineno, f"a cached function reads {node.attr}, which is not that of the user"
        if node.attr in CHANGES_WHO_ASKS:
            yield node.lineno, f"a cached function calls {node.attr}: pass what it needs as a part of the key"


def _aliases(function: ast.FunctionDef) -> set[str]:
    """Return the names that stand for an environment."""
    names = set(ENVIRONMENTS)
    pairs = [pair for node in ast.walk(function) for pair in _assigned(node)]
    for _again in pairs:  # an alias of an alias
        names |= {name for name, value in pairs if _is_environment(value, names)}
    return names


def _assigned(node: ast.AST) -> Iterator[tuple[str, ast.expr]]:
    if isinstance(node, ast.Assign):
        for target in node.targets:
            yield from _pairs(target, node.value)
    elif isinstance(node, (ast.AnnAssign, ast.NamedExpr)) and node.value is not None:
        yield from _pairs(node.target, node.value)


def _pairs(target: ast.expr, value: ast.expr) -> Iterator[tuple[str, ast.expr]]:
    if isinstance(target, ast.Name):
        yield target.id, value
    elif isinstance(target, ast.Tuple) and isinstance(value, ast.Tuple):
        for each in zip(target.elts, value.elts, strict=False):
            yield from _pairs(*each)


def _is_environment(node: ast.expr, names: set[str]) -> bool:
    if isinstance(node, ast.Call):  # env(...)
        return _is_environment(node.func, names)
    if isinstance(node, ast.NamedExpr):
        return _is_environment(node.value, names)
    return node.attr in ENVIRONMENTS if isinstance(node, ast.Attribute) else getattr(node, "id", "") in names


def main() -> int:
    root = Path(sys.argv[1])
    found = 0
    for path in sorted(path for folder in FOLDERS for path in (root / folder).rglob("*.py")):
        for line, what in check(path.read_text(encoding="utf-8")):
            print(f"{path.relative_to(root)}:{line}: {what}")
            found += 1
    return int(found > 0)


if __name__ == "__main__":
    sys.exit(main())
