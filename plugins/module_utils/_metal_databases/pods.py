# Copyright: (c) 2026, metal-stack authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Whether a container of a pod runs, as the API tells it. Pure."""

from __future__ import annotations

import typing as t

from . import deployed

Pod = t.Mapping[str, t.Any]


def idle(pod: Pod | None, name: str, container: str) -> str:
    """Why the container does not run; empty where it does. name: the pod's, also where there is none."""
    if pod is None:
        return f"pod {name} is not there"
    if "deletionTimestamp" in pod["metadata"]:
        return f"pod {name} is being ended"
    statuses = pod.get("status", {}).get("containerStatuses", [])
    state: t.Mapping[str, t.Any] = next((one.get("state", {}) for one in statuses if one["name"] == container), {})
    if "running" in state:
        return ""
    for kind in ("waiting", "terminated"):
        if kind in state:
            return f"container {container} of pod {name} does not run: {state[kind].get('reason') or kind}"
    return f"container {container} of pod {name} does not run: the pod is {pod.get('status', {}).get('phase', 'new')}"


def restarts(pod: Pod | None, container: str) -> int | None:
    """How often the container has started anew in this pod; None where there is no pod, or nothing is known of it."""
    statuses = (pod or {}).get("status", {}).get("containerStatuses", [])
    return next((one.get("restartCount") for one in statuses if one["name"] == container), None)


def restarted(pod: Pod) -> bool:
    """Whether its sidecar has started anew, or nobody knows that it has not."""
    return restarts(pod, deployed.SIDECAR) != 0


def template(stateful_set: Pod | None) -> Pod:
    """What the pod of a StatefulSet is made of, as far as anybody knows it."""
    found: Pod = (stateful_set or {}).get("spec", {}).get("template", {}).get("spec", {})
    return found
