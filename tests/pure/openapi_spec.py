"""Holds requests and answers against a vendor's OpenAPI files, which are not part of the product.

They are in ``shared/specs`` beside the checkout, or above it. Where they are not, :func:`load` returns None: tests then
check nothing, and say so.

Stricter than the files: an object has no properties that they do not name. Looser: where they say oneOf, several may
match; and in files of OpenAPI 3.0, properties that are not required may be null, as they are in the vendors' examples.
"""

import json
import re
from datetime import date, datetime
from functools import cache
from pathlib import Path
from urllib.parse import parse_qsl, unquote

import jsonschema
import yaml

ROOT = Path(__file__).parents[2]
MISSING = "no shared/specs above the checkout: the vendors' specifications are not part of the product"
METHODS = ("get", "post", "put", "patch", "delete")
CHECKER = jsonschema.FormatChecker(())


@CHECKER.checks("date", raises=ValueError)
def is_date(value):
    return not isinstance(value, str) or bool(date.fromisoformat(value))


@CHECKER.checks("date-time", raises=ValueError)
def is_time(value):
    return not isinstance(value, str) or bool(datetime.fromisoformat(value))


@cache
def folder():
    """Return the folder of all specifications, or None."""
    places = (parent / "shared" / "specs" for parent in ROOT.parents)
    return next((place for place in places if place.is_dir()), None)


def load(vendor, names, mend=None):
    """Return the Specification of these files, or None where they are not.

    :param vendor: a folder in ``shared/specs``
    :param names: of files in it
    :param mend: takes a file's name and content, and repairs what contradicts the vendor's own examples
    """
    if folder() is None:
        return None
    documents = {}
    for name in names:
        documents[name] = read(folder() / vendor / name)
        if mend:
            mend(name, documents[name])
    return Specification([Document(each) for each in documents.values()])


def read(path):
    """Return the content of a JSON or YAML file. Times are texts, as in JSON."""
    text = path.read_text(encoding="utf-8")
    return json.loads(text) if path.suffix == ".json" else yaml.load(text, TextTimes)  # noqa: S506 - a safe one


class TextTimes(yaml.CSafeLoader):
    yaml_implicit_resolvers = {
        first: [(tag, pattern) for tag, pattern in found if tag != "tag:yaml.org,2002:timestamp"]
        for first, found in yaml.CSafeLoader.yaml_implicit_resolvers.items()
    }


class Mismatch(AssertionError):
    """A request or an answer is not as the specification says."""


class Specification:
    """The operations of several documents."""

    def __init__(self, documents):
        self.operations = [each for document in documents for each in document.operations()]

    def operation(self, method, path):
        for each in self.operations:
            if each.method == method and each.pattern.fullmatch(path):
                return each
        raise Mismatch(f"the specification has no {method} {path}")

    def check_request(self, method, target, body):
        path, _, query = target.partition("?")
        self.operation(method, path).check_request(path, query, body)

    def check_answer(self, method, target, status, body):
        self.operation(method, target.partition("?")[0]).check_answer(status, body)


class Document:
    """One OpenAPI file. Its schemas are converted once for requests, and once for answers.

    :param nulls_allowed: whether properties that are not required may be null in answers; as a rule in OpenAPI 3.0
    """

    def __init__(self, data, nulls_allowed=None):
        self.data = data
        self.schemas = data["components"]["schemas"]
        self.nulls_allowed = data["openapi"].startswith("3.0") if nulls_allowed is None else nulls_allowed
        self._converted = {}

    def operations(self):
        for path, item in self.data["paths"].items():
            for method in METHODS:
                if method in item:
                    yield Operation(self, method.upper(), path, item[method], item.get("parameters", ()))

    def resolved(self, node):
        """Follow a reference to a parameter or an answer."""
        while "$ref" in node:
            place, name = node["$ref"].split("/")[-2:]
            node = self.data["components"][place][name]
        return node

    def validator(self, schema, is_answer):
        if is_answer not in self._converted:
            conversion = Conversion(self, is_answer)
            found = {name: conversion.convert(each) for name, each in self.schemas.items()}
            self._converted[is_answer] = {"components": {"schemas": found}}
        root = {**self._converted[is_answer], **Conversion(self, is_answer).convert(schema, is_closed=True)}
        return jsonschema.Draft202012Validator(root, format_checker=CHECKER)


