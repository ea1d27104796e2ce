"""The cards of members: one for each wallet, with points in buckets that expire, and buckets that are pending."""

import secrets

from . import programs

LIFETIME = (
    "total",
    "earned",
    "added",
    "purchased",
    "purchased_reversed",
    "subtracted",
    "expired",
    "spent",
    "refunded",
    "returned",
    "locked",
    "unlocked",
)


class Card:
    """``buckets``: active ones, {id, points, expiration_date (None: never), …}. ``pending``: all that there were.

    ``debt``: points below zero. ``locked``: points of payments that are not processed yet.
    """

    def __init__(self, project, member, wallet_id):
        self.project, self.member, self.wallet_id = project, member, wallet_id
        self.id, self.code, self.created = project.new_id("lcrd_"), None, project.clock.iso()
        self.buckets, self.pending, self.transactions = [], [], []
        self.debt = self.locked = 0
        self.lifetime = dict.fromkeys(LIFETIME, 0)
        self.lifetime_pending = {"total": 0, "activated": 0, "canceled": 0}

    @property
    def wallet(self):
        return self.project.wallets[self.wallet_id]

    def balance(self):
        """Return the points that can be spent."""
        return sum(each["points"] for each in self.buckets) - self.debt - self.locked

    def name_code(self):
        self.code = f"CARD-{secrets.token_hex(4).upper()}"

    # --- points ---

    def expiration_date(self):
        days = self.wallet["expiration_days"]
        return None if days is None else self.project.clock.date(days)

    def add(self, points, counter):
        """Add points; they pay the debt first."""
        self.lifetime[counter] += points
        if counter != "returned":
            self.lifetime["total"] += points
        paid = min(points, self.debt)
        self.debt -= paid
        if points > paid:
            self.bucket_until(self.expiration_date())["points"] += points - paid

    def bucket_until(self, date):
        for each in self.buckets:
            if each["expiration_date"] == date:
                each["updated_at"] = self.project.clock.iso()
                return each
        bucket = {
            "id": self.project.new_id("lcpeb_"),
            "points": 0,
            "expiration_date": date,
            "created_at": self.project.clock.iso(),
            "updated_at": None,
        }
        self.buckets.append(bucket)
        return bucket

    def take(self, points, counter):
        """Take points, those first that expire first. What is lacking becomes debt."""
        self.lifetime[counter] += points
        for each in sorted(self.buckets, key=lambda bucket: bucket["expiration_date"] or "9999"):
            taken = min(points, each["points"])
            each["points"] -= taken
            points -= taken
        self.buckets = [each for each in self.buckets if each["points"]]
        self.debt += points

    def lock(self, points):
        self.locked += points
        self.lifetime["locked"] += points

    def unlock(self, points):
        self.locked -= points
        self.lifetime["unlocked"] += points

    def expired(self, today):
        return [each for each in self.buckets if each["expiration_date"] and each["expiration_date"] <= today]

    # --- pending points ---

    def add_pending(self, points, origin):
        """Add points that are activated later. ``origin``: the order that they were earned by, or None."""
        bucket = {
            "id": self.project.new_id("lcppb_"),
            "points": points,
            "date": self.project.clock.date(self.wallet["pending_days"] or 0),
            "type": programs.pending_type(self.wallet),
            "status": "PENDING",
            "created_at": self.project.clock.iso(),
            "updated_at": None,
            "origin": origin,
        }
        self.pending.append(bucket)
        self.lifetime_pending["total"] += points
        return bucket

    def end_pending(self, bucket, status):
        """Activate or cancel a bucket."""
        bucket.update(status=status, updated_at=self.project.clock.iso())
        if status == "ACTIVATED":
            self.lifetime_pending["activated"] += bucket["points"]
            self.add(bucket["points"], "earned")
        else:
            self.lifetime_pending["canceled"] += bucket["points"]

    def waiting(self):
        return [each for each in self.pending if each["status"] == "PENDING"]

    # --- as the API shows it ---

    def describe(self):
        return {
            **self.reference(),
            "lifetime_bucket": {"points": self.lifetime, "pending_points": self.lifetime_pending},
            "balance": {
                "points": self.balance(),
                "pending_points": sum(each["points"] for each in self.waiting()),
            },
            "next_expiration": self.next_expiration(),
            "next_activation": self.next_activation(),
            "object": "card",
        }

    def reference(self):
        return {
            "id": self.id,
            "card_definition_id": self.wallet_id,
            "card_type": "INDIVIDUAL",
            "code": self.code,
            "object": "card",
        }

    def next_expiration(self):
        dated = [each for each in self.buckets if each["expiration_date"]]
        if not dated:
            return None
        first = min(dated, key=lambda each: each["expiration_date"])
        return {"points": first["points"], "date": first["expiration_date"]}

    def next_activation(self):
        waiting = self.waiting()
        if not waiting:
            return None
        date, kind = min((each["date"], each["type"]) for each in waiting)
        points = sum(each["points"] for each in waiting if each["date"] == date)
        return {"points": points, "type": kind, "cancel_date" if kind == "EVENT_BASED" else "date": date}

    def belongs_to(self):
        return {
            "card_id": self.id,
            "program_id": self.member["program_id"],
            "member_id": self.member["id"],
            "card_definition_id": self.wallet_id,
            "card_type": "INDIVIDUAL",
        }

    def describe_bucket(self, bucket):
        return {
            **self.simple_bucket(bucket),
            **self.belongs_to(),
            "customer_id": self.member["customer_id"],
            "status": "ACTIVE",
            "created_at": bucket["created_at"],
            "updated_at": bucket["updated_at"],
            "object": "card_points_bucket",
        }

    def simple_bucket(self, bucket):
        return {
            "id": bucket["id"],
            "points": {"total": bucket["points"]},
            "expiration_date": bucket["expiration_date"],
            "expiration_type": programs.expiration_type(self.wallet),
        }

    def describe_pending(self, bucket):
        shown = {name: value for name, value in bucket.items() if name != "origin"}
        return {
            **shown,
            **self.belongs_to(),
            "points": {"total": bucket["points"]},
            "object": "card_pending_points_bucket",
        }
