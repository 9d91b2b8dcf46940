# Copyright: (c) 2026, metal-stack authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A zone on a server: read it, decide, write it, read it back."""

from __future__ import annotations

import time
import typing as t
from dataclasses import dataclass, field, replace
from functools import cached_property

from ansible_collections.metalstack.autonomous.plugins.module_utils._pdns import (
    names,
    plan,
    rrset,
    settings,
    soa,
)
from ansible_collections.metalstack.autonomous.plugins.module_utils._pdns.client import ATTEMPTS, Client, PdnsError
from ansible_collections.metalstack.autonomous.plugins.module_utils._pdns.plan import Ignore, Plan
from ansible_collections.metalstack.autonomous.plugins.module_utils._pdns.rrset import Key, RRset
from ansible_collections.metalstack.autonomous.plugins.module_utils._pdns.server import Server

# The server's default limit is 2 MB (`webserver-max-bodysize`).
CHUNK_BYTES = 1_500_000
SMALLEST_CHUNK = 4
# So many sets are read back one by one; above, the whole zone is read.
READ_BACK_SINGLY = 20
Change = dict[str, t.Any]

TOO_LARGE = (400, 413)
REFUSED = 422
EXISTS = 409


@dataclass
class Wanted:
    """What a zone shall be; settings that are missing and sets that are not listed stay as they are."""

    settings: settings.Settings = field(default_factory=dict)
    metadata: dict[str, list[str]] = field(default_factory=dict)
    soa: dict[str, t.Any] | None = None
    rrsets: list[RRset] | None = None
    default_ttl: int = 3600
    exact: bool = False
    ignore: tuple[Ignore, ...] = ()
    max_delete: str | None = None

    @property
    def reads_records(self) -> bool:
        return self.rrsets is not None or self.soa is not None


@dataclass
class Found:
    """What a zone is. ``settings`` are the API's fields without the records."""

    settings: settings.Settings
    metadata: dict[str, list[str]]
    rrsets: dict[Key, RRset]
    whole: bool = True  # whether the sets were read at all

    @property
    def serial(self) -> int:
        return int(self.settings.get("serial") or 0)

    @property
    def served_serial(self) -> int:
        """What name servers answer with: SOA-EDIT rewrites that of a signed zone."""
        return int(self.settings.get("edited_serial") or self.serial)


@dataclass
class Outcome:
    """What was, or would be, changed."""

    created: bool = False
    settings: settings.Settings = field(default_factory=dict)
    metadata: dict[str, list[str]] = field(default_factory=dict)
    plan: Plan = field(default_factory=Plan)
    warnings: list[str] = field(default_factory=list)

    @property
    def changed(self) -> bool:
        return bool(self.created or self.settings or self.metadata or self.plan)


