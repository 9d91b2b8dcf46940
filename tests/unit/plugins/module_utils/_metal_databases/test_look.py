from __future__ import annotations

import pytest
from ansible_collections.metalstack.autonomous.plugins.module_utils._k3s.client import Unreachable
from ansible_collections.metalstack.autonomous.plugins.module_utils._kube.done import Done
from ansible_collections.metalstack.autonomous.plugins.module_utils._metal_databases import decision, look
from in_cluster import CLAIM, CRASHED, NAME, FakeCluster, pod

ALIVE = Done(0, "1\n", "")
DOWN = Done(2, "", "psql: error: Connection refused")
COUNTED = Done(
    0,
    '{"databases": 1}\n{"database": "a", "schema": "public", "table": "x", "rows": 3}\n{"counted": "a"}\n{"main": "a"}',
    "",
)
BEGUN = {"version": "v1", "cluster": "uid", "made": True, "unbroken": False, "untouched": True}
CLAIMS, PODS = {"ipam-db-ipam-db-0": CLAIM}, {"ipam-db-0": pod()}
MARK = {"metal-database-restore-ipam-db": {"data": {"begun": "then", "version": "v1", "cluster": "uid"}}}


def found(cluster, makes=True, databases=1, engine="postgres", **changes):
    one = {"name": NAME, "engine": engine, "prefix": ""}
    given = {"stage": "prod", "counts": False, "reader_image": "", "databases": [one] * databases, **changes}
    told = look.look(given, cluster, "uid", makes)
    return told["databases"][0], "; ".join(told["complaints"])


def there(**changes):
    return FakeCluster(**{"claims": CLAIMS, "pods": PODS, "answers": [ALIVE, COUNTED], **changes})


def claim(phase="Bound", **metadata):
    return {"ipam-db-ipam-db-0": {"metadata": {**CLAIM["metadata"], **metadata}, "status": {"phase": phase}}}


def test_a_database_that_runs():
    cluster = there()
    told, said = found(cluster)
    assert told == {
        "name": NAME, "engine": "postgres", "prefix": "ipam-db-prod", "restore": None, "idle": "", "restarts": 0,
        "pod": "p1",
        "tables": None, "lists": None, "state": "data",
        "volume": {
            "exists": True, "entries": ["base"], "restoring": False, "running": True, "began": None, "begun": None,
        },
    }  # fmt: skip
    assert said == "" and [container for container, _ in cluster.ran] == ["postgres", "backup-restore-sidecar"]


@pytest.mark.parametrize(("makes", "words"), [(True, "wait until it is gone"), (False, "keeps it -> remove that pod")])
def test_a_reader_that_was_left_keeps_no_volume_that_is_to_go(makes, words):
    left = "metal-database-reader-ipam-db"
    cluster = there(claims=claim(deletionTimestamp="now"), pods={**PODS, left: {"metadata": {}}})
    assert words in found(cluster, makes)[1]
    assert (left in cluster.pods) is not makes


def test_its_volume_is_what_the_gate_decides_by():
    told, _ = found(there())
    volume = decision.Volume(**{**told["volume"], "entries": tuple(told["volume"]["entries"])})
    assert volume.state("postgres") == decision.DATA


def test_what_it_holds_is_counted_when_that_is_asked_for():
    told, said = found(there(), counts=True)
    assert said == "" and told["tables"] == {"x": 3} and told["lists"] == {}


@pytest.mark.parametrize(
    ("cluster", "volume", "idle"),
    [
        ({"claims": {}, "pods": {}}, (False, [], False), "pod ipam-db-0 is not there"),
        ({"claims": {}, "pods": {}, "config_maps": MARK}, (False, [], False), "pod ipam-db-0 is not there"),
        ({"claims": claim("Pending"), "pods": {}}, (True, [], False), "pod ipam-db-0 is not there"),
        ({"config_maps": MARK}, (True, ["base"], True), ""),
        ({"answers": [DOWN]}, (True, ["base"], False), "Connection refused"),
        ({"pods": {"ipam-db-0": pod(CRASHED)}}, (True, ["base"], False), "CrashLoopBackOff"),
        ({"pods": {"ipam-db-0": pod(sidecar=CRASHED)}}, (True, ["base"], False), ""),
    ],
    ids=["nothing", "a mark without a volume", "no volume yet", "restoring", "down", "crashed", "sidecar crashed"],
)
def test_what_there_is(cluster, volume, idle):
    told, said = found(there(**cluster))
    exists, names, restoring = volume
    assert said == "" and idle in told["idle"]
    running = not idle
    begun = BEGUN if restoring else None
    assert told["volume"] == {
        "exists": exists, "entries": names, "restoring": restoring, "running": running, "began": None,
        "begun": begun,
    }  # fmt: skip


