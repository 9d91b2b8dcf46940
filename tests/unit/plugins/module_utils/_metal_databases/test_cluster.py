"""Against stand-ins of the client's packages, so that units need none of them; the real ones are in integration."""

from __future__ import annotations

import json
import types

import pytest
from ansible_collections.metalstack.autonomous.plugins.module_utils._metal_databases import cluster as clusters
from ansible_collections.metalstack.autonomous.plugins.module_utils._metal_databases.done import Done
from ansible_collections.metalstack.autonomous.plugins.module_utils._metal_databases.errors import DatabaseError

SUCCESS = '{"status": "Success"}'
FAILED = {"status": "Failure", "details": {"causes": [{"reason": "ExitCode", "message": "3"}]}}
POD = {"metadata": {"name": "reader"}}


class ApiError(Exception):
    def __init__(self, status, reason="", body=None):
        self.status, self.reason, self.body = status, reason, body


class Lost(Exception):
    """A web socket that broke."""


class NoAnswer(Exception):
    """No connection."""


class Socket:
    """What a command sends. open: it has not ended when the time is over."""

    def __init__(self, status=SUCCESS, output="", errors="", still_open=False, broken=None):
        self.status, self.output, self.errors, self.open, self.broken = status, output, errors, still_open, broken
        self.closed = False

    def run_forever(self, timeout):
        if self.broken:
            raise self.broken

    def is_open(self):
        return self.open

    def read_channel(self, channel):
        return self.status

    def read_stdout(self):
        return self.output

    def read_stderr(self):
        return self.errors

    def close(self):
        self.closed = True


class Api:
    """Everything of the client: each call answers the next of what it is given, or raises it."""

    def __init__(self, **answers):
        self.answers = {name: list(several) for name, several in answers.items()}
        self.asked = []
        self.patience = set()

    def __getattr__(self, name):
        def call(*words, **more):
            self.asked.append(name)
            self.patience.add(more.get("_request_timeout"))
            answer = self.answers[name].pop(0)
            if isinstance(answer, Exception):
                raise answer
            return answer

        return call


@pytest.fixture
def made(monkeypatch):
    """Return a way to make a cluster of an API."""
    monkeypatch.setattr(clusters, "_PAUSE", 0)

    def make(api, seconds=5):
        client = types.SimpleNamespace(sanitize_for_serialization=lambda found: found, configuration=None)
        packages = {
            "kubernetes.client": types.SimpleNamespace(
                CoreV1Api=lambda _: api, AppsV1Api=lambda _: api, ApiClient=lambda _: None
            ),
            "kubernetes.config": types.SimpleNamespace(
                ConfigException=KeyError, new_client_from_config=lambda *_, **__: client
            ),
            "kubernetes.client.exceptions": types.SimpleNamespace(ApiException=ApiError),
            "kubernetes.stream": types.SimpleNamespace(stream=lambda call, *words, **more: call(*words, **more)),
            "websocket": types.SimpleNamespace(WebSocketException=Lost),
            "urllib3": types.SimpleNamespace(exceptions=types.SimpleNamespace(HTTPError=NoAnswer)),
        }
        monkeypatch.setattr(clusters, "load", packages.__getitem__)
        return clusters.Cluster("file", "", "space", seconds)

    return make


def test_nothing_is_waited_for_without_end(made):
    api = Api(
        read_namespaced_config_map=[ApiError(404, "")],
        create_namespaced_config_map=[None],
        delete_namespaced_config_map=[None],
    )
    cluster = made(api, seconds=7)
    cluster.have_config_map({"metadata": {"name": "mark"}})
    cluster.drop_config_map("mark")
    assert api.patience == {7}


def run(made, socket):
    return made(Api(connect_get_namespaced_pod_exec=[socket])).run("pod", "box", ["true"])


def test_a_command_is_told_by_its_exit_code_and_both_its_outputs(made):
    socket = Socket(output="1\n", errors="hint")
    assert run(made, socket) == Done(0, "1\n", "hint") and socket.closed
    assert run(made, Socket(json.dumps(FAILED), errors="no")) == Done(3, "", "no")


@pytest.mark.parametrize(
    ("socket", "said"),
    [
        (Socket(""), "was cut off before it ended"),
        (Socket('{"status": "Succ'), "was cut off before it ended"),
        (Socket("{}"), "was cut off before it ended"),
        (Socket('{"status": "Failure", "message": "container not found"}'), "was not run: container not found"),
        (Socket(still_open=True), "did not end within 15 s"),
        (Socket(broken=Lost("Connection to remote host was lost.")), "was cut off: Connection to remote"),
        (Socket(broken=ConnectionResetError("reset")), "was cut off: reset"),
        (
            ApiError(0, "Handshake status 502 Bad -+-+- {} -+-+- "),
            "command in container box of pod pod: Handshake status",
        ),
        (ApiError(0, 'Handshake status 403 -+-+- {} -+-+- {"message": "User cannot"}'), "box of pod pod: User cannot"),
    ],
)
def test_a_command_whose_end_is_not_known_is_an_error(made, socket, said):
    with pytest.raises(DatabaseError, match=said):
        run(made, socket)


