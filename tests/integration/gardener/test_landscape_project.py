"""Projects and credentials on the real API server of a garden."""

from __future__ import annotations

import base64
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import landscape
import pytest
from adhoc import ansible
from ansible_collections.metalstack.autonomous.plugins.module_utils._gardener import references
from ansible_collections.metalstack.autonomous.plugins.modules import gardener_credentials, gardener_project
from garden import Garden, Object
from landscapers import CORE, Kept, Project, playing
from shoots import Run

Have = Callable[..., dict[str, Any]]
CONFIRMED = {"state": "absent", "confirm_deletion": True}
SECRET = "not to be told"


@pytest.fixture
def name(names: Iterator[str]) -> str:
    return f"n{next(names)}"


@pytest.fixture
def project(garden: Garden, name: str) -> Project:
    return Project(garden, name)


@pytest.fixture
def have(run: Run, name: str) -> Have:
    def have(check: bool = False, **options: Any) -> dict[str, Any]:
        return run(gardener_project, check, **{"name": name, "timeout": 30, **options})

    return have


@pytest.fixture
def ours(have: Have, project: Project) -> Project:
    with playing(project.reconcile):
        assert have()["changed"]
    return project


@pytest.fixture
def bind(run: Run, ours: Project) -> Have:
    """Have credentials in a project that is there."""

    def bind(check: bool = False, **options: Any) -> dict[str, Any]:
        place = {"namespace": f"garden-{ours.name}", "name": "metal", "timeout": 20}
        return run(gardener_credentials, check, **{**place, **options})

    return bind


@pytest.fixture
def impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(references, "REFERENCE_SECONDS", 0.5)


def held(garden: Garden, namespace: str, name: str = "metal") -> dict[str, str]:
    data = garden.request(f"/api/v1/namespaces/{namespace}/secrets/{name}")["data"]
    return {key: base64.b64decode(value).decode() for key, value in data.items()}


def namespaced(garden: Garden, name: str, labels: dict[str, str]) -> Object:
    metadata = {"name": name, "labels": labels}
    return garden.apply({"apiVersion": "v1", "kind": "Namespace", "metadata": metadata}, "namespaces")


def test_a_project_is_made_and_waited_for_and_is_then_no_difference(have: Have, project: Project, name: str) -> None:
    described = {
        "description": "of the test", "purpose": "testing",
        "members": [{"name": "a@example.com", "roles": ["admin", "uam"]}, {"kind": "Group", "name": "b"}],
        "tolerations": {"defaults": [{"key": "a"}], "whitelist": [{"key": "a"}, {"key": "b", "value": "c"}]},
    }  # fmt: skip
    previewed = have(check=True, **described)
    assert previewed["changed"] and not project.there() and previewed["namespace"] == f"garden-{name}"
    with playing(project.reconcile):
        told = have(**described)
    assert told["changed"] and (told["phase"], told["namespace"]) == ("Ready", f"garden-{name}")
    spec = project.read()["spec"]
    assert spec["owner"]["name"] == "admin", "who makes it owns it"
    assert {one["name"]: [one["role"], *one.get("roles", [])] for one in spec["members"]} == {
        "a@example.com": ["admin", "uam"], "b": ["viewer"], "admin": ["admin", "owner"],
    }  # fmt: skip
    assert spec["tolerations"] == described["tolerations"]
    again = have(**described)
    assert not again["changed"] and again["diff"] == {"before": {}, "after": {}}
    with playing(project.reconcile):
        assert have(**{**described, "members": []})["changed"]
    assert [one["name"] for one in project.read()["spec"]["members"]] == ["admin"]
    # What is not described any more is removed, and members that are not described at all are as others have them.
    with playing(project.reconcile):
        assert have()["changed"]
    assert "description" not in project.read()["spec"]


def test_a_write_waits_for_its_own_generation(have: Have, ours: Project) -> None:
    told = have(purpose="another one", timeout=0)
    assert told["failed"] and told["changed"] and told["phase"] == "Ready"
    assert "gardener-controller-manager has seen generation 2: seen generation 1 was seen last" in told["msg"]


def test_a_namespace_that_is_there_is_given_to_the_project_unless_it_is_anothers(
    garden: Garden, have: Have, project: Project, name: str
) -> None:
    namespaced(garden, f"garden-{name}", {"team": "a"})
    previewed = have(check=True)
    assert f"Namespace garden-{name}" in previewed["diff"]["after"]
    with playing(project.reconcile):
        told = have()
    assert told["changed"] and told["phase"] == "Ready" and not have()["changed"]
    assert garden.request(f"/api/v1/namespaces/garden-{name}")["metadata"]["labels"]["team"] == "a"
    namespaced(garden, f"garden-{name}-x", {"project.gardener.cloud/name": "somebody"})
    told = have(namespace=f"garden-{name}-x")
    assert told["failed"] and "belongs to project somebody" in told["msg"]


