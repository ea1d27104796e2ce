"""The context of a benchmark: the number of runs, the scale, and databases."""

import contextlib
from dataclasses import dataclass, field

import odoo_here

from stack import Database, database_name

SMOKE_SCALE = 0.01


@dataclass
class Bench:
    """One invocation of dev/bench. `scale` is the share of each benchmark's size that is run."""

    runs: int
    profile: bool = False
    scale: float = 1.0
    stages: bool = False
    is_smoke: bool = False
    _stack: contextlib.ExitStack = field(default_factory=contextlib.ExitStack)
    _sources: contextlib.ExitStack = field(default_factory=contextlib.ExitStack)
    _installed: dict = field(default_factory=dict)

    @classmethod
    def for_smoke(cls):
        """Return one that only checks that the benchmarks work. Its figures mean nothing."""
        return cls(runs=1, scale=SMOKE_SCALE, is_smoke=True)

    def __enter__(self):
        odoo_here.start()
        return self

    def __exit__(self, *exc_info):
        return self._sources.__exit__(*exc_info)

    def measure(self, benchmark):
        """Run a benchmark, and return its figures. Afterwards its servers are stopped and its databases dropped."""
        with contextlib.ExitStack() as self._stack:
            return list(benchmark(self))

    def enter(self, context):
        """Enter a context that is left when the benchmark is over."""
        return self._stack.enter_context(context)

    def start(self, server):
        """Start an OdooServer; it is killed when the benchmark is over: its database goes anyway."""
        self._stack.callback(server.kill)
        return server.start()

    def scaled(self, size, least=1):
        return max(least, round(size * self.scale))

    def database(self, label, *modules):
        """Return a new database with these modules; it is dropped when the benchmark is over."""
        database = Database(database_name(f"bench_{label}"))
        database.create(self._source(modules))
        self._stack.callback(database.drop)
        self._stack.callback(odoo_here.forget, database)
        return database

    def _source(self, modules):
        """Return a database in which nothing but the installation has happened; None: the template."""
        if modules and modules not in self._installed:
            say(f"installing {', '.join(modules)}")
            source = self._sources.enter_context(Database(database_name("bench_" + "_".join(modules))))
            self._installed[modules] = source.install(*modules)
        return self._installed.get(modules)


def say(text):
    print(text, flush=True)
