"""A shop whose loyalty engine is the Voucherify sandbox: its customers are members, with a card each."""

import contextlib
from dataclasses import dataclass

import odoo_here
from customers import make_customers
from sides import Hub

from stack import OdooServer, wait_until

TIMEOUT = 60  # seconds for what normally takes a second
PROGRAM = "lprg_5a1d000000000001"  # the sandbox's
NEVER = {"reward_point_mode": "money", "reward_point_amount": 1, "product_domain": "[('id', '=', 0)]"}
UNREAD = "SELECT EXISTS (SELECT FROM retail_loyalty_account WHERE read_at IS NULL)"


@dataclass
class Shop:
    """A hub, and its members: ``cards`` is ``{id of the customer: id of the card}``."""

    hub: Hub
    cards: dict
    other_ids: list

    @property
    def database(self):
        return self.hub.database

    def cursor(self, bench):
        """Return a cursor of a connection of its own, which commits by itself."""
        return bench.enter(contextlib.closing(self.database.connect())).cursor()


def start_shop(bench, label, sandbox, members, others=0, owner="engine"):
    """Return a shop in which all is sent, and all balances are known.

    :param members: number of customers with a card
    :param others: number of customers without one, that the engine does not know yet
    :param owner: who owns the points: ``engine`` or ``odoo``
    """
    database = bench.database(label, "retail_hub")
    ids = make_customers(database, members + others)
    connector_id = odoo_here.connect_engine(database, sandbox.url)
    hub = Hub(database, bench.start(OdooServer(database)), connector_id, ids)
    hub.drain(ids[:members])
    shop = Shop(hub, _enroll(database, connector_id, ids[:members], owner), ids[members:])
    cursor = shop.cursor(bench)
    hub.wait(cursor)
    wait_until(lambda: not _value(cursor, UNREAD), TIMEOUT, "not all balances were read")
    return shop


def make_program(env, **values):
    """Return a loyalty program, the only active one; without ``values`` it is linked to no engine."""
    env["loyalty.program"].search([]).active = False
    return env["loyalty.program"].create(
        {
            "name": "Club",
            "program_type": "loyalty",
            "applies_on": "both",
            "trigger": "auto",
            "rule_ids": [(0, 0, NEVER)],
            **values,
        }
    )


def make_cards(env, program, ids):
    """Give each of these customers a card; return ``{id of the customer: id of the card}``."""
    cards = env["loyalty.card"].create([{"program_id": program.id, "partner_id": each} for each in ids])
    return {card.partner_id.id: card.id for card in cards}


def _enroll(database, connector_id, ids, owner):
    with odoo_here.environment(database, odoo_here.SUPERUSER_ID) as env:
        program = make_program(
            env, retail_owner=owner, retail_connector_id=connector_id, retail_remote_program=PROGRAM
        )
        cards = make_cards(env, program, ids)
        env.cr.commit()
        env.registry.signal_changes()  # the server's workers know that no program is linked
    return cards


def _value(cursor, statement):
    cursor.execute(statement)
    return cursor.fetchone()[0]
