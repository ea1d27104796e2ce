"""What is wrong with the content of a command."""

from pydantic import ValidationError

from ...core.problem import Problem, pointer

MAX_ERRORS = 20
OWN_RULE = "Value error, "  # pydantic puts it before what our validators say


def problem_of(error: ValidationError) -> Problem:
    """Return the problem for content that does not match its schema. It quotes no value, which may be personal."""
    found = error.errors(include_input=False, include_url=False, include_context=False)
    # A list with invalid items is reported as too short as well, since pydantic leaves those out.
    parents = {each["loc"][:length] for each in found for length in range(1, len(each["loc"]))}
    found = [each for each in found if each["type"] != "too_short" or each["loc"] not in parents]
    errors = [
        {"pointer": pointer(each["loc"]), "detail": each["msg"].removeprefix(OWN_RULE)}
        for each in found[:MAX_ERRORS]
    ]
    return Problem("invalid-request", f"The content is not valid: {errors[0]['detail']}", errors=errors)
