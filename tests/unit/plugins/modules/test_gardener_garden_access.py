"""What the modules for access to a garden and for its operations do, beside a runtime cluster in memory."""

from __future__ import annotations

import base64
import copy
import json
from typing import Any

import pytest
from ansible_collections.metalstack.autonomous.plugins.module_utils._gardener import options, waiting
from ansible_collections.metalstack.autonomous.plugins.module_utils._gardener.client import Unreachable
from ansible_collections.metalstack.autonomous.plugins.modules import (
    gardener_garden_info,
    gardener_garden_kubeconfig,
    gardener_garden_operation,
)

GENERIC = "generic-token-kubeconfig.secret.gardener.cloud/name"
OPERATION = "gardener.cloud/operation"
TOKEN_SECRET = ("Secret", "garden", "shoot-access-metalstack-autonomous")
CONDITIONS = (
    "VirtualGardenAPIServerAvailable", "RuntimeComponentsHealthy", "VirtualComponentsHealthy",
    "ObservabilityComponentsHealthy",
)  # fmt: skip
THREE = ("certificateAuthorities", "serviceAccountKey", "workloadIdentityKey")


def encoded(text: str) -> str:
    return base64.b64encode(text.encode()).decode()


def generic(authority: str) -> dict[str, Any]:
    config = {"clusters": [{"name": "a", "cluster": {"certificate-authority-data": encoded(authority)}}]}
    return {"kind": "Secret", "metadata": {"name": "generic"}, "data": {"kubeconfig": encoded(json.dumps(config))}}


OURS = {"manager": "metalstack.autonomous", "operation": "Apply", "fieldsV1": {"f:metadata": {}}}


class Cluster:
    """Objects by kind, namespace and name. Whoever reads the Garden finds what its operator would have made of it."""

    def __init__(self) -> None:
        self.warnings: list[str] = []
        self.asked: list[str] = []
        self.token, self.works = "a-token", True
        # The kind that it gives no answer to a write of, and whether it lets nobody in once it was asked for something.
        self.silent, self.closes = "", False
        garden = {
            "apiVersion": "operator.gardener.cloud/v1alpha1", "kind": "Garden",
            "metadata": {
                "name": "garden", "uid": "u", "generation": 1, "resourceVersion": "1",
                "annotations": {GENERIC: "generic"},
            },
            "spec": {
                "virtualCluster": {
                    "dns": {"domains": [{"name": "garden.example.org"}]}, "kubernetes": {"version": "1.35.6"},
                    "gardener": {"clusterIdentity": "a"},
                }
            },
            "status": {
                "observedGeneration": 1, "gardener": {"version": "v1.138.3"},
                "lastOperation": {"type": "Reconcile", "state": "Succeeded", "progress": 100, "description": "done"},
                "conditions": [{"type": one, "status": "True"} for one in CONDITIONS],
            },
        }  # fmt: skip
        self.there: dict[tuple[str, str, str], Any] = {
            ("Garden", "", "garden"): garden, ("Secret", "garden", "generic"): generic("PEM"),
        }  # fmt: skip

    def get(self, kind: Any, namespace: str, name: str) -> Any:
        if self.closes and self.asked:
            raise Unreachable("the cluster refuses to read it", 403)
        if self.works:
            self._work()
        return copy.deepcopy(self.there.get((kind.name, namespace, name)))

    def list(self, kind: Any, *_: str) -> Any:
        return [copy.deepcopy(one) for key, one in self.there.items() if key[0] == kind.name]

    def apply(self, kind: Any, wanted: Any, dry: bool = False, force: bool = False) -> Any:
        metadata = wanted["metadata"]
        if not dry and kind.name == self.silent:
            raise Unreachable("the cluster gives no answer")
        key = (kind.name, metadata.get("namespace", ""), metadata["name"])
        made = merged(copy.deepcopy(self.there.get(key) or {}), wanted)
        made["metadata"] |= {"uid": "u", "resourceVersion": "1", "managedFields": [OURS]}
        if not dry:
            self.there[key] = made
        return copy.deepcopy(made)

    def patch(self, kind: Any, namespace: str, name: str, change: Any, dry: bool = False) -> Any:
        if not dry:
            self.asked.append(change["metadata"]["annotations"][OPERATION])
            merged(self.there[kind.name, namespace, name], change)
        return None

    def _work(self) -> None:
        """gardener-operator takes up what it is asked for, and the resource manager requests a token."""
        garden = self.there["Garden", "", "garden"]
        asked = garden["metadata"]["annotations"].pop(OPERATION, "")
        phase = "Completed" if asked.endswith("-complete") else "Prepared"
        if asked.startswith("rotate-credentials"):
            garden["status"]["credentials"] = {"rotation": {one: {"phase": phase} for one in THREE}}
        if TOKEN_SECRET in self.there:
            self.there[TOKEN_SECRET].setdefault("data", {})["token"] = encoded(self.token)


