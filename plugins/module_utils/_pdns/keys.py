# Copyright: (c) 2026, metal-stack authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""TSIG keys of a server."""

from __future__ import annotations

import base64
import binascii
import os
import typing as t
from pathlib import Path

from ansible_collections.metalstack.autonomous.plugins.module_utils._pdns import names
from ansible_collections.metalstack.autonomous.plugins.module_utils._pdns.client import Client

ALGORITHMS = ("hmac-md5", "hmac-sha1", "hmac-sha224", "hmac-sha256", "hmac-sha384", "hmac-sha512")
DEFAULT_ALGORITHM = "hmac-sha256"
Key = dict[str, t.Any]


class BadKey(ValueError):
    """No secret, or one that is still needed."""


def converge(client: Client, parameters: t.Mapping[str, t.Any], check: bool) -> dict[str, t.Any]:
    """Bring it about unless ``check``; the module's result, without the secret."""
    name = names.zone_name(parameters["name"])
    found = client.exists(_path(name))
    if parameters["state"] == "absent":
        if found:
            _require_unused(client, name)
        changed = found is not None
        if changed and not check:
            _delete(client, name)
        return _result(name, changed, found, None)
    secret = _secret(parameters)
    kept = found["algorithm"] if found else DEFAULT_ALGORITHM
    wanted: Key = {"name": name, "algorithm": parameters["algorithm"] or kept}
    if secret is not None:
        wanted["key"] = secret
    if found and found["algorithm"] != wanted["algorithm"] and secret is None and parameters["secret_file"] is None:
        # It is taken from the server in between, who may be the only one that knows it.
        raise BadKey(f"{name} gets another algorithm: give its secret, or a secret_file to keep it in meanwhile")
    keeps = parameters["secret_file"] is not None and secret is None
    if keeps and not Path(parameters["secret_file"]).parent.is_dir():
        raise BadKey(f"secret_file {parameters['secret_file']}: its directory is not there")
    differs = found is None or any(found.get(field) != wanted[field] for field in wanted if field != "name")
    if found and keeps and not check:
        # Before a change of the algorithm, which takes the key from the server and gives it back.
        _keep(client, name, parameters["secret_file"])
    if differs and not check:
        _write(client, name, found, wanted)
    if keeps and not (found or check):
        _keep(client, name, parameters["secret_file"])
    return _result(name, differs or keeps, found, wanted)


def _write(client: Client, name: str, found: Key | None, wanted: Key) -> None:
    if found and found["algorithm"] == wanted["algorithm"]:
        client.request("PUT", _path(name), wanted)
        return
    if found:
        # The API would keep both algorithms under the one name.
        _delete(client, name)
        wanted = {"key": found["key"], **wanted}
    client.request("POST", "/tsigkeys", wanted)


def _delete(client: Client, name: str) -> None:
    """LMDB of 4.7 says that the key is deleted, and keeps it for transfers."""
    client.request("DELETE", _path(name))
    if any(key["id"] == name for key in client.get("/tsigkeys")):
        raise BadKey(f"the server took the removal of {name} and still lists it: the LMDB backend of pdns 4.7 cannot")


def _secret(parameters: t.Mapping[str, t.Any]) -> str | None:
    secret: str | None = parameters["secret"]
    path = parameters["secret_file"]
    if path is not None and Path(path).exists():
        secret = Path(path).read_text(encoding="utf-8").strip()
    require_secret(secret)
    return secret


def require_secret(secret: str | None) -> None:
    """Refuse what is given and no secret of a TSIG key."""
    if secret is None:
        return
    try:
        if not base64.b64decode(secret, validate=True):
            raise BadKey("the secret is empty")
    except binascii.Error as error:
        raise BadKey(f"the secret is not base64: {error}") from error


def _keep(client: Client, name: str, path: str) -> None:
    """Write the server's own secret where the task wants to have it."""
    made = client.get(_path(name))["key"]
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(descriptor, "w", encoding="utf-8") as file:
        file.write(f"{made}\n")


def _require_unused(client: Client, name: str) -> None:
    """A zone whose key is gone can be transferred by nobody, and the server keeps the dangling id."""
    fields = ("master_tsig_key_ids", "slave_tsig_key_ids")
    for zone in client.get("/zones", dnssec="false"):
        details = client.get(f"/zones/{names.zone_id(zone['name'])}", rrsets="false")
        if any(name in details.get(field, ()) for field in fields):
            raise BadKey(f"{name} is the key of zone {zone['name']}: take it from the zone first")


def _path(name: str) -> str:
    return f"/tsigkeys/{names.zone_id(name)}"


def _result(name: str, changed: bool, found: Key | None, wanted: Key | None) -> dict[str, t.Any]:
    def shown(key: Key | None) -> str:
        return f"{name} {key['algorithm']}\n" if key else ""

    after = shown(wanted)
    if changed and found and wanted and after == shown(found):
        after = f"{name} {wanted['algorithm']} (another secret)\n"
    return {"changed": changed, "id": name, "diff": {"before": shown(found), "after": after}}
