"""How long it takes to prove the balances of all cards from the ledger: of a fifth of them, and of all.

The rows are made by SQL, in the order of time: each card has one of every round. A few balances are wrong, and have to
be found. The goal is that the time for a row does not grow.
"""

import contextlib
import time

import odoo_here
from bench import say
from copies import copy_rows
from figures import Figure, middle
from loyalty_shop import make_cards, make_program

CARDS = 100_000
SMALL = 5  # so many times fewer cards
ENTRIES = 50  # of each card
GOAL = 1.2
NAME = "loyalty_proof"
LAST_BALANCE = 15 * (ENTRIES // 5)
# A customer earns 10 points four times, and then redeems 25. ``v`` is the number of the visit, from 0.
MAKE_ENTRIES = """
    INSERT INTO retail_loyalty_entry (card_id, program_id, kind, points, balance, booked_at)
    SELECT c.id, c.program_id, CASE WHEN mod(v, 5) = 4 THEN 'redeem' ELSE 'earn' END,
           CASE WHEN mod(v, 5) = 4 THEN -25 ELSE 10 END,
           15 * (v / 5) + CASE WHEN mod(v, 5) = 4 THEN 15 ELSE 10 * (mod(v, 5) + 1) END,
           now() AT TIME ZONE 'UTC' - make_interval(days => %(entries)s - v)
      FROM generate_series(0, %(entries)s - 1) v, loyalty_card c WHERE c.id BETWEEN %(first)s AND %(last)s
  ORDER BY v, c.id
"""
MAKE_ACCOUNTS = """
    INSERT INTO retail_loyalty_account (card_id, program_id, balance)
    SELECT id, program_id, points FROM loyalty_card WHERE id BETWEEN %(first)s AND %(last)s
"""
TABLES = "loyalty_card, retail_loyalty_account, retail_loyalty_entry"


def measure(bench):
    cards = bench.scaled(CARDS, least=100)
    sizes = {"small": max(cards // SMALL, 20), "large": cards}
    ledgers = {name: Ledger(bench, name, count) for name, count in sizes.items()}
    for ledger in ledgers.values():
        ledger.prove()
    runs = []
    for _ in range(bench.runs):
        run = {f"{name}_s": ledger.prove() for name, ledger in ledgers.items()}
        per_row = {name: run[f"{name}_s"] / ledger.rows for name, ledger in ledgers.items()}
        runs.append({**run, "ratio": per_row["large"] / per_row["small"]})
        say(f"{NAME}: " + ", ".join(f"{name} {value:.3g}" for name, value in runs[-1].items()))
    yield _figure(runs, ledgers)


def _figure(runs, ledgers):
    large, small, ratio = middle(runs, "large_s", "small_s", "ratio")
    unit, peer = (f"s, {ledger.rows:,} rows" for ledger in (ledgers["large"], ledgers["small"]))
    return Figure(NAME, large, unit, peer, small, ratio, f"≤ {GOAL} for a row", ratio <= GOAL, runs)


class Ledger:
    """A database with so many cards, of which some are wrong."""

    def __init__(self, bench, label, count):
        self.rows = count * ENTRIES
        self.database = bench.database(f"proof_{label}", "retail_hub")
        with odoo_here.environment(self.database) as env:
            [original] = make_cards(env, make_program(env), [env.user.partner_id.id]).values()
            env.cr.commit()
        with contextlib.closing(self.database.connect()) as connection, connection.cursor() as cursor:
            cards = copy_rows(
                cursor, "loyalty_card", [original], count, code="code || '-' || n", points=str(LAST_BALANCE)
            )
            _fill(cursor, cards)
            self.wrong = _spoil(cursor, cards)
            cursor.execute(f"VACUUM (ANALYZE) {TABLES}")

    def prove(self):
        """Return the seconds that the proof takes."""
        with odoo_here.environment(self.database) as env:
            start = time.perf_counter()
            found = env["retail.loyalty.proof"]._differences()
            seconds = time.perf_counter() - start
        if {each.card_id: each.cause for each in found} != self.wrong:
            raise RuntimeError(f"the proof found {len(found)} differences, not {self.wrong}")
        return seconds


def _fill(cursor, cards):
    """Make the entries and accounts of a range of cards."""
    values = {"first": cards[0], "last": cards[-1], "entries": ENTRIES}
    cursor.execute(MAKE_ENTRIES, values)
    cursor.execute(MAKE_ACCOUNTS, values)


def _spoil(cursor, cards):
    """Change the balance of a card, and that of an account; return ``{id of the card: cause}``."""
    cursor.execute("UPDATE loyalty_card SET points = points + 1 WHERE id = %s", [cards[3]])
    cursor.execute("UPDATE retail_loyalty_account SET balance = balance + 1 WHERE card_id = %s", [cards[7]])
    return {cards[3]: "card", cards[7]: "ledger"}
