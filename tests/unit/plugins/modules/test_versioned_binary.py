"""Versions side by side, one link, and nothing half-done."""

from __future__ import annotations

import hashlib
import os

import pytest
from ansible_collections.metalstack.autonomous.plugins.modules import versioned_binary
from ansible_collections.metalstack.autonomous.tests.unit.plugins.modules import in_process

ARCH = versioned_binary.ARCHS[versioned_binary.platform.machine()]


class Host:
    """Runs the module against a directory."""

    def __init__(self, directory, monkeypatch):
        self.directory = directory
        self.root, self.link = directory / "opt", directory / "bin/tool"
        self._answer = in_process.runner(monkeypatch)
        monkeypatch.setattr(os, "chown", lambda *_: None)

    def run(self, content=b"", version="v1", sha256=None, source=True, **parameters):
        arguments = {"name": "tool", "version": version, "root": str(self.root), "link": str(self.link), **parameters}
        if parameters.get("state") != "absent" and "artifact" not in parameters:
            expected = hashlib.sha256(content).hexdigest() if sha256 is None else sha256
            arguments["artifact"] = {"archs": {ARCH: {"sha256": expected, "source": "test"}}}
        if source:
            sent = self.directory / "sent"
            sent.write_bytes(content)
            arguments["source"] = str(sent)
        return self._answer(versioned_binary, **arguments)

    def tree(self):
        return sorted(str(path.relative_to(self.directory)) for path in self.root.rglob("*") if path.is_file())


@pytest.fixture
def host(tmp_path, monkeypatch):
    return Host(tmp_path, monkeypatch)


def test_a_program_is_installed_and_linked_once(host):
    first = host.run(b"one")
    assert (first["changed"], first["installed"], first["link_changed"]) == (True, True, True)
    assert host.link.resolve().read_bytes() == b"one"
    assert host.link.resolve().stat().st_mode & 0o777 == 0o755
    again = host.run(b"one", source=False)
    assert (again["changed"], again["previous_version"]) == (False, "v1")


def test_a_file_is_asked_for_only_if_the_host_lacks_it(host):
    asked = host.run(b"one", source=False)["transfer"]
    assert (asked["arch"], asked["installed_sha256"]) == (ARCH, "")
    assert not host.root.exists()


def test_a_file_of_unknown_checksum_is_never_taken_as_it_is(host):
    host.run(b"one")
    asked = host.run(sha256="", source=False, _ansible_check_mode=True)["transfer"]
    assert asked["installed_sha256"] == hashlib.sha256(b"one").hexdigest()


def test_a_tampered_byte_is_refused_and_leaves_nothing(host):
    host.run(b"one")
    result = host.run(b"twp", version="v2", sha256=hashlib.sha256(b"two").hexdigest())
    assert result["failed"]
    assert "refused" in result["msg"]
    assert host.tree() == ["opt/v1/tool"]
    assert host.link.resolve().read_bytes() == b"one"


def test_a_damaged_program_is_replaced(host):
    host.run(b"one")
    (host.root / "v1/tool").write_bytes(b"onf")
    assert host.run(b"one")["installed"]
    assert host.link.resolve().read_bytes() == b"one"


def test_going_back_is_a_change_of_the_link(host):
    host.run(b"one")
    host.run(b"two", version="v2")
    back = host.run(b"one", version="v1", source=False)
    assert (back["installed"], back["link_changed"], back["previous_version"]) == (False, True, "v2")
    assert host.link.resolve().read_bytes() == b"one"


def test_what_is_installed_can_be_switched_to_without_an_artifact(host):
    host.run(b"one")
    host.run(b"two", version="v2")
    back = host.run(version="v1", source=False, artifact=None)
    assert (back["installed"], back["link_changed"], back["previous_version"]) == (False, True, "v2")
    assert host.link.resolve().read_bytes() == b"one"


def test_without_an_artifact_what_is_not_installed_is_refused(host):
    host.run(b"one")
    assert "v2 is not installed" in host.run(version="v2", source=False, artifact=None)["msg"]
    assert host.link.resolve().read_bytes() == b"one"


def test_check_mode_may_switch_to_what_would_have_been_installed(host):
    host.run(b"one")
    predicted = host.run(version="v2", source=False, artifact=None, _ansible_check_mode=True)
    assert (predicted["installed"], predicted["link_changed"]) == (False, True)


def test_a_version_can_be_put_beside_the_active_one(host):
    host.run(b"one")
    assert not host.run(b"two", version="v2", activate=False)["link_changed"]
    assert host.link.resolve().read_bytes() == b"one"


@pytest.mark.parametrize(("keep", "removed"), [(None, []), ([], ["v0", "v1"]), (["v0"], ["v1"])])
def test_versions_that_are_not_kept_are_removed_but_never_the_active_one(host, keep, removed):
    for version in ("v0", "v1", "v2"):
        host.run(version.encode(), version=version)
    parameters = {} if keep is None else {"keep": keep}
    assert host.run(b"v3", version="v3", **parameters)["removed"] == removed
    assert (host.root / "v2/tool").exists()


def test_check_mode_says_the_same_and_changes_nothing(host):
    host.run(b"one")
    predicted = host.run(b"two", version="v2", source=False, _ansible_check_mode=True, _ansible_diff=True, keep=[])
    assert host.tree() == ["opt/v1/tool"]
    done = host.run(b"two", version="v2", _ansible_diff=True, keep=[])
    assert predicted == done
    assert done["diff"] == {
        "before": {"installed": ["v1"], "active": "v1"},
        "after": {"installed": ["v1", "v2"], "active": "v2"},
    }


def test_a_file_in_the_place_of_the_link_is_not_overwritten(host):
    host.link.parent.mkdir()
    host.link.write_text("someone's")
    result = host.run(b"one")
    assert "move it away" in result["msg"]
    assert host.link.read_text() == "someone's"


@pytest.mark.parametrize(("version", "left", "linked"), [("v1", ["opt/v2/tool"], True), (None, [], False)])
def test_one_version_or_all_can_be_removed(host, version, left, linked):
    host.run(b"one")
    host.run(b"two", version="v2")
    result = host.run(version=version, state="absent", source=False)
    assert result["changed"]
    assert host.tree() == left
    assert host.link.exists() == linked
    assert not host.run(version=version, state="absent", source=False)["changed"]


def script(status):
    return f'#!/bin/sh\necho "said $*"\nexit {status}\n'.encode()


def test_a_program_is_tried_before_the_link_names_it(host):
    assert host.run(script(0), trial=["--version"])["changed"]
    failed = host.run(script(3), version="v2", trial=["--version"])
    assert "v2 does not run on this host" in failed["msg"]
    assert "ended with 3: said --version" in failed["msg"]
    assert host.tree() == ["opt/v1/tool"]
    assert host.link.resolve() == host.root / "v1/tool"


def test_an_installed_program_is_not_tried_again(host):
    host.run(script(3))
    assert not host.run(script(3), source=False, trial=["--version"])["changed"]
