"""Workloads that are held and let go, beside an API server that keeps them; cut off at every request."""

from __future__ import annotations

import copy
import json
import typing as t

import pytest
from ansible_collections.metalstack.autonomous.plugins.module_utils._k3s import client, holding, workloads

LABELS = {workloads.LABEL: "held"}
MARK = "/api/v1/namespaces/kube-system"
APPS, BATCH, CORE = "/apis/apps/v1/namespaces/shop", "/apis/batch/v1/namespaces/shop", "/api/v1/namespaces/shop"


def made(name: str, owner: str = "", labels: t.Any = None, finalizers: t.Any = None, **rest: t.Any) -> t.Any:
    metadata = {"name": name, "namespace": "shop", "uid": f"u-{name}", "labels": dict(labels or {})}
    kind, _slash, of = owner.partition("/")
    metadata |= {"ownerReferences": [{"kind": kind, "name": of, "uid": f"u-{of}", "controller": True}]} if of else {}
    metadata |= {"finalizers": finalizers} if finalizers else {}
    return {"metadata": metadata, **rest}


def cluster() -> dict[str, t.Any]:
    """What a set may hold, by path."""
    running = {"phase": "Running"}
    return {
        MARK: {"metadata": {"name": "kube-system", "uid": "u"}},
        f"{APPS}/deployments/operator": made("operator", labels=LABELS, spec={"replicas": 2}),
        f"{APPS}/deployments/web": made("web", spec={"replicas": 2}),
        f"{APPS}/statefulsets/queue": made("queue", labels=LABELS, spec={}),
        f"{APPS}/replicasets/operator-1": made("operator-1", "Deployment/operator", spec={"replicas": 2}),
        f"{APPS}/replicasets/operator-0": made("operator-0", "Deployment/operator", spec={"replicas": 0}),
        f"{APPS}/replicasets/web-1": made("web-1", "Deployment/web", spec={"replicas": 2}),
        f"{APPS}/replicasets/alone": made("alone", labels=LABELS, spec={"replicas": 1}),
        f"{APPS}/daemonsets/agent": made("agent", labels=LABELS, spec={}),
        f"{CORE}/pods/lone": made("lone", labels=LABELS, status=running),
        f"{BATCH}/cronjobs/report": made("report", spec={"suspend": False}),
        f"{BATCH}/cronjobs/never": made("never", spec={"suspend": True}),
        f"{BATCH}/jobs/report-1": made("report-1", "CronJob/report", spec={}),
        f"{BATCH}/jobs/migrate": made("migrate", spec={}),
        f"{CORE}/pods/operator-1-a": made("operator-1-a", "ReplicaSet/operator-1", status=running),
        f"{CORE}/pods/queue-0": made("queue-0", "StatefulSet/queue", status=running),
        f"{CORE}/pods/web-1-a": made("web-1-a", "ReplicaSet/web-1", status=running),
        f"{CORE}/pods/report-1-a": made("report-1-a", "Job/report-1", finalizers=[workloads.TRACKING], status=running),
        f"{CORE}/pods/migrate-a": made("migrate-a", "Job/migrate", status=running),
    }


class Cut(Exception):
    """Whoever asked was killed."""