class Conversion:
    """From OpenAPI's schemas to JSON Schema 2020-12."""

    def __init__(self, document, is_answer):
        self.document, self.is_answer = document, is_answer

    def convert(self, node, is_closed=False):
        """:param is_closed: whether the object has no other properties; not for the parts that it is made of"""
        if not isinstance(node, dict):
            return node
        made = {
            name: self.part(name, value) for name, value in node.items() if name not in ("oneOf", "nullable")
        }
        if "oneOf" in node:
            made["anyOf"] = [self.convert(each) for each in node["oneOf"]] + made.get("anyOf", [])
        if "properties" in node:
            made["properties"] = self.properties(node)
        if is_closed and "additionalProperties" not in node and self.has_properties(node):
            made["unevaluatedProperties"] = False
        return or_null(made) if node.get("nullable") else made

    def part(self, name, value):
        if name in ("allOf", "anyOf"):
            return [self.convert(each) for each in value]
        if name in ("items", "additionalProperties"):
            return self.convert(value, is_closed=True)
        return value

    def properties(self, node):
        made = {name: self.convert(each, is_closed=True) for name, each in node["properties"].items()}
        if self.is_answer and self.document.nulls_allowed:
            required = node.get("required", ())
            made = {name: each if name in required else or_null(each) for name, each in made.items()}
        return made

    def has_properties(self, node):
        """Whether the node names properties, and not only says that there is an object."""
        if "$ref" in node:
            return self.has_properties(self.document.schemas[node["$ref"].rpartition("/")[2]])
        parts = [each for name in ("allOf", "oneOf", "anyOf") for each in node.get(name, ())]
        if any(self.is_free(each) for each in parts):
            return False
        return "properties" in node or any(self.has_properties(each) for each in parts)

    def is_free(self, node):
        """Whether any object fits."""
        if "$ref" in node:
            return self.is_free(self.document.schemas[node["$ref"].rpartition("/")[2]])
        return node.get("type") == "object" and not {"properties", "allOf", "oneOf", "anyOf"} & node.keys()


def parsed(text, schema, default="string"):
    """Return the value of an argument in a URL. One of a list is there alone.

    :param default: the type if the schema itself does not say it
    """
    kinds = schema.get("type", default)
    kinds = [kinds] if isinstance(kinds, str) else kinds
    if "array" in kinds:
        return [parsed(text, schema["items"])]
    if "boolean" in kinds:
        return {"true": True, "false": False}.get(text, text)
    return int(text) if {"integer", "number"} & {*kinds} and text.isdecimal() else text


def or_null(schema):
    return {"anyOf": [schema, {"type": "null"}]}


class Operation:
    def __init__(self, document, method, path, data, shared):
        self.document, self.method, self.path, self.data = document, method, path, data
        self.pattern = re.compile(re.sub(r"\\\{(\w+)\\\}", r"(?P<\1>[^/]+)", re.escape(path)))
        self.parameters = [document.resolved(each) for each in (*shared, *data.get("parameters", ()))]
        self._validators = {}

    def check_request(self, path, query, body):
        self.check_path(path)
        self.check_query(query)
        content = self.document.resolved(self.data.get("requestBody", {})).get("content", {})
        schema = content.get("application/json", {}).get("schema")
        if schema is None:
            if body is not None and not content:
                raise Mismatch(f"{self.method} {self.path} has no body")
        elif body is not None or self.data["requestBody"].get("required"):
            self.validate("request", schema, body)

    def check_path(self, path):
        values = {name: unquote(value) for name, value in self.pattern.fullmatch(path).groupdict().items()}
        for parameter in self.parameters:
            if parameter["in"] == "path" and parameter["name"] in values:
                value = parsed(values[parameter["name"]], parameter["schema"])
                self.validate(f"path {parameter['name']}", parameter["schema"], value)

    def check_query(self, query):
        known = {each["name"]: each for each in self.parameters if each["in"] == "query"}
        for name, value in parse_qsl(query, keep_blank_values=True):
            parameter = known.get(name) or known.get(name.lstrip("[").split("[")[0].rstrip("]"))
            if parameter is None:
                raise Mismatch(f"{self.method} {self.path} has no parameter {name}")
            if parameter["name"] == name:
                self.validate(
                    f"query {name}", parameter["schema"], parsed(value, parameter["schema"], "number")
                )

    def check_answer(self, status, body):
        """Errors of all operations have the same shape, and not all statuses are documented with each."""
        answer = self.data["responses"].get(str(status))
        if answer is None and status < 400:
            raise Mismatch(f"{self.method} {self.path} does not answer {status}")
        answer = self.document.resolved(answer or {})
        schema = answer.get("content", {}).get("application/json", {}).get("schema")
        if schema is None and status >= 400:
            schema = next(
                self.document.schemas[name]
                for name in ("Error", "ErrorResponse")
                if name in self.document.schemas
            )
        if schema is not None:
            self.validate(f"answer {status}", schema, body, is_answer=True)
        elif body is not None:
            raise Mismatch(f"{self.method} {self.path} answers {status} without a body")

    def validate(self, what, schema, value, is_answer=False):
        if what not in self._validators:
            self._validators[what] = self.document.validator(schema, is_answer)
        errors = list(self._validators[what].iter_errors(value))
        # A part of an object that does not fit lets all its properties be unexpected too.
        causes = [each for each in errors if each.validator != "unevaluatedProperties"] or errors
        error = jsonschema.exceptions.best_match(causes)
        if error is not None:
            place = "/".join(str(each) for each in error.absolute_path)
            raise Mismatch(
                f"{self.method} {self.path}, {what}, {place or 'all of it'}: {error.message[:400]}"
            )
