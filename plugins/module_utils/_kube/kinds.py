# Copyright: (c) 2026, metal-stack authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The kinds of objects that are asked for by their names, and where the API has them. Pure."""

from __future__ import annotations

from .._k3s import objects

CLAIM, CONFIG_MAP, POD, SECRET = "PersistentVolumeClaim", "ConfigMap", "Pod", "Secret"
STATEFUL_SET, DEPLOYMENT, DAEMON_SET, JOB = "StatefulSet", "Deployment", "DaemonSet", "Job"
# All others are of the core group.
_VERSIONS = {STATEFUL_SET: "apps/v1", DEPLOYMENT: "apps/v1", DAEMON_SET: "apps/v1", JOB: "batch/v1"}


def path(kind: str, namespace: str, name: str) -> str:
    """Where an object is."""
    version, metadata = _VERSIONS.get(kind, "v1"), {"namespace": namespace, "name": name}
    return objects.path({"apiVersion": version, "kind": kind, "metadata": metadata})