class Server:
    """What the code asks of a client; merge patches as far as they are used."""

    def __init__(self) -> None:
        self.stored = cluster()
        self.calls: list[str] = []
        self.refuses: dict[str, list[int]] = {}
        self.left: float = float("inf")

    def _write(self, call: str) -> None:
        if self.left <= 0:
            raise Cut
        self.left -= 1
        self.calls.append(call)

    def json(self, path: str, method: str = "GET", body: t.Any = None, **more: str) -> dict[str, t.Any]:
        place, _mark, query = path.partition("?")
        if method == "GET" and place in self.stored:
            return copy.deepcopy(self.stored[place])
        if method == "GET":
            kind = place.rpartition("/")[2]
            found = [one for at, one in self.stored.items() if f"/{kind}/" in at]
            if "labelSelector" in query:
                found = [one for one in found if one["metadata"]["labels"] == LABELS]
            return {"items": copy.deepcopy(found)}
        assert (method, more["content"]) == ("PATCH", holding.MERGE)
        if status := next(iter(self.refuses.get(place, [])), 0):
            self.refuses[place].pop(0)
            raise client.Unreachable(f"PATCH {place}: {status} no endpoints available for service", status)
        self._write(f"{place.rpartition('/')[2]} {json.dumps(body.get('spec', {}))}")
        _merge(self.stored[place], body)
        return {}

    def find(self, path: str) -> t.Any:
        return copy.deepcopy(self.stored.get(path))

    def delete(self, path: str, options: t.Any) -> None:
        assert options == {"gracePeriodSeconds": 0}
        self._write(f"delete {path.rpartition('/')[2]}")
        assert workloads.TRACKING not in self.stored[path]["metadata"].get("finalizers", [])
        del self.stored[path]

    def fields(self) -> dict[str, t.Any]:
        """Replicas or suspension of each workload, by its name."""
        return {
            path.rpartition("/")[2]: one["spec"].get("replicas", one["spec"].get("suspend"))
            for path, one in self.stored.items()
            if "spec" in one
        }

    def pods(self) -> list[str]:
        return sorted(path.rpartition("/")[2] for path in self.stored if "/pods/" in path)


def _merge(into: dict[str, t.Any], patch: dict[str, t.Any]) -> None:
    for key, value in patch.items():
        if isinstance(value, dict):
            _merge(into.setdefault(key, {}), value)
        elif value is None:
            into.pop(key, None)
        else:
            into[key] = value


@pytest.fixture
def server(monkeypatch: pytest.MonkeyPatch) -> Server:
    monkeypatch.setattr(holding, "POLL_SECONDS", 0)
    return Server()


HELD = ["CronJob/shop/report", "Deployment/shop/operator", "Job/shop/report-1", "StatefulSet/shop/queue"]
BEFORE = Server().fields()
STILL = {**BEFORE, "operator": 0, "operator-1": 0, "queue": 0, "report": True, "report-1": True}


def hold(server: Server, dry: bool = False) -> holding.Outcome:
    return holding.hold(t.cast("client.Client", server), dry)


def release(server: Server, dry: bool = False, seconds: float = 5) -> holding.Outcome:
    return holding.release(t.cast("client.Client", server), seconds, dry)


def test_what_acts_stands_still_with_nobody_to_make_its_pods_anew(server: Server) -> None:
    done = hold(server)
    assert done.changed and done.held == HELD
    assert server.fields() == STILL
    assert server.pods() == ["lone", "migrate-a", "web-1-a"]
    assert done.pods == ["shop/operator-1-a", "shop/queue-0", "shop/report-1-a"]
    assert done.before == dict(zip(["Deployment/shop/operator", "StatefulSet/shop/queue", "CronJob/shop/report",
                                    "Job/shop/report-1"], [2, 1, False, False], strict=True))  # fmt: skip
    assert workloads.marked(server.stored[MARK]) == HELD


def test_what_waits_for_its_data_is_not_let_go_with_the_others(server: Server) -> None:
    database = made("db", labels={workloads.LABEL: workloads.UNTIL_DATA}, spec={"replicas": 1})
    server.stored[f"{APPS}/statefulsets/db"] = database
    assert hold(server).held == sorted([*HELD, "StatefulSet/shop/db"])
    done = release(server)
    assert done.changed and done.held == ["StatefulSet/shop/db"]
    assert (server.fields()["queue"], server.fields()["db"]) == (1, 0)
    assert workloads.marked(server.stored[MARK]) == ["StatefulSet/shop/db"]
    # Whoever has looked at it once more changes nothing.
    assert not release(server).changed
    database["spec"]["replicas"] = 1
    assert release(server).held == []
    assert workloads.marked(server.stored[MARK]) == []


