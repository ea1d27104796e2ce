"""Error bodies: {message, errors: [{title, details, source}], StatusCode}."""

from kit import failure

SUBMITTED = "The submitted data was invalid"
TOO_MANY = "Too many requests or limit reached - avoid parallel requests"


class Failure(failure.Failure):
    """``errors``: (title, details, {"pointer" or "parameter": where}) of each problem.

    ``has_status``: whether the body repeats the status. A 400 about a session does not.
    """

    def __init__(self, status, message, errors=(), has_status=True):
        super().__init__(status, message=message)
        self.title, self.errors, self.has_status = message, errors, has_status

    def body(self):
        body = {"message": self.title}
        if self.errors:
            names = ("title", "details", "source")
            body["errors"] = [dict(zip(names, each, strict=True)) for each in self.errors]
        if self.has_status:
            body["StatusCode"] = self.status
        return body


def invalid(title, details, pointer=None, parameter=None):
    """Return the 400 for one mistake in the body (a JSON pointer), or in an argument of the URL."""
    source = {"pointer": pointer or "/"} if parameter is None else {"parameter": parameter}
    return Failure(400, SUBMITTED, [(title, details, source)])


def refused(message):
    """Return the 400 for what cannot be done now."""
    return Failure(400, message)


def not_found(what):
    return Failure(404, f"{what} not found")


def in_use(what):
    """Return the 409 for a call at the same time as another one."""
    return Failure(409, f"{TOO_MANY}: {what}")
