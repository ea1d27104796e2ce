"""The control API under ``/_sandbox/``, with which tests read the state, plan faults and change settings."""

from kit.wire import json_response

PREFIX = "/_sandbox/"


def handle(server, request):
    """Return the response to a control request. Control requests are not logged, limited or affected by faults."""
    action = ACTIONS.get((request.method, request.path[len(PREFIX) :]))
    if action is None:
        return json_response(404, {"error": f"no {request.method} {request.path}"})
    try:
        return json_response(200, action(server, request))
    except (ValueError, KeyError, TypeError) as error:
        return json_response(400, {"error": f"{type(error).__name__}: {error}"})


def state(server, request):
    """Return a summary, or the records themselves with ``?records=contacts`` (and ``&provider=…``)."""
    arguments = request.arguments()
    if "records" in arguments:
        return provider_of(server, arguments).records(arguments["records"])
    return {
        "requests": server.log.count,
        "most_at_once": server.load.most,
        "faults": server.faults.describe(),
        "settings": {"clock_skew": server.clock_skew},
        **{name: {"settings": p.settings, **p.summary()} for name, p in server.providers.items()},
    }


def requests(server, request):
    return server.log.read(int(request.arguments().get("since", 0)))


def reset(server, request):
    """Delete all records, faults and logged requests, and restore the default settings."""
    server.reset()
    return {}


def add_faults(server, request):
    """Add the rule, or the list of rules, in the body to the fault plan (see kit/faults.py)."""
    rules = request.json()
    server.faults.add(rules if isinstance(rules, list) else [rules])
    return {}


def clear_faults(server, request):
    server.faults.clear()
    return {}


def settings(server, request):
    """Change the settings in the body: those of a provider, or ``clock_skew``, which is the server's."""
    changes = request.json()
    if "clock_skew" in changes:
        server.clock_skew = float(changes.pop("clock_skew"))
    provider = provider_of(server, request.arguments())
    unknown = set(changes) - set(provider.settings)
    if unknown:
        raise ValueError(f"unknown settings: {', '.join(sorted(unknown))}")
    provider.configure(changes)
    return provider.settings


def perform(server, request):
    """Perform the provider's action that is named in the body: ``{"action": name}``."""
    provider, name = provider_of(server, request.arguments()), request.json()["action"]
    if name not in provider.actions:
        raise ValueError(f"unknown action: {name}; there are {', '.join(sorted(provider.actions))}")
    provider.actions[name]()
    return {}


def provider_of(server, arguments):
    return server.providers[arguments.get("provider", "hubspot")]


ACTIONS = {
    ("GET", "state"): state,
    ("GET", "requests"): requests,
    ("POST", "reset"): reset,
    ("POST", "faults"): add_faults,
    ("DELETE", "faults"): clear_faults,
    ("POST", "settings"): settings,
    ("POST", "actions"): perform,
}
