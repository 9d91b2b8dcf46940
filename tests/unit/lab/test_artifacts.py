"""Where the lab takes each artifact from."""

from __future__ import annotations

import hashlib

import pytest

from lab import artifacts, settings
from lab.artifacts import Artifacts, Found, variables
from lab.errors import LabError
from plugins.module_utils._artifact.transport import Unreachable

DEFAULT = "v1.35.4+k3s1"


class Network:
    """Stands for every server: what is asked for is there, or nothing is."""

    def __init__(self, monkeypatch, files=None):
        self.files = files or {}
        monkeypatch.setattr(artifacts.Transport, "read", self.read)
        monkeypatch.setattr(artifacts.Transport, "download", self.download)

    def read(self, url):
        if url not in self.files:
            raise Unreachable(f"{url}: closed")
        return self.files[url]

    def download(self, url, target, secret_headers=None):
        target.write_bytes(self.read(url))


@pytest.fixture
def lab(tmp_path, monkeypatch):
    """Artifacts of a lab with these environment variables and files on the network."""
    monkeypatch.setattr(artifacts.build, "ensure", lambda name, cache: tmp_path / name)
    monkeypatch.setattr(artifacts.build, "cached", lambda name, cache: tmp_path / name)
    monkeypatch.setattr(artifacts.build, "machine_arch", lambda: "amd64")
    for name in ("kubernetes", "kubernetes-1.34", "etcd"):
        (tmp_path / name).mkdir()

    def make(files=None, **environ):
        Network(monkeypatch, files)
        return Artifacts(tmp_path / "cache", tmp_path / "payload", environ)

    return make


@pytest.fixture
def real(tmp_path):
    """A directory of real ones."""

    def make(*versions):
        directory = tmp_path / "real"
        directory.mkdir()
        for version in (*versions, "README", "k3s"):
            (directory / version).write_text(version)
        return str(directory)

    return make


def k3s(found):
    return {one.version: one.origin for one in found if one.name == "k3s"}


def test_a_closed_network_ends_with_the_stand_in_and_the_builds(lab):
    found = lab().find()
    assert k3s(found) == {DEFAULT: "stand-in"}
    assert {one.name: one.origin for one in found if one.name != "k3s"} == {
        "gitlab-runner": "built from Go modules",
        "kube-vip": "built from Go modules",
        "kube-vip-cloud-provider": "built from Go modules",
        "step-ca": "built from Go modules",
    }


def test_a_cluster_for_metrics_is_had_from_a_directory_alone(lab, tmp_path):
    (tmp_path / "cluster").mkdir()
    for name in ("vmstorage", "vmselect"):
        (tmp_path / "cluster" / name).write_text(name)
    with pytest.raises(LabError, match="has no vminsert"):
        lab(LAB_VM_CLUSTER_DIR=str(tmp_path / "cluster")).find()
    (tmp_path / "cluster/vminsert").write_text("vminsert")
    found = lab(LAB_VM_CLUSTER_DIR=str(tmp_path / "cluster")).find()
    assert [one.name for one in found if "LAB_VM_CLUSTER_DIR" in one.origin] == ["vmstorage", "vmselect", "vminsert"]


def test_a_real_one_of_the_directory_wins(lab, real):
    found = lab(LAB_K3S_DIR=real(DEFAULT, "v1.35.5+k3s1")).find()
    assert k3s(found) == {DEFAULT: "real (LAB_K3S_DIR)", "v1.35.5+k3s1": "real (LAB_K3S_DIR)"}


@pytest.mark.parametrize(
    ("versions", "asked", "runs"),
    [
        ((DEFAULT, "v1.35.5+k3s1"), "", DEFAULT),
        (("v1.35.5+k3s1",), "", "v1.35.5+k3s1"),
        (("v1.35.5+k3s1", "v1.36.1+k3s1"), "v1.36.1+k3s1", "v1.36.1+k3s1"),
    ],
)
def test_the_lab_runs_the_version_there_is_or_the_one_asked_for(lab, real, versions, asked, runs):
    assert lab(LAB_K3S_DIR=real(*versions), LAB_K3S_VERSION=asked).k3s_version() == runs


