"""The control API under ``/_sandbox/``, for tests: look at the state, plan faults, change settings."""

from kit.wire import json_response

PREFIX = "/_sandbox/"


def handle(server, request):
    """Answer one control request; these are never logged, limited or hit by faults."""
    action = ACTIONS.get((request.method, request.path[len(PREFIX) :]))
    if action is None:
        return json_response(404, {"error": f"no {request.method} {request.path}"})
    try:
        return json_response(200, action(server, request))
    except (ValueError, KeyError, TypeError) as error:
        return json_response(400, {"error": f"{type(error).__name__}: {error}"})


def state(server, request):
    """A summary; with ``?records=contacts`` (and ``&provider=…``) the records themselves."""
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
    """Everything as it was at the start: no records, no faults, default settings, empty log."""
    server.reset()
    return {}


def add_faults(server, request):
    """Body: a rule or a list of rules (see kit/faults.py); they are added to those in force."""
    rules = request.json()
    server.faults.add(rules if isinstance(rules, list) else [rules])
    return {}


def clear_faults(server, request):
    server.faults.clear()
    return {}


def settings(server, request):
    """Body: settings to change; what a provider knows is in its ``settings``, ``clock_skew`` is the server's."""
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
    """Body: ``{"action": name}``, one of the provider's ``actions``."""
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
