"""Sessions of validations: they lock one redemption of a voucher, and the amount, for those who have the key."""

import secrets

from .checks import check

UNITS = {
    "DAYS": 86_400,
    "HOURS": 3_600,
    "MINUTES": 60,
    "SECONDS": 1,
    "MILLISECONDS": 1e-3,
    "MICROSECONDS": 1e-6,
    "NANOSECONDS": 1e-9,
}
TYPES = {"key": "string", "type": ("LOCK",), "ttl": "number", "ttl_unit": tuple(UNITS)}
DEFAULT = {"ttl": 7, "ttl_unit": "DAYS"}


def wanted(data):
    """Return the session of a request, with its defaults and a key; None if it wants none."""
    session = data.get("session")
    if session is None:
        return None
    check(session, TYPES, at=".session")
    ttl = {name: session.get(name) or default for name, default in DEFAULT.items()}
    return {"key": session.get("key") or f"ssn_{secrets.token_urlsafe(24)}", "type": "LOCK", **ttl}


def open_(project, session, uses):
    """Lock vouchers. The same key replaces what it locked before. ``uses``: [(voucher, amount)]."""
    close(project, session["key"])
    expires = project.clock.now() + session["ttl"] * UNITS[session["ttl_unit"]]
    for voucher, amount in uses:
        locks = project.locks.setdefault(voucher["id"], {})
        locks[session["key"]] = {"amount": amount, "expires": expires}


def close(project, key, voucher_ids=None):
    """Release what a key locks, of these vouchers or of all."""
    for voucher_id, locks in project.locks.items():
        if voucher_ids is None or voucher_id in voucher_ids:
            locks.pop(key, None)


def others(project, voucher, key=None):
    """Return the locks of this voucher that other keys have, and that have not ended."""
    now, locks = project.clock.now(), project.locks.get(voucher["id"], {})
    return [lock for other, lock in locks.items() if other != key and lock["expires"] > now]


def release(project, voucher, key):
    """Release one voucher; return whether the key still locked it."""
    lock = project.locks.get(voucher["id"], {}).pop(key, None)
    return lock is not None and lock["expires"] > project.clock.now()