class Zone:
    """``name`` in its canonical form (`names.zone_name`)."""

    def __init__(self, client: Client, name: str, chunk_bytes: int = CHUNK_BYTES) -> None:
        self._client = client
        self._server = Server(client)
        self._chunk_bytes = chunk_bytes
        self.name = name
        self.path = f"/zones/{names.zone_id(name)}"

    def read(self, records: bool) -> Found | None:
        """The zone, whole only with ``records``; ``None`` if the server has none of that name."""
        # The list is the cheapest test of existence; a look-up by name gives 404 only for some versions.
        if not self._client.get("/zones", zone=self.name, dnssec="false"):
            return None
        document = self._client.get(self.path, rrsets="true" if records else "false")
        if not (records or document.get("serial") or document["kind"] in settings.FED):
            return self.read(records=True)  # a zone without a SOA: what a refused creation leaves
        sets = [rrset.from_api(one) for one in document.pop("rrsets", None) or ()]
        listed = self._client.get(f"{self.path}/metadata")
        kinds = {one["kind"]: one["metadata"] for one in listed}
        return Found(document, kinds, {one.key: one for one in sets}, whole=records)

    def read_name(self, owner: str) -> Found:
        """The zone with the sets of one name; fails if there is no zone."""
        if self._server.version < (5, 0):
            found = self.read(records=True)  # a look-up by name does not show disabled records
        else:
            found = self.read(records=False)
            if found:
                document = self._client.get(self.path, rrset_name=owner)
                found.rrsets = {one.key: one for one in map(rrset.from_api, document["rrsets"])}
        if found is None:
            raise PdnsError(404, f"the server has no zone {self.name}")
        found.rrsets = {key: one for key, one in found.rrsets.items() if key[0] == owner}
        return found

    @property
    def extends(self) -> bool:
        return self._server.extends

    def canonical(self, one: RRset) -> RRset:
        return rrset.canonical(one, self.name, self.ask)

    def ask(self, name: str, rtype: str, content: str) -> str:
        """The server's own form of record data."""
        return self._server.form(self.path, self.name, name, rtype, content)

    def decide(self, wanted: Wanted, found: Found | None) -> Outcome:
        """Everything that needs no write; raises for what cannot be done."""
        fed = (wanted.settings.get("kind") or (found.settings["kind"] if found else "Native")) in settings.FED
        self._check(wanted, found, fed)
        outcome = Outcome(created=found is None)
        current = found or Found({}, {}, {})
        outcome.settings = (
            dict(wanted.settings) if found is None else settings.differences(found.settings, wanted.settings)
        )
        outcome.metadata = settings.metadata_differences(current.metadata, wanted.metadata)
        if outcome.settings.get("kind") == "Producer":
            # DEFAULT would begin with a serial that the later ones, which count seconds, reach in 2034.
            outcome.settings.setdefault("soa_edit_api", "EPOCH")
        if found and outcome.settings.get("soa_edit_api") == "EPOCH" and found.serial > time.time():
            raise settings.BadSettings(
                f"{self.name} has the serial {found.serial}, and EPOCH counts from {int(time.time())}: "
                f"no secondary would follow; make the zone anew"
            )
        if current.whole and not fed:
            sets = self._sets(wanted, current)
            exact = wanted.exact and wanted.rrsets is not None
            outcome.plan = plan.make(sets, current.rrsets, self.name, exact, wanted.ignore, self._ask(found))
            plan.guard(outcome.plan, current.rrsets, self.name, wanted.max_delete, wanted.ignore)
        return outcome

    def write(
        self, outcome: Outcome, found: Found | None, notify: bool = True, singly: t.Sequence[Change] = ()
    ) -> Found:
        """Carry it out and return what the server then has; ``singly`` are changes of records to send for the sets."""
        if found is None:
            found = self._create(outcome)
            try:
                self._fill(outcome, found, self._rest(outcome, found))
            except PdnsError as error:
                if error.status == REFUSED:
                    self.remove()  # bad input leaves nothing behind
                raise
        else:
            self._fill(outcome, found, outcome.plan, singly)
        after = self._verified(outcome, found)
        if outcome.created and after.settings["kind"] in settings.FED:
            self._tell(outcome, "axfr-retrieve", "it is fetched later")
        if notify:
            self.announce(outcome, after)
        return after

    def announce(self, outcome: Outcome, found: Found) -> None:
        """Have secondaries told of it, where it has some; that it could not is a warning."""
        if found.settings["kind"] in settings.ANNOUNCING:
            self._tell(outcome, "notify", "its secondaries were not told")

    def remove(self) -> None:
        self._client.request("DELETE", self.path)

    def _check(self, wanted: Wanted, found: Found | None, fed: bool) -> None:
        if fed and (wanted.rrsets or wanted.soa):
            raise settings.BadSettings(f"{self.name} gets its records from its masters: it takes none from here")
        if fed and not wanted.settings.get("masters", found.settings["masters"] if found else []):
            raise settings.BadSettings(f"{self.name} gets its records from masters: it needs some")
        if any(one.comments for one in wanted.rrsets or ()):
            self._server.require_comments()
        signed = wanted.settings.get("dnssec", found.settings["dnssec"] if found else False)
        if wanted.settings.get("nsec3param") and not signed:
            raise settings.BadSettings(f"{self.name}: nsec3param needs a signed zone (dnssec: true)")
        ids = {*wanted.settings.get("master_tsig_key_ids", ()), *wanted.settings.get("slave_tsig_key_ids", ())}
        if ids:
            # LMDB would take half of the settings before it refuses an unknown key.
            unknown = ids - {key["id"] for key in self._client.get("/tsigkeys")}
            if unknown:
                raise settings.BadSettings(f"the server has no TSIG key {', '.join(sorted(unknown))}: make it first")

    def _sets(self, wanted: Wanted, current: Found) -> list[RRset]:
        """The wanted sets, with a SOA where one is asked for or there is none."""
        sets = list(wanted.rrsets or ())
        if any(one.comments == () for one in sets) and not self._server.has_comments:
            sets = [replace(one, comments=None) for one in sets]  # refused even where there is none
        given = any(one.key == (self.name, "SOA") for one in sets)
        there = current.rrsets.get((self.name, "SOA"))
        if given and wanted.soa:
            raise rrset.BadRRset(f"{self.name}: its SOA is given twice, by soa and among the records")
        if wanted.soa or not (given or there):
            nameservers = [content for one in sets if one.key == (self.name, "NS") for content in one.records]
            sets.insert(0, soa.make(self.name, wanted.soa, there, nameservers, wanted.default_ttl))
        return sets

    def _ask(self, found: Found | None) -> plan.Ask:
        if found is None:
            return lambda name, rtype, content: content  # a zone to ask about is not there yet; the server tells later
        return self.ask

    def _create(self, outcome: Outcome) -> Found:
        """With its SOA and NS; the rest follows as for any zone."""
        apex = [one for one in outcome.plan.put if one.name == self.name and one.type in ("SOA", "NS")]
        body = {"name": self.name, "kind": "Native", "nameservers": [], **outcome.settings}
        if body["kind"] not in settings.FED:
            # How escapes are to be written is only known once there is a zone to ask about.
            body["rrsets"] = [rrset.to_api(one) for one in apex if "\\" not in "".join(one.all)]
        try:
            self._client.request("POST", "/zones", body, {"rrsets": "false"})
        except PdnsError as error:
            if error.status == EXISTS:
                raise PdnsError(
                    EXISTS, f"{self.name} was made by somebody else meanwhile: run again to adopt it"
                ) from error
            self._remove_shell()
            raise
        found = self.read(records=True)
        if found is None:
            raise PdnsError(0, f"{self.name} was created and is not there")
        return found

    def _rest(self, outcome: Outcome, found: Found) -> Plan:
        """What is not there yet; now that there is a zone, the server can be asked for the forms that only it knows."""
        wanted = [soa.with_serial_of(one, found.rrsets.get(one.key)) for one in outcome.plan.put]
        there = {one.key for one in wanted if one.key in found.rrsets}
        made = [one for one in wanted if one.key in there and rrset.same(one, found.rrsets[one.key], self.name)]
        rest = [one for one in wanted if one not in made]
        rest = [self.canonical(one) if rrset.has_to_be_asked(one, self.name) else one for one in rest]
        outcome.plan = Plan(put=made + rest)
        return Plan(put=rest)

    def _fill(self, outcome: Outcome, found: Found, work: Plan, singly: t.Sequence[Change] = ()) -> None:
        for kind, values in outcome.metadata.items():
            if values:
                self._client.request("PUT", f"{self.path}/metadata/{kind}", {"kind": kind, "metadata": values})
            elif kind in found.metadata:
                self._client.request("DELETE", f"{self.path}/metadata/{kind}")
        # After the metadata, of which a server may refuse a kind that another version takes.
        if outcome.settings and not outcome.created:
            self._client.request("PUT", self.path, outcome.settings)
        for chunk in [list(singly)] if singly else plan.chunks(work, self._chunk_bytes):
            self._patch(self._encoded(chunk))

    def _remove_shell(self) -> None:
        """A refused POST leaves a zone without a record, in all versions."""
        left = self.read(records=True)
        if left is not None and not left.rrsets:
            self.remove()

    def _encoded(self, changes: list[Change]) -> list[Change]:
        for change in changes:
            if any("\\" in one["content"] for one in change.get("records", ())):
                for record in change["records"]:
                    record["content"] = self._encoder(change["type"], record["content"])
        return changes

    @cached_property
    def _encoder(self) -> t.Callable[[str, str], str]:
        return self._server.encoder(self.path, self.name)

    def _patch(self, changes: list[Change]) -> None:
        """Halved when the server's own limit is lower than ours; it cuts the connection or answers without JSON."""
        smallest = len(changes) < SMALLEST_CHUNK
        try:
            self._client.request("PATCH", self.path, {"rrsets": changes}, attempts=ATTEMPTS if smallest else 2)
        except PdnsError as error:
            if smallest or not (error.cut or error.status in TOO_LARGE):
                raise
            middle = len(changes) // 2
            while middle < len(changes) and changes[middle]["name"] == changes[middle - 1]["name"]:
                middle += 1
            if middle == len(changes):
                raise
            self._patch(changes[:middle])
            self._patch(changes[middle:])

    def _verified(self, outcome: Outcome, before: Found) -> Found:
        """Read back; the serial has to have risen, or secondaries would never hear of the change."""
        work = outcome.plan
        after = self._read_back(work)
        rises = bool(work) and not outcome.created
        if rises and not soa.is_newer(after.serial, before.serial):
            self.raise_serial((before.serial + 1) % soa.SERIALS)
            after = self._read_back(work)
        for one in work.put:
            stored = after.rrsets.get(one.key)
            if stored is None or not rrset.same(soa.with_serial_of(one, stored), stored, self.name):
                held = "; ".join(rrset.lines(stored)) if stored else "nothing"
                raise PdnsError(0, f"wrote {'; '.join(rrset.lines(one))}: the server then has {held}")
        for key in work.delete:
            if key in after.rrsets and after.rrsets[key].all:
                raise PdnsError(0, f"{key[0]} {key[1]} was deleted and is there again: does somebody else write it?")
        if rises and not soa.is_newer(after.serial, before.serial):
            went = f"from {before.serial} to {after.serial}"
            raise PdnsError(0, f"{self.name} is written, and its serial went {went}: no secondary follows")
        return after

    def raise_serial(self, serial: int) -> None:
        """Write the serial itself, as for a zone whose SOA-EDIT-API leaves it alone."""
        there = self._stored((self.name, "SOA"))
        if there is None:
            raise PdnsError(0, f"{self.name} has no SOA record")
        raised = replace(there, records=(soa.with_serial(there.records[0], serial),), comments=None)
        self._patch([rrset.to_api(raised)])

    def _read_back(self, work: Plan) -> Found:
        keys = [*(one.key for one in work.put), *work.delete]
        # Before 5.0 a look-up of one set does not show its disabled records.
        whole = len(keys) > READ_BACK_SINGLY or any(one.disabled for one in work.put)
        after = self.read(records=whole)
        if after is None:
            raise PdnsError(0, f"{self.name} went away while it was written")
        if not whole:
            stored = {key: self._stored(key) for key in keys}
            after.rrsets = {key: one for key, one in stored.items() if one is not None}
        return after

    def _stored(self, key: Key) -> RRset | None:
        document = self._client.get(self.path, rrset_name=key[0], rrset_type=key[1])
        # 4.7 adds sets of others that have a comment and nothing else.
        return next((one for one in map(rrset.from_api, document["rrsets"]) if one.key == key), None)

    def _tell(self, outcome: Outcome, verb: str, otherwise: str) -> None:
        try:
            self._client.request("PUT", f"{self.path}/{verb}")
        except PdnsError as error:
            outcome.warnings.append(f"the zone is written, {otherwise}: {error}")
