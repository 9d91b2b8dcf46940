# Copyright: (c) 2026, metal-stack authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Keeping a file with a kubeconfig of a virtual garden that counts for a while yet."""

from __future__ import annotations

import base64
import datetime
import hashlib
import json
import tempfile
import typing as t

from .._gardener import issuing, waiting
from .._gardener.client import Garden, Object, Unreachable
from .._gardener.errors import GardenError
from .._k3s import files, gate
from .._k3s.gate import Failure
from .._kube.client import Cluster
from .._kube.libraries import load
from . import access, applying, facts, options
from .access import Held, Stranger
from .kinds import GARDEN, SECRET, SPACE
from .options import Given

MODE = 0o600


class _Seen(t.NamedTuple):
    """garden: None without any. generic: the kubeconfig without a login. token: empty before there is one."""

    garden: Object | None
    generic: str
    token: str


def of(given: Given, check: bool) -> Object:
    """The result of the module, with its C(warnings), and with C(msg) where it waits in vain.

    Raises GardenError for what is refused, and Unreachable where the runtime cluster does not answer.
    """
    issuing.refuse(given)
    text, mode = files.current(given["path"])
    found = _held(given, text)
    cluster = options.opened(given)
    steps = [applying.planned(cluster, one, given["force"], check) for one in access.objects(given["expiration"])]
    if not check:
        applying.apply_all(cluster, steps)
    former = given["written"] or {"granted": False, "diff": {"before": {}, "after": {}}}
    granted = former["granted"] or any(one.changed for one in steps)
    diff = {side: {**former["diff"][side], **shown} for side, shown in applying.diff(steps).items()}
    result: Object = {"granted": granted, "path": given["path"], "warnings": cluster.warnings}
    waited = waiting.polled(
        lambda: options.opened(given), 0 if check else given["timeout"],
        lambda opened: _look(opened, given["name"]), lambda seen: _judged(given, seen),
    )  # fmt: skip
    if waited.failures and not check:
        told = {
            "waited": round(waited.seconds, 1),
            "failures": [one._asdict() for one in waited.failures],
            "diff": diff,
            "written": {"granted": granted, "diff": diff},
        }
        msg = f"Garden {given['name']}: {gate.explain(waited.failures)}"
        return {**result, "changed": granted, "over": waited.over, **told, "msg": msg}
    offered = None if waited.failures else _offered(given, waited.found)
    now = datetime.datetime.now(datetime.UTC)
    before = datetime.timedelta(seconds=given["refresh_before"])
    reason = "there is no access yet" if offered is None else access.due(found, offered, now, before)
    if offered and not check and (reason or mode != MODE):
        written = json.dumps(access.kubeconfig(offered if reason else t.cast(Held, found)), indent=1)
        files.write(files.File(given["path"], f"{written}\n", MODE, True))
    after = offered if reason else found
    return {
        **result,
        "changed": granted or bool(reason) or mode != MODE,
        "reason": reason,
        "server": after.server if after else "",
        "expiration": access.said(access.ends(after.token)) if after else "",
        "waited": round(waited.seconds, 1),
        "failures": [],
        "over": False,
        "diff": {
            "before": {**diff["before"], **_shown(given["path"], found, mode)},
            "after": {**diff["after"], **_shown(given["path"], after, MODE)},
        },
    }


def _held(given: Given, text: str | None) -> Held | None:
    """What the file has. Raises GardenError where that is something else, which is not overwritten."""
    if not text:
        return None
    yaml = load("yaml")
    try:
        return access.held(yaml.safe_load(text))
    except (Stranger, yaml.YAMLError) as error:
        raise GardenError(
            f"{given['path']} is there and is no kubeconfig of a virtual garden, so it is not overwritten -> take"
            " another path, or remove it"
        ) from error


def _look(cluster: Garden, name: str) -> _Seen:
    garden = facts.find(cluster, GARDEN, "", name)
    generic = ((garden or {}).get("metadata", {}).get("annotations") or {}).get(access.GENERIC, "")
    config = cluster.get(SECRET, SPACE, generic) if generic else None
    token = cluster.get(SECRET, SPACE, access.TOKEN_SECRET)
    return _Seen(garden, _text(config, "kubeconfig"), _text(token, "token"))


def _judged(given: Given, seen: _Seen) -> waiting.Verdict:
    """What is missing of an access, in the order in which it comes about."""
    if seen.garden is None:
        return [
            Failure(f"Garden {given['name']} is there", "there is none", "there", "make it by gardener_garden")
        ], True
    if not seen.generic:
        remedy = "see what its last operation says"
        return [Failure("the Garden names the address of its API", "it does not yet", "named", remedy)], False
    if not seen.token:
        remedy = "see whether virtual-garden-gardener-resource-manager runs, which requests it"
        return [Failure(f"Secret {SPACE}/{access.TOKEN_SECRET} has a token", "none yet", "a token", remedy)], False
    if not given["verify"]:
        return [], False
    return _answers(_offered(given, seen)), False


def _answers(offered: Held) -> list[Failure]:
    """Whether the API of the virtual garden lets it in."""
    try:
        # Only its owner may read it.
        with tempfile.NamedTemporaryFile("w") as stream:
            json.dump(access.kubeconfig(offered), stream)
            stream.flush()
            Cluster(stream.name).find("/api/v1/namespaces/kube-system", what="ask the virtual garden")
    except Unreachable as error:
        remedy = "see whether its name leads to the gateway, and whether the gateway has an address"
        return [Failure(f"the virtual garden answers at {offered.server}", str(error), "an answer", remedy)]
    return []


def _offered(given: Given, seen: _Seen) -> Held:
    domain = t.cast(Object, seen.garden)["spec"]["virtualCluster"]["dns"]["domains"][0]["name"]
    name = f"api.{domain}"
    try:
        authority = access.authority(load("yaml").safe_load(seen.generic))
    except Stranger as error:
        raise GardenError(str(error)) from error
    server = given["server"] or f"https://{name}"
    return Held(server, name if given["server"] else "", authority, seen.token)


def _text(secret: Object | None, key: str) -> str:
    return base64.b64decode(((secret or {}).get("data") or {}).get(key, "")).decode()


def _shown(path: str, found: Held | None, mode: int) -> Object:
    """What a diff has of the file, without what lets in."""
    if found is None:
        return {}
    return {
        path: {
            "mode": f"{mode:04o}",
            "server": found.server,
            "expiration": access.said(access.ends(found.token)),
            "authority": _digest(found.authority),
        }
    }


def _digest(text: str) -> str:
    """Enough to see that it is another one."""
    return hashlib.sha256(text.encode()).hexdigest()[:16]