def again(count):
    """A pod whose sidecar has started so often."""
    made = pod()
    made["status"]["containerStatuses"][1]["restartCount"] = count
    return {"ipam-db-0": made}


@pytest.mark.parametrize(
    ("pods", "noted", "unbroken"),
    [
        (again(0), "p1", True),
        (again(1), "p1", False),
        (again(None), "p1", False),
        (again(0), "p0", False),
        (again(0), "", False),
        ({}, "p1", False),
    ],
    ids=["the same", "a restart", "nothing known", "another pod", "none was noted", "no pod"],
)
def test_a_restore_is_unbroken_while_its_pod_and_its_sidecar_are_those_that_began_it(pods, noted, unbroken):
    mark = {"metal-database-restore-ipam-db": {"data": {"version": "v1", "cluster": "uid", "pod": noted}}}
    told, said = found(there(pods=pods, config_maps=mark))
    assert said == "" and told["volume"]["begun"]["unbroken"] is unbroken


@pytest.mark.parametrize(
    ("engine", "cluster", "state"),
    [
        ("postgres", {"claims": {}, "pods": {}}, "absent"),
        ("postgres", {"names": (), "answers": [DOWN]}, "empty"),
        ("postgres", {"names": ("lost+found",), "answers": [DOWN]}, "lost+found"),
        ("postgres", {"config_maps": MARK}, "interrupted"),
        ("postgres", {}, "data"),
        ("valkey", {"names": (), "answers": [Done(0, "PONG\nloading:0\n", "")]}, "data"),
    ],
)
def test_what_that_comes_to(engine, cluster, state):
    """Of Valkey that runs, the sidecar has removed the file of its data, which are in its memory."""
    told, said = found(there(**{"pods": {"ipam-db-0": pod(engine=engine)}, **cluster}), engine=engine)
    assert (told["state"], said) == (state, "")


@pytest.mark.parametrize(("empty", "made"), [("", False), ("true", True)])
def test_what_is_in_a_claim_that_was_there_before_is_of_the_restore_only_if_it_was_empty(empty, made):
    mark = {**MARK["metal-database-restore-ipam-db"]["data"], "claim": "u1", "empty": empty}
    told, _ = found(there(config_maps={"metal-database-restore-ipam-db": {"data": mark}}))
    assert told["volume"]["begun"] == {**BEGUN, "made": made}


ENDED = {"ipam-db-0": pod(CRASHED, CRASHED)}
DISCARDED = {**MARK["metal-database-restore-ipam-db"]["data"], "discarded": "true"}


@pytest.mark.parametrize(
    ("engine", "cluster", "untouched"),
    [
        ("postgres", {"names": ()}, True),
        ("postgres", {"names": ("base", "global")}, True),
        ("postgres", {"names": ("base", "global", "postmaster.opts")}, False),
        ("valkey", {"names": ()}, True),
        ("valkey", {"names": ("dump.rdb",)}, False),
        ("rethinkdb", {"names": ("metadata",)}, False),
        ("postgres", {"pods": {}}, False),
        ("postgres", {"pods": ENDED}, False),
        ("postgres", {"pods": {}, "mark": DISCARDED}, True),
        ("postgres", {"pods": {}, "mark": DISCARDED, "sets": {NAME: {}}}, False),
        ("postgres", {"claims": claim("Pending"), "pods": {}}, True),
    ],
    ids=[
        "nothing there", "postgres never started", "postgres started", "no dump", "a dump", "rethinkdb", "no pod",
        "a pod that does not run", "discarded before", "discarded, and there anew", "no volume yet",
    ],
)  # fmt: skip
def test_what_a_restore_has_brought_back_is_untouched_only_where_that_is_seen(engine, cluster, untouched):
    """Whoever does not answer, or is not there, may have been in use before."""
    mark = {"metal-database-restore-ipam-db": {"data": cluster.pop("mark", MARK[next(iter(MARK))]["data"])}}
    crashed = {"ipam-db-0": pod(CRASHED, engine=engine)}
    told, said = found(there(**{"config_maps": mark, "pods": crashed, **cluster}), engine=engine)
    assert said == "" and told["volume"]["begun"]["untouched"] is untouched


BEGAN = {"how": "fresh", "prefix": "ipam-db-prod", "cluster": "uid", "since": "then"}