def merged(one: Any, other: Any) -> Any:
    for key, value in other.items():
        if isinstance(value, dict) and isinstance(one.get(key), dict):
            merged(one[key], value)
        else:
            one[key] = copy.deepcopy(value)
    return one


@pytest.fixture
def cluster(monkeypatch):
    made = Cluster()
    monkeypatch.setattr(options, "opened", lambda _given: made)
    monkeypatch.setattr(waiting, "POLL_SECONDS", 0.001)
    return made


@pytest.fixture
def keep(answer, cluster, tmp_path):
    def keep(**more):
        given = {"path": str(tmp_path / "kubeconfig"), "verify": False, "timeout": 0, **more}
        return answer(gardener_garden_kubeconfig, kubeconfig="/none", **given)

    return keep


@pytest.fixture
def rotate(answer, cluster):
    def rotate(phase=None, **more):
        given = {"operation": "rotate-credentials", "timeout": 0, **({"phase": phase} if phase else {}), **more}
        return answer(gardener_garden_operation, kubeconfig="/none", **given)

    return rotate


def test_a_kubeconfig_is_written_once_and_never_told(keep, cluster, tmp_path):
    told = keep()
    assert (told["changed"], told["granted"], told["reason"]) == (True, True, "there is none")
    path = tmp_path / "kubeconfig"
    config = json.loads(path.read_text())
    assert config["clusters"][0]["cluster"]["server"] == "https://api.garden.example.org"
    assert config["users"][0]["user"]["token"] == "a-token" and "a-token" not in str(told)
    assert path.stat().st_mode & 0o777 == 0o600
    assert keep()["changed"] is False
    path.chmod(0o644)
    assert keep()["changed"] and path.stat().st_mode & 0o777 == 0o600


def test_another_authority_has_it_written_anew(keep, cluster, tmp_path):
    keep()
    cluster.there["Secret", "garden", "generic"] = generic("another")
    told = keep()
    assert told["changed"] and told["reason"] == "the authority of the garden is rotated"
    config = json.loads((tmp_path / "kubeconfig").read_text())
    assert base64.b64decode(config["clusters"][0]["cluster"]["certificate-authority-data"]) == b"another"


def test_check_mode_writes_nothing(keep, cluster, tmp_path):
    told = keep(check=True)
    assert told["changed"] and TOKEN_SECRET not in cluster.there and not (tmp_path / "kubeconfig").exists()


@pytest.mark.parametrize(
    ("left_out", "said"),
    [
        (("Garden", "", "garden"), "Garden garden is there: seen there is none"),
        (("Secret", "garden", "generic"), "the Garden names the address of its API"),
    ],
)
def test_what_is_missing_of_an_access_is_told(keep, cluster, left_out, said):
    cluster.works = False
    del cluster.there[left_out]
    told = keep()
    assert told["failed"] and said in told["msg"] and told["over"] is (left_out[0] == "Garden")


