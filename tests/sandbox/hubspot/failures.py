"""Error bodies. A Failure is a 4xx response, or the error of one item in a batch."""

import json
import uuid

from kit import failure

VALIDATION = "VALIDATION_ERROR"
NOT_FOUND = "OBJECT_NOT_FOUND"


class Failure(failure.Failure):
    """``problems``: rejected property values, each {isValid, message, error, name}; see :func:`invalid_values`."""

    def __init__(self, status, category, message, context=None, details=(), problems=(), links=None):
        super().__init__(status, message=message)
        self.category, self.message, self.links = category, message, links
        self.context, self.details, self.problems = context or {}, list(details), list(problems)

    def body(self):
        """The body of a response that says only this."""
        body = {"status": "error", "message": self.message, "correlationId": str(uuid.uuid4())}
        if self.context:
            body["context"] = self.context
        if self.details:
            body["errors"] = self.details
        if self.links:
            body["links"] = self.links
        return {**body, "category": self.category}

    def item(self, trace_id):
        """One entry of ``errors`` in a 207."""
        context = dict(self.context)
        if trace_id is not None:
            context["objectWriteTraceId"] = [trace_id]
        item = {"status": "error", "category": self.category, "message": self.message, "context": context}
        return {**item, "errors": self.details} if self.details else item


def problem(name, error, message):
    return {"isValid": False, "message": message, "error": error, "name": name}


def invalid_values(problems):
    """The 400 for property values; the same facts are in the message (as JSON) and in ``errors``."""
    text = json.dumps(problems, separators=(",", ":"))
    details = [
        {"message": each["message"], "code": each["error"], "context": {"propertyName": [each["name"]]}}
        for each in problems
    ]
    return Failure(
        400, VALIDATION, f"Property values were not valid: {text}", details=details, problems=problems
    )


def missing_property(name, based_on=None):
    """Return the Failure for a property that a rule of the admin requires: always, or by the value of ``based_on``."""
    code, message = "MISSING_REQUIRED_PROPERTY", f"A value for {name} must be provided"
    if based_on:
        code = "MISSING_CONDITIONAL_REQUIRED_PROPERTY"
        message = f"{name} is required because of a conditional property rule based on [{based_on}]"
    detail = {"code": code, "message": message, "context": {"propertyName": [name]}}
    return Failure(400, VALIDATION, "The property values provided are invalid", details=[detail])


def required_properties(name, missing):
    """Return the Failure for properties that HubSpot requires on a new record."""
    message = f"Error creating {name}. Some required properties were not set."
    return Failure(400, VALIDATION, message, {"properties": list(missing)})


def invalid_associations(**context):
    """``context``: lists of what is wrong, by HubSpot's names for it."""
    return Failure(400, VALIDATION, "One or more associations are invalid", context)


def already_exists(label, record_id):
    message = f"{label} already exists. Existing ID: {record_id}"
    return Failure(409, "CONFLICT", message, {"existingId": [record_id]})


def value_taken(constant, name, value, record_id, owner_id):
    """Return the Failure for a unique value that another record has."""
    where = f"portalId=0, objectTypeId=ObjectTypeId{{legacyObjectType={constant}}}, propertyName={name}"
    message = f"Cannot set PropertyValueCoordinates{{{where}, value={value}}} on {record_id}. "
    return Failure(400, VALIDATION, f"{message}{owner_id} already has that value.")


def not_found():
    return Failure(404, NOT_FOUND, "resource not found")


def some_not_found(constant, ids):
    message = (
        f"Could not get some {constant} objects, they may be deleted or not exist. Check that ids are valid."
    )
    return Failure(404, NOT_FOUND, message, {"ids": list(ids)})


def duplicate_ids(ids, status):
    listed = ", ".join(ids)
    message = f"Duplicate IDs found in batch input: [{listed}]. IDs must be unique"
    return Failure(status, VALIDATION if status == 400 else "CONFLICT", message, {"ids": list(ids)})


def bad_input(message):
    return Failure(400, VALIDATION, message)


def together(failures):
    """Return one Failure for a batch that is rejected as a whole: all invalid values, or the first other reason."""
    problems = [each for failure in failures for each in failure.problems]
    if problems and failures[0].problems:
        return invalid_values(problems)
    return failures[0]
