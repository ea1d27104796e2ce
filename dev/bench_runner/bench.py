"""What a benchmark is given: how often to run, and databases to run in."""

import contextlib
from dataclasses import dataclass, field

import odoo_here

from stack import Database, database_name


@dataclass
class Bench:
    """One invocation of dev/bench."""

    runs: int
    profile: bool = False
    _stack: contextlib.ExitStack = field(default_factory=contextlib.ExitStack)
    _installed: dict = field(default_factory=dict)

    def __enter__(self):
        odoo_here.start()
        return self

    def __exit__(self, *exc_info):
        return self._stack.__exit__(*exc_info)

    def enter(self, context):
        """Enter a context that is left when all has been measured."""
        return self._stack.enter_context(context)

    def database(self, label, *modules):
        """Return a new database with these modules; it is dropped when all has been measured."""
        database = Database(database_name(f"bench_{label}"))
        database.create(self._source(modules))
        self._stack.callback(database.drop)
        return database

    def _source(self, modules):
        """Return a database in which nothing but the installation has happened; None: the template."""
        if modules and modules not in self._installed:
            say(f"installing {', '.join(modules)}")
            source = self.enter(Database(database_name("bench_" + "_".join(modules))))
            self._installed[modules] = source.install(*modules)
        return self._installed.get(modules)


def say(text):
    print(text, flush=True)
