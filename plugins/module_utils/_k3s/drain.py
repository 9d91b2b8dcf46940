# Copyright: (c) 2026, metal-stack authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Emptying a node and opening it again, through the local API server. k3s's own kubectl does the evictions."""

from __future__ import annotations

# knows no AnsibleModule whose run_command it could call
# pylint: disable=ansible-bad-function
import subprocess
import typing as t

from . import client, disruption, layout, nodes

REQUEST_SECONDS = 10.0
# What kubectl takes to end beside its own time-out.
SPARE_SECONDS = 15


def _items(path: str) -> list[dict[str, t.Any]]:
    return list(client.api(client.Deadline(REQUEST_SECONDS)).json(path)["items"])


def pods(node: str) -> list[dict[str, t.Any]]:
    """The pods that would have to leave."""
    return disruption.leaving(_items(f"/api/v1/pods?fieldSelector=spec.nodeName={node}"))


def budgets() -> list[dict[str, t.Any]]:
    return _items("/apis/policy/v1/poddisruptionbudgets")


def close(raw: dict[str, t.Any]) -> dict[str, t.Any]:
    """The patch that takes no more pods; empty where somebody else did that. Pure."""
    if raw.get("spec", {}).get("unschedulable"):
        return {}
    return {"metadata": {"annotations": {nodes.DRAINED: "true"}}, "spec": {"unschedulable": True}}


def reopen(raw: dict[str, t.Any]) -> dict[str, t.Any]:
    """The patch that undoes close(); empty where it was not that that closed the node. Pure."""
    if nodes.DRAINED not in raw["metadata"].get("annotations", {}):
        return {}
    return {"metadata": {"annotations": {nodes.DRAINED: None}}, "spec": {"unschedulable": None}}


def evict(node: str, seconds: int) -> str:
    """Have the pods go within so many seconds; what kubectl said if they have not."""
    command = [
        layout.BINARY, "kubectl", "drain", node, "--ignore-daemonsets", "--delete-emptydir-data",
        f"--timeout={max(seconds, 1)}s",
    ]  # fmt: skip
    try:
        done = subprocess.run(
            command, capture_output=True, text=True, timeout=seconds + SPARE_SECONDS, check=False,
            stdin=subprocess.DEVNULL,
        )  # fmt: skip
    except (OSError, subprocess.SubprocessError) as error:
        return str(error)
    return "" if done.returncode == 0 else (done.stderr or done.stdout).strip()[-500:]
