"""Where the objects of add-ons come from. helm is a stand-in: a script that tells how it was called as a ConfigMap."""

from __future__ import annotations

import hashlib
import os

import pytest
from ansible_collections.metalstack.autonomous.plugins.module_utils._metal_stack import sources
from ansible_collections.metalstack.autonomous.plugins.module_utils._metal_stack.errors import StackError
from control_plane import wanted

SECRET = "{apiVersion: v1, kind: Secret, metadata: {name: %s}}\n"
HELM = """#!/bin/sh
printf 'apiVersion: v1\\nkind: ConfigMap\\nmetadata: {name: called}\\ndata:\\n'
printf '  arguments: "%s"\\n  home: "%s"\\n  values: |-\\n    ' "$*" "$HOME"; cat
"""


def addon(**more):
    return wanted(addons=[{"name": "a", **more}])["addons"][0]


def names(**more):
    return [one["metadata"]["name"] for one in sources.objects_of(wanted(), addon(**more), "v1.35.4", "")]


@pytest.fixture
def manifests(tmp_path):
    directory = tmp_path / "manifests"
    directory.mkdir()
    for name in ("b", "a"):
        (directory / f"{name}.yaml").write_text(SECRET % name)
    (directory / "kustomization.yaml").write_text("resources: [a.yaml, b.yaml]\n")
    (directory / "README.md").write_text("none\n")
    return directory


def test_a_file_a_directory_and_objects_are_read(manifests):
    assert names(path=str(manifests / "b.yaml")) == ["b"]
    assert names(path=str(manifests)) == ["a", "b"]
    assert names(objects=[{"apiVersion": "v1", "kind": "Secret", "metadata": {"name": "c"}}]) == ["c"]


def test_a_file_has_to_be_the_one_that_was_pinned(manifests):
    path = manifests / "a.yaml"
    assert names(path=str(path), sha256=hashlib.sha256(path.read_bytes()).hexdigest()) == ["a"]
    with pytest.raises(StackError, match="is not what was pinned"):
        names(path=str(path), sha256="0" * 64)


@pytest.mark.parametrize(("path", "expected"), [("none.yaml", "is not there"), ("empty", r"has no file \*\.yaml")])
def test_what_is_not_there_is_told(tmp_path, path, expected):
    (tmp_path / "empty").mkdir()
    with pytest.raises(StackError, match=expected):
        names(path=str(tmp_path / path))


def test_a_mirror_is_asked_first_and_what_was_downloaded_is_kept(manifests, tmp_path, monkeypatch):
    monkeypatch.setenv("METALSTACK_CACHE", str(tmp_path / "cache"))
    content = (manifests / "a.yaml").read_bytes()
    checksum = hashlib.sha256(content).hexdigest()
    place = tmp_path / f"mirror/a/{checksum}/any/a"
    place.parent.mkdir(parents=True)
    place.write_bytes(content)
    given = addon(url="https://127.0.0.1:1/a.yaml", sha256=checksum)
    for mirror in (str(tmp_path / "mirror"), str(tmp_path / "gone")):
        (found,) = sources.objects_of(wanted(), given, "", mirror)
        assert found["metadata"]["name"] == "a"


def test_helm_renders_a_chart_with_values_that_no_command_line_shows(tmp_path, monkeypatch):
    (tmp_path / "helm").write_text(HELM)
    (tmp_path / "helm").chmod(0o755)
    (tmp_path / "a.tgz").write_text("a chart")
    monkeypatch.setenv("PATH", f"{tmp_path}{os.pathsep}{os.environ['PATH']}")
    given = addon(kind="chart", path=str(tmp_path / "a.tgz"), namespace="x", values={"password": "a secret"})
    (found,) = sources.objects_of(wanted(), given, "v1.35.4+k3s1", "")
    assert found["data"]["arguments"] == (
        f"template a {tmp_path}/a.tgz --namespace x --include-crds --kube-version v1.35.4+k3s1 --skip-tests --values -"
    )
    assert found["data"]["values"] == '{"password": "a secret"}' and found["data"]["home"] == "/nonexistent"


def test_helm_that_is_not_there_or_refuses_is_told(tmp_path, monkeypatch):
    (tmp_path / "a.tgz").write_text("a chart")
    monkeypatch.setenv("PATH", str(tmp_path))
    given = addon(kind="chart", path=str(tmp_path / "a.tgz"), namespace="x")
    with pytest.raises(StackError, match="the controller has no helm"):
        sources.objects_of(wanted(), given, "v1.35.4", "")
    (tmp_path / "helm").write_text("#!/bin/sh\necho 'Error: no chart' >&2\nexit 1\n")
    (tmp_path / "helm").chmod(0o755)
    with pytest.raises(StackError, match=r"helm does not render .*: Error: no chart"):
        sources.objects_of(wanted(), given, "v1.35.4", "")
