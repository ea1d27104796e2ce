"""Remarks about values that are not sent as they are in Odoo."""

from typing import NamedTuple


class Remark(NamedTuple):
    """What a user should know of a value that is not sent as it is in Odoo.

    :param text: one sentence, without personal data
    :param field: the field of the canonical form
    :param is_unreadable: nothing is sent, and the remote system keeps what it has
    """

    text: str
    field: str
    is_unreadable: bool = True
