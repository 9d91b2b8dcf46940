# Copyright: (c) 2026, metal-stack authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A pod that looks into a volume whose own pod does not run. Pure.

It lists names and ends. It has the volume read-only, no access to the API, and ends by itself within its deadline also
when what has made it was killed; the next look removes what is left
of it, since a claim stays while a pod names it.
"""

from __future__ import annotations

import typing as t

from .._k3s import objects
from . import deployed, entries

NAME = "reader"


def called(name: str) -> str:
    return f"metal-database-reader-{name}"


def manifest(
    name: str, directory: str, image: str, seconds: int, claim: t.Mapping[str, t.Any], spec: t.Mapping[str, t.Any]
) -> dict[str, t.Any]:
    """claim: metadata of the PersistentVolumeClaim. spec: that of the database's own pod, empty where nobody knows it.

    It runs where that pod is, since one node alone may have the volume, and as its user, who can read the directory.
    """
    security = spec.get("securityContext") or {}
    container = {
        "name": NAME,
        "image": image,
        "command": entries.command(directory),
        "volumeMounts": [{"name": "data", "mountPath": deployed.VOLUME, "readOnly": True}],
        "securityContext": _confined(security),
    }
    owner = {"apiVersion": "v1", "kind": "PersistentVolumeClaim", "name": claim["name"], "uid": claim["uid"]}
    return {
        "apiVersion": "v1",
        "kind": "Pod",
        "metadata": {"name": called(name), "labels": {objects.MARK: objects.MANAGER}, "ownerReferences": [owner]},
        "spec": {
            "restartPolicy": "Never",
            "activeDeadlineSeconds": seconds,
            "automountServiceAccountToken": False,
            "enableServiceLinks": False,
            "terminationGracePeriodSeconds": 0,
            "securityContext": security,
            **{key: spec[key] for key in ("nodeName", "tolerations", "imagePullSecrets") if spec.get(key)},
            "containers": [container],
            "volumes": [
                {"name": "data", "persistentVolumeClaim": {"claimName": claim["name"], "readOnly": True}},
            ],
        },
    }


def _confined(security: t.Mapping[str, t.Any]) -> dict[str, t.Any]:
    # Without a user of the database's pod it is root, which reads what belongs to others with this capability alone.
    added = {} if "runAsUser" in security else {"add": ["DAC_READ_SEARCH"]}
    return {"allowPrivilegeEscalation": False, "capabilities": {"drop": ["ALL"], **added}}
