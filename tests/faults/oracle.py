"""Judges from outside, when all is settled: what was committed against what the sandbox got.

Truth is ``fault_history``, which a trigger wrote in the transactions of the changes (:mod:`workload`), and the
partners that there are. Each check returns a list of violations in words.
"""

import json
import re
from collections import Counter, defaultdict

from workload import POISON

SHOWN = 10  # violations of one kind
STORIES = 3


class Oracle:
    """Compares one connector's database with the sandbox that it delivers to."""

    def __init__(self, hub, sandbox):
        self.hub = hub
        self.contacts = sandbox.contacts()
        self.requests = sandbox.requests()
        assert len(self.requests) == sandbox.request_count(), "the sandbox forgot its first requests"
        query = hub.odoo.db.query
        self.history = query(
            "SELECT partner_id, email, title, operation FROM fault_history WHERE email IS NOT NULL ORDER BY id"
        )
        self.emails = {partner_id: email for partner_id, email, *_rest in self.history}
        self.living = dict(
            query("SELECT id, function FROM res_partner WHERE id = ANY(%s)", list(self.emails))
        )
        self.dead = {partner_id for partner_id, function in self.living.items() if function == POISON}
        self.facts = query(
            "SELECT event_type, payload FROM retail_event WHERE event_type IN ('customer.merged', 'customer.erased')"
        )

    def check(self):
        """Raise AssertionError with all violations."""
        checks = (
            self.deliveries,
            self.events,
            self.facts_kept,
            self.customers_living,
            self.customers_gone,
            self.nothing_made_up,
            self.order,
            self.facts_once,
        )
        violations = {check.__name__: check() for check in checks}
        text = [
            f"{name}: {len(found)}\n    " + "\n    ".join(found[:SHOWN])
            for name, found in violations.items()
            if found
        ]
        named = re.findall(r"customer (\d+)", "\n".join(text))
        text += [self.story(int(one)) for one in list(dict.fromkeys(named))[:STORIES]]
        assert not text, "\n" + "\n".join(text)

    def story(self, partner_id):
        """Describe what happened to a customer, and to those with whom it was merged, on both sides."""
        related = [
            {int(payload["id"]), *map(int, payload.get("merged_ids", ()))} for _type, payload in self.facts
        ]
        ids = set().union({partner_id}, *(group for group in related if partner_id in group))
        emails = {self.emails.get(one) for one in ids}
        remote_ids = {one["id"] for one in self.contacts if one["properties"].get("email") in emails}
        query = self.hub.odoo.db.query
        lines = [f"history {row}" for row in self.history if row[0] in ids]
        lines += [
            f"delivery {row}"
            for row in query(
                "SELECT id, res_id, event_type, state, attempts, queued_at, finished_at, error_code, warning"
                "  FROM retail_delivery WHERE res_id = ANY(%s) ORDER BY id",
                list(ids),
            )
        ]
        lines += [
            f"attempt {row}"
            for row in query(
                "SELECT a.delivery_id, a.number, a.state, a.started_at, a.duration_ms, a.http_status, a.error_message,"
                " a.request FROM retail_delivery_attempt a JOIN retail_delivery d ON d.id = a.delivery_id"
                " WHERE d.res_id = ANY(%s) ORDER BY a.started_at",
                list(ids),
            )
        ]
        for request in self.requests:
            if any(f'"{word}"' in json.dumps(request["body"]) for word in {*emails, *remote_ids} - {None}):
                lines.append(f"request {request['at']} {request['path']} {request['status']}")
        return f"story of {partner_id}, with {sorted(ids - {partner_id})}:\n    " + "\n    ".join(lines)

    # -- in the database ---------------------------------------------------------------------------

    def deliveries(self):
        """All is finished: delivered, or replaced by something newer, or moot; dead is what should be."""
        rows = self.hub.deliveries("id, res_id, event_type, state, error_code, error_message")
        found = [f"delivery {row}" for row in rows if row[3] in ("pending", "in_flight", "unknown")]
        dead = {row[1] for row in rows if row[3] == "dead"}
        found += [f"delivery {row}" for row in rows if row[3] == "dead" and row[1] not in self.dead]
        found += [f"customer {one} should have a dead delivery" for one in self.dead - dead]
        undelivered = [row for row in rows if row[2] in ("customer.merged", "customer.erased")]
        return found + [f"fact {row}" for row in undelivered if row[3] != "delivered"]

    def events(self):
        """Each committed customer was captured, and no other."""
        rows = self.hub.odoo.db.query(
            "SELECT DISTINCT res_id FROM retail_event WHERE event_type = 'customer.created'"
        )
        captured = {row[0] for row in rows}
        created = {
            partner_id for partner_id, _email, _title, operation in self.history if operation == "INSERT"
        }
        return [f"customer {one} has no event" for one in created - captured] + [
            f"customer {one} was never committed" for one in captured - created
        ]

    def facts_kept(self):
        """Each customer that was deleted was either erased or merged, which was captured once."""
        sent = Counter(
            int(one) for _type, payload in self.facts for one in payload.get("merged_ids", [payload["id"]])
        )
        gone = Counter(self.gone())
        return [f"customer {one} is gone, with {sent[one]} facts" for one in gone if sent[one] != 1] + [
            f"customer {one} is there, but a fact says it is gone" for one in sent if one not in gone
        ]

    def gone(self):
        return {partner_id for partner_id, *_rest, operation in self.history if operation == "DELETE"}

    def merged(self):
        """Return the ids of customers that were merged into others."""
        return {
            int(one)
            for event_type, payload in self.facts
            if event_type == "customer.merged"
            for one in payload["merged_ids"]
        }

    def survivor_of(self, partner_id):
        """Return the customer that is left of this one after all merges.

        If it was deleted before it ever had a contact, it has taken over that of a customer that was merged into
        it, which is then archived instead of merged.
        """
        merges = {
            int(one): int(payload["id"])
            for event_type, payload in self.facts
            if event_type == "customer.merged"
            for one in payload["merged_ids"]
        }
        while partner_id in merges:
            partner_id = merges[partner_id]
        return partner_id

    # -- at the remote -----------------------------------------------------------------------------

    def contacts_by_email(self):
        contacts = defaultdict(list)
        for contact in self.contacts:
            contacts[contact["properties"].get("email")].append(contact)
        return contacts

    def customers_living(self):
        """Each customer has one contact, which was made once, and says what the customer says."""
        contacts = self.contacts_by_email()
        found = []
        for partner_id in self.living.keys() - self.dead:
            mine = [
                (one["properties"].get("jobtitle"), one["archived"])
                for one in contacts[self.emails[partner_id]]
            ]
            if mine != [(self.living[partner_id], False)]:
                found.append(f"customer {partner_id} is {self.living[partner_id]!r}, its contacts are {mine}")
        return found

    def customers_gone(self):
        """No customer that was deleted has a living contact, and none was made twice."""
        contacts = self.contacts_by_email()
        aliases = self.aliases()
        found = []
        for partner_id in self.gone():
            email = self.emails[partner_id]
            mine = [(one["id"], one["archived"]) for one in contacts[email]]
            if any(not is_archived for _id, is_archived in mine) or len(mine) > 1:
                found.append(f"customer {partner_id} ({email}) is gone, its contacts are {mine}")
            if partner_id in self.merged() and mine and self.survivor_of(partner_id) in self.living:
                found.append(f"customer {partner_id} was merged, its contact {mine} was not")
            if partner_id not in self.merged() and email in aliases:
                found.append(f"customer {partner_id} was deleted, its address is left in {aliases[email]}")
        return found

    def aliases(self):
        """Return ``{address: id of the contact that has it from a merge}`` of living contacts."""
        return {
            email: one["id"]
            for one in self.contacts
            if not one["archived"]
            for email in one["properties"].get("hs_additional_emails", "").split(";")
        }

    def nothing_made_up(self):
        known = set(self.emails.values())
        return [
            f"contact {one['id']} is of nobody: {one['properties'].get('email')}"
            for one in self.contacts
            if one["properties"].get("email") not in known
        ]

    def sent(self):
        """Return ``{address: titles that were written, in order}``; the log is in the order of the writes.

        Without status: the connection was closed after the work was done.
        """
        titles = defaultdict(list)
        for request in self.requests:
            if not request["path"].endswith(("/batch/upsert", "/batch/update")):
                continue
            if request["status"] is None or request["status"] < 300:
                for one in request["body"]["inputs"]:
                    titles[one["properties"]["email"]].append(one["properties"]["jobtitle"])
        return titles

    def order(self):
        """Nothing was sent that was not committed, and nothing old after something newer."""
        committed = defaultdict(set)
        for _id, email, title, _operation in self.history:
            committed[email].add(title)
        found = []
        for email, titles in self.sent().items():
            found += [f"{email}: {title!r} was never committed" for title in set(titles) - committed[email]]
            if titles != sorted(titles):
                found.append(f"{email}: out of order: {titles}")
        return found

    def facts_once(self):
        """No two contacts were merged twice, no contact was archived twice with effect."""
        merges = Counter()
        for request in self.requests:
            if request["path"].endswith("/merge") and request["status"] in (None, 200):
                merges[request["body"]["primaryObjectId"], request["body"]["objectIdToMerge"]] += 1
        return [f"contacts {pair} were merged {count} times" for pair, count in merges.items() if count > 1]
