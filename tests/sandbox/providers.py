"""The stand-ins of the sandbox: those here, and others that are passed to it when it starts.

A stand-in is a subclass of :class:`kit.Account`. Its place is ``package.module:Class`` or ``/folder/file.py:Class``
(``/folder/__init__.py:Class`` if it has several files).
"""

import importlib
import importlib.util
import sys
from pathlib import Path

PROVIDERS = {
    "hubspot": "hubspot.portal:Portal",
    "talon_one": "talon_one.deployment:Deployment",
    "voucherify": "voucherify.project:Project",
    "webhook": "webhook.receiver:Receiver",
}


def accounts(others=()):
    """Return ``{name: new account}`` of all stand-ins.

    :param others: further ones, ``name=place`` each
    :raise ValueError: two have the same name, or overlapping paths
    """
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
    """Return the class at a place. Raises ImportError, AttributeError or ValueError."""
    where, _, name = place.rpartition(":")
    if not where:
        raise ValueError(f"{place!r} is not module:Class or file.py:Class")
    return getattr(load_file(Path(where)) if where.endswith(".py") else importlib.import_module(where), name)


def load_file(path):
    """Import a file as a module with a unique name."""
    name = f"provider_{path.parent.name if path.stem == '__init__' else path.stem}_{len(sys.modules)}"
    spec = importlib.util.spec_from_file_location(name, path)
    sys.modules[name] = module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def check_prefixes(found):
    """Check that no two stand-ins answer the same path.

    :raise ValueError: two do
    """
    owners = {}
    for name, account in found.items():
        for prefix in account.PREFIXES:
            for other in owners:
                if prefix.startswith(other) or other.startswith(prefix):
                    raise ValueError(f"{name} and {owners[other]} would both answer {prefix}")
            owners[prefix] = name
