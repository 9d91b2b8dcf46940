"""What the module for kubeconfigs of shoots answers and leaves, beside a garden that issues some."""

from __future__ import annotations

import base64
import datetime
import json

import pytest
from ansible_collections.metalstack.autonomous.plugins.module_utils._gardener import issuing, kubeconfig, options
from ansible_collections.metalstack.autonomous.plugins.module_utils._gardener.client import Refusal
from ansible_collections.metalstack.autonomous.plugins.modules import gardener_shoot_kubeconfig

SERVER = "https://api.a.test"


class Garden:
    """It issues a text; what that says is told by the test, since no certificate is made here."""

    def __init__(self):
        self.warnings, self.asked, self.faults = [], [], []
        self.shoot = {"status": {"advertisedAddresses": [{"name": "external", "url": SERVER}]}}
        self.bundle = {"data": {"ca.crt": "authority"}}

    def get(self, kind, _namespace, _name):
        if isinstance(self.bundle, Refusal) and kind.name == "ConfigMap":
            raise self.bundle
        return {"Shoot": self.shoot, "ConfigMap": self.bundle}[kind.name]

    def create(self, _kind, _namespace, _name, subresource, body):
        self.asked.append((subresource, body["kind"], body["spec"]["expirationSeconds"]))
        if self.faults:
            raise self.faults.pop(0)
        granted = min(body["spec"]["expirationSeconds"], 86400)
        text = json.dumps([subresource.removesuffix("kubeconfig"), granted])
        return {"status": {"kubeconfig": base64.b64encode(text.encode()).decode()}}


def read(config, *_):
    if not isinstance(config, list):
        raise kubeconfig.Stranger("something else")
    ends = datetime.datetime.now(datetime.UTC) + datetime.timedelta(seconds=config[1])
    return kubeconfig.Held(config[0], ends, {"external": SERVER}, {"authority"})


def refusal(status, message):
    return Refusal("create adminkubeconfig", status, json.dumps({"message": message}))


@pytest.fixture
def garden(monkeypatch):
    made = Garden()
    monkeypatch.setattr(options, "opened", lambda _given: made)
    monkeypatch.setattr(kubeconfig, "held", read)
    monkeypatch.setattr(issuing, "POLL_SECONDS", 0.01)
    return made


@pytest.fixture
def path(tmp_path):
    return tmp_path / "kubeconfig"


@pytest.fixture
def issue(answer, garden, path):
    def issue(**more):
        place = {"kubeconfig": "/none", "namespace": "garden-a", "name": "fra", "path": str(path)}
        return answer(gardener_shoot_kubeconfig, **{**place, **more})

    return issue


def test_one_is_issued_once_and_for_its_owner_alone(issue, garden, path):
    first, second = issue(), issue()
    assert (first["issued"], first["reason"], second["issued"]) == (True, "there is none", False)
    assert garden.asked == [("adminkubeconfig", "AdminKubeconfigRequest", 3600)]
    assert path.stat().st_mode & 0o777 == 0o600 and [one.name for one in path.parent.iterdir()] == ["kubeconfig"]


def test_a_role_has_a_request_of_its_own(issue, garden):
    issue(role="viewer", expiration=600, refresh_before=0)
    assert garden.asked == [("viewerkubeconfig", "ViewerKubeconfigRequest", 600)]


@pytest.mark.parametrize("shoot", [None, {}, {"status": {"advertisedAddresses": [{"name": "x", "url": SERVER}]}}])
def test_a_shoot_without_an_api_server_has_none_but_in_check_mode(issue, garden, path, shoot):
    garden.shoot = shoot
    assert issue()["failed"]
    assert issue(_ansible_check_mode=True)["changed"]
    assert not garden.asked and not path.exists()


def test_check_mode_tells_the_change_and_asks_for_nothing(issue, garden, path):
    told = issue(_ansible_check_mode=True)
    assert told["changed"] and told["diff"] == {
        "before": {},
        "after": {"path": str(path), "mode": "0600", "expiration": "(that of a new one)"},
    }
    assert not garden.asked and not path.exists()


def test_a_mode_is_mended_with_the_same_content(issue, garden, path):
    issue()
    before = path.read_text()
    path.chmod(0o640)
    told = issue()
    assert (told["changed"], told["issued"], path.read_text()) == (True, False, before)
    assert path.stat().st_mode & 0o777 == 0o600
    assert (told["diff"]["before"]["mode"], told["diff"]["after"]["mode"]) == ("0640", "0600")
    assert len(garden.asked) == 1


def test_something_else_is_never_overwritten(issue, garden, path):
    path.write_text("{}")
    assert "is not overwritten" in issue()["msg"]
    assert path.read_text() == "{}" and not garden.asked


def test_an_authority_that_may_not_be_read_is_no_reason(issue, garden):
    garden.bundle = refusal(403, "forbidden")
    assert [issue()["issued"] for _ in range(2)] == [True, False]
    garden.bundle = refusal(500, "broken")
    assert "broken" in issue()["msg"]


def test_caches_are_waited_for_and_refusals_are_not(issue, garden):
    garden.faults = [refusal(500, "not yet"), refusal(503, "not yet")]
    assert issue()["issued"] and len(garden.asked) == 3
    garden.faults = [refusal(403, "never"), refusal(403, "never")]
    assert "never" in issue(role="viewer")["msg"] and len(garden.asked) == 4
    garden.faults = [refusal(500, "not yet"), refusal(500, "not yet")]
    assert "not yet" in issue(role="viewer", timeout=0)["msg"] and len(garden.asked) == 5


@pytest.mark.parametrize(
    ("options", "expected"),
    [
        ({"expiration": 599, "refresh_before": 0}, "expected 600 seconds or more"),
        ({"refresh_before": 3600}, "refresh_before has 3600"),
        ({"refresh_before": -1}, "refresh_before has -1"),
        ({"path": "/none/kubeconfig"}, "there is no directory /none"),
    ],
)
def test_bad_options_are_refused_before_anything_is_asked(issue, garden, options, expected):
    assert expected in issue(**options)["msg"] and not garden.asked


def test_all_bad_options_are_told_at_once(issue):
    told = issue(expiration=1, refresh_before=2, path="/none/kubeconfig")["msg"]
    assert all(part in told for part in ("expiration has 1", "refresh_before has 2", "no directory"))
