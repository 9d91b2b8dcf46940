# Copyright: (c) 2026, metal-stack authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""DNSSEC keys of a zone."""

from __future__ import annotations

import re
import typing as t
from pathlib import Path

from ansible_collections.metalstack.autonomous.plugins.module_utils._pdns import names
from ansible_collections.metalstack.autonomous.plugins.module_utils._pdns.client import Client, PdnsError

FLAGS = {"csk": 257, "ksk": 257, "zsk": 256}
# PowerDNS's short names beside those of the registry, which it reports.
ALGORITHMS = {
    "rsasha256": "RSASHA256",
    "rsasha512": "RSASHA512",
    "ecdsa256": "ECDSAP256SHA256",
    "ecdsa384": "ECDSAP384SHA384",
    "ed25519": "ED25519",
    "ed448": "ED448",
}
NUMBERS = {8: "RSASHA256", 10: "RSASHA512", 13: "ECDSAP256SHA256", 14: "ECDSAP384SHA384", 15: "ED25519", 16: "ED448"}
SECURE_ENTRY = 257  # flags of a key that the parent zone points to
RSA_BITS = 2048
SHOWN = ("id", "flags", "keytype", "algorithm", "bits", "active", "published", "dnskey", "ds")
SWITCHES = ("active", "published")
Key = dict[str, t.Any]


class BadKey(ValueError):
    """A key that is not there, or one that must not go."""


def converge(client: Client, parameters: t.Mapping[str, t.Any], check: bool) -> dict[str, t.Any]:
    """Bring it about unless ``check``; the module's result, without the private key."""
    path = f"/zones/{names.zone_id(names.zone_name(parameters['zone']))}/cryptokeys"
    keys = client.get(path)
    found = _find(keys, parameters)
    goes = parameters["state"] == "absent" or not parameters["active"]
    entries = [key for key in keys if key["active"] and key["flags"] == SECURE_ENTRY]
    if goes and entries == [found]:
        raise BadKey(
            f"key {entries[0]['id']} is the last active one: take DNSSEC from the zone instead (dnssec: false)"
        )
    if parameters["state"] == "absent":
        if found and not check:
            client.request("DELETE", f"{path}/{found['id']}")
        return _result(found is not None, found, None)
    if found is None:
        body = _body(parameters)
        # Once: a second one would make a second key.
        made = body if check else client.request("POST", path, body, attempts=1)
        return _result(True, None, made)
    switched = {name: parameters[name] for name in SWITCHES if found.get(name, True) != parameters[name]}
    if switched and not check:
        client.request("PUT", f"{path}/{found['id']}", {name: parameters[name] for name in SWITCHES})
    return _result(bool(switched), found, {**found, **switched})


def public(key: Key) -> Key:
    """What may be shown of a key."""
    return {name: key[name] for name in SHOWN if name in key}


def algorithm(text: str) -> str:
    found = ALGORITHMS.get(text.lower(), text.upper())
    if found not in ALGORITHMS.values():
        raise BadKey(f"algorithm {text!r}: expected one of {', '.join(ALGORITHMS.values())}")
    return found


def _find(keys: t.Sequence[Key], parameters: t.Mapping[str, t.Any]) -> Key | None:
    if parameters["key_id"] is not None:
        found = next((key for key in keys if key["id"] == parameters["key_id"]), None)
        if found is None and parameters["state"] == "present":
            raise PdnsError(404, f"the zone has no key {parameters['key_id']}, only {[key['id'] for key in keys]}")
        return found
    wanted = (FLAGS[parameters["keytype"]], _algorithm(parameters))
    alike = [key for key in keys if (key["flags"], key["algorithm"].upper()) == wanted]
    if len(alike) > 1:
        raise BadKey(
            f"the zone has {len(alike)} keys of that kind: say which by key_id, {[key['id'] for key in alike]}"
        )
    return alike[0] if alike else None


def _body(parameters: t.Mapping[str, t.Any]) -> Key:
    body: Key = {name: parameters[name] for name in ("keytype", *SWITCHES)}
    if parameters["private_key_file"]:
        return {**body, "content": Path(parameters["private_key_file"]).read_text(encoding="utf-8")}
    body["algorithm"] = _algorithm(parameters).lower()
    if parameters["bits"] or body["algorithm"].startswith("rsa"):
        body["bits"] = parameters["bits"] or RSA_BITS
    return body


def _algorithm(parameters: t.Mapping[str, t.Any]) -> str:
    """That of the private key, which is brought in as it is; else the one that is asked for."""
    path = parameters["private_key_file"]
    if not path:
        return algorithm(parameters["algorithm"])
    match = re.search(r"^Algorithm:\s*([0-9]+)", Path(path).read_text(encoding="utf-8"), re.MULTILINE)
    if match is None or int(match[1]) not in NUMBERS:
        raise BadKey(f"private_key_file {path}: expected a key in ISC form with one of the algorithms {NUMBERS}")
    return NUMBERS[int(match[1])]


def _result(changed: bool, before: Key | None, after: Key | None) -> dict[str, t.Any]:
    shown_before, shown = _shown(before), _shown(after)
    result: dict[str, t.Any] = {"changed": changed, "diff": {"before": shown_before, "after": shown}}
    return {**result, "key": shown} if shown else result


def _shown(key: Key | None) -> Key:
    return public(key) if key else {}