@pytest.mark.parametrize(
    ("answer", "said"),
    [
        (ApiError(403, "Forbidden", '{"message": "User cannot get pods"}'), "refuses to read pod p: User cannot get"),
        (ApiError(500, "Internal", "what"), "refuses to read pod p: Internal"),
        (ApiError(401, "Unauthorized"), "refuses to read pod p: Unauthorized"),
        (NoAnswer("Max retries"), "gives no answer to read pod p: Max retries"),
    ],
)
def test_what_is_not_answered_is_not_taken_for_absent(made, answer, said):
    with pytest.raises(DatabaseError, match=said):
        made(Api(read_namespaced_pod=[answer])).pod("p")


@pytest.mark.parametrize(
    ("method", "call"),
    [
        ("pod", "read_namespaced_pod"),
        ("claim", "read_namespaced_persistent_volume_claim"),
        ("stateful_set", "read_namespaced_stateful_set"),
        ("config_map", "read_namespaced_config_map"),
    ],
)
def test_what_the_cluster_says_is_not_there_is_absent(made, method, call):
    asked = made(Api(**{call: [ApiError(404), {"kind": "x"}]}))
    assert getattr(asked, method)("a") is None and getattr(asked, method)("a") == {"kind": "x"}


def test_a_cluster_is_told_by_the_uid_of_its_kube_system(made):
    asked = made(Api(read_namespace=[{"metadata": {"uid": "u"}}, ApiError(404)]))
    assert asked.identity() == "u"
    with pytest.raises(DatabaseError, match="no namespace kube-system"):
        asked.identity()


@pytest.mark.parametrize(("there", "call"), [(ApiError(404), "create"), ({}, "replace")])
def test_a_config_map_is_made_or_replaced(made, there, call):
    api = Api(read_namespaced_config_map=[there], **{f"{call}_namespaced_config_map": [{}]})
    made(api).have_config_map({"metadata": {"name": "a"}})
    assert api.asked[-1] == f"{call}_namespaced_config_map"


def test_a_config_map_that_is_gone_is_removed_already(made):
    made(Api(delete_namespaced_config_map=[ApiError(404)])).drop_config_map("a")
    with pytest.raises(DatabaseError, match="refuses to remove ConfigMap a"):
        made(Api(delete_namespaced_config_map=[ApiError(403)])).drop_config_map("a")


def reading(*phases, log="end"):
    """A pod that was not left by anybody, and goes through these phases."""
    pods = [{"status": {"phase": phase}} for phase in phases]
    return Api(
        delete_namespaced_pod=[ApiError(404), {}],
        create_namespaced_pod=[{}],
        read_namespaced_pod=[*pods, ApiError(404)],
        read_namespaced_pod_log=[log],
    )


def test_what_a_pod_writes_is_read_once_it_has_ended(made):
    api = reading("Pending", "Running", "Succeeded", log="a\0end")
    assert made(api).output(POD) == "a\0end" and api.asked[-2:] == ["delete_namespaced_pod", "read_namespaced_pod"]


def test_one_that_was_left_is_removed_first(made):
    api = reading("Succeeded")
    api.answers["delete_namespaced_pod"] = [{}, {}]
    api.answers["read_namespaced_pod"].insert(0, {"status": {}})
    api.answers["read_namespaced_pod"].insert(1, ApiError(404))
    made(api).output(POD)
    assert api.asked[:4] == [
        "delete_namespaced_pod", "read_namespaced_pod", "read_namespaced_pod", "create_namespaced_pod",
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("api", "said"),
    [
        (reading("Failed", log="find: Permission denied\n"), "has ended as Failed: find: Permission denied"),
        (reading("Failed", log=""), "has ended as Failed: without a word"),
        (reading("Pending"), "pod reader was removed by somebody else"),
    ],
)
def test_a_pod_that_fails_is_an_error_and_removed(made, api, said):
    api.answers["read_namespaced_pod"].append(ApiError(404))
    with pytest.raises(DatabaseError, match=said):
        made(api).output(POD)
    assert api.asked.count("delete_namespaced_pod") == 2


def test_a_pod_that_does_not_end_is_an_error_and_removed(made):
    api = reading("Pending")
    with pytest.raises(DatabaseError, match="has not ended within -1 s: it is Pending"):
        made(api, seconds=-1).output(POD)
    assert api.asked[-2:] == ["delete_namespaced_pod", "read_namespaced_pod"]


def test_a_pod_that_stays_is_an_error(made):
    api = Api(delete_namespaced_pod=[{}], read_namespaced_pod=[{}])
    with pytest.raises(DatabaseError, match="is still there -1 s after it was removed"):
        made(api, seconds=-1).output(POD)