def test_a_token_that_never_comes_is_told(keep, cluster):
    cluster.works = False
    assert "has a token: seen none yet" in keep()["msg"]


@pytest.mark.parametrize("text", ["kind: Other\n", "[", "{}"])
def test_another_file_stays(keep, cluster, tmp_path, text):
    (tmp_path / "kubeconfig").write_text(text)
    told = keep()
    assert told["failed"] and "is not overwritten" in told["msg"] and (tmp_path / "kubeconfig").read_text() == text


def test_what_was_granted_before_an_error_is_told(keep, cluster):
    cluster.silent = "ManagedResource"
    told = keep()
    assert told["failed"] and told["changed"] and "gives no answer" in told["msg"]
    names = ["Secret/garden/shoot-access-metalstack-autonomous", "Secret/garden/managedresource-metalstack-autonomous"]
    assert told["changes"] == [names[0], f"{names[1]}-access"] == list(told["diff"]["after"])


def test_an_error_before_anything_was_granted_is_no_change(keep, cluster):
    cluster.silent = "Secret"
    told = keep()
    assert told["failed"] and not told.get("changed")


def test_a_wait_in_vain_has_the_diff_of_what_was_granted_and_hands_it_on(keep, cluster, tmp_path):
    cluster.works = False
    cut = keep()
    assert cut["failed"] and cut["changed"] and len(cut["diff"]["after"]) == 3
    cluster.works = True
    told = keep(written=cut["written"])
    assert told["granted"] and {*cut["diff"]["after"], str(tmp_path / "kubeconfig")} == set(told["diff"]["after"])
    assert "a-token" not in str(told)


def test_what_was_asked_for_before_an_error_is_told(rotate, cluster):
    cluster.closes = True
    told = rotate("prepared", timeout=5)
    assert told["failed"] and told["changed"] and told["sent"] == ["rotate-credentials-start"]


def test_credentials_are_rotated_in_two_steps_and_once(rotate, cluster):
    first = rotate("prepared", timeout=5)
    assert (first["changed"], first["sent"]) == (True, ["rotate-credentials-start"])
    assert set(first["phases"].values()) == {"Prepared"} and not first.get("failed")
    assert rotate("prepared")["changed"] is False
    assert rotate("completed", timeout=5)["sent"] == ["rotate-credentials-complete"]
    assert cluster.asked == ["rotate-credentials-start", "rotate-credentials-complete"]


def test_a_later_slice_asks_for_nothing_again(rotate, cluster):
    cluster.works = False
    cut = rotate("prepared")
    assert cut["failed"] and cut["sent"] == ["rotate-credentials-start"] and "is waiting" in cut["msg"]
    cluster.works = True
    told = rotate("prepared", written=cut["written"], timeout=5)
    assert told["sent"] == ["rotate-credentials-start"] and len(cluster.asked) == 1 and not told.get("failed")


def test_check_mode_asks_for_nothing(rotate, cluster):
    told = rotate("prepared", check=True)
    assert (told["changed"], told["sent"], cluster.asked) == (True, ["rotate-credentials-start"], [])


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ({"phase": "completed"}, "it was not begun"),
        ({}, "phase is missing"),
        ({"phase": "prepared", "since": "2026-11-30"}, "expected a time with its zone"),
        ({"phase": "prepared", "name": "other"}, "there is no Garden other"),
    ],
)
def test_what_cannot_be_is_refused(rotate, cluster, given, said):
    told = rotate(**given)
    assert told["failed"] and said in told["msg"] and not cluster.asked


def test_a_garden_is_read(answer, cluster):
    told = answer(gardener_garden_info, kubeconfig="/none")
    (garden,) = told["gardens"]
    assert garden["ready"] and (garden["gardener"], garden["cluster_identity"]) == ("v1.138.3", "a")
    assert (told["operator"], told["extensions"]) == ("", [])