@pytest.mark.parametrize(
    ("cluster", "data", "began"),
    [
        ({}, BEGAN, {"how": "fresh", "since": "then"}),
        ({}, {**BEGAN, "how": "restore"}, {"how": "restore", "since": "then"}),
        ({}, {**BEGAN, "cluster": "another"}, None),
        ({}, {**BEGAN, "prefix": "ipam-db-test"}, None),
        ({}, {**BEGAN, "since": ""}, None),
        ({}, None, None),
        ({"claims": {}, "pods": {}}, BEGAN, None),
    ],
    ids=["fresh", "restore", "another cluster", "another stage", "in part", "emptied", "no volume"],
)
def test_how_its_data_have_begun_is_told_of_this_cluster_and_these_backups(cluster, data, began):
    told, said = found(there(**cluster, config_maps={"metal-database-began-ipam-db": {"data": data}}))
    assert said == "" and told["volume"]["began"] == began


@pytest.mark.parametrize(
    ("cluster", "words"),
    [
        ({"claims": claim("Lost")}, "claim ipam-db-ipam-db-0 is Lost, expected Bound"),
        ({"claims": claim(deletionTimestamp="now")}, "is being deleted -> wait"),
        ({"answers": [Done(2, "", "FATAL: password authentication failed")]}, "password authentication failed"),
        ({"answers": [Unreachable("it was cut off")]}, "ipam-db: it was cut off"),
        ({"pods": {}}, "pod ipam-db-0 is not there, so that nobody sees its volume"),
        ({"pods": {"ipam-db-0": pod(CRASHED, CRASHED)}}, "container backup-restore-sidecar of pod ipam-db-0"),
    ],
)
def test_what_cannot_be_found_out_is_a_complaint_and_null(cluster, words):
    told, said = found(there(**cluster))
    assert words in said and told["volume"] is None and told["tables"] is None


@pytest.mark.parametrize(
    ("answers", "words"),
    [
        ([DOWN], "so that nothing can be counted"),
        ([ALIVE, Done(0, "", "")], "before all databases were counted"),
        ([ALIVE, Unreachable("it was cut off")], "it was cut off"),
        ([ALIVE, DOWN], "Connection refused"),
    ],
)
def test_what_cannot_be_counted_is_a_complaint_and_null(answers, words):
    told, said = found(there(answers=answers), counts=True)
    assert words in said and told["tables"] is None and told["lists"] is None and told["volume"]["entries"] == ["base"]


@pytest.mark.parametrize(
    ("log", "said"),
    [
        ('{"level":"ERROR","msg":"shutting down","error":"gzip: invalid checksum"}\n', "shutting down: gzip: invalid"),
        ("", "'nothing'"),
    ],
)
def test_what_a_sidecar_has_said_that_had_to_start_anew_while_it_restored_is_told(log, said):
    cluster = there(pods=again(3), config_maps=MARK, answers=[DOWN])
    cluster.log = log
    told = found(cluster, counts=True)[1]
    assert "its sidecar has started 3 times anew since it began to restore, and said" in told and said in told
    assert "have an older one be the newest with metal_database_backups" in told


def test_a_directory_that_cannot_be_looked_into_is_a_complaint(monkeypatch):
    cluster = there()
    monkeypatch.setattr(cluster, "listed", lambda: "")
    assert "only in part" in found(cluster)[1]
    cluster = there(pods={"ipam-db-0": pod(CRASHED)})
    monkeypatch.setattr(cluster, "run", lambda *_: Done(1, "", "find: Permission denied"))
    assert "cannot be looked into: find: Permission denied" in found(cluster)[1]


@pytest.mark.parametrize(
    ("pods", "user"),
    [({}, 7), ({"ipam-db-0": pod(CRASHED, CRASHED, securityContext={"runAsUser": 9})}, 9)],
    ids=["no pod", "a pod that crashes"],
)
def test_a_reader_looks_where_no_container_runs(pods, user):
    template = {"spec": {"template": {"spec": {"securityContext": {"runAsUser": 7}}}}}
    cluster = there(pods=pods, sets={NAME: template})
    assert "in check mode no pod is made" in found(cluster, False, reader_image="a:1")[1] and not cluster.made
    told, said = found(cluster, reader_image="a:1")
    assert said == "" and told["volume"]["entries"] == ["base"]
    assert cluster.made[0]["spec"]["securityContext"] == {"runAsUser": user}


def test_a_reader_looks_also_without_a_stateful_set():
    cluster = there(pods={})
    assert found(cluster, reader_image="a:1")[0]["volume"]["entries"] == ["base"]
    assert cluster.made[0]["spec"]["securityContext"] == {}


def test_one_that_is_given_twice_is_a_complaint():
    assert "database ipam-db is given twice" in found(there(answers=[ALIVE, ALIVE]), databases=2)[1]