DATABASE = f"{APPS}/statefulsets/db"
# Of the namespace, whose Deployments write to databases, the one without a label, too.
QUIET = ["CronJob/shop/report", "Deployment/shop/operator", "Deployment/shop/web", "Job/shop/report-1",
         "StatefulSet/shop/queue"]  # fmt: skip


def quiesce(server: Server, dry: bool = False, seconds: float = 5) -> holding.Outcome:
    return holding.quiesce(t.cast("client.Client", server), ["shop"], seconds, dry)


@pytest.fixture
def living(server: Server) -> Server:
    """A cluster that runs, with a database; its controllers end pods one by one, whenever somebody looks."""
    server.stored[DATABASE] = made("db", labels={workloads.LABEL: workloads.UNTIL_DATA}, spec={"replicas": 1})
    server.stored[f"{CORE}/pods/db-0"] = made("db-0", "StatefulSet/db", status={"phase": "Running"})
    asked = server.json

    def json_of(path: str, method: str = "GET", body: t.Any = None, **more: str) -> dict[str, t.Any]:
        stopped = [name for name, value in server.fields().items() if value is True or value == 0]
        still = {"operator-1-a": "operator", "queue-0": "queue", "web-1-a": "web", "report-1-a": "report-1"}
        ends = [pod for pod in server.pods() if still.get(pod) in stopped]
        if path.endswith("/pods") and ends:
            del server.stored[f"{CORE}/pods/{ends[0]}"]
        return asked(path, method, body, **more)

    server.json = json_of  # type: ignore[method-assign]
    return server


def test_a_cluster_that_is_about_to_stop_writes_no_more_and_keeps_its_databases(living: Server) -> None:
    done = quiesce(living)
    assert done.changed and done.held == QUIET
    # Nothing is deleted or scaled that controllers see to.
    assert not [call for call in living.calls if call.startswith(("delete", "operator-1", "web-1"))]
    assert living.pods() == ["db-0", "lone", "migrate-a"] and living.fields()["db"] == 1
    assert not quiesce(living).changed
    assert release(living).held == []
    assert [living.fields()[name] for name in ("operator", "web", "queue", "report")] == [2, 2, 1, False]


def test_only_what_is_labelled_and_what_is_in_its_namespace_is_held_for_a_move(living: Server) -> None:
    assert not workloads.writes({**living.stored[f"{APPS}/deployments/web"], "kind": "Deployment"}, ["bank"])
    assert not workloads.writes({**living.stored[DATABASE], "kind": "StatefulSet"}, ["shop"])


def test_check_mode_tells_what_a_move_would_hold_and_writes_nothing(living: Server) -> None:
    assert quiesce(living, dry=True).held == QUIET
    assert living.calls == [] and "web-1-a" in living.pods()


def test_what_does_not_end_is_named(server: Server) -> None:
    with pytest.raises(holding.Refused, match=r"shop/queue-0, .*: held 0 s ago, and not ended yet"):
        quiesce(server, seconds=0)


def test_that_something_is_held_is_told_before_anything_is(server: Server) -> None:
    hold(server)
    assert server.calls[0].startswith("kube-system")
    server.calls.clear()
    release(server)
    assert server.calls[-1].startswith("kube-system")


@pytest.mark.parametrize("act", [hold, release])
def test_a_second_time_nothing_is_done(server: Server, act: t.Callable[..., holding.Outcome]) -> None:
    hold(server)
    act(server)
    server.calls.clear()
    assert not act(server).changed and server.calls == []


@pytest.mark.parametrize("act", [hold, release])
def test_check_mode_tells_and_writes_nothing(server: Server, act: t.Callable[..., holding.Outcome]) -> None:
    if act is release:
        hold(server)
    server.calls.clear()
    told = act(server, dry=True)
    assert (server.calls, told.changed) == ([], True)
    assert told == act(server)


