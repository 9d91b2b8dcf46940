"""Why a host needs a reboot."""

from __future__ import annotations

import pytest
from ansible_collections.metalstack.autonomous.plugins.module_utils._debian import reboot

RELEASE, VERSION = "6.12.48+deb13-amd64", "#1 SMP PREEMPT_DYNAMIC Debian 6.12.48-1 (2025-09-20)"
RUNS = {"linux-image-6.12.48+deb13-amd64": "6.12.48-1"}
NEWER = {"linux-image-6.12.57+deb13-amd64": "6.12.57-1"}


@pytest.mark.parametrize(
    ("release", "version", "installed", "expected"),
    [
        (RELEASE, VERSION, RUNS, []),
        (RELEASE, VERSION, RUNS | NEWER, ["kernel 6.12.57-1 is installed, 6.12.48-1 runs"]),
        # The running one was removed already.
        (RELEASE, VERSION, NEWER, ["kernel 6.12.57-1 is installed, 6.12.48-1 runs"]),
        # Another version under the same name.
        ("6.1.0-25-amd64", "#1 SMP Debian 6.1.106-3 (2024-08-26)", {"linux-image-6.1.0-25-amd64": "6.1.106-4"},
         ["kernel 6.1.106-4 is installed, 6.1.106-3 runs"]),
        # An older one beside it, another flavour, a package that only names the newest.
        (RELEASE, VERSION, RUNS | {"linux-image-6.12.41+deb13-amd64": "6.12.41-1"}, []),
        (RELEASE, VERSION, RUNS | {"linux-image-6.12.57+deb13-cloud-amd64": "6.12.57-1"}, []),
        (RELEASE, VERSION, RUNS | {"linux-image-amd64": "6.12.57-1"}, []),
        # Whoever runs another kernel than Debian's knows when to change it.
        ("6.18.44-own", "#2 SMP", RUNS | NEWER, []),
        (RELEASE, VERSION, {}, []),
    ],
)  # fmt: skip
def test_a_newer_kernel_waits_for_a_reboot(
    release: str, version: str, installed: dict[str, str], expected: list[str]
) -> None:
    assert reboot.kernel(release, version, installed) == expected


@pytest.mark.parametrize(
    ("packages", "expected"),
    [("libc6\ndbus\nlibc6\n", "dbus, libc6 asked for it"), ("", "/run/reboot-required is there")],
)
def test_packages_ask_for_a_reboot(packages: str, expected: str) -> None:
    assert reboot.required(packages) == expected


@pytest.mark.parametrize(
    ("said", "expected"),
    [
        ("NEEDRESTART-VER: 3.11\nNEEDRESTART-KSTA: 1\n", []),
        ("NEEDRESTART-SVC: ssh.service\nNEEDRESTART-SVC: dbus.service\nNEEDRESTART-SVC: k3s.service\n",
         ["dbus.service, ssh.service still use replaced libraries"]),
        ("NEEDRESTART-SVC: k3s.service\n", []),
    ],
)  # fmt: skip
def test_services_may_use_what_was_replaced(said: str, expected: list[str]) -> None:
    assert reboot.services(said) == expected


def test_a_kernel_among_the_updates_is_a_reason_beforehand() -> None:
    names = ["libc6", "linux-image-amd64", "linux-image-6.12.57+deb13-amd64", "linux-image-6.1.0-25-rt-arm64"]
    [reason] = reboot.expected(names)
    assert reason == "linux-image-6.1.0-25-rt-arm64, linux-image-6.12.57+deb13-amd64 is to be installed"
    assert reboot.expected(["libc6"]) == []
