"""What a drain tells the circuit breaker: failures at once, success once in a second."""

import time

FLUSH_SECONDS = 1.0


class AnswerCounter:
    """Adds up what the remote answered to the batches of one drain.

    :param count: called with (deliveries that were answered, those that were not, why not)
    """

    def __init__(self, count):
        self._count = count
        self._answered = 0
        self._due_at = 0.0  # the first answer counts at once: it may be that of a probe

    def add(self, answered, failed, reason):
        """Count one batch, with the answers of those before it first: what failed came after them."""
        if failed:
            self.flush()
            self._count(answered, failed, reason)
            return
        self._answered += answered
        if time.monotonic() >= self._due_at:
            self.flush()

    def flush(self):
        """Count what was kept back."""
        answered, self._answered = self._answered, 0
        self._due_at = time.monotonic() + FLUSH_SECONDS
        if answered:
            self._count(answered, 0, "")
