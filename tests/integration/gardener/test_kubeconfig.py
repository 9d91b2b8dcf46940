"""Kubeconfigs of shoots that the real API server issues."""

from __future__ import annotations

import base64
import datetime
from collections.abc import Callable
from pathlib import Path
from typing import Any

import kubernetes
import pytest
import yaml
from ansible_collections.metalstack.autonomous.plugins.module_utils._gardener import issuing
from ansible_collections.metalstack.autonomous.plugins.modules import gardener_shoot_kubeconfig
from cluster import Cluster
from cryptography import x509
from garden import CertificateAuthority, Garden, write_pair
from gardenlet import Shoot

Run = Callable[..., dict[str, Any]]
Made = Callable[..., Shoot]
Issue = Callable[..., dict[str, Any]]


@pytest.fixture
def shoot(made: Made) -> Shoot:
    """One that has what a kubeconfig is made of."""
    shoot = made()
    shoot.expose(CertificateAuthority("shoot"))
    return shoot


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "kubeconfig"


@pytest.fixture
def issue(run: Run, path: Path, monkeypatch: pytest.MonkeyPatch) -> Issue:
    monkeypatch.setattr(issuing, "POLL_SECONDS", 0.2)

    def issue(shoot: Shoot, check: bool = False, **options: Any) -> dict[str, Any]:
        given = {"namespace": shoot.namespace, "name": shoot.name, "path": str(path)}
        return run(gardener_shoot_kubeconfig, check, **{**given, **options})

    return issue


def certificate(path: Path) -> x509.Certificate:
    user = yaml.safe_load(path.read_text())["users"][0]["user"]
    return x509.load_pem_x509_certificate(base64.b64decode(user["client-certificate-data"]))


def ends(path: Path) -> str:
    return f"{certificate(path).not_valid_after_utc:%Y-%m-%dT%H:%M:%SZ}"


@pytest.mark.parametrize("role", ["admin", "viewer"])
def test_one_is_issued_and_kept(issue: Issue, shoot: Shoot, path: Path, role: str) -> None:
    first = issue(shoot, role=role)
    content = path.read_bytes()
    second = issue(shoot, role=role)
    assert (first["changed"], first["issued"], second["changed"], second["issued"]) == (True, True, False, False)
    assert path.read_bytes() == content
    assert path.stat().st_mode & 0o777 == 0o600
    assert first["expiration"] == second["expiration"] == ends(path)
    groups = certificate(path).subject.get_attributes_for_oid(x509.NameOID.ORGANIZATION_NAME)
    assert [one.value for one in groups] == [f"gardener.cloud:system:{role}s"]
    assert sorted(first["servers"]) == ["external", "internal"]


@pytest.mark.parametrize("role", ["admin", "viewer"])
def test_the_cluster_of_the_shoot_lets_it_in(
    issue: Issue, garden: Garden, made: Made, path: Path, tmp_path: Path, role: str
) -> None:
    """A real kube-apiserver that trusts the shoot's authority, as its own one does."""
    authority = CertificateAuthority("shoot")
    (tmp_path / "ca.crt").write_text(authority.pem)
    write_pair(tmp_path / "tls", authority.issue("api.test"))
    files = {"tls_cert_file": tmp_path / "tls.crt", "tls_private_key_file": tmp_path / "tls.key"}
    cluster = Cluster(tmp_path / role, garden.etcd, role, client_ca_file=tmp_path / "ca.crt", **files)
    try:
        cluster.await_ready()
        shoot = made()
        shoot.expose(authority, url=f"https://127.0.0.1:{cluster.port}")
        assert issue(shoot, role=role)["issued"]
        client = kubernetes.client.AuthenticationV1Api(kubernetes.config.new_client_from_config(str(path)))
        review = client.create_self_subject_review({"apiVersion": "authentication.k8s.io/v1"})
    finally:
        cluster.stop()
    assert f"gardener.cloud:system:{role}s" in review.status.user_info.groups


def test_no_secret_is_told(issue: Issue, shoot: Shoot, path: Path) -> None:
    told = repr([issue(shoot), issue(shoot, role="viewer")])
    user = yaml.safe_load(path.read_text())["users"][0]["user"]
    assert user["client-key-data"] not in told and "PRIVATE KEY" not in told


def test_it_is_replaced_before_it_ends(issue: Issue, shoot: Shoot, path: Path) -> None:
    first = issue(shoot, expiration=600, refresh_before=0)
    second = issue(shoot, expiration=7200, refresh_before=3600)
    assert second["issued"] and second["reason"] == f"it ends at {first['expiration']}"
    left = certificate(path).not_valid_after_utc - datetime.datetime.now(datetime.UTC)
    assert datetime.timedelta(seconds=7000) < left <= datetime.timedelta(seconds=7200)


