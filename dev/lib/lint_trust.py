"""Check that code which sees more than its caller says why, and that caches do not depend on who asks first.

``sudo()`` and ``su=True`` need a comment on a line of their statement, or directly above it. A function of
``tools.cache.cached`` runs as the superuser without a context, so it must not read who asks: user, company, language or
context. Other caches know nothing of users and must not be on methods of models.

Usage: lint_trust.py ROOT. Prints `file:line: what`, and ends with status 1 if there is anything to print.
"""

import ast
import io
import sys
import tokenize
from collections.abc import Iterator
from pathlib import Path

FOLDERS = ("models", "wizards", "controllers", "tools")
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
        if token.type == tokenize.COMMENT
    }


def _unexplained(tree: ast.AST, comments: dict[int, bool]) -> Iterator[Problem]:
    for statement, node in _own_nodes(tree):
        if isinstance(node, ast.Call) and _sees_more(node):
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


def _sees_more(call: ast.Call) -> bool:
    if isinstance(call.func, ast.Attribute) and call.func.attr == "sudo":
        return not (call.args and isinstance(call.args[0], ast.Constant) and call.args[0].value is False)
    return any(
        keyword.arg == "su" and isinstance(keyword.value, ast.Constant) and keyword.value.value is True
        for keyword in call.keywords
    )


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
    for node in ast.walk(function):
        if not isinstance(node, ast.Attribute):
            continue
        if node.attr in OF_WHO_ASKS and _is_environment(node.value):
            yield node.lineno, f"a cached function reads {node.attr}, which is not that of the user"
        if node.attr in CHANGES_WHO_ASKS:
            yield node.lineno, f"a cached function calls {node.attr}: pass what it needs as a part of the key"


def _is_environment(node: ast.expr) -> bool:
    return (node.attr if isinstance(node, ast.Attribute) else getattr(node, "id", "")) in ENVIRONMENTS


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
