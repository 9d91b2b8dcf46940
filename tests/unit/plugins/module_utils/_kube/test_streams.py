from __future__ import annotations

import json
import types

import pytest
from ansible_collections.metalstack.autonomous.plugins.module_utils._k3s.client import Unreachable
from ansible_collections.metalstack.autonomous.plugins.module_utils._kube import streams
from ansible_collections.metalstack.autonomous.plugins.module_utils._kube.done import Done
from kube_api import ApiError, Lost, NoAnswer, packages

SUCCESS = '{"status": "Success"}'
FAILED = {"status": "Failure", "details": {"causes": [{"reason": "ExitCode", "message": "3"}]}}


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


@pytest.fixture
def cluster(monkeypatch):
    """Return a way to make a cluster of what an upgrade to a web socket answers."""

    def make(stream):
        monkeypatch.setattr(streams, "load", packages(None, stream).__getitem__)
        return types.SimpleNamespace(seconds=5, api=types.SimpleNamespace(configuration=None))

    return make


def run(cluster):
    return streams.run(cluster, "space", "pod", "box", ["true"])


def test_a_command_is_told_by_its_exit_code_and_both_its_outputs(cluster):
    socket = Socket(output="1\n", errors="hint")
    assert run(cluster(socket)) == Done(0, "1\n", "hint") and socket.closed
    assert run(cluster(Socket(json.dumps(FAILED), errors="no"))) == Done(3, "", "no")


@pytest.mark.parametrize(
    ("stream", "said"),
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
            "refuses to run a command in container box of pod pod: Handshake status",
        ),
        (ApiError(0, 'Handshake status 403 -+-+- {} -+-+- {"message": "User cannot"}'), "box of pod pod: User cannot"),
        (NoAnswer("refused"), "gives no answer to run a command in container box of pod pod: refused"),
    ],
)
def test_a_command_whose_end_is_not_known_is_an_error(cluster, stream, said):
    with pytest.raises(Unreachable, match=said):
        run(cluster(stream))


def test_a_way_to_a_port_that_is_refused_is_an_error(cluster):
    refused = cluster(ApiError(404, "Not Found", '{"message": "pods \\"pod\\" not found"}'))
    with pytest.raises(Unreachable, match='refuses to forward to port 1 of pod pod: pods "pod" not found'):
        streams.tunnel(refused, "space", "pod", 1).__enter__()