def test_a_choice_between_others_is_not_made_silently(lab, real):
    with pytest.raises(LabError, match=r"set LAB_K3S_VERSION to one of v1\.35\.5\+k3s1, v1\.36\.1\+k3s1"):
        lab(LAB_K3S_DIR=real("v1.35.5+k3s1", "v1.36.1+k3s1")).find()


def test_a_directory_without_any_is_told(lab, real):
    with pytest.raises(LabError, match="name each file by its version"):
        lab(LAB_K3S_DIR=real()).find()


def test_the_stand_in_stands_for_no_other_version(lab):
    with pytest.raises(LabError, match=r"runs Kubernetes v1\.34\.4 or v1\.35\.4.*LAB_K3S_DIR"):
        lab(LAB_K3S_VERSION="v1.34.1+k3s1").find()


def test_a_further_version_is_had_beside_the_labs_own(lab):
    found = lab().find(["v1.34.4+k3s1"])
    assert k3s(found) == {DEFAULT: "stand-in", "v1.34.4+k3s1": "stand-in"}


def test_a_version_that_nobody_asks_for_is_not_built(lab, monkeypatch):
    asked = []
    monkeypatch.setattr(artifacts.build, "ensure_all", lambda names, cache: asked.extend(names))
    lab().find()
    assert "kubernetes" in asked
    assert "kubernetes-1.34" not in asked
    lab().find(["v1.34.4+k3s1"])
    assert "kubernetes-1.34" in asked


def test_what_a_lab_was_asked_for_once_it_goes_on_to_find(tmp_path, monkeypatch):
    asked = []
    monkeypatch.setattr(Artifacts, "find", lambda self, besides: asked.append(list(besides)) or [])
    archive = tmp_path / "lab-images.tar"
    archive.write_bytes(b"x")
    monkeypatch.setattr(artifacts.images, "ensure", lambda cache, base: archive)
    here = settings.Settings("lab", tmp_path / "state", tmp_path / "cache", "")
    artifacts.ensure(here, tmp_path, ["v1.34.4+k3s1"])
    artifacts.ensure(here, tmp_path)
    assert asked == [["v1.34.4+k3s1"]] * 2


def test_the_lab_believes_a_release_once_and_says_so(lab, capsys):
    binary = b"real k3s"
    release = "https://github.com/k3s-io/k3s/releases/download/v9.9.9%2Bk3s1"
    sums = f"{hashlib.sha256(binary).hexdigest()}  k3s\n".encode()
    files = {f"{release}/k3s": binary, f"{release}/sha256sum-amd64.txt": sums}
    found = lab(files, LAB_K3S_VERSION="v9.9.9+k3s1").find()[0]
    assert found.path.read_bytes() == binary
    assert found.origin.endswith("(pinned by the lab on first download)")
    assert "the lab believes the release" in capsys.readouterr().out
    # From then on the release may say what it likes.
    assert lab(LAB_K3S_VERSION="v9.9.9+k3s1").find()[0] == found


def test_the_inventory_gets_paths_checksums_and_origins(tmp_path):
    file = tmp_path / "k3s"
    file.write_bytes(b"x")
    found = variables([Found("k3s", DEFAULT, file, "stand-in")], file, DEFAULT, "amd64")
    sha256 = hashlib.sha256(b"x").hexdigest()
    assert found["site_artifacts"]["k3s"][DEFAULT]["amd64"] == {
        "path": str(file),
        "sha256": sha256,
        "origin": "stand-in",
    }
    assert found["site_airgap_images"] == [{"name": "lab-images.tar", "src": str(file), "sha256": sha256}]


def test_a_mirror_is_asked_before_the_release(lab, tmp_path):
    binary = b"real k3s"
    mirror = tmp_path / "mirror"
    one = lab(LAB_MIRROR=str(mirror))
    one._catalog["k3s"]["versions"][DEFAULT]["sha256"]["amd64"] = hashlib.sha256(binary).hexdigest()
    (mirror / "k3s" / DEFAULT / "amd64").mkdir(parents=True)
    (mirror / "k3s" / DEFAULT / "amd64/k3s").write_bytes(binary)
    assert one.find()[0].path.read_bytes() == binary
