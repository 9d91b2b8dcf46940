"""`k3s secrets-encrypt status` and `rotate-keys`."""

from __future__ import annotations

import json
import logging
import os
import re
import time
from typing import Any
from urllib.parse import quote

from . import encryption, flags, nodes
from .api import UNREACHABLE, ApiError
from .errors import Refusal, outside
from .local import Local, failed
from .main import log_as_k3s
from .paths import write

SUBCOMMANDS = ("status", "rotate-keys")
RELOADS = "apiserver_encryption_config_controller_automatic_reloads_total"
RELOADED = 120.0  # seconds; kube-apiserver looks at its configuration once a minute
PAGE = 20


def run(arguments: list[str]) -> int:
    subcommand = "".join(arguments[:1])
    if subcommand not in SUBCOMMANDS:
        raise outside(f"k3s secrets-encrypt {subcommand}".rstrip())
    log_as_k3s()
    options = flags.parse(f"secrets-encrypt {subcommand}", arguments[1:], os.environ)
    local = Local(options)
    try:
        if subcommand == "rotate-keys":
            Exchange(local).run()
            print("keys rotated, reencryption finished")
        else:
            told = status(local)
            in_json = options.text("output").lower() == "json"
            print(json.dumps(told, indent="\t") if in_json else encryption.as_text(told))
    except (Refusal, ApiError, *UNREACHABLE) as error:
        raise Refusal(f"see server log for details: {error}") from None
    return 0


def status(local: Local) -> dict[str, Any]:
    file = local.paths.encryption_config
    if not file.exists():
        return encryption.state("", "", "")
    notes = _notes(local)
    return encryption.state(file.read_text(), notes[local.node], encryption.difference(notes.items()))


def _notes(local: Local) -> dict[str, str]:
    """What each server's node says."""
    servers = local.api.get(f"{nodes.NODES}?labelSelector={nodes.CONTROL_PLANE_ROLE}%3Dtrue")["items"]
    return {node["metadata"]["name"]: nodes.annotations_of(node).get(encryption.HASH, "") for node in servers}


class Exchange:
    """A new key, all Secrets written anew with it, the old one forgotten."""

    def __init__(self, local: Local) -> None:
        self._local, self._api, self._file = local, local.api, local.paths.encryption_config

    def run(self) -> None:
        if reason := self._refusal():
            raise failed("secret-encrypt", reason)
        before = reloads(self._api.get("/metrics"))
        self._say(encryption.ACTIVE)
        old = encryption.keys_of(self._file.read_text())
        key = encryption.new_key(encryption.next_name())
        write(self._file, encryption.configuration([key, *old]))
        self._local.keep(self._local.passwords)
        self._await_reload(before)
        self._write_secrets_anew()
        write(self._file, encryption.configuration([key, *old[:-1]]))
        write(self._local.paths.encryption_state, self._say(encryption.FINISHED))
        self._local.keep(self._local.passwords)
        time.sleep(1)

    def _refusal(self) -> str:
        notes, node = _notes(self._local), self._local.node
        if different := encryption.difference(notes.items()):
            return different
        if not notes.get(node):
            return f"missing annotation on node {node}"
        stage, _, own = notes[node].partition("-")
        if stage not in (encryption.START, encryption.FINISHED):
            return f"incorrect stage: {stage} found on node {node}"
        if notes[node] != encryption.note(stage, self._file.read_text()):
            return f"invalid hash: {own} found on node {node}"
        return ""

    def _say(self, stage: str) -> str:
        note = encryption.note(stage, self._file.read_text())
        nodes.patch(self._api, {"metadata": {"name": self._local.node}}, annotations={encryption.HASH: note})
        return note

    def _await_reload(self, before: int) -> None:
        deadline = time.monotonic() + RELOADED
        while reloads(self._api.get("/metrics")) <= before:
            if time.monotonic() > deadline:
                raise failed("secret-encrypt", "apiserver has not reloaded encryption configuration")
            time.sleep(1)
        logging.info("encryption config reloaded successfully")

    def _write_secrets_anew(self) -> None:
        more, path = "", f"/api/v1/secrets?limit={PAGE}"
        while True:
            page = self._api.get(f"{path}&continue={quote(more)}" if more else path)
            for secret in page["items"]:
                meta = secret["metadata"]
                try:
                    self._api.call("PUT", f"/api/v1/namespaces/{meta['namespace']}/secrets/{meta['name']}", secret)
                except ApiError as error:
                    if error.status != 409:  # whoever changed it meanwhile has written it with the new key
                        raise
            more = page["metadata"].get("continue", "")
            if not more:
                return


def reloads(metrics: str) -> int:
    """How often this kube-apiserver took over another configuration; it says nothing before the first time."""
    found = re.search(rf'^{RELOADS}{{[^}}]*status="success"[^}}]*}} (\S+)$', metrics, re.MULTILINE)
    return int(float(found[1])) if found else 0
