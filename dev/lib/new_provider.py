"""Write the skeleton of a provider, a copy of dev/skeleton/ with the provider's name in the place of acme.

It is written into this addon, or as a separate addon.
"""

from __future__ import annotations

import argparse
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

ROOT = Path(__file__).parents[2]
SKELETON = ROOT / "dev" / "skeleton" / "retail_hub_acme"
NAME = re.compile(r"[a-z][a-z0-9]*(_[a-z0-9]+)*")
# For a provider of this addon: file or folder of the skeleton -> its place.
BUILT_IN = {
    "acme": "connectors/acme",
    "tests/sandbox/acme.py": "tests/sandbox/acme/acme.py",
    "tests/pure": "tests/pure/connectors",
    "tests/test_acme.py": "tests/connector/test_acme.py",
    "tests/system": "tests/system",
}
# The system tests' server does not load other addons.
NOT_IN_AN_ADDON = "tests/system"
# How the text differs for a provider of this addon: (pattern, replacement).
BUILT_IN_TEXT = (
    (r"odoo\.addons\.retail_hub_acme\.acme\b", "odoo.addons.retail_hub.connectors.acme"),
    (r'\nSTAND_IN = f".*"\n', "\n"),
    (r"\n    @pytest.fixture\n    def sandbox_providers\(self\):\n        return .*\n", ""),
    (r"    sandbox_providers = .*\n\n", ""),
)


def names(text: str, name: str) -> str:
    """Return a text with acme, Acme and ACME replaced by the provider's name."""
    camel = "".join(part.capitalize() for part in name.split("_"))
    return text.replace("acme", name).replace("Acme", camel).replace("ACME", name.upper())


def as_built_in(text: str) -> str:
    """Return a text of the skeleton, changed for a provider of this addon."""
    for pattern, replacement in BUILT_IN_TEXT:
        text = re.sub(pattern, replacement, text)
    return text


def relative(text: str) -> str:
    """Return the text of a file in connectors/acme/ with relative imports."""
    text = re.sub(r"from odoo\.addons\.retail_hub\.connectors\.", "from ..", text)
    return re.sub(r"from odoo\.addons\.retail_hub\.", "from ...", text)


def files(name: str, is_built_in: bool) -> Iterator[tuple[Path, str]]:
    """Yield (path relative to the addon, text) of each file."""
    for source in sorted(SKELETON.rglob("*")):
        if source.suffix not in (".py", ".md") or "__pycache__" in source.parts:
            continue
        place, text = source.relative_to(SKELETON).as_posix(), source.read_text(encoding="utf-8")
        if is_built_in:
            part = next((each for each in BUILT_IN if place == each or place.startswith(each + "/")), None)
            if part is None:
                continue
            place, text = BUILT_IN[part] + place.removeprefix(part), as_built_in(text)
            text = relative(text) if place.startswith("connectors/") and place.endswith(".py") else text
            text = text.replace("from odoo.addons.retail_hub.tests.common", "from ..common")
        elif place.startswith(NOT_IN_AN_ADDON):
            continue
        yield Path(names(place, name)), names(text, name)
    if is_built_in:
        yield Path("tests", "sandbox", name, "__init__.py"), names('"""Acme\'s stand-in."""\n', name)


def insert(path: Path, pattern: str, line: str) -> None:
    """Insert a line after the last match of a pattern."""
    text = path.read_text(encoding="utf-8")
    found = list(re.finditer(pattern, text, re.MULTILINE))
    if not found:
        raise SystemExit(f"{path}: nothing matches {pattern!r}, after which to insert {line!r}")
    end = found[-1].end()
    path.write_text(text[:end] + line + text[end:], encoding="utf-8")


def register(root: Path, name: str) -> list[Path]:
    """Register a provider of this addon; return the files that were changed."""
    places = {
        "connectors/__init__.py": (r"^from \..*\n", f"from .{name}.provider import {name.upper()}\n"),
        "tests/sandbox/providers.py": (
            r'^    "\w+": "\w+\.\w+:\w+",\n',
            names('    "acme": "acme.acme:Acme",\n', name),
        ),
        "tests/__init__.py": (r"^from \.connector import .*\n", f"from .connector import test_{name}\n"),
    }
    for place, (pattern, line) in places.items():
        insert(root / place, pattern, line)
    insert(root / "connectors/__init__.py", r"for provider in \([^)]*", f", {name.upper()}")
    return [root / place for place in places]


def write(root: Path, name: str, is_built_in: bool) -> list[Path]:
    """Write the files, and return them. Ends with an error, and writes none, if one exists already."""
    found = [(root / place, text) for place, text in files(name, is_built_in)]
    there = [path for path, _text in found if path.exists()]
    if there:
        raise SystemExit(f"{there[0]} already exists")
    for path, text in found:
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
    return [path for path, _text in found]


def tidy(paths: list[Path]) -> None:
    """Sort the imports and format the files, since the length of the name changes both."""
    python = [str(path) for path in paths if path.suffix == ".py"]
    settings = ["--config", str(ROOT / "pyproject.toml"), "--quiet", "--no-cache"]
    for command in (["check", "--fix-only", *settings], ["format", *settings]):
        subprocess.run([sys.executable, "-m", "ruff", *command, *python], check=True)


def report(root: Path, name: str, paths: list[Path], changed: list[Path]) -> None:
    """Print the files that were written or changed, and how to run their tests.

    :param changed: empty for a separate addon
    """
    lines = sum(len(path.read_text(encoding="utf-8").splitlines()) for path in paths)
    print(f"{len(paths)} files with {lines} lines:")
    for path in paths:
        print(f"    {path.relative_to(root)}")
    if changed:
        print("Changed, to register the provider:")
        for path in changed:
            print(f"    {path.relative_to(root)}")
    pure = [f"tests/pure/connectors/test_{name}_{part}.py" for part in ("contract", "errors", "receiver")]
    targets = [
        *pure,
        names("/retail_hub:TestAcme,/retail_hub:TestAcmeWebhooks", name),
        f"tests/system/test_{name}.py",
    ]
    if not changed:
        print("A separate addon has no system test: the server of those does not load other addons.")
        targets = [str(root / "tests" / "pure"), f"/retail_hub_{name} --addons {root.parent}"]
    print("Its tests pass. Run them after each change:")
    for target in targets:
        print(f"    ./dev/test {target}")


def main() -> None:
    parser = argparse.ArgumentParser(prog="dev/new-provider", description=__doc__.splitlines()[0])
    parser.add_argument("name", help="the provider's code: lower-case letters, digits and underscores")
    parser.add_argument(
        "--addon", metavar="FOLDER", type=Path, help="write a separate addon into this folder"
    )
    options = parser.parse_args()
    if not NAME.fullmatch(options.name):
        parser.error(f"{options.name} is not a valid name: use lower-case letters, digits and underscores")
    if (ROOT / "connectors" / options.name).exists():
        parser.error(f"{options.name} is already a provider of Retail Hub: choose another code")
    is_built_in = options.addon is None
    root = ROOT if is_built_in else options.addon.resolve() / f"retail_hub_{options.name}"
    paths = write(root, options.name, is_built_in)
    changed = register(root, options.name) if is_built_in else []
    tidy(paths + changed)
    report(root, options.name, paths, changed)
    print(f"Then replace each TODO. This lists them: ./dev/lint{'' if is_built_in else f' {root}'}")


if __name__ == "__main__":
    main()
