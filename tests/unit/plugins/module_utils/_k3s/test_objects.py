"""Objects that are applied, left to somebody else, waited for and removed, beside an API server that keeps them."""

from __future__ import annotations

import base64
import copy
import typing as t
import urllib.parse

import pytest
from ansible_collections.metalstack.autonomous.plugins.module_utils._k3s import objects
from ansible_collections.metalstack.autonomous.plugins.modules import k3s_objects

NAMESPACE = {"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": "example"}}
SECRET = {"apiVersion": "v1", "kind": "Secret", "metadata": {"name": "login", "namespace": "example"}}
RUN = {
    "apiVersion": "apps/v1",
    "kind": "Deployment",
    "metadata": {"name": "web", "namespace": "example"},
    "spec": {"selector": {"matchLabels": {"app": "web"}}},
}
RUNS = {"observedGeneration": 1, "replicas": 1, "updatedReplicas": 1, "availableReplicas": 1}
PULL = {"waiting": {"reason": "ImagePullBackOff", "message": "no such host"}}
POD = {"status": {"containerStatuses": [{"state": PULL}]}}


class Server:
    """What the code asks of a client; server-side apply as far as one manager goes."""

    def __init__(self) -> None:
        self.stored: dict[str, dict[str, t.Any]] = {}
        self.status, self.pods, self.going = RUNS, [POD], 0
        self.calls: list[str] = []

    def find(self, path: str) -> dict[str, t.Any] | None:
        found = self.stored.get(path)
        if found and "deletionTimestamp" in found["metadata"]:
            self.going -= 1
            if self.going < 0:
                del self.stored[path]
        return copy.deepcopy(found)

    def json(self, path: str, method: str = "GET", body: t.Any = None, **more: str) -> dict[str, t.Any]:
        place, _mark, query = path.partition("?")
        if method == "GET":
            return {"items": self.pods} if place.endswith("/pods") else copy.deepcopy(self.stored[place])
        words = dict(urllib.parse.parse_qsl(query))
        assert (method, more["content"], words["force"]) == ("PATCH", objects.APPLY, "true")
        made = copy.deepcopy(body)
        made["metadata"] |= {"generation": 1, "resourceVersion": "7", "managedFields": []}
        made |= {"status": self.status} if made["kind"] == "Deployment" else {}
        if words.get("dryRun") != "All":
            self.calls.append(f"apply {place}")
            self.stored[place] = made
        return copy.deepcopy(made)

    def delete(self, path: str, _options: t.Any) -> None:
        self.calls.append(f"delete {path}")
        self.stored[path]["metadata"]["deletionTimestamp"] = "now"


@pytest.fixture
def server(monkeypatch: pytest.MonkeyPatch) -> Server:
    monkeypatch.setattr(objects, "POLL_SECONDS", 0)
    return Server()


def run(
    server: Server,
    *given: t.Any,
    state: str = "present",
    check: bool = False,
    password: str = "first",
    seconds: float = 30,
) -> t.Any:
    wanted = objects.composed(given, {"login": {"password": password}})
    act = {"present": k3s_objects.present, "absent": k3s_objects.absent}[state]
    return k3s_objects.compared(*act(server, wanted, seconds, check))


def test_objects_are_applied_in_their_order_and_a_second_time_change_nothing(server: Server) -> None:
    made = run(server, NAMESPACE, SECRET, RUN)
    assert made["objects"] == ["Namespace/example", "Secret/example/login", "Deployment/example/web"]
    assert server.calls == [
        "apply /api/v1/namespaces/example",
        "apply /api/v1/namespaces/example/secrets/login",
        "apply /apis/apps/v1/namespaces/example/deployments/web",
    ]
    held = server.stored["/api/v1/namespaces/example/secrets/login"]["data"]
    assert base64.b64decode(held["password"]) == b"first"
    assert all(objects.ours(one) for one in server.stored.values())
    assert run(server, NAMESPACE, SECRET, RUN) == {
        "changed": False,
        "objects": [],
        "diff": {"before": {}, "after": {}},
    }


def test_what_is_given_stays_as_it_was(server: Server) -> None:
    before = copy.deepcopy([NAMESPACE, SECRET])
    run(server, NAMESPACE, SECRET)
    assert before == [NAMESPACE, SECRET]


