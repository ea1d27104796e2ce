"""Clerks: threads that change customers through real calls, some of which are rolled back or lose their answer.

What was committed is not what was answered: a worker may die between the two. So a trigger in the database keeps
the truth, in the same transaction as the change.
"""

import contextlib
import random
import threading
from collections import Counter

import requests

from stack import OdooError

HISTORY = """
CREATE TABLE fault_history (id bigserial PRIMARY KEY, partner_id int NOT NULL, email text, title text, operation text);
CREATE FUNCTION fault_note() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN
    IF TG_OP = 'DELETE' THEN
        INSERT INTO fault_history (partner_id, email, title, operation)
             VALUES (OLD.id, OLD.email, OLD.function, TG_OP);
    ELSE
        INSERT INTO fault_history (partner_id, email, title, operation)
             VALUES (NEW.id, NEW.email, NEW.function, TG_OP);
    END IF;
    RETURN NULL;
END $$;
CREATE TRIGGER fault_note AFTER INSERT OR UPDATE OF email, function OR DELETE ON res_partner
   FOR EACH ROW EXECUTE FUNCTION fault_note();
"""
NO_MAIL = {"tracking_disable": True}
NEVER = "never committed"
POISON = "Poison"  # a job title that the sandbox refuses
PAUSE_AFTER_LOSS = 0.2  # seconds


def keep_history(db):
    """Have the database keep what becomes of customers from here on, in ``fault_history``."""
    db.query(HISTORY)


class Clerk(threading.Thread):
    """Changes customers of their own until told to stop; each call goes to any of the servers.

    A customer's job title is a number that only grows, so that the order can be judged at the remote.

    :param rarity: a merge and a deletion, each once in so many calls
    """

    def __init__(self, name, seed, servers, pace=0.05, rarity=25):
        super().__init__(daemon=True)
        self.name = name
        self.random = random.Random(f"{seed} {name}")
        self.clients = [server.client() for server in servers]
        self.pace = pace
        self.titles = {}  # id -> number of the last title
        self.done = Counter()  # how calls ended: {(operation, "done" | "refused" | "lost"): n}
        self.surprise = None  # an exception that no clerk should meet
        self._serial = 0
        self._stop_event = threading.Event()
        often = {self.create: 4, self.edit: 8, self.edit_many: 3, self.roll_back: 2, self.fail_import: 1}
        rare = {self.merge: 16 / rarity, self.delete: 16 / rarity}
        self._operations = {**often, **rare}

    def run(self):
        try:
            self.create()
            while not self._stop_event.wait(self.random.uniform(0, 2 * self.pace)):
                [operation] = self.random.choices(list(self._operations), list(self._operations.values()))
                operation()
        except Exception as error:
            self.surprise = error

    def stop(self):
        self._stop_event.set()

    # -- what a clerk does -------------------------------------------------------------------------

    def create(self):
        self.create_many(self.random.randint(1, 5))

    def create_many(self, count):
        ids = self._call("create", "res.partner", "create", [self._customer() for _ in range(count)])
        self.titles.update(dict.fromkeys(ids or (), 0))

    def create_poison(self, count):
        """Create customers of which one will be refused by the remote."""
        customers = [self._customer() for _ in range(count)]
        self.random.choice(customers)["function"] = POISON
        self._call("create", "res.partner", "create", customers)

    def edit(self):
        self._write(self._some(1))

    def edit_many(self):
        self._write(self._some(10))

    def roll_back(self):
        """The write reaches the database before the constraint refuses it."""
        for partner_id in self._some(1):
            self._call(
                "roll back",
                "res.partner",
                "write",
                [partner_id],
                {"function": NEVER, "parent_id": partner_id},
            )

    def fail_import(self):
        """A savepoint undoes the good rows, for which precommit hooks had run; the transaction is committed."""
        rows = [[*self._customer().values(), f"{self.name} {number}"] for number in (1, 2, 1)]
        self._call("fail import", "res.partner", "load", ["name", "email", "function", "barcode"], rows)

    def merge(self):
        survivor, *gone = self._some(2) or [None]
        if not gone:
            return
        self.titles.pop(gone[0])
        values = {"partner_ids": [survivor, *gone], "dst_partner_id": survivor, "state": "selection"}
        wizard = "base.partner.merge.automatic.wizard"
        ids = self._call("prepare merge", wizard, "create", [values])
        if ids and not self._call("merge", wizard, "action_merge", ids):
            self.titles.pop(survivor)  # which of the two is left is in the history

    def delete(self):
        ids = self._some(1)
        for partner_id in ids:
            self.titles.pop(partner_id)
            self._call("delete", "res.partner", "unlink", ids)

    # -- helpers -----------------------------------------------------------------------------------

    def _customer(self):
        self._serial += 1
        name = f"{self.name}{self._serial}"
        return {"name": f"Ann {name}", "email": f"{name}@example.com", "function": title(0)}

    def _some(self, most):
        known = sorted(self.titles)
        return self.random.sample(known, min(self.random.randint(1, most) if most > 2 else most, len(known)))

    def _write(self, ids):
        if ids:
            number = 1 + max(self.titles[partner_id] for partner_id in ids)
            self.titles.update(dict.fromkeys(ids, number))
            self._call("edit", "res.partner", "write", ids, {"function": title(number)})

    def _call(self, operation, model, method, *args):
        """Return the answer, None if it was refused or lost."""
        try:
            answer = self.random.choice(self.clients).call(model, method, *args, context=NO_MAIL)
        except OdooError:
            self.done[operation, "refused"] += 1
        except requests.RequestException:
            self.done[operation, "lost"] += 1
            self._stop_event.wait(PAUSE_AFTER_LOSS)
        else:
            self.done[operation, "done"] += 1
            return answer
        return None


def title(number):
    return f"{number:06}"


@contextlib.contextmanager
def at_work(clerks):
    """Have the clerks at work meanwhile; what was on its way at the end is done afterwards."""
    for clerk in clerks:
        clerk.start()
    try:
        yield clerks
    finally:
        for clerk in clerks:
            clerk.stop()
        for clerk in clerks:
            clerk.join(timeout=120)
    surprises = [clerk.surprise for clerk in clerks if clerk.surprise]
    assert not surprises, surprises


def summary(clerks):
    """Return ``{"operation done|refused|lost": number of calls}``."""
    total = sum((clerk.done for clerk in clerks), Counter())
    return {" ".join(key): count for key, count in sorted(total.items())}