def test_what_the_garden_cuts_short_is_warned_of(issue: Issue, shoot: Shoot, path: Path) -> None:
    result = issue(shoot, expiration=7 * 86400, refresh_before=2 * 86400)
    assert result["expiration"] == ends(path)
    (warning,) = result["warned"]
    assert "the garden allows no longer time, so each run issues another one" in warning
    assert issue(shoot, expiration=86400)["warned"] == []


@pytest.mark.parametrize("again", [False, True])
def test_check_mode_issues_none(issue: Issue, shoot: Shoot, path: Path, again: bool) -> None:
    if again:
        issue(shoot, role="viewer")
    before = path.read_bytes() if again else None
    result = issue(shoot, check=True)
    assert (result["changed"], result["issued"]) == (True, False)
    assert (path.read_bytes() if path.exists() else None) == before


def test_check_mode_predicts_one_for_a_shoot_to_come(issue: Issue, shoot: Shoot, path: Path) -> None:
    result = issue(shoot, check=True, name="to-come")
    assert result["changed"] and not path.exists()
    assert "there is no shoot" in issue(shoot, name="to-come")["msg"]


def test_a_rotation_of_the_authority_has_another_one_issued(issue: Issue, shoot: Shoot, path: Path) -> None:
    """In both steps: when the new authority is there beside the former one, and when that is gone."""
    issue(shoot)
    former, new = CertificateAuthority("former"), CertificateAuthority("new")
    for bundle in ((former,), ()):
        shoot.expose(new, *bundle)
        assert issue(shoot)["reason"] == "the authority of the shoot is rotated"
        assert not issue(shoot)["changed"]
    authority = yaml.safe_load(path.read_text())["clusters"][0]["cluster"]["certificate-authority-data"]
    assert base64.b64decode(authority).decode() == new.pem


def test_other_addresses_and_another_role_have_another_one_issued(issue: Issue, shoot: Shoot) -> None:
    issue(shoot)
    shoot.write({"advertisedAddresses": [{"name": "external", "url": "https://api.moved.test"}]})
    moved = issue(shoot)
    assert (moved["reason"], moved["servers"]) == (
        "the addresses of the shoot are others",
        {"external": "https://api.moved.test"},
    )
    assert issue(shoot, role="viewer")["reason"] == "its role is admin, not viewer"


def test_a_mode_that_lets_others_read_is_mended_without_another_one(issue: Issue, shoot: Shoot, path: Path) -> None:
    issue(shoot)
    content = path.read_bytes()
    path.chmod(0o644)
    assert issue(shoot, check=True)["changed"] and path.stat().st_mode & 0o777 == 0o644
    result = issue(shoot)
    assert (result["changed"], result["issued"], path.read_bytes()) == (True, False, content)
    assert path.stat().st_mode & 0o777 == 0o600


@pytest.mark.parametrize(
    "text", ["something else\n", "a: [1", "apiVersion: v1\nkind: Config\nclusters: []\nusers: []\n"]
)
def test_what_is_no_kubeconfig_of_this_shoot_stays(issue: Issue, shoot: Shoot, path: Path, text: str) -> None:
    path.write_text(text)
    assert "is not overwritten" in issue(shoot)["msg"]
    assert path.read_text() == text


def test_a_kubeconfig_of_another_shoot_stays(issue: Issue, shoot: Shoot, made: Made, path: Path) -> None:
    other = made("other")
    other.expose(CertificateAuthority("other"))
    issue(other)
    content = path.read_bytes()
    assert "is not overwritten" in issue(shoot)["msg"]
    assert path.read_bytes() == content


def test_a_shoot_without_an_address_is_named(issue: Issue, made: Made, path: Path) -> None:
    assert "has no address of an API server yet" in issue(made())["msg"]
    assert not path.exists()


def test_what_the_server_lacks_is_told_after_some_tries(issue: Issue, made: Made, path: Path) -> None:
    shoot = made()
    shoot.write({"advertisedAddresses": [{"name": "external", "url": "https://api.test"}]})
    assert "could not get client CA secret" in issue(shoot, timeout=1)["msg"]
    assert not path.exists()


@pytest.mark.parametrize(
    ("options", "expected"),
    [
        ({"expiration": 599}, "expected 600 seconds or more"),
        ({"refresh_before": 3600}, "expected fewer seconds than expiration (3600)"),
        ({"path": "/nowhere/kubeconfig"}, "there is no directory /nowhere"),
    ],
)
def test_bad_input_is_refused(issue: Issue, shoot: Shoot, options: dict[str, Any], expected: str) -> None:
    assert expected in issue(shoot, **options)["msg"]