def test_all_is_given_back(server: Server) -> None:
    hold(server)
    done = release(server)
    assert server.fields() == {**BEFORE, "queue": 1, "report-1": False, "operator-1": 0}, "its Deployment scales it"
    assert (done.told, done.held) == (HELD, [])
    assert not any(workloads.annotated(one) for one in server.stored.values())


@pytest.mark.parametrize("writes", range(10))
def test_cut_off_anywhere_the_same_call_goes_on(server: Server, writes: int) -> None:
    server.left = writes
    with pytest.raises(Cut):
        hold(server)
    server.left = float("inf")
    assert hold(server).held == HELD
    assert server.fields() == STILL and server.pods() == ["lone", "migrate-a", "web-1-a"]
    server.left = writes // 3
    with pytest.raises(Cut):
        release(server)
    assert workloads.marked(server.stored[MARK]) == HELD
    server.left = float("inf")
    release(server)
    assert server.fields() == {**BEFORE, "queue": 1, "report-1": False, "operator-1": 0}
    assert workloads.marked(server.stored[MARK]) == []


def test_what_was_held_when_the_set_was_made_is_told_to_be_held(server: Server) -> None:
    hold(server)
    del server.stored[f"{APPS}/deployments/operator"]["metadata"]["labels"][workloads.LABEL]
    server.stored[MARK]["metadata"]["annotations"].clear()
    assert hold(server).held == HELD


def test_what_is_refused_is_tried_again_after_the_others(server: Server) -> None:
    hold(server)
    server.refuses = {f"{APPS}/deployments/operator": [500, 500]}
    server.calls.clear()
    release(server)
    assert server.calls[-2:] == ['operator {"replicas": 2}', "kube-system {}"]
    assert server.fields()["operator"] == 2


def test_what_was_deleted_meanwhile_holds_nothing_up(server: Server) -> None:
    hold(server)
    server.refuses = {f"{BATCH}/jobs/report-1": [404]}
    release(server)
    assert workloads.marked(server.stored[MARK]) == []


def test_what_is_refused_for_too_long_stays_told(server: Server) -> None:
    hold(server)
    server.refuses = {f"{BATCH}/cronjobs/report": [500] * 3}
    with pytest.raises(holding.Refused, match=r"CronJob/shop/report: still held after 0 s: PATCH .* no endpoints"):
        release(server, seconds=0)
    assert workloads.marked(server.stored[MARK]) == HELD
    assert (server.fields()["operator"], server.fields()["report"]) == (2, True)


def test_what_cannot_be_read_is_refused_before_anything_is_let_go(server: Server) -> None:
    hold(server)
    server.stored[f"{BATCH}/jobs/report-1"]["metadata"]["annotations"][workloads.ANNOTATION] = "?"
    with pytest.raises(workloads.Unreadable):
        release(server)
    assert server.fields() == STILL


def test_a_set_tells_what_would_be_held(server: Server) -> None:
    names = ["CronJob/shop/never", *HELD]
    assert holding.names(t.cast("client.Client", server)) == sorted(names)
    hold(server)
    assert holding.names(t.cast("client.Client", server)) == sorted(names)


def test_what_is_labelled_and_cannot_be_held_is_told(server: Server) -> None:
    assert holding.unheld(t.cast("client.Client", server)) == [
        "DaemonSet/shop/agent", "Pod/shop/lone", "ReplicaSet/shop/alone"
    ]  # fmt: skip


def test_the_api_is_waited_for(monkeypatch: pytest.MonkeyPatch) -> None:
    answers = iter([client.Unreachable("refused"), client.Unreachable("not ready", 500), None])

    class Api:
        def text(self, path: str) -> str:
            assert path == "/readyz"
            if error := next(answers):
                raise error
            return "ok"

    monkeypatch.setattr(holding, "POLL_SECONDS", 0)
    monkeypatch.setattr(holding.client, "api", lambda *_, **__: Api())
    assert holding.reached(5, 1)
    answers = iter([client.Unreachable("refused")])
    with pytest.raises(client.Unreachable, match="refused"):
        holding.reached(0, 1)


