"""The fault tests: seeded, on a PostgreSQL server of their own.

``--seed N`` (or the variable RETAIL_HUB_SEED) repeats a run as far as real processes can be repeated; ``--short``
leaves only the short version.
"""

import os
import random as randoms
import sys
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).parents[1] / "system"))

from cluster import Cluster, copy_database, in_use
from stage import Stage

from stack import Database, database_name


def pytest_addoption(parser):
    parser.addoption("--seed", type=int, help="of everything that is left to chance")
    parser.addoption("--short", action="store_true", help="only what is marked as short")


def pytest_configure(config):
    config.addinivalue_line("markers", "short: part of the short version")
    given = config.getoption("seed"), os.environ.get("RETAIL_HUB_SEED")
    config.seed = next((int(seed) for seed in given if seed is not None), randoms.randrange(1_000_000))


def pytest_sessionstart(session):
    session.config.get_terminal_writer().line(f"seed {session.config.seed}")


def pytest_collection_modifyitems(config, items):
    if config.getoption("short"):
        items[:] = [item for item in items if item.get_closest_marker("short")]


@pytest.fixture
def seed(request):
    return request.config.seed


@pytest.fixture
def random(request, seed):
    """Chance, the same for the same seed and test."""
    return randoms.Random(f"{seed} {request.node.name}")


@pytest.fixture(scope="session")
def image():
    """A database with retail_hub, to be copied. Of the scheduled actions only the hub's is left active."""
    cluster = Cluster()
    with Database(database_name("source")) as source:
        cluster.create().start()
        image = Database(database_name("image"))
        copy_database(source, image, cluster.socket)
    try:
        with in_use(cluster):
            image.install("retail_hub")
            image.query(
                "UPDATE ir_cron SET active = id IN (SELECT res_id FROM ir_model_data"
                " WHERE module = 'retail_hub' AND model = 'ir.cron')"
            )
            image.cluster = cluster
            yield image
            image.drop()
    finally:
        cluster.drop()


@pytest.fixture
def cluster(image):
    """The PostgreSQL server that everything runs on."""
    return image.cluster


@pytest.fixture
def open_stage(image, seed, random):
    """Return a function that opens a stage until the test ends, with options of :class:`Stage`."""
    stages = []

    def open_one(*servers, **options):
        stages.append(Stage(image, seed, random, servers or ({},), **options))
        return stages[-1].__enter__()

    yield open_one
    for stage in stages:
        stage.__exit__()
