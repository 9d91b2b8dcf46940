# Copyright: (c) 2026, metal-stack authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""How the API of this host is asked for Gardens and what belongs to them, and told of one."""

from __future__ import annotations

import contextlib
import typing as t
import urllib.parse

from .._k3s import client, objects
from .._k3s.observe import GARDENS
from . import garden_fit, garden_state
from .errors import BackupError, Unreachable
from .garden_state import NAMESPACE, Object

SECONDS = 300.0
# Of what somebody may be changing meanwhile.
ATTEMPTS, PAUSE_SECONDS = 3, 2.0
WITHIN = f"/api/v1/namespaces/{NAMESPACE}"
OPERATOR = f"/apis/apps/v1/namespaces/{NAMESPACE}/deployments/{garden_fit.OPERATOR}"
HOOKS = "/apis/admissionregistration.k8s.io/v1/{}s/" + garden_fit.OPERATOR


@contextlib.contextmanager
def asked() -> t.Iterator[client.Client]:
    """The API; that it does not answer is one of the errors of backups."""
    try:
        yield objects.api(SECONDS)
    except client.Unreachable as error:
        raise Unreachable(f"the Kubernetes API of this host: {error}") from error


def listed(answer: Object, version: str, kind: str) -> list[Object]:
    """In a list objects do not say themselves of which kind they are."""
    return [{**one, "apiVersion": version, "kind": kind} for one in answer.get("items") or []]


def gardens(api: client.Client) -> list[Object] | None:
    """None where the API knows no Gardens."""
    answer = api.find(GARDENS)
    return None if answer is None else listed(answer, garden_state.VERSION, "Garden")


def secrets(api: client.Client) -> list[Object]:
    """The Secrets of the state."""
    found = []
    for selector in garden_state.SELECTORS:
        answer = api.json(f"{WITHIN}/secrets?{urllib.parse.urlencode({'labelSelector': selector})}")
        found += listed(answer, "v1", objects.SECRET)
    return [one for one in found if garden_state.purpose(one)]


def name(one: Object) -> str:
    return str(one["metadata"]["name"])


def send(api: client.Client, path: str, method: str, one: Object, content: str) -> Object:
    try:
        return api.json(path, method, one, content=content)
    except client.Unreachable as error:
        if error.status and one["kind"] == objects.SECRET:
            # Whatever else it says may be out of the Secret.
            raise BackupError(f"the Kubernetes API refuses {objects.name(one)}: {error.status}") from None
        raise
