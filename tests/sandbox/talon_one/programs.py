"""Loyalty programs of profiles: points that wait, expire and are taken back, and tiers."""

import heapq

from . import periods
from .ledger import Ledger, points

PROGRAM = {
    "id": 5,
    "name": "club",
    "title": "Club",
    "description": "",
    "default_pending": "immediate",  # or a period, see periods.py
    "default_validity": "unlimited",  # or a period, from the start of the points
    "join_policy": "not_join",  # or points_earned, points_activated
    "return_policy": "only_pending",  # or within_balance (active points too), unlimited (below zero too)
    "allow_subledger": True,
    "tiers": [],  # {"name", "min_points"}, the lowest first
    "tiers_expire_in": None,  # a period
    "tiers_downgrade_policy": "one_down",  # or balance_based
}
FIRST_TIER_ID = 11


def build(deployment):
    """Create the programs of the settings. Points and memberships stay."""
    deployment.programs = {}
    for number, given in enumerate(deployment.settings["programs"]):
        unknown = given.keys() - PROGRAM.keys()
        if unknown:
            raise ValueError(f"unknown in a program: {', '.join(sorted(unknown))}")
        program = {**PROGRAM, "id": PROGRAM["id"] + number, **given}
        deployment.programs[program["id"]] = program


def ledger_of(deployment, program, profile, subledger=""):
    """Return the ledger of a profile, a new one if there is none yet."""
    key = (program["id"], profile, subledger)
    if key not in deployment.ledgers:
        deployment.ledgers[key] = Ledger(program["id"], profile, subledger)
    return deployment.ledgers[key]


def ledgers_of(deployment, program, profile):
    """Return {subledger: ledger}, the main one included."""
    found = {"": ledger_of(deployment, program, profile)}
    for (program_id, owner, subledger), ledger in deployment.ledgers.items():
        if (program_id, owner) == (program["id"], profile):
            found[subledger] = ledger
    return found


def dates(program, at, pending=None, validity=None):
    """Return when points that are added now become active, and when they expire (None: never)."""
    pending, validity = pending or program["default_pending"], validity or program["default_validity"]
    start = at if pending == "immediate" else periods.after(at, pending)
    return start, None if validity == "unlimited" else periods.after(start, validity)


# --- writing ---


def add(deployment, ledger, amount, start, expiry, **about):
    transaction = ledger.add(deployment.clock.now(), amount, start, expiry, id=deployment.new_id(), **about)
    for at in (start, expiry):
        if at is not None and at > transaction["at"]:
            heapq.heappush(deployment.dates, (at, (ledger.program, ledger.profile, ledger.subledger)))
    program = deployment.programs[ledger.program]
    if program["join_policy"] == "points_earned":
        join(deployment, program, ledger.profile)
    return booked(deployment, ledger, transaction)


def take(deployment, ledger, amount, **about):
    transaction = ledger.take(deployment.clock.now(), amount, id=deployment.new_id(), **about)
    return booked(deployment, ledger, transaction)


def roll_back(deployment, ledger, transaction, amount, **about):
    """Take back added points as far as the return policy allows. Return the transaction, or None."""
    policy = deployment.programs[ledger.program]["return_policy"]
    about = {"id": deployment.new_id(), **about}
    made = ledger.roll_back(deployment.clock.now(), transaction, amount, policy, **about)
    return made and booked(deployment, ledger, made)


def booked(deployment, ledger, transaction):
    deployment.changes.append((ledger, transaction))
    refresh(deployment, ledger, transaction["at"])
    return transaction


def join(deployment, program, profile):
    deployment.joined.setdefault((program["id"], profile), deployment.clock.now())


def catch_up(deployment):
    """Do what happens at dates: points become active or expire, tiers end."""
    now = deployment.clock.now()
    while deployment.dates and deployment.dates[0][0] <= now:
        at, key = heapq.heappop(deployment.dates)
        if key in deployment.ledgers and key[0] in deployment.programs:
            refresh(deployment, deployment.ledgers[key], at)


def refresh(deployment, ledger, at):
    ledger.settle(at)
    program = deployment.programs[ledger.program]
    if program["join_policy"] == "points_activated" and ledger.balance(at)["active"]:
        join(deployment, program, ledger.profile)
    update_tier(deployment, program, ledger, at)


# --- tiers ---


def tier_for(program, active):
    """Return the highest tier that these active points reach, or None."""
    reached = [each for each in program["tiers"] if each["min_points"] <= active]
    return reached[-1] if reached else None


def rank(program, name):
    """Return the place of a tier, from 0; -1 for none."""
    return next((n for n, each in enumerate(program["tiers"]) if each["name"] == name), -1)


def update_tier(deployment, program, ledger, at):
    """Move up at once; down only when the tier expires."""
    current = ledger.tier["name"] if ledger.tier else None
    reached = tier_for(program, ledger.balance(at)["active"])
    name = reached and reached["name"]
    if rank(program, name) > rank(program, current):
        set_tier(deployment, program, ledger, name, at)
    elif ledger.tier and ledger.tier["expiry"] is not None and ledger.tier["expiry"] <= at:
        down = rank(program, current) - 1
        if rank(program, name) < rank(program, current) and program["tiers_downgrade_policy"] == "one_down":
            name = program["tiers"][down]["name"] if down >= 0 else None
        set_tier(deployment, program, ledger, name, at)


def set_tier(deployment, program, ledger, name, at):
    before = ledger.tier and ledger.tier["name"]
    expiry = periods.after(at, program["tiers_expire_in"]) if program["tiers_expire_in"] else None
    ledger.tier = {"name": name, "start": at, "expiry": expiry} if name else None
    if ledger.tier and expiry is not None:
        heapq.heappush(deployment.dates, (expiry, (ledger.program, ledger.profile, ledger.subledger)))
    if before != name:
        deployment.tier_changes.append((ledger, before, name))


def describe_tier(deployment, program, ledger):
    """Return {currentTier, pointsToNextTier, nextTierName} as far as there are any."""
    shown = {}
    active = ledger.balance(deployment.clock.now())["active"]
    if ledger.tier:
        shown["currentTier"] = {
            "id": FIRST_TIER_ID + rank(program, ledger.tier["name"]),
            "name": ledger.tier["name"],
            "startDate": deployment.clock.iso(ledger.tier["start"]),
        }
        if ledger.tier["expiry"] is not None:
            expiry = deployment.clock.iso(ledger.tier["expiry"])
            shown["currentTier"] |= {
                "expiryDate": expiry,
                "downgradePolicy": program["tiers_downgrade_policy"],
            }
    higher = program["tiers"][rank(program, ledger.tier and ledger.tier["name"]) + 1 :]
    if higher:
        shown["pointsToNextTier"] = points(max(higher[0]["min_points"] - active, 0))
    if program["tiers"]:
        shown["nextTierName"] = higher[0]["name"] if higher else None
    return shown