def test_a_project_that_fails_tells_its_phase(garden: Garden, have: Have, project: Project, name: str) -> None:
    have(timeout=0)
    project.write({"observedGeneration": 1, "phase": "Failed"})
    told = have(timeout=0)
    assert told["failed"] and f"phase Failed, expected Ready -> see the events of Project {name}" in told["msg"]
    with playing(project.reconcile):
        told = have()
    assert not told.get("failed") and not told["changed"], "a run that was cut off goes on"


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ({"namespace": "garden-other"}, "spec.namespace: Invalid value"),
        ({"tolerations": {"defaults": [{"key": "a"}]}}, "only the following tolerations are allowed"),
        ({"members": [{"name": "a", "roles": ["king"]}]}, "spec.members[0].roles[0]: Unsupported value"),
        ({"members": [{"kind": "ServiceAccount", "name": "a"}]}, "spec.members[0].namespace: Required value"),
        ({"namespace": "Garden"}, "namespace has 'Garden'; expected small letters"),
    ],
)
def test_bad_input_is_refused_with_the_gardens_reason(have: Have, ours: Project, given: Object, said: str) -> None:
    before = ours.read()
    for check in (True, False):
        told = have(check=check, **given)
        assert told["failed"] and said in told["msg"] and not told.get("changed"), told["msg"]
    assert ours.read() == before


def test_a_name_that_is_too_long_is_refused(have: Have) -> None:
    told = have(name="elevenchars")
    assert told["failed"] and "metadata.name: Too long" in told["msg"]


def test_a_project_is_deleted_once_confirmed_and_empty(garden: Garden, have: Have, bind: Have, ours: Project) -> None:
    told = have(state="absent")
    assert told["failed"] and "set 'confirm_deletion: true'" in told["msg"]
    bind(data={"metalAPIHMac": SECRET})
    wanted = landscape.shoot(
        landscape.Project(ours.name, f"garden-{ours.name}"), "left", credentialsBindingName="metal"
    )
    garden.until(lambda: landscape.accepted(garden, wanted, "shoots"), "a shoot is taken")
    garden.apply(wanted, "shoots")
    told = have(**CONFIRMED)
    assert told["failed"] and f"it is used by Shoot garden-{ours.name}/left" in told["msg"]
    used = bind(**CONFIRMED)
    assert used["failed"] and f"it is used by Shoot garden-{ours.name}/left" in used["msg"]
    shoot = Kept(garden, f"{CORE}/namespaces/garden-{ours.name}/shoots/left")
    shoot.change({"metadata": {"annotations": {"confirmation.gardener.cloud/deletion": "true"}}})
    garden.request(shoot.path, "DELETE")
    previewed = have(**CONFIRMED, check=True)
    assert previewed["changed"] and "confirmation.gardener.cloud/deletion" not in ours.read()["metadata"].get(
        "annotations", {}
    )
    with playing(ours.reconcile):
        told = have(**CONFIRMED)
    assert told["changed"] and not told.get("failed") and not ours.there()
    assert not have(state="absent")["changed"]


def test_credentials_are_bound_and_nothing_of_them_is_told(
    garden: Garden, bind: Have, ours: Project, tmp_path: Path
) -> None:
    file = tmp_path / "hmac"
    file.write_text(SECRET)
    described = {"data": {"metalAPIURL": "https://api.test"}, "data_files": {"metalAPIHMac": str(file)}}
    previewed = bind(check=True, **described)
    # Without the Secret, which nobody has made yet, the garden cannot judge the binding.
    assert previewed["changed"] and any("was not validated by the garden" in one for one in previewed["warned"])
    told = bind(**described)
    namespace = f"garden-{ours.name}"
    assert told["changed"] and held(garden, namespace) == {"metalAPIURL": "https://api.test", "metalAPIHMac": SECRET}
    reference = {"apiVersion": "v1", "kind": "Secret", "namespace": namespace, "name": "metal"}
    assert told["credentials_binding"]["credentialsRef"] == reference and told["credentials_binding"]["provider"] == {
        "type": "metal"
    }
    assert not bind(**described)["changed"]
    file.write_text(f"{SECRET} again")
    changed = bind(**described)
    assert changed["diff"]["after"][f"Secret {namespace}/metal"]["data"] == {
        "metalAPIHMac": "(another secret)", "metalAPIURL": "(secret)",
    }  # fmt: skip
    assert held(garden, namespace)["metalAPIHMac"] == f"{SECRET} again"
    for one in (previewed, told, changed):
        assert SECRET not in str(one) and base64.b64encode(SECRET.encode()).decode() not in str(one)
    gone = bind(data_files={"metalAPIHMac": str(file)})
    assert gone["changed"] and set(held(garden, namespace)) == {"metalAPIHMac"}


