"""Refusals of commands that can be carried out as they are, once a person in Odoo has done something."""

from ...core.problem import Problem

NAMED = 5  # codes in the sentence; the errors have them all


class ToComplete(Problem):
    """Refuses a command because of what a person can change in Odoo. It is kept if its client says so."""


class UnknownCodes(ToComplete):
    """Refuses a command because of codes that a person can map.

    :param errors: dicts with ``pointer`` and ``detail``
    :param codes: ``(kind, code, label)`` each, for the code mapping
    """

    def __init__(self, errors, codes):
        super().__init__("unknown-reference", _sentence(codes), errors=errors)
        self.codes = codes


def _sentence(codes):
    names = list(dict.fromkeys(f"{kind.replace('_', ' ')} {code}" for kind, code, _label in codes))
    more = [f"{len(names) - NAMED} more"] if len(names) > NAMED else []
    return f"Odoo does not know: {', '.join(names[:NAMED] + more)}."
