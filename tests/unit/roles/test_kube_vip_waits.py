"""What has to hold before another host is changed; a look at the network that fails is the reason by itself."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import jinja2
import pytest
import yaml
from played import play

TASKS = Path(__file__).resolve().parents[3] / "roles/kube_vip/tasks"
ENVIRONMENT = jinja2.Environment(undefined=jinja2.StrictUndefined)
ENVIRONMENT.tests["success"] = lambda result: not result.get("failed", False)
HELD = {"serving": True, "holders": ["server1"], "active_seconds": 9}
# With BGP nobody is asked by ARP.
UNASKED = {"serving": False, "holders": [], "active_seconds": 9}
KUBECTL = '#!/bin/sh\necho "$@" >> {asked}\n[ "$(wc -l < {asked})" -ge {answers} ] && echo ok\n'


@pytest.mark.parametrize(
    ("file", "mode", "answer", "ends"),
    [
        ("verify", "arp", HELD, True),
        ("verify", "arp", {**HELD, "holders": []}, False),
        ("verify", "arp", {**HELD, "serving": False}, False),
        ("verify", "arp", {**HELD, "active_seconds": 1}, False),
        ("verify", "arp", {"failed": True, "msg": "arping is not there"}, False),
        ("verify", "bgp", UNASKED, True),
        ("verify", "bgp", {**UNASKED, "active_seconds": 1}, False),
        ("remove", "arp", {"held": []}, True),
        ("remove", "arp", {"held": ["192.0.2.10"]}, False),
        ("remove", "arp", {"failed": True, "msg": "arping is not there"}, False),
    ],
)
def test_what_fails_is_asked_again_and_then_told(file: str, mode: str, answer: dict[str, object], ends: bool) -> None:
    listed = yaml.safe_load((TASKS / f"{file}.yml").read_text())
    [task] = [one for one in listed if "until" in one and "metalstack.autonomous.vip_probe" in one]
    variables = {task["register"]: answer, "__kube_vip_steady_seconds": 3, "kube_vip_mode": mode}
    assert bool(ENVIRONMENT.compile_expression(task["until"], undefined_to_none=False)(**variables)) is ends


@pytest.mark.parametrize(
    ("mode", "address", "server"),
    [("arp", "192.0.2.10", ""), ("bgp", "203.0.113.10", "203.0.113.10"), ("bgp", "2001:db8::10", "[2001:db8::10]")],
)
def test_with_bgp_the_api_is_asked_at_the_address_until_it_answers(
    tmp_path: Path, mode: str, address: str, server: str
) -> None:
    asked, program = tmp_path / "requests", tmp_path / "kubectl"
    asked.touch()
    program.write_text(KUBECTL.format(asked=asked, answers=2))
    program.chmod(0o755)
    variables: dict[str, Any] = {
        "kube_vip_address": address,
        "kube_vip_mode": mode,
        "kube_vip_port": 6443,
        "kube_vip_interface": "eth0",
        "kube_vip_subnet": "192.0.2.0/24",
        "kube_vip_node_addresses": ["192.0.2.11"],
        "kube_vip_kubectl": f"{program} kubectl",
        "kube_vip_kubeconfig": "/k",
        "__kube_vip_has_control": True,
    }
    run = play(tmp_path, TASKS / "verify.yml", variables, {"vip_probe": HELD if mode == "arp" else UNASKED})
    assert not run.failed, run.output
    [probed] = run.of("vip_probe")
    assert probed["address"] == ("" if mode == "bgp" else address)
    request = f"kubectl --kubeconfig=/k --request-timeout=2s get --raw /readyz --server=https://{server}:6443"
    assert asked.read_text().splitlines() == [request] * 2 * (mode == "bgp")
