"""The points of one profile in one program (or subledger): transactions, and lots of points that can be spent."""

import uuid


class Lot:
    """Points that were added. ``start`` is None while they wait for an action, ``expiry`` None if they never expire.

    ``takes``: (epoch seconds, points) of what was taken.
    """

    def __init__(self, transaction, amount, at, start, expiry):
        self.transaction, self.amount, self.at, self.start, self.expiry = (
            transaction,
            amount,
            at,
            start,
            expiry,
        )
        self.takes = []

    def left(self, at):
        return points(self.amount - sum(each for when, each in self.takes if when <= at))

    def status(self, at):
        if self.expiry is not None and self.expiry <= at:
            return "expired"
        return "pending" if self.start is None or self.start > at else "active"


class Ledger:
    """``transactions``: the oldest first. ``debts``: (epoch seconds, change) of the points below zero."""

    def __init__(self, program, profile, subledger):
        self.program, self.profile, self.subledger = program, profile, subledger
        self.transactions, self.lots, self.debts = [], [], []
        self.tier = None  # {"name", "start", "expiry"}

    # --- reading ---

    def lots_at(self, status, at):
        """Return the lots in this status that have points, those first that expire first."""
        found = [each for each in self.lots if each.at <= at and each.status(at) == status and each.left(at)]
        return sorted(found, key=lambda lot: (lot.expiry is None, lot.expiry, lot.at))

    def sum_of(self, status, at):
        return points(sum(each.left(at) for each in self.lots_at(status, at)))

    def debt(self, at):
        return points(sum(change for when, change in self.debts if when <= at))

    def balance(self, at):
        """Return {active, pending, spent, expired, negative}."""
        net = points(self.sum_of("active", at) - self.debt(at))
        return {
            "active": max(net, 0),
            "pending": self.sum_of("pending", at),
            "spent": points(sum(each["spent"] for each in self.transactions if each["at"] <= at)),
            "expired": self.sum_of("expired", at),
            "negative": max(-net, 0),
        }

    def lot_of(self, transaction):
        """Return the lot that a transaction added."""
        return next(each for each in self.lots if each.transaction == transaction)

    # --- writing ---

    def add(self, at, amount, start, expiry, spent=0, **about):
        """Add points, and return the transaction."""
        transaction = self._write(at, "addition", amount, spent=spent, start=start, expiry=expiry, **about)
        self.lots.append(Lot(transaction["transactionUUID"], amount, at, start, expiry))
        self.settle(at)
        return transaction

    def take(self, at, amount, spent=0, **about):
        """Take active points; what is lacking becomes a debt. Return the transaction."""
        before = self.debt(at)
        rest = self._take_from(self.lots_at("active", at), amount, at)
        if rest:
            self.debts.append((at, rest))
        return self._write(at, "subtraction", amount, spent=spent, is_below=self.debt(at) > before, **about)

    def roll_back(self, at, transaction, amount, policy, **about):
        """Take back points that a transaction added, as the program's return policy allows.

        Return the new transaction; None if nothing can be taken back.
        """
        lot = self.lot_of(transaction)
        status, left = lot.status(at), lot.left(at)
        from_lot = (
            min(left, amount)
            if status == "pending" or (status == "active" and policy != "only_pending")
            else 0
        )
        rest = amount - min(left, amount) if policy != "only_pending" else 0
        if policy == "within_balance":
            rest = min(rest, points(self.balance(at)["active"] - (from_lot if status == "active" else 0)))
        taken = points(from_lot + max(rest, 0))
        if not taken:
            return None
        before = self.debt(at)
        self._take_from([lot], from_lot, at)
        lacking = self._take_from(self.lots_at("active", at), rest, at) if rest > 0 else 0
        if lacking:
            self.debts.append((at, lacking))
        return self._write(at, "subtraction", taken, is_below=self.debt(at) > before, **about)

    def settle(self, at):
        """Pay the debt with active points."""
        debt = self.debt(at)
        if debt > 0:
            rest = self._take_from(self.lots_at("active", at), debt, at)
            if rest != debt:
                self.debts.append((at, points(rest - debt)))

    # --- helpers ---

    def _take_from(self, lots, amount, at):
        """Take points from lots, and return how many are lacking."""
        for lot in lots:
            taken = min(amount, lot.left(at))
            if taken > 0:
                lot.takes.append((at, taken))
                amount = points(amount - taken)
        return amount

    def _write(self, at, direction, amount, **about):
        transaction = {
            "transactionUUID": str(uuid.uuid4()),
            "at": at,
            "type": direction,
            "amount": amount,
            "spent": 0,
            "start": at,
            "expiry": None,
            "is_below": False,
            "profile": self.profile,
            "program": self.program,
            "subledger": self.subledger,
            **about,
        }
        self.transactions.append(transaction)
        return transaction


def points(amount):
    """Return points with at most two decimals, and as a whole number if they are one."""
    amount = round(amount, 2)
    return int(amount) if amount == int(amount) else amount
