"""Validation rules of the portal's admin, in addition to the property definitions.

``validation_rules`` in the settings is a list of

- ``{"require": "phone"}``: required when a record is created,
- ``{"require": "state", "when": {"country": "US"}}``: required while another property has that value,
- ``{"property": "firstname", "pattern": "[A-Za-z ]*", "error": "INVALID_ALPHA", "message": "Enter only letters"}``,

each with an optional ``"objectType"`` (default contacts). Requirements are enforced from version 2026-09 on,
patterns always.
"""

import re

from .failures import invalid_values, missing_property, problem


def enforce(call, properties, stored):
    """Raise Failure if writing ``properties`` over ``stored`` (None: a new record) breaks a rule."""
    result = {**(stored or {}), **properties}
    for rule in call.settings["validation_rules"]:
        if rule.get("objectType", "contacts") != call.object_type:
            continue
        if "pattern" in rule:
            check_pattern(rule, properties)
        elif call.is_2026_09:
            check_required(rule, result, new=stored is None)


def check_pattern(rule, properties):
    name = rule["property"]
    value = properties.get(name)
    if value and not re.fullmatch(rule["pattern"], value):
        raise invalid_values(
            [problem(name, rule.get("error", "INVALID_VALUE"), rule.get("message", "not allowed"))]
        )


def check_required(rule, result, new):
    if result.get(rule["require"]):
        return
    condition = rule.get("when")
    if condition is None:
        if new:
            raise missing_property(rule["require"])
        return
    based_on, value = next(iter(condition.items()))
    if result.get(based_on) == value:
        raise missing_property(rule["require"], based_on)
