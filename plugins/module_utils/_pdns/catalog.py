# Copyright: (c) 2026, metal-stack authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A server's side of a catalog zone (RFC 9432), and the change of sides when a primary was lost or is relieved.

What is not transferred has to be given to a promoted zone anew: how its serial rises, and that it is higher than any
that the lost primary may have served and nobody has fetched.
"""

from __future__ import annotations

import functools
import json
import os
import time
import typing as t
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from ansible_collections.metalstack.autonomous.plugins.module_utils._pdns import names, serving, settings, soa
from ansible_collections.metalstack.autonomous.plugins.module_utils._pdns.client import Client, PdnsError
from ansible_collections.metalstack.autonomous.plugins.module_utils._pdns.rrset import RRset
from ansible_collections.metalstack.autonomous.plugins.module_utils._pdns.server import Server
from ansible_collections.metalstack.autonomous.plugins.module_utils._pdns.signed_zones import SignedZones
from ansible_collections.metalstack.autonomous.plugins.module_utils._pdns.zone import Found, Wanted, Zone

PRODUCER, CONSUMER = "Producer", "Consumer"
KINDS = {"producer": PRODUCER, "consumer": CONSUMER}
# So often the former primary is asked before it counts as gone; each time it has two seconds.
ATTEMPTS = 3
QUESTIONS = 32
NEW_SERIAL_SECONDS = 30.0
# Before, the list of zones leaves their catalogs empty.
TELLS_CATALOGS = (4, 8)
# Nobody asks for names of a catalog, which needs an NS record all the same (RFC 9432, 3).
NOBODY = "invalid."
Listed = t.Mapping[str, t.Any]
Ask = t.Callable[[str, str], "int | None"]


class BadCatalog(ValueError):
    """A change of sides that was not asked for, or that would lose data."""


class Catalog:
    """``name`` in its canonical form; ``primary`` is who a consumer follows."""

    def __init__(
        self, client: Client, name: str, check: bool, signed: SignedZones, ask: Ask = serving.serial_of
    ) -> None:
        self._client = client
        self._server = Server(client)
        self._signed = signed
        self._zone = Zone(client, name)
        self._check = check
        self._ask = ask
        self.name = name

    def converge(self, parameters: t.Mapping[str, t.Any]) -> dict[str, t.Any]:
        """The module's result."""
        wanted = KINDS[parameters["role"]]
        found = self._zone.read(records=False)
        kind = found.settings["kind"] if found else ""
        if kind not in ("", PRODUCER, CONSUMER):
            raise BadCatalog(f"{self.name} is there as a zone of kind {kind}, not as a catalog: choose another name")
        result: dict[str, t.Any] = {"promoted": [], "with_keys": [], "kept": [], "warnings": []}
        if found and (kind, wanted) == (CONSUMER, PRODUCER):
            result["promoted"], result["with_keys"] = self._promote(parameters, found, result["warnings"])
        elif found and (kind, wanted) == (PRODUCER, CONSUMER):
            result["kept"] = self._demote(parameters, found.serial, result["warnings"])
        elif (kind, wanted) == ("", PRODUCER):
            self._require_first(parameters["others"])
        changed = bool(result["promoted"] or (kind and kind != wanted))
        before = f"{self.name} {kind}\n" if kind else ""
        if not (self._check and changed):
            changed = self._settle(parameters, wanted) or changed
        touched = [names.zone_name(zone) for zone in parameters["touched"] if wanted == PRODUCER]
        if wanted == PRODUCER and not self._check:
            self._touch(touched)
            self._wait(parameters["wait_for"], parameters["wait_for_some"], parameters["wait_timeout"], touched)
        return {
            **result,
            "changed": changed or bool(touched),
            "diff": {"before": before, "after": _shown(self.name, parameters, before)},
        }

    def _settle(self, parameters: t.Mapping[str, t.Any], wanted: str) -> bool:
        """The catalog zone itself, as one of the kind that it has by now."""
        given: settings.Settings = {"kind": wanted}
        if wanted == CONSUMER:
            given["masters"] = [parameters["primary"]]
        aim = Wanted(settings=settings.canonical(given))
        found = self._zone.read(records=False)
        if wanted == PRODUCER and found is None:
            aim.rrsets = [RRset(self.name, "NS", 3600, (NOBODY,))]
        outcome = self._zone.decide(aim, found)
        if outcome.changed and not self._check:
            self._zone.write(outcome, found)
            if wanted == CONSUMER and found:
                # The members learn of their new primary from the catalog alone.
                self._client.request("PUT", f"{self._zone.path}/axfr-retrieve")
        return outcome.changed

    def _require_first(self, others: t.Sequence[str]) -> None:
        """Secondaries would follow the new, empty catalog, and lose zones that nobody but they still has."""
        for other in others:
            if self._ask(other, self.name) is not None:
                raise BadCatalog(
                    f"{other} still has the catalog of a lost primary: promote it, this server has no zones"
                )

    def _touch(self, touched: t.Sequence[str]) -> None:
        for name in touched:
            zone = Zone(self._client, name)
            found = zone.read(records=False)
            if found is None:
                raise BadCatalog(f"this server has no zone {name} to touch")
            zone.raise_serial((found.serial + 1) % soa.SERIALS)

    def _wait(
        self, servers: t.Sequence[str], others: t.Sequence[str], timeout: float, touched: t.Sequence[str]
    ) -> None:
        """Until servers have the catalog and all zones, or those that were touched; others those that they know."""
        end = time.monotonic() + timeout
        if servers:
            # PowerDNS tells nobody of a catalog, and of its zones only within a minute, after a restore changed them.
            self._announce(self.name)
            serial = int(self._client.get(self._zone.path, rrsets="false")["serial"])
            serving.wait(servers, self.name, serial, timeout, remind=lambda: self._announce(self.name))
        members = self._members("Master") if servers or others else []
        strangers = set(others)
        for member in [one for one in members if not touched or one["name"] in touched]:
            remind = functools.partial(self._announce, member["name"])
            remind()
            knowing = [other for other in others if self._ask(other, member["name"]) is not None]
            strangers -= set(knowing)
            serial = int(member.get("edited_serial") or member["serial"])
            serving.wait([*servers, *knowing], member["name"], serial, max(0.0, end - time.monotonic()), remind=remind)
        if strangers:
            raise serving.NotServed(f"{', '.join(sorted(strangers))} answers for none of the zones")

    def _announce(self, zone: str) -> None:
        self._client.request("PUT", f"/zones/{names.zone_id(zone)}/notify")

    def _members(self, kind: str) -> list[Listed]:
        listed: list[Listed] = [one for one in self._client.get("/zones") if one["kind"] == kind]
        if self._server.version < TELLS_CATALOGS:
            listed = [self._client.get(f"/zones/{names.zone_id(one['name'])}", rrsets="false") for one in listed]
        return [one for one in listed if one.get("catalog") == self.name]

    # from consumer to producer

    def _promote(
        self, parameters: t.Mapping[str, t.Any], found: Found, warnings: list[str]
    ) -> tuple[list[str], list[str]]:
        """All zones, and those that get the keys that they are signed with."""
        primaries, serial = found.settings["masters"], found.serial
        if not parameters["promote"]:
            raise BadCatalog(
                f"this server follows {', '.join(primaries)}: a secondary becomes the primary by promotion only"
            )
        # Those that an interrupted promotion has made primary already belong to it too.
        members = [*self._members("Slave"), *self._members("Master")]
        for primary in primaries if parameters["require_gone"] else []:
            self._require_gone(primary)
        self._require_whole(members)
        with_keys = self._require_keys(members, parameters["accept_presigned"], warnings)
        catalog = {"name": self.name, "serial": serial}
        for other in parameters["others"]:
            warnings.extend(self._require_newest(other, [catalog, *members]))
        if not self._check:
            for member in members:
                self._take_over(member, parameters["serial_margin"], member["name"] in with_keys)
            self._become_producer()
        return [member["name"] for member in members], with_keys

    def _require_gone(self, primary: str) -> None:
        for _attempt in range(ATTEMPTS):
            if self._ask(primary, self.name) is not None:
                raise BadCatalog(
                    f"the primary {primary} still answers: two primaries would give different answers. Stop PowerDNS"
                    f" there first, or have the playbook hand over"
                )

    def _require_whole(self, members: list[Listed]) -> None:
        if unfetched := [one["name"] for one in members if not one["serial"]]:
            raise BadCatalog(f"never fetched from the primary: {', '.join(unfetched)}")

    def _require_keys(self, members: list[Listed], accept_presigned: bool, warnings: list[str]) -> list[str]:
        """The zones that another server has signed and that the keys given are for; the others are refused."""
        # Each is asked for: what the list tells of DNSSEC may be a minute old.
        foreign = [one for one in members if self._signed.presigned(one["name"])]
        known = [one["name"] for one in foreign if one["name"] in self._signed]
        refused = {name: reason for name in known if (reason := self._signed.refusal(name))}
        lacking = [one["name"] for one in foreign if one["kind"] == "Slave" and one["name"] not in known]
        reasons = [*dict.fromkeys(refused.values())]
        if lacking:
            reasons.insert(0, f"signed with keys that only the former primary has: {', '.join(lacking)}")
        if reasons and not accept_presigned:
            raise BadCatalog(
                f"{'; '.join(reasons)}. Promoted, they could not be changed any more. Give their keys (signing_keys),"
                f" which pdns_signing_keys reads from the former primary's database or from the one in a backup set; or"
                f" accept it (accept_presigned; with the playbook, promote_dns_accept_presigned) and import them later"
            )
        warnings.extend(f"{reason}: promoted without keys" for reason in refused.values())
        return [name for name in known if name not in refused]

    def _require_newest(self, other: str, zones: list[Listed]) -> list[str]:
        """The catalog is one of them: who has a newer one has zones that this server never heard of."""
        names_of_zones = [str(zone["name"]) for zone in zones]
        # A server that is down costs the time of one question, not of one for each zone.
        with ThreadPoolExecutor(QUESTIONS) as pool:
            found = pool.map(lambda name: self._ask(other, name), names_of_zones)
            answers = dict(zip(names_of_zones, found, strict=True))
        for zone in zones:
            there = answers[zone["name"]]
            if there is not None and soa.is_newer(there, int(zone["serial"])):
                raise BadCatalog(
                    f"{other} has {zone['name']} with serial {there}, this server has {zone['serial']}: promote"
                    f" the newer one"
                )
        silent = [name for name, there in answers.items() if there is None]
        return [f"{other} does not answer for {', '.join(silent)}: it may have newer ones"] if silent else []

    def _take_over(self, member: Listed, margin: int, with_keys: bool) -> None:
        """Interrupted anywhere, it is done whole by the next run: the catalog itself changes its kind after all."""
        zone = Zone(self._client, member["name"])
        if with_keys:
            self._signed.bring_in(member["name"])
        signs = with_keys or (member.get("dnssec") and not self._signed.presigned(member["name"]))
        taken = self._signed.settings(member["name"]) if signs else {}
        if member["kind"] == "Slave":
            taken |= {"kind": "Master", "masters": [], "catalog": self.name, "soa_edit_api": "DEFAULT"}
        if taken:
            self._client.request("PUT", zone.path, taken)
        if signs:
            self._signed.clean(member["name"])
        zone.raise_serial((int(member["serial"]) + margin) % soa.SERIALS)

    def _become_producer(self) -> None:
        before = self._zone.read(records=False)
        self._client.request(
            "PUT", self._zone.path, {"kind": PRODUCER, "masters": [], "soa_edit_api": "EPOCH", "soa_edit": ""}
        )
        end = time.monotonic() + NEW_SERIAL_SECONDS
        while time.monotonic() < end:
            after = self._zone.read(records=False)
            if before and after and soa.is_newer(after.serial, before.serial):
                return
            time.sleep(0.5)
        raise PdnsError(0, f"{self.name} keeps its serial: is this server configured as a primary (primary=yes)?")

    # from producer to consumer

    def _demote(self, parameters: t.Mapping[str, t.Any], serial: int, warnings: list[str]) -> list[str]:
        if not parameters["demote"]:
            raise BadCatalog(
                "this server is the primary: it becomes a secondary only when another one was promoted (demote)"
            )
        new = parameters["primary"]
        there = self._ask(new, self.name)
        if there is None:
            raise BadCatalog(f"{new} does not answer for {self.name}: there has to be another primary first")
        if not soa.is_newer(there, serial):
            raise BadCatalog(
                f"{new} has the older catalog ({there}, here {serial}): it was not promoted after this one"
            )
        members = self._members("Master")
        if missing := [one["name"] for one in members if self._ask(new, one["name"]) is None]:
            warnings.append(
                f"{new} does not serve {', '.join(missing)}: removed there, or never fetched; see what is kept"
            )
        if self._check:
            return []
        kept = [str(self._keep(one, Path(parameters["keep_directory"]))) for one in members]
        for zone in (*(one["name"] for one in members), self.name):
            Zone(self._client, zone).remove()
        return kept

    def _keep(self, member: Listed, directory: Path) -> Path:
        """Everything of a zone, its private keys too, in a file for root alone."""
        path = f"/zones/{names.zone_id(member['name'])}"
        keys = [self._client.get(f"{path}/cryptokeys/{one['id']}") for one in self._client.get(f"{path}/cryptokeys")]
        document = {**self._client.get(path), "metadata": self._client.get(f"{path}/metadata"), "cryptokeys": keys}
        directory.mkdir(mode=0o700, parents=True, exist_ok=True)
        file = directory / f"{names.zone_id(member['name'])}{document['serial']}.json"
        partial = file.with_suffix(".partial")
        partial.unlink(missing_ok=True)
        descriptor = os.open(partial, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with os.fdopen(descriptor, "w", encoding="utf-8") as stream:
            json.dump(document, stream, indent=1)
        partial.rename(file)
        return file


def _shown(name: str, parameters: t.Mapping[str, t.Any], before: str) -> str:
    after = f"{name} {KINDS[parameters['role']]}"
    if parameters["role"] == "consumer" and after not in before:
        after += f" of {parameters['primary']}"
    return f"{after}\n"
