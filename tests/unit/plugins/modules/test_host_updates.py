"""What was begun is finished, or mended by a newer version."""

from __future__ import annotations

import pytest
from ansible_collections.metalstack.autonomous.plugins.module_utils._debian import apt
from ansible_collections.metalstack.autonomous.plugins.modules import host_updates

PACKAGE = {"name": "aaa", "from": "1", "to": "2", "security": True}


class Debian:
    """A host that says this when it is to finish something, and has this left when it is done."""

    def __init__(self, said: str = "", left: list[str] | None = None) -> None:
        self.said, self.left, self.done = said, left or [], []

    def finish(self) -> str:
        self.done.append("finish")
        return self.said

    def install(self, packages: list[dict]) -> None:
        self.done.append("install")

    def unfinished(self) -> list[str]:
        return self.left

    def reboot(self) -> list[str]:
        return ["libc6 asked for it"]


@pytest.mark.parametrize(
    ("packages", "unfinished", "said", "done"),
    [
        ([PACKAGE], [], "", ["install"]),
        ([], ["fff"], "", ["finish"]),
        ([PACKAGE], ["fff"], "", ["finish", "install"]),
        ([PACKAGE], ["aaa"], "dpkg: error", ["finish", "install"]),
    ],
)
def test_what_was_begun_comes_first(packages: list[dict], unfinished: list[str], said: str, done: list[str]) -> None:
    debian = Debian(said)
    reasons = host_updates.install(debian, {"packages": packages, "unfinished": unfinished})
    assert (debian.done, reasons) == (done, ["libc6 asked for it"])


@pytest.mark.parametrize(
    ("debian", "unfinished", "expected"),
    [
        (Debian("dpkg: error"), ["fff"], "can't be finished: dpkg: error"),
        (Debian(left=["ggg"]), [], "ggg: the installation ended half-way"),
    ],
)
def test_what_stays_half_way_is_an_error(debian: Debian, unfinished: list[str], expected: str) -> None:
    with pytest.raises(apt.AptError, match=expected):
        host_updates.install(debian, {"packages": [PACKAGE], "unfinished": unfinished})


def test_the_diff_names_versions() -> None:
    found = {"packages": [PACKAGE], "added": ["eee"]}
    assert host_updates.diff(found) == {"before": "aaa 1\n", "after": "aaa 2\neee added\n"}
