"""k3s' own kubectl, in whose place a script does what that does."""

from __future__ import annotations

import os
import re

import pytest
from ansible_collections.metalstack.autonomous.plugins.module_utils._k3s import objects
from ansible_collections.metalstack.autonomous.plugins.module_utils._k3s.client import Unreachable
from ansible_collections.metalstack.autonomous.plugins.module_utils._kube.done import Done
from ansible_collections.metalstack.autonomous.plugins.module_utils._kube.kinds import STATEFUL_SET
from ansible_collections.metalstack.autonomous.plugins.module_utils._metal_databases import own_cluster
from ansible_collections.metalstack.autonomous.plugins.module_utils._metal_databases.own_cluster import OwnCluster

# As kubectl: the command's own streams, and of one that has failed a last line and its status.
EXEC = """
printf '%s\\n' "$@" >"$0.log"
while [ "$1" != -- ]; do shift; done
shift
"$@" || { code=$?; echo "command terminated with exit code $code" >&2; exit $code; }
"""
FORWARD = """
printf '%s\\n' "$@" >"$0.log"
echo "Forwarding from 127.0.0.1:40613 -> 28015"
echo "E1130 an error occurred forwarding 40613 -> 28015: connection refused" >&2
echo $$ >"$0.pid"
exec sleep 60
"""


@pytest.fixture
def kubectl(tmp_path):
    """Give a cluster whose kubectl is a script; its words are in the file of the same name with C(.log)."""

    def make(script, seconds=20):
        path = tmp_path / "kubectl"
        path.write_text(f"#!/bin/sh{script}")
        path.chmod(0o755)
        return OwnCluster("metal", seconds, [str(path)]), path

    return make


@pytest.mark.parametrize(
    ("command", "done"),
    [
        (["sh", "-c", "echo out; echo err >&2"], Done(0, "out\n", "err\n")),
        (["sh", "-c", "echo err >&2; exit 3"], Done(3, "", "err")),
        (["sh", "-c", "exit 1"], Done(1, "", "")),
    ],
)
def test_a_command_ends_as_it_does_in_its_container(kubectl, command, done):
    cluster, path = kubectl(EXEC)
    assert cluster.run("ipam-db-0", "postgres", command) == done
    asked = path.with_suffix(".log").read_text().split("\n")
    assert asked[:5] == ["exec", "--namespace=metal", "ipam-db-0", "--container=postgres", "--"]


def test_a_command_that_was_not_run_is_no_command_that_failed(kubectl):
    cluster, _path = kubectl("\necho 'Error from server (NotFound): pods \"ipam-db-0\" not found' >&2; exit 1\n")
    with pytest.raises(Unreachable, match="was not run: Error from server"):
        cluster.run("ipam-db-0", "postgres", ["true"])
    with pytest.raises(Unreachable, match="cannot be run"):
        OwnCluster("metal", 1, ["/none"]).run("ipam-db-0", "postgres", ["true"])


def test_a_command_that_does_not_end_is_told(kubectl, monkeypatch):
    monkeypatch.setattr(own_cluster, "_SPARE", 0)
    cluster, _path = kubectl("\nexec sleep 60\n", seconds=0.1)
    with pytest.raises(Unreachable, match="did not end within"):
        cluster.run("ipam-db-0", "postgres", ["true"])


def test_a_port_is_forwarded_as_long_as_it_is_needed_and_what_broke_it_is_told(kubectl):
    cluster, path = kubectl(FORWARD)
    with cluster.tunnel("metal-db-0", 28015) as (port, broken):
        assert port == 40613
        while not path.with_suffix(".pid").exists():
            pass
        assert re.search("connection refused", broken())
    asked = path.with_suffix(".log").read_text().split()
    assert asked == ["port-forward", "--namespace=metal", "--address=127.0.0.1", "metal-db-0", ":28015"]
    with pytest.raises(ProcessLookupError):
        os.kill(int(path.with_suffix(".pid").read_text()), 0)


def test_a_port_that_is_not_forwarded_is_told(kubectl):
    cluster, _path = kubectl("\necho 'error: unable to forward port because pod is not running' >&2; exit 1\n")
    with pytest.raises(Unreachable, match="has ended: error: unable to forward"), cluster.tunnel("p", 1):
        pass


class Api:
    """answers: by path."""

    def __init__(self, **answers):
        self.answers = answers

    def find(self, path):
        return self.answers.get(path.rpartition("/")[2])

    json = find


def test_what_the_api_tells_is_told(monkeypatch):
    one = {"metadata": {"name": "ipam-db", "uid": "u"}}
    api = Api(statefulsets={"items": [one]}, **{"ipam-db": one, "kube-system": one})
    monkeypatch.setattr(objects, "api", lambda seconds: api)
    cluster = OwnCluster("metal")
    assert cluster.all(STATEFUL_SET) == [one] and cluster.get(STATEFUL_SET, "ipam-db") == one
    assert cluster.identity() == "u" and cluster.get(STATEFUL_SET, "none") is None
    api.answers = {"statefulsets": {"items": None}}
    assert cluster.all(STATEFUL_SET) == []
