# Copyright: (c) 2026, metal-stack authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Keeping a file with a kubeconfig of a shoot that counts for a while yet."""

from __future__ import annotations

import base64
import datetime
import os
import time
import typing as t

from .._k3s import files
from .._kube.libraries import load
from . import kubeconfig, options, refusals
from .client import Garden, Object, Refusal, Unreachable
from .errors import GardenError
from .kinds import CONFIG_MAP, SHOOT
from .kubeconfig import Held, Offered, Stranger

API = "authentication.gardener.cloud/v1alpha1"
KINDS = {kubeconfig.ADMIN: "AdminKubeconfigRequest", kubeconfig.VIEWER: "ViewerKubeconfigRequest"}
# As Gardener has it.
SHORTEST = 600
MODE = 0o600
POLL_SECONDS = 2.0
# What it is made of may not have come to the API server's caches yet.
_PASSING = (0, 429, 500, 502, 503, 504)
# The clock of who asks may not be that of the garden.
_SLACK = datetime.timedelta(seconds=60)


def of(given: options.Given, check: bool) -> Object:
    """The result of the module with its C(warnings).

    Raises GardenError for what is refused, and Unreachable where the garden does not answer.
    """
    refuse(given)
    garden, now = options.named(given), datetime.datetime.now(datetime.UTC)
    text, mode = files.current(given["path"])
    found = _held(given, text)
    offer = _offer(garden, given, check)
    reason = _due(found, given, now, offer)
    before = _shown(given["path"], found, mode)
    warnings: list[str] = []
    if reason and not check:
        text, found = _issued(garden, given)
        warnings = _shortened(found, given, now)
    if not check and (reason or mode != MODE):
        files.write(files.File(given["path"], text, MODE, True))
    after = _shown(given["path"], None if check and reason else found, MODE)
    if check and reason:
        after["expiration"] = "(that of a new one)"
    return {
        "changed": bool(reason) or mode != MODE,
        "issued": bool(reason) and not check,
        "reason": reason,
        "path": given["path"],
        "expiration": kubeconfig.told(found.ends) if found else "",
        "servers": (offer or Offered({}, None)).servers,
        "diff": {"before": before, "after": after},
        "warnings": [*garden.warnings, *warnings],
    }


def refuse(given: options.Given) -> None:
    """Refuse bad input for a kubeconfig that is kept in a file, here or of another login."""
    wrong = []
    if given["expiration"] < SHORTEST:
        wrong.append(f"expiration has {given['expiration']}; expected {SHORTEST} seconds or more")
    if not 0 <= given["refresh_before"] < given["expiration"]:
        wrong.append(
            f"refresh_before has {given['refresh_before']}; expected fewer seconds than expiration"
            f" ({given['expiration']}), or each run would issue another one"
        )
    directory = os.path.dirname(given["path"]) or "."
    if not os.path.isdir(directory):
        wrong.append(f"path has {given['path']}, but there is no directory {directory} -> make it first")
    if wrong:
        raise GardenError(f"{'; '.join(wrong)}. Nothing was changed")


def _held(given: options.Given, text: str | None) -> Held | None:
    """What the file has. Raises GardenError where that is something else, which is not overwritten."""
    if not text:
        return None
    yaml = load("yaml")
    try:
        return kubeconfig.held(yaml.safe_load(text), given["namespace"], given["name"])
    except (Stranger, yaml.YAMLError) as error:
        raise GardenError(
            f"{given['path']} is there and is no kubeconfig of shoot {given['namespace']}/{given['name']}, so it is"
            " not overwritten -> take another path, or remove it"
        ) from error


def _offer(garden: Garden, given: options.Given, check: bool) -> Offered | None:
    """What one would be made of; None where there is nothing yet, in check mode."""
    shoot = garden.get(SHOOT, given["namespace"], given["name"])
    called = f"shoot {given['namespace']}/{given['name']}"
    offer = kubeconfig.offered(shoot, _bundle(garden, given)) if shoot else None
    if offer and offer.servers:
        return offer
    if check:
        return None
    if shoot is None:
        raise GardenError(f"there is no {called} -> create it first")
    raise GardenError(f"{called} has no address of an API server yet -> wait for it with gardener_shoot")


def _bundle(garden: Garden, given: options.Given) -> Object | None:
    try:
        return garden.get(CONFIG_MAP, given["namespace"], f"{given['name']}.ca-cluster")
    except Refusal as error:
        if error.status != 403:
            raise
        return None


def _due(found: Held | None, given: options.Given, now: datetime.datetime, offer: Offered | None) -> str:
    if found is None:
        return "there is none"
    if offer is None:
        return "there is no such shoot, or it has no address yet"
    before = datetime.timedelta(seconds=given["refresh_before"])
    return kubeconfig.due(found, given["role"], now, before, offer)


def _issued(garden: Garden, given: options.Given) -> tuple[str, Held]:
    """A new one and what it says."""
    wanted = {"apiVersion": API, "kind": KINDS[given["role"]], "spec": {"expirationSeconds": given["expiration"]}}
    end = time.monotonic() + given["timeout"]
    while True:
        try:
            answer = garden.create(SHOOT, given["namespace"], given["name"], f"{given['role']}kubeconfig", wanted)
            break
        except Unreachable as error:
            if error.status not in _PASSING or time.monotonic() >= end:
                raise _refused(given, error) from error
        time.sleep(POLL_SECONDS)
    text = base64.b64decode(answer["status"]["kubeconfig"]).decode()
    return text, kubeconfig.held(load("yaml").safe_load(text), given["namespace"], given["name"])


def _refused(given: options.Given, error: Unreachable) -> GardenError:
    said = refusals.explained(error) if isinstance(error, Refusal) else str(error)
    return GardenError(
        f"no kubeconfig of a {given['role']} is issued for shoot {given['namespace']}/{given['name']}: {said}"
    )


def _shortened(found: Held, given: options.Given, now: datetime.datetime) -> list[str]:
    """The garden has a longest time, 24 hours unless its operator says otherwise, and says nothing of it."""
    if found.ends - now >= datetime.timedelta(seconds=given["expiration"]) - _SLACK:
        return []
    warning = f"it ends at {kubeconfig.told(found.ends)}, earlier than asked for: the garden allows no longer time"
    if found.ends - now <= datetime.timedelta(seconds=given["refresh_before"]):
        warning += f", so each run issues another one -> lower refresh_before ({given['refresh_before']})"
    return [warning]


def _shown(path: str, found: Held | None, mode: int) -> dict[str, t.Any]:
    """What a diff has of the file."""
    if found is None and not mode:
        return {}
    shown: dict[str, t.Any] = {"path": path, "mode": f"{mode:04o}"}
    if found:
        shown |= {"role": found.role, "expiration": kubeconfig.told(found.ends), "servers": found.servers}
    return shown
