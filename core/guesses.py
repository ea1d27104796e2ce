"""How many wrong guesses somebody has, such as of the codes of gift cards. Plain Python, in each process.

As in :mod:`.rate_limit`, a time is kept: when all guesses would be there again.
"""

MOST_KEYS = 10_000


class Guesses:
    """
    :param most: wrong guesses that are possible at once
    :param seconds: until all of them are there again
    """

    def __init__(self, most: int, seconds: float):
        self.seconds = seconds
        self.each = seconds / most
        self._full_at: dict[object, float] = {}

    def has_some(self, key: object, now: float) -> bool:
        """Return whether there is a guess left.

        :param now: by a clock that never goes back
        """
        return self._full_at.get(key, now) - now <= self.seconds - self.each

    def count(self, key: object, now: float) -> None:
        """Count a wrong guess. The oldest keys are forgotten if there are too many."""
        full_at = max(self._full_at.pop(key, now), now)
        while len(self._full_at) >= MOST_KEYS:
            self._full_at.pop(next(iter(self._full_at)), None)
        self._full_at[key] = full_at + self.each

    def clear(self) -> None:
        self._full_at.clear()
