"""The feed of events under concurrency: no reader misses what commits late."""

import threading
import time
from concurrent.futures import ThreadPoolExecutor

import psycopg2
import pytest
import requests
from caller import new_client, new_system

from stack import wait_until

PARTNERS = 60


@pytest.fixture(scope="module")
def feed(start_odoo):
    odoo = start_odoo("feed", workers=4)
    return Feed(odoo)


class Feed:
    """A system without webhooks that reads its events."""

    def __init__(self, odoo):
        self.odoo = odoo
        self.connector = new_system(odoo, "Reader")
        flows = odoo.call("retail.flow", "search", [("connector_id", "=", self.connector)])
        odoo.call("retail.flow", "write", flows, {"active": False})
        created = odoo.call(
            "retail.flow",
            "search",
            [("connector_id", "=", self.connector), ("event_type", "=", "customer.created")],
            context={"active_test": False},
        )
        odoo.call("retail.flow", "write", created, {"active": True, "mode": "pull"})
        _client, self.key = new_client(odoo, self.connector, "events:read")

    def create(self, name):
        return self.odoo.call("res.partner", "create", [{"name": name}])[0]

    def read(self, after, limit=500):
        response = requests.get(
            f"{self.odoo.url}/retail/v1/events",
            params={"after": after, "limit": limit},
            headers={"Authorization": f"Bearer {self.key}"},
            timeout=60,
        )
        assert response.status_code == 200, response.text
        page = response.json()
        return [each["data"]["name"]["full"] for each in page["items"]], page["next"]


def copied_delivery(feed, cursor, delivery_id):
    """Insert a copy of a delivery: what another user's transaction would insert."""
    columns = [
        name
        for (name,) in feed.odoo.db.query(
            "SELECT column_name FROM information_schema.columns WHERE table_name = 'retail_delivery'"
            " AND column_name NOT IN ('id', 'feed_position')"
        )
    ]
    names = ", ".join(columns)
    cursor.execute(
        f"INSERT INTO retail_delivery ({names}) SELECT {names} FROM retail_delivery WHERE id = %s RETURNING id",
        [delivery_id],
    )
    return cursor.fetchone()[0]


def test_a_transaction_that_commits_late(feed):
    """Its event has the smaller id. A cursor by id would have passed it when it appears."""
    feed.create("First")
    wait_until(lambda: feed.read("")[0] == ["First"], 30, "the first event in the feed")
    _names, start = feed.read("")
    [(delivery_id,)] = feed.odoo.db.query(
        "SELECT max(id) FROM retail_delivery WHERE connector_id = %s", feed.connector
    )
    connection = psycopg2.connect(dbname=feed.odoo.db.name)
    try:
        late_id = copied_delivery(feed, connection.cursor(), delivery_id)
        feed.create("Second")
        [(second_id,)] = feed.odoo.db.query(
            "SELECT max(id) FROM retail_delivery WHERE connector_id = %s", feed.connector
        )
        assert late_id < second_id
        assert feed.read(start) == ([], start)  # the second one waits for the older transaction
        connection.commit()
        names, after = feed.read(start)
        assert names == ["First", "Second"]
        assert feed.read(after) == ([], after)
    finally:
        connection.close()


def test_other_databases_do_not_hold_the_feed(feed):
    _names, start = feed.read("")
    connection = psycopg2.connect(dbname="postgres")
    try:
        connection.cursor().execute("SELECT pg_current_xact_id()")
        feed.create("Third")
        assert feed.read(start)[0] == ["Third"]
    finally:
        connection.close()


def test_many_writers_and_one_reader(feed):
    """Each event is read once, in pages, while others commit."""
    _names, after = feed.read("")
    wanted, found, done = {f"Writer {n}" for n in range(PARTNERS)}, [], threading.Event()

    def write():
        with ThreadPoolExecutor(6) as pool:
            list(pool.map(feed.create, sorted(wanted)))
        done.set()

    writer = threading.Thread(target=write)
    writer.start()
    deadline = time.monotonic() + 60
    while time.monotonic() < deadline:
        is_last = done.is_set()
        names, after = feed.read(after, limit=7)
        found += names
        if is_last and not names:
            break
    writer.join()
    assert len(found) == len(set(found)) == PARTNERS
    assert set(found) == wanted
    [(base,)] = feed.odoo.db.query("SELECT last_value FROM retail_feed_base")
    assert base == 0