DATABASES = ["shop/db", "shop/cache"]
CLAIMS = ["shop/data-db-0", "shop/data-other-0"]


@pytest.fixture
def databases(server: Server) -> Server:
    """Two of which one loses its volume, and another workload that does."""
    for name in ("db", "cache", "other"):
        spec = {"replicas": 1, "volumeClaimTemplates": [{"metadata": {"name": "data"}}]}
        server.stored[f"{APPS}/statefulsets/{name}"] = made(name, spec=spec)
        where = {"nodeName": "server1"} if name == "cache" else {}
        pod = made(f"{name}-0", f"StatefulSet/{name}", spec=where, status={"phase": "Pending"})
        server.stored[f"{CORE}/pods/{name}-0"] = pod
    return server


def withhold(server: Server, names: t.Sequence[str] = DATABASES, dry: bool = False) -> holding.Outcome:
    return holding.withhold(t.cast("client.Client", server), names, CLAIMS, "server1", dry)


def test_only_what_is_named_and_loses_its_volume_waits_for_its_data(databases: Server) -> None:
    before = {**databases.fields()}
    done = withhold(databases)
    assert {name: value for name, value in databases.fields().items() if before[name] != value} == {"db": 0}
    assert (done.before, done.after, done.held) == (
        {"StatefulSet/shop/db": 1}, {"StatefulSet/shop/db": 0}, ["StatefulSet/shop/db"],
    )  # fmt: skip
    assert done.pods == ["shop/db-0"] and "db-0" not in databases.pods() and "cache-0" in databases.pods()
    assert databases.stored[f"{APPS}/statefulsets/db"]["metadata"]["labels"] == {workloads.LABEL: workloads.UNTIL_DATA}
    assert databases.calls[0].startswith("kube-system") and databases.calls[-1] == "delete db-0"
    # Whoever lets go all else leaves it.
    assert release(databases).held == ["StatefulSet/shop/db"] and not withhold(databases).changed


def test_what_is_told_to_be_held_already_stays_told(databases: Server) -> None:
    hold(databases)
    assert withhold(databases).held == sorted([*HELD, "StatefulSet/shop/db"])


def test_without_names_nobody_is_asked(databases: Server) -> None:
    del databases.stored[MARK]
    assert withhold(databases, []) == holding.Outcome({}, {}, [], [], [])


def test_check_mode_tells_what_would_wait(databases: Server) -> None:
    told = withhold(databases, dry=True)
    assert databases.calls == [] and told == withhold(databases)


def test_a_pod_that_runs_on_another_node_is_left_to_its_controller(databases: Server) -> None:
    databases.stored[f"{CORE}/pods/db-0"]["spec"]["nodeName"] = "server2"
    assert withhold(databases).pods == [] and "db-0" in databases.pods()


@pytest.mark.parametrize("writes", range(3))
def test_cut_off_anywhere_it_is_held_by_the_same_call(databases: Server, writes: int) -> None:
    databases.left = writes
    with pytest.raises(Cut):
        withhold(databases)
    databases.left = float("inf")
    assert withhold(databases).held == ["StatefulSet/shop/db"]
    assert databases.fields()["db"] == 0 and "db-0" not in databases.pods()
    assert workloads.marked(databases.stored[MARK]) == ["StatefulSet/shop/db"]


def test_no_pod_goes_before_its_controller_knows_that_it_makes_no_other(
    databases: Server, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(holding, "SEEN_SECONDS", 0)
    databases.stored[f"{APPS}/statefulsets/db"]["metadata"]["generation"] = 2
    databases.stored[f"{APPS}/statefulsets/db"]["status"] = {"observedGeneration": 1}
    with pytest.raises(holding.Refused, match=r"StatefulSet/shop/db: its controller has not seen .* run this again"):
        withhold(databases)
    assert "db-0" in databases.pods()
    databases.stored[f"{APPS}/statefulsets/db"]["status"] = {"observedGeneration": 2}
    assert withhold(databases).pods == ["shop/db-0"]
