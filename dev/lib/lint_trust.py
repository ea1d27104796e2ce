"""Check that code which sees more than its caller says why, and that caches do not depend on who asks first.

``sudo``, ``su=``, an environment of the superuser, fields that are computed as the superuser, and searches without
record rules need a comment on a line of their statement, or directly above it. A comment for a tool, such as
``# noqa``, does not say why, nor do one or two words.

A function of ``tools.cache.cached`` runs as the superuser without a context, so it must not read who asks: user,
company, language or context. Other caches know nothing of users and must not be on methods of models.

Clients may send any context, so the hub reads its keys in it with ``tools.own_context.own_value``,
except those of views.

Usage: lint_trust.py ROOT. Prints `file:line: what`, and ends with status 1 if there is anything to print.
"""

import ast
import io
import re
import sys
import tokenize
from collections.abc import Iterable, Iterator
from pathlib import Path

FOLDERS = ("models", "wizards", "controllers", "tools")
SUPERUSER = "SUPERUSER_ID"
SUPERUSER_RECORD = "base.user_root"
BY_NAME = {"getattr", "attrgetter", "methodcaller"}  # functions that take an attribute's name as a text
SEES_MORE = {
    "compute_sudo",
    "related_sudo",
    "bypass_access",
    "bypass_search_access",
    "auto_join",
    "_bypass_access",
}
WITHOUT_RULES = {"any!", "not any!"}  # operators of domains
MIN_WORDS = 3
NO_REASON = re.compile(r"#\s*(?:noqa|todo|fixme|xxx|pylint|fmt|ruff|type|pragma)\b|#\W*$", re.IGNORECASE)
TELLS_WHO_ASKS = {"args", "is_admin", "is_superuser", "is_system"}  # of an environment, too
OF_WHO_ASKS = {"companies", "company", "context", "lang", "tz", "uid", "user"}  # attributes of an environment
ENVIRONMENTS = {"env", "_env"}
CHANGES_WHO_ASKS = {"with_company", "with_context", "with_env", "with_user"}
OWN_CACHE = "cached"
OTHER_CACHES = {"cache", "cached_property", "lru_cache", "ormcache", "ormcache_context"}

OWN_KEY = "retail_"  # begins the keys of the hub in a context
KEYS_OF_VIEWS = {
    "retail_of_connector",
    "retail_till",
    "retail_timeline",
}  # change what is shown, and nothing else

Problem = tuple[int, str]


def check(source: str) -> list[Problem]:
    """Return the problems of a Python file, by line."""
    tree = ast.parse(source)
    return sorted({*_unexplained(tree, _comments(source)), *_dependent(tree), *_trusted_keys(tree)})


def _comments(source: str) -> dict[int, bool]:
    """Return ``{line: whether there is nothing else in the line}`` of the comments that may be a reason."""
    comments, words = {}, {}
    for token in tokenize.generate_tokens(io.StringIO(source).readline):
        if token.type == tokenize.COMMENT and not NO_REASON.match(token.string):
            line, is_alone = token.start[0], token.line.lstrip().startswith("#")
            # Several lines of comment are one reason.
            before = words.get(line - 1, 0) if is_alone and comments.get(line - 1) else 0
            comments[line], words[line] = is_alone, before + len(re.findall(r"[^\W\d]+", token.string))
    return {line: is_alone for line, is_alone in comments.items() if words[line] >= MIN_WORDS}


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
        return node.attr in ("sudo", "_bypass_access")
    if isinstance(node, ast.Constant):
        return isinstance(node.value, str) and node.value in {SUPERUSER_RECORD, *WITHOUT_RULES}
    if not isinstance(node, ast.Call):
        return False
    name = _name_of(node)
    keywords = {keyword.arg: keyword.value for keyword in node.keywords}
    if "su" in keywords or any(not _is_false(keywords[key]) for key in SEES_MORE & keywords.keys()):
        return True
    if name in BY_NAME:
        return any("sudo" in path.split(".") for path in _texts(node.args))
    if (name == "Environment" or name in ENVIRONMENTS) and not all(map(_is_false, node.args[3:4])):
        return True
    users = [keywords["user"]] if "user" in keywords else []
    if name == "with_user" or name in ENVIRONMENTS:
        users += node.args[:1] if name == "with_user" else node.args[1:2]
    if name == "Environment":
        users += [keywords["uid"]] if "uid" in keywords else node.args[1:2]
    return any(map(_is_superuser, users))


def _is_false(node: ast.expr) -> bool:
    return isinstance(node, ast.Constant) and not node.value


def _texts(nodes: Iterable[ast.expr]) -> list[str]:
    """Return the values of those that are constant texts."""
    return [node.value for node in nodes if isinstance(node, ast.Constant) and isinstance(node.value, str)]


def _is_superuser(node: ast.expr) -> bool:
    return (isinstance(node, ast.Constant) and node.value == 1) or _name_of(node) == SUPERUSER


def _is_given(call: ast.Call, value: bool) -> bool:
    return bool(call.args) and isinstance(call.args[0], ast.Constant) and call.args[0].value is value