@pytest.mark.parametrize("given", [{"secret_name": "other"}, {"provider_type": "local"}])
def test_what_is_immutable_of_credentials_is_refused_before_anything_is_written(
    garden: Garden, bind: Have, ours: Project, given: Object
) -> None:
    bind(data={"key": SECRET})
    told = bind(data={"key": f"{SECRET} again"}, **given)
    assert told["failed"] and "a CredentialsBinding is immutable -> take another name" in told["msg"]
    assert "Nothing was changed" in told["msg"] and not told.get("changed")
    assert held(garden, f"garden-{ours.name}") == {"key": SECRET}


def test_a_secret_of_others_is_only_bound(garden: Garden, bind: Have, ours: Project, impatient: None) -> None:
    told = bind(secret_name="theirs")
    assert told["failed"] and "theirs" in told["msg"] and "not found" in told["msg"]
    secret = {
        "apiVersion": "v1", "kind": "Secret", "metadata": {"name": "theirs", "namespace": f"garden-{ours.name}"},
        "stringData": {"key": "theirs"},
    }  # fmt: skip
    garden.apply(secret, "secrets")
    assert bind(secret_name="theirs")["changed"] and held(garden, f"garden-{ours.name}", "theirs") == {"key": "theirs"}
    told = bind(secret_name="theirs", **CONFIRMED)
    assert told["changed"] and any("stays, since it was made by others" in one for one in told["warned"])
    assert held(garden, f"garden-{ours.name}", "theirs") == {"key": "theirs"}


def test_a_project_that_is_missing_is_told(run: Run, impatient: None) -> None:
    place = {"namespace": "garden-none", "name": "metal", "data": {"key": SECRET}}
    told = run(gardener_credentials, **place)
    assert told["failed"] and 'namespaces "garden-none" not found' in told["msg"] and not told.get("changed")
    previewed = run(gardener_credentials, True, **place)
    assert previewed["changed"] and len(previewed["warned"]) == 2


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ({"data": {"port": 8080}}, "Secret metal: data.port has what is no text -> quote it"),
        ({"data_files": {"key": "/none"}}, "data_files.key: /none cannot be read: No such file or directory"),
        ({"data_files": {"key": "/dev/null"}}, "data_files.key: /dev/null is empty"),
        ({"data": {"key": "a"}, "data_files": {"key": "/dev/null"}}, "key is in data and in data_files"),
    ],
)
def test_credentials_that_cannot_be_read_are_refused(bind: Have, given: Object, said: str) -> None:
    told = bind(**given)
    assert told["failed"] and said in told["msg"] and "Nothing was changed" in told["msg"]


def test_credentials_go_with_their_secret_unless_another_binding_has_it(
    garden: Garden, bind: Have, ours: Project
) -> None:
    bind(data={"key": SECRET})
    garden.until(lambda: not bind(name="second", secret_name="metal").get("failed"), "a second binding is there")
    assert bind(state="absent")["failed"]
    previewed = bind(**CONFIRMED, check=True)
    assert previewed["changed"] and list(previewed["diff"]["before"]) == [
        f"CredentialsBinding garden-{ours.name}/metal"
    ]
    told = bind(**CONFIRMED)
    assert told["changed"] and any("stays, since CredentialsBinding" in one for one in told["warned"])
    assert held(garden, f"garden-{ours.name}") == {"key": SECRET}
    told = bind(name="second", secret_name="metal", **CONFIRMED)
    assert told["changed"] and garden.find(f"/api/v1/namespaces/garden-{ours.name}/secrets/metal") is None
    again = bind(name="second", secret_name="metal", **CONFIRMED)
    assert not again["changed"] and not again.get("failed")


def test_a_secret_whose_binding_is_gone_already_goes_once_that_is_confirmed(
    garden: Garden, bind: Have, ours: Project
) -> None:
    bind(data={"key": SECRET})
    binding = f"/apis/security.gardener.cloud/v1alpha1/namespaces/garden-{ours.name}/credentialsbindings/metal"
    garden.request(binding, "DELETE")
    garden.until(lambda: garden.find(binding) is None, "the binding is gone")
    told = bind(state="absent")
    assert told["failed"] and f"Secret garden-{ours.name}/metal: deletion is not confirmed" in told["msg"]
    assert held(garden, f"garden-{ours.name}") == {"key": SECRET}
    assert bind(**CONFIRMED)["changed"]
    assert garden.find(f"/api/v1/namespaces/garden-{ours.name}/secrets/metal") is None


def test_progress_is_shown_while_a_project_is_waited_for(garden: Garden, project: Project, name: str) -> None:
    def late() -> None:
        garden.until(project.there, "the project is there")
        # Past the first slice of the wait.
        time.sleep(22)
        project.reconcile()

    thread = threading.Thread(target=late)
    thread.start()
    done = ansible(garden, "gardener_project", name=name, wait_timeout=200)
    thread.join()
    assert done.returncode == 0 and "CHANGED" in done.stdout, done.stdout + done.stderr
    (line, *_) = [one for one in done.stdout.splitlines() if one.startswith(f"Project {name}: ")]
    assert "of 200 at most; still to come: gardener-controller-manager has seen generation 1" in line
