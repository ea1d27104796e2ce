"""Screens and documents use one word for one thing, and none that users do not know."""

import ast
import re
from pathlib import Path

import pytest
from lxml import etree

ROOT = Path(__file__).parents[2]
FORBIDDEN = {
    r"e-mails?": "email",
    r"time zones?": "timezone",
    r"(other|external) systems?": "remote system",
    r"whose turn": "next action by",
    r"tries left|(five|another) (tries|try)": "attempts",
    r"told|tells": "sent, reported, notified",
    r"gone": "no longer available, resolved",
    r"dead letters?": "failed event",
    r"settles?": "resolve",
    r"left as it is": "ignored",
    r"takes? .{1,40} out of the list": "remove",
    r"somebody is to|is to be done": "an instruction",
}
TEXT_ATTRIBUTES = ("string", "title", "help", "confirm", "placeholder", "data-tooltip")
# What a till does in Odoo with a sales order that it takes the money for.
OF_ODOO = re.compile(r"settles? (an|the|a sales) orders?|a till (has )?settle[sd]?", re.IGNORECASE)


def screens():
    """Yield (file, text) of what the views show, and of what runs in browsers."""
    for folder in ("views", "wizards", "security", "data", "static/src"):
        for path in sorted(ROOT.glob(f"{folder}/**/*.xml")):
            for element in etree.parse(path).iter(etree.Element):
                shown = (element.text, element.tail, *(element.get(name) for name in TEXT_ATTRIBUTES))
                yield from ((path, text) for text in shown if text)
    for path in sorted(ROOT.glob("static/src/**/*.js")):
        for text in re.findall(r"_t\(\s*([\"'`])(.*?)\1", path.read_text(encoding="utf-8"), flags=re.DOTALL):
            yield path, text[1]


def code():
    """Yield (file, text) of the texts in code: labels, helps and messages, but no docstrings."""
    for folder in ("models", "wizards", "connectors", "controllers", "tools"):
        for path in sorted(ROOT.glob(f"{folder}/**/*.py")):
            tree = ast.parse(path.read_text(encoding="utf-8"))
            docstrings = {
                id(node.value)
                for node in ast.walk(tree)
                if isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant)
            }
            for node in ast.walk(tree):
                if (
                    isinstance(node, ast.Constant)
                    and isinstance(node.value, str)
                    and id(node) not in docstrings
                    and (node.value[:1].isupper() or " " in node.value)
                ):
                    yield path, node.value


def documents():
    """Yield (file, text) of the paragraphs of the documents, without what is code in them."""
    for path in (
        ROOT / "README.rst",
        *sorted(ROOT.glob("doc/*.rst")),
        ROOT / "static/description/index.html",
    ):
        text = re.sub(r"``.*?``", "", path.read_text(encoding="utf-8"), flags=re.DOTALL)
        yield from ((path, paragraph) for paragraph in text.split("\n\n"))


@pytest.mark.parametrize("source", [screens, code, documents])
def test_forbidden_words(source):
    found = {
        f"{path.relative_to(ROOT)}: {match.group()!r} (say: {better}) in {' '.join(text.split())[:80]!r}"
        for path, text in source()
        for pattern, better in FORBIDDEN.items()
        if "AT TIME ZONE" not in text
        for match in re.finditer(
            rf"\b(?:{pattern})\b", OF_ODOO.sub("", " ".join(text.split())), re.IGNORECASE
        )
    }
    assert found == set()


def test_all_texts_are_read():
    assert [len(list(source())) > 200 for source in (screens, code, documents)] == [True] * 3
