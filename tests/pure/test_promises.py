"""The promises name tests that exist; those that need nothing but the source are checked here."""

import ast
import re
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
OPTIONAL_VIEWS = ROOT / "models/operations/optional_views.py"
PROMISES = (ROOT / "CONTRIBUTING.md").read_text(encoding="utf-8").partition("## Promises and their tests")[2]
ROWS = re.findall(r"^\| (?!promise|---)(.*?) \| (.*) \|$", PROMISES, flags=re.MULTILINE)


@pytest.mark.parametrize(("promise", "tests"), ROWS, ids=[promise[:40] for promise, _tests in ROWS])
def test_every_promise_has_its_tests(promise, tests):
    """Each file before a colon has each test after it."""
    for group in tests.split("; "):
        files, _colon, names = group.partition(": ")
        for file in re.findall("`(.*?)`", files):
            defined = functions(ROOT / "tests" / file)
            assert set(re.findall("`(.*?)`", names)) <= defined, file


def test_promises():
    assert len(ROWS) == 13


def functions(path):
    tree = ast.parse(path.read_text(encoding="utf-8"))
    return {node.name for node in ast.walk(tree) if isinstance(node, ast.FunctionDef)}


def test_one_file_has_the_http_library():
    """What calls past it is not counted, has no deadline and no guard."""
    libraries = {"requests", "urllib3", "http", "httpx", "aiohttp", "socket"}
    allowed = {"http_client.py", "guarded_pool.py", "guard.py", "strict_response.py"}
    files = [path for path in (ROOT / "connectors").rglob("*.py") if path.name not in allowed]
    found = {
        f"{path.relative_to(ROOT)}: {name}"
        for path in files
        for name in imported(path)
        if name.partition(".")[0] in libraries or name == "urllib.request"
    }
    assert found == set()


def imported(path):
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            yield from (each.name for each in node.names)
        elif isinstance(node, ast.ImportFrom) and not node.level:
            yield node.module


def test_nothing_sleeps():
    """Rate limits, Retry-After and backoff give the worker back."""
    folders = ("connectors", "controllers", "core", "models", "schemas", "tools", "wizards")
    files = [path for folder in folders for path in (ROOT / folder).rglob("*.py")]
    assert len(files) > 50
    sleeps = [
        f"{path.relative_to(ROOT)}:{node.lineno}"
        for path in files
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
        if isinstance(node, (ast.Attribute, ast.Name))
        and getattr(node, "attr", getattr(node, "id", "")) == "sleep"
    ]
    assert sleeps == []


def test_all_views_are_loaded():
    """A file that neither the manifest nor the optional views name is on no screen."""
    manifest = ast.literal_eval((ROOT / "__manifest__.py").read_text())
    folders = ("views", "wizards", "data", "security")
    files = {str(path.relative_to(ROOT)) for folder in folders for path in (ROOT / folder).rglob("*.xml")}
    optional = set(re.findall(r'"(views/optional/.*?)"', OPTIONAL_VIEWS.read_text(encoding="utf-8")))
    assert files - set(manifest["data"]) == optional
