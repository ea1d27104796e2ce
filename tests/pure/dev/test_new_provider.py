"""What dev/new-provider writes is green from the first minute: the contract is kept, the linter has no complaint."""

import configparser
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[3]
NOT_COPIED = shutil.ignore_patterns(".git", "__pycache__", "static", "i18n", "doc", "data", "views")
REGISTERS = ("connectors/__init__.py", "tests/__init__.py", "tests/sandbox/providers.py")


def new_provider(*arguments, root=ROOT):
    """Run the script of a checkout; return what it printed, and where it ended with an error, that."""
    command = [sys.executable, str(root / "dev" / "lib" / "new_provider.py"), *map(str, arguments)]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    return done.stdout if done.returncode == 0 else done.stderr


def passed_tests(folder, *files, root=ROOT, config=None, names=""):
    """Run plain tests as ./dev/test does; return the number of those that passed, all of them."""
    options = [
        "-p",
        "pytest_retail_hub",
        "-p",
        "no:cacheprovider",
        "-q",
        "--rootdir",
        str(folder),
        "-k",
        names,
    ]
    environment = {**os.environ, "PYTHONPATH": str(root / "dev" / "lib"), "PYTHONDONTWRITEBYTECODE": "1"}
    if config:
        environment["RETAIL_HUB_ODOO_CONF"] = str(config)
    command = [sys.executable, "-m", "pytest", *options, *(str(folder / file) for file in files)]
    done = subprocess.run(command, env=environment, cwd=folder, capture_output=True, text=True, check=False)
    summary = done.stdout.strip().splitlines()[-1]
    assert done.returncode == 0, done.stdout + done.stderr
    assert "failed" not in summary and "error" not in summary
    return int(summary.split()[0])


def complaints(folder, files):
    """Return what ruff says of the Python files of a folder: of their style, and of their format."""
    names = [str(path) for path in files if path.suffix == ".py"]
    options = ["--config", str(ROOT / "pyproject.toml"), "--no-cache", "--quiet", *names]
    commands = (["check", "--output-format", "concise"], ["format", "--check"])
    runs = [
        subprocess.run(
            [sys.executable, "-m", "ruff", *command, *options],
            cwd=folder,
            capture_output=True,
            text=True,
            check=False,
        )
        for command in commands
    ]
    return [line for run in runs for line in (run.stdout + run.stderr).splitlines()]


def test_an_addon_of_its_own(tmp_path):
    """Wherever it is: the contract and the fixture of the sandbox come with dev/test."""
    printed = new_provider("far_shop", "--addon", tmp_path)
    addon = tmp_path / "retail_hub_far_shop"
    assert f"./dev/test {addon}/tests/pure" in printed
    assert "A separate addon has no system test" in printed
    assert printed.endswith(f"This lists them: ./dev/lint {addon}\n")
    assert not [path for path in addon.rglob("*") if "acme" in path.name]
    texts = [path.read_text(encoding="utf-8") for path in addon.rglob("*.*")]
    assert not [text for text in texts if "acme" in text.lower()]
    assert complaints(addon, addon.rglob("*.py")) == []
    assert passed_tests(addon, "tests/pure") > 40


def test_lint_of_an_addon_of_its_own(tmp_path):
    """It complains of a manifest without an author, of nothing else, and lists what the author has to fill in."""
    new_provider("far_shop", "--addon", tmp_path)
    addon = tmp_path / "retail_hub_far_shop"
    manifest = addon / "__manifest__.py"
    author = '    "author": "TODO: your name",\n'
    text = manifest.read_text(encoding="utf-8")
    assert author in text
    manifest.write_text(text.replace(author, "    # TODO: the author\n"), encoding="utf-8")
    done = subprocess.run([ROOT / "dev" / "lint", addon], capture_output=True, text=True, check=False)
    assert re.findall(r": C\d+: (.*) \(", done.stdout) == ['Missing required key "author" in manifest file']
    assert "__manifest__.py:6:    # TODO: the author\n" in done.stdout
    assert done.returncode == 1
    assert done.stderr.endswith("retail_hub: lint: pylint-odoo\n")


def test_in_the_addon_itself(tmp_path):
    """In a copy of the checkout: it is registered where providers are, and the arrows between folders hold."""
    root = tmp_path / "addons" / "retail_hub"
    shutil.copytree(ROOT, root, ignore=NOT_COPIED)
    printed = new_provider("far_shop", root=root)
    assert [place for place in REGISTERS if f"    {place}\n" not in printed] == []
    assert "    ./dev/test tests/system/test_far_shop.py\n" in printed
    assert printed.endswith("Then replace each TODO. This lists them: ./dev/lint\n")
    config = configparser.ConfigParser(interpolation=None)
    config.read(os.environ["RETAIL_HUB_ODOO_CONF"])
    addons = [
        each
        for each in config["options"]["addons_path"].split(",")
        if not (Path(each) / "retail_hub").exists()
    ]
    config["options"]["addons_path"] = ",".join([str(root.parent), *addons])
    with open(tmp_path / "odoo.conf", "w", encoding="utf-8") as file:
        config.write(file)
    files = [f"tests/pure/connectors/test_far_shop_{name}.py" for name in ("contract", "errors", "receiver")]
    files.append("tests/pure/connectors/test_receiver_contract.py")
    names = "codes or test_one_outcome_for_each_item_in_order or test_erased_after_a_merge or test_forged"
    names += " or test_each_provider_with_a_receiver"
    assert passed_tests(root, *files, root=root, config=tmp_path / "odoo.conf", names=names) == 9
    written = {*root.rglob("*far_shop*"), *root.rglob("far_shop/*")}
    assert complaints(root, [*written, *(root / place for place in REGISTERS)]) == []
    arrows = subprocess.run(
        [sys.executable, str(ROOT / "dev" / "lib" / "lint_arrows.py"), str(root)], check=False
    )
    assert arrows.returncode == 0
    registered = (root / "connectors" / "__init__.py").read_text(encoding="utf-8")
    assert ", FAR_SHOP)" in registered
    assert "far_shop is already a provider of Retail Hub" in new_provider("far_shop", root=root)


@pytest.mark.parametrize("name", ["Acme", "1st", "a-b", "a__b", "a_", ""])
def test_names_that_are_none(tmp_path, name):
    assert "is not a valid name" in new_provider(name, "--addon", tmp_path)
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("name", ["hubspot", "webhook"])
def test_a_code_that_is_taken(tmp_path, name):
    """An addon with it would replace the provider."""
    assert f"{name} is already a provider of Retail Hub" in new_provider(name, "--addon", tmp_path)
    assert list(tmp_path.iterdir()) == []


def test_nothing_is_overwritten(tmp_path):
    new_provider("far_shop", "--addon", tmp_path)
    file = tmp_path / "retail_hub_far_shop" / "far_shop" / "adapter.py"
    file.write_text("mine", encoding="utf-8")
    assert "already exists" in new_provider("far_shop", "--addon", tmp_path)
    assert file.read_text(encoding="utf-8") == "mine"
