"""Bisecting a rejected batch to find its bad items. Pure functions."""

from ..core.errors import BusinessError, ConflictError, RemoteError, ValidationError
from .items import failed

_SPLITTABLE = (ValidationError, ConflictError, BusinessError)


def bisect(batch, send):
    """Send a batch that the remote accepts or rejects as a whole, so that only its bad items fail.

    A rejected batch is halved: one bad item among n costs at most 1 + 2 * log2(n) calls. Accepted items are not
    sent again. If the first half is accepted, the second must hold a bad item, so it is split without being sent
    as a whole. An item fails only after it was sent alone.

    :param batch: a sequence of :class:`~.items.Prepared`
    :param send: a function that takes a part of the batch. It returns the outcomes in order, or raises the
        :class:`~..core.errors.RemoteError` of the whole part. Validation, conflict and business errors lead to
        bisection. Any other error ends the calls, and the items that were not sent fail with it too (with
        ``uncertain`` False).
    :return: one :class:`~.items.Outcome` per item, in order
    """
    outcomes = [None] * len(batch)
    stopped = None
    todo = [(0, len(batch), None)] if batch else []
    while todo:
        start, end, sibling = todo.pop()
        part = batch[start:end]
        if stopped:
            outcomes[start:end] = failed(part, stopped)
            continue
        split = len(part) > 1
        if not (split and sibling and all(o.error is None for o in outcomes[slice(*sibling)])):
            try:
                outcomes[start:end] = send(part)
                continue
            except _SPLITTABLE as error:
                outcomes[start:end] = failed(part, error)
            except RemoteError as error:
                outcomes[start:end] = failed(part, error)
                stopped = error.not_sent()
                continue
        if split:
            middle = (start + end) // 2
            todo += [(middle, end, (start, middle)), (start, middle, None)]
    return outcomes
