"""Error bodies: {code, key, message, details, request_id}, and resource_id and resource_type if there is one."""

import secrets

from kit import failure


class Failure(failure.Failure):
    """``error_message``: the text for customers that a refused redemption has in ``error.message``."""

    def __init__(self, status, key, message, details=None, resource=None, error_message=None):
        super().__init__(status, message=details or message)
        self.key, self.title, self.details = key, message, details
        self.resource, self.error_message = resource, error_message

    def body(self):
        body = {"code": self.status, "message": self.title}
        if self.key:
            body["key"] = self.key
        if self.details:
            body["details"] = self.details
        body["request_id"] = f"v-{secrets.token_hex(9)}"
        if self.resource:
            body["resource_type"], body["resource_id"] = self.resource
        if self.error_message:
            body["error"] = {"message": self.error_message}
        return body


class TooLarge(failure.Failure):
    """A body of more than 10 MB. This error has a shape of its own."""

    def __init__(self, most):
        message = f"Payload content length greater than maximum allowed: {most}"
        super().__init__(413, {"statusCode": 413, "error": "Request Entity Too Large", "message": message})


def not_found(kind, key):
    return Failure(404, "not_found", "Resource not found", f"Cannot find {kind} with id {key}", (kind, key))


def invalid_payload(details):
    return Failure(400, "invalid_payload", "Invalid payload", details)


def invalid_query(details):
    return Failure(400, "invalid_query_params", "Invalid query params", details)


def locked(key, message, details):
    """Return the 423 of the loyalty API: a rule forbids it. Waiting does not help."""
    return Failure(423, key, message, details)


def rule_broken(key, message, details=None):
    """Return the 400 of a redeemable that cannot be used."""
    return Failure(400, key, message, details)
