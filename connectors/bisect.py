"""How the bad items of a rejected batch are found. Pure functions."""

from ..core.errors import BusinessError, ConflictError, RemoteError, ValidationError
from .items import failed

_SPLITTABLE = (ValidationError, ConflictError, BusinessError)


def bisect(batch, send):
    """Send a batch that the remote takes or refuses as a whole, until only its bad items are left out.

    Halves a refused batch: one bad item among n costs at most 1 + 2 * log2(n) calls. Items that were taken
    are not sent again, and a half is not sent as a whole if the refusal must come from it (because its
    sibling was taken); a single item is never blamed without having been sent alone.

    :param batch: a sequence of :class:`~.items.Prepared`
    :param send: takes a part of the batch; returns its outcomes in order, or raises the
        :class:`~..core.errors.RemoteError` of the whole part. Validation, conflict and business errors are bisected
        down; any other error ends the calls: it is also the outcome of the items that were not sent (these
        with ``uncertain`` False)
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
