"""The remote systems that the sandbox can be: those here, and others that it is told of when it starts.

A provider is a subclass of :class:`kit.Account`, in a module or a file: ``package.module:Class`` or
``/folder/file.py:Class`` (``/folder/__init__.py:Class`` for one that has several files).
"""

import importlib
import importlib.util
import sys
from pathlib import Path

PROVIDERS = {
    "hubspot": "hubspot.portal:Portal",
    "webhook": "webhook.receiver:Receiver",
}


def accounts(others=()):
    """{name: new account} of all providers; ``others``: ``name=place`` each. Raises ValueError if two collide."""
    places = dict(PROVIDERS)
    for each in others:
        name, _, place = each.partition("=")
        if name in places:
            raise ValueError(f"there are two providers {name}")
        places[name] = place
    found = {name: load(place)() for name, place in places.items()}
    check_prefixes(found)
    return found


def load(place):
    """The class at a place; raises ImportError, AttributeError or ValueError."""
    where, _, name = place.rpartition(":")
    if not where:
        raise ValueError(f"{place!r} is not module:Class or file.py:Class")
    return getattr(load_file(Path(where)) if where.endswith(".py") else importlib.import_module(where), name)


def load_file(path):
    """The module in a file, under a name that no other one has."""
    name = f"provider_{path.parent.name if path.stem == '__init__' else path.stem}_{len(sys.modules)}"
    spec = importlib.util.spec_from_file_location(name, path)
    sys.modules[name] = module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def check_prefixes(found):
    """Each path belongs to one provider."""
    owners = {}
    for name, account in found.items():
        for prefix in account.PREFIXES:
            for other in owners:
                if prefix.startswith(other) or other.startswith(prefix):
                    raise ValueError(f"{name} and {owners[other]} would both answer {prefix}")
            owners[prefix] = name