def _trusted_keys(tree: ast.AST) -> Iterator[Problem]:
    """Yield where a key of the hub is read from a context that a client may have sent."""
    for node in ast.walk(tree):
        if (
            isinstance(node, ast.Call)
            and _name_of(node) in ("get", "pop")
            and isinstance(node.func, ast.Attribute)
        ):
            context, keys = node.func.value, node.args[:1]
        elif isinstance(node, ast.Subscript):
            context, keys = node.value, [node.slice]
        elif isinstance(node, ast.Compare) and isinstance(node.ops[0], (ast.In, ast.NotIn)):
            context, keys = node.comparators[0], [node.left]
        else:
            continue
        is_context = isinstance(context, (ast.Attribute, ast.Name)) and "context" in _name_of(context)
        for key in _texts(keys) if is_context else ():
            if key.startswith(OWN_KEY) and key not in KEYS_OF_VIEWS:
                yield node.lineno, f"a client may have sent {key}: use tools.own_context"


def _dependent(tree: ast.AST) -> Iterator[Problem]:
    caches = _caches(tree)
    for function in ast.walk(tree):
        if not isinstance(function, ast.FunctionDef):
            continue
        names = {caches.get(_name_of(decorator)) for decorator in function.decorator_list} - {None}
        takes_records = bool(function.args.args) and function.args.args[0].arg in ("self", "env", "cls")
        for name in sorted(names & OTHER_CACHES) if takes_records else ():
            yield function.lineno, f"{name} knows nothing of users and databases: use tools.cache.cached"
        if OWN_CACHE in names:
            yield from _reads_of_who_asks(function)


def _caches(tree: ast.AST) -> dict[str, str]:
    """Return ``{name in this file: name of the cache}``."""
    caches = {name: name for name in {OWN_CACHE, *OTHER_CACHES}}
    for node in ast.walk(tree):
        if isinstance(node, ast.ImportFrom):
            caches |= {each.asname: each.name for each in node.names if each.asname and each.name in caches}
    pairs = [pair for node in ast.walk(tree) for pair in _assigned(node)]
    for _again in pairs:  # an alias of an alias
        caches |= {name: caches[_name_of(value)] for name, value in pairs if _name_of(value) in caches}
    return caches


def _name_of(decorator: ast.expr) -> str:
    node = decorator.func if isinstance(decorator, ast.Call) else decorator
    return node.attr if isinstance(node, ast.Attribute) else getattr(node, "id", "")


def _reads_of_who_asks(function: ast.FunctionDef) -> Iterator[Problem]:
    aliases = _aliases(function)
    for node in ast.walk(function):
        if isinstance(node, ast.Call) and (read := _read_by_name(node, aliases)):
            yield node.lineno, f"a cached function reads {read}, which is not that of the user"
        if not isinstance(node, ast.Attribute):
            continue
        if node.attr == "_context" or (
            node.attr in OF_WHO_ASKS | TELLS_WHO_ASKS and _is_environment(node.value, aliases)
        ):
            yield node.lineno, f"a cached function reads {node.attr}, which is not that of the user"
        if node.attr in CHANGES_WHO_ASKS:
            yield node.lineno, f"a cached function calls {node.attr}: pass what it needs as a part of the key"


def _read_by_name(call: ast.Call, aliases: set[str]) -> str:
    """Return what a call such as ``getattr(self.env, "user")`` reads of who asks; "" if it reads nothing of it."""
    told = OF_WHO_ASKS | TELLS_WHO_ASKS
    for path in _texts(call.args) if _name_of(call) in BY_NAME else ():
        before, _dot, last = path.rpartition(".")
        is_of_environment = bool(ENVIRONMENTS & {*before.split(".")})
        if _name_of(call) == "getattr":
            is_of_environment = _is_environment(call.args[0], aliases)
        if last == "_context" or (last in told and is_of_environment):
            return last
    return ""


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
    elif isinstance(node, (ast.For, ast.comprehension)):
        yield from _pairs(node.target, node.iter)
    elif isinstance(node, ast.withitem) and node.optional_vars:
        yield from _pairs(node.optional_vars, node.context_expr)
    elif isinstance(node, ast.arguments):
        named = [*node.posonlyargs, *node.args]
        defaults = [*zip(named[len(named) - len(node.defaults) :], node.defaults, strict=True)]
        defaults += zip(node.kwonlyargs, node.kw_defaults, strict=True)
        yield from ((argument.arg, value) for argument, value in defaults if value is not None)


def _pairs(target: ast.expr, value: ast.expr) -> Iterator[tuple[str, ast.expr]]:
    if isinstance(target, ast.Name):
        yield target.id, value
    elif isinstance(target, ast.Tuple) and isinstance(value, ast.Tuple):
        for each in zip(target.elts, value.elts, strict=False):
            yield from _pairs(*each)


def _is_environment(node: ast.expr, names: set[str]) -> bool:
    if isinstance(node, ast.Call):
        if _name_of(node) == "getattr":
            return bool(ENVIRONMENTS.intersection(_texts(node.args[1:2])))
        return _is_environment(node.func, names)  # env(...)
    if isinstance(node, ast.NamedExpr):
        return _is_environment(node.value, names)
    if isinstance(node, ast.Subscript):  # (env,)[0], but not env["a"]
        return isinstance(node.value, (ast.Tuple, ast.List)) and _is_environment(node.value, names)
    if isinstance(node, (ast.Tuple, ast.List)):
        return any(_is_environment(each, names) for each in node.elts)
    if isinstance(node, ast.IfExp):
        return _is_environment(node.body, names) or _is_environment(node.orelse, names)
    if isinstance(node, ast.BoolOp):
        return any(_is_environment(each, names) for each in node.values)
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