def test_check_mode_tells_and_writes_nothing(server: Server) -> None:
    told = run(server, NAMESPACE, RUN, check=True)
    assert (told["objects"], server.stored) == (["Namespace/example", "Deployment/example/web"], {})
    run(server, NAMESPACE, RUN)
    stored = copy.deepcopy(server.stored)
    other = {**RUN, "spec": {**RUN["spec"], "replicas": 2}}
    told = run(server, NAMESPACE, other, check=True)
    assert (told["objects"], server.stored) == (["Deployment/example/web"], stored)
    assert told["diff"]["after"]["Deployment/example/web"]["spec"]["replicas"] == 2
    assert not run(server, NAMESPACE, RUN, check=True)["changed"]


def test_another_secret_is_told_and_never_shown(server: Server) -> None:
    first = run(server, NAMESPACE, SECRET)
    second = run(server, NAMESPACE, SECRET, password="second")
    assert second["objects"] == ["Secret/example/login"]
    assert second["diff"]["before"]["Secret/example/login"]["data"] == {"password": "(secret)"}
    assert second["diff"]["after"]["Secret/example/login"]["data"] == {"password": "(another secret)"}
    for secret in (b"first", b"second"):
        assert base64.b64encode(secret).decode() not in str([first, second])


@pytest.mark.parametrize("check", [True, False])
def test_what_somebody_else_has_made_is_neither_changed_nor_removed(server: Server, check: bool) -> None:
    place = objects.path(NAMESPACE)
    server.stored[place] = copy.deepcopy(NAMESPACE)
    with pytest.raises(objects.Refused, match="Namespace/example: there already"):
        run(server, SECRET, NAMESPACE, check=check)
    assert not run(server, NAMESPACE, state="absent", check=check)["changed"]
    assert (server.calls, server.stored) == ([], {place: NAMESPACE})


def test_what_is_removed_is_waited_for(server: Server) -> None:
    run(server, NAMESPACE)
    assert run(server, NAMESPACE, state="absent", check=True)["objects"] == ["Namespace/example"]
    assert server.stored
    server.going = 3
    assert run(server, NAMESPACE, state="absent")["objects"] == ["Namespace/example"]
    assert not server.stored
    assert not run(server, NAMESPACE, state="absent")["changed"]


def test_a_removal_that_was_cut_off_is_waited_for_and_not_begun_again(server: Server) -> None:
    run(server, NAMESPACE)
    server.stored[objects.path(NAMESPACE)]["metadata"]["deletionTimestamp"] = "then"
    server.calls.clear()
    server.going = 3
    run(server, NAMESPACE, state="absent")
    assert (server.calls, server.stored) == ([], {})


def test_what_goes_yet_is_made_anew_once_it_is_gone(server: Server) -> None:
    run(server, NAMESPACE)
    server.stored[objects.path(NAMESPACE)]["metadata"]["deletionTimestamp"] = "then"
    server.going = 3
    run(server, NAMESPACE)
    assert "deletionTimestamp" not in server.stored[objects.path(NAMESPACE)]["metadata"]


def test_what_does_not_go_is_told(server: Server) -> None:
    run(server, NAMESPACE)
    server.going = 1 << 30
    with pytest.raises(objects.Refused, match="Namespace/example does not go within"):
        run(server, NAMESPACE, state="absent", seconds=0.05)


def test_pods_that_do_not_run_say_why(server: Server) -> None:
    server.status = {**RUNS, "availableReplicas": 0}
    with pytest.raises(objects.Refused, match=r"web: 0 of 1 pods are ready .*\(ImagePullBackOff: no such host\)"):
        run(server, NAMESPACE, RUN, seconds=0.05)


@pytest.mark.parametrize(
    ("status", "lack"),
    [
        (RUNS, ""),
        ({**RUNS, "observedGeneration": 0}, "not seen by its controller"),
        ({**RUNS, "updatedReplicas": 0}, "0 of 1 pods are ready"),
        ({**RUNS, "replicas": 2}, "1 of 1 pods are ready"),
        ({}, "not seen by its controller"),
    ],
)
def test_a_deployment_runs_when_all_of_it_is_new_and_nothing_is_left(status: dict[str, int], lack: str) -> None:
    assert objects.unready({**RUN, "metadata": {"generation": 1}, "status": status}) == lack


def test_a_pod_without_a_node_says_why() -> None:
    unmet = {"type": "PodScheduled", "status": "False", "reason": "Unschedulable", "message": "no memory"}
    assert objects.waiting({"items": [{"status": {"conditions": [unmet]}}, {}]}) == ["Unschedulable: no memory"]
