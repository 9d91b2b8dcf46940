"""Another key for Secrets, on one server first and then on all."""

from __future__ import annotations

import base64
import json
from typing import Any

import pytest
from hosts import DATA, Host, until

CONFIG = f"{DATA}/server/cred/encryption-config.json"
DIFFERENT = "hash does not match between"


def status(host: Host) -> dict[str, Any]:
    return json.loads(host.run("k3s secrets-encrypt status -o json"))


def is_written_with(host: Host, name: str, active: str) -> bool:
    """Whether what etcd keeps of a Secret names this key."""
    key = base64.b64encode(f"/registry/secrets/default/{name}".encode()).decode()
    kept = base64.b64decode(host.etcd("kv/range", key=key)["kvs"][0]["value"])
    return kept.startswith(f"k8s:enc:aescbc:v1:{active.removeprefix('AES-CBC ')}:".encode())


def word(host: Host) -> str:
    return base64.b64decode(host.get("secret exchanged")["data"]["word"]).decode()


@pytest.fixture(scope="module")
def exchanged(servers: list[Host]) -> list[Host]:
    """Return the servers: the first has another key, and none was restarted since."""
    first = servers[0]
    first.kubectl("create secret generic exchanged --from-literal=word=readable")
    before = status(first)["activekey"]
    assert is_written_with(first, "exchanged", before)
    done = first.attempt("k3s secrets-encrypt rotate-keys")
    assert done.status == 0, done.output
    assert "keys rotated, reencryption" in done.answer
    until(lambda: status(first)["stage"] == "reencrypt_finished", "all Secrets are written anew")
    assert status(first)["activekey"] != before
    return servers


def test_the_state_is_told_as_text(servers: list[Host]) -> None:
    said = servers[0].run("k3s secrets-encrypt status")
    assert "Encryption Status: Enabled\n" in said
    assert "Current Rotation Stage: start\n" in said
    assert "Server Encryption Hashes: All hashes match\n" in said
    assert [line.split() for line in said.splitlines() if "aescbckey" in line] == [["*", "AES-CBC", "aescbckey"]]


def test_the_state_is_told_to_machines(servers: list[Host]) -> None:
    told = status(servers[1])
    assert told == {"stage": "start", "activekey": "AES-CBC aescbckey", "enable": True, "hashmatch": True}


def test_who_does_not_know_the_token_is_told_nothing(servers: list[Host]) -> None:
    done = servers[0].attempt("k3s secrets-encrypt status --token wrong")
    assert done.status != 0
    assert "not authorized" in done.output


def test_a_stopped_server_tells_nothing(servers: list[Host]) -> None:
    third = servers[2]
    third.run("systemctl stop k3s")
    done = third.attempt("k3s secrets-encrypt status")
    third.run("timeout 150 systemctl start k3s")
    third.await_node("server3")
    assert done.status != 0
    assert "connection refused" in done.output


def test_secrets_are_written_anew_with_the_new_key(exchanged: list[Host]) -> None:
    first = exchanged[0]
    assert is_written_with(first, "exchanged", status(first)["activekey"])
    assert word(first) == "readable"


def test_the_old_key_is_forgotten(exchanged: list[Host]) -> None:
    assert "inactivekeys" not in status(exchanged[0])


def test_the_others_differ_until_they_are_restarted(exchanged: list[Host]) -> None:
    told = status(exchanged[0])
    assert DIFFERENT in told["hasherror"]
    assert "hashmatch" not in told
    assert f"Server Encryption Hashes: {DIFFERENT}" in exchanged[0].run("k3s secrets-encrypt status")


def test_what_was_written_anew_the_others_can_not_read_yet(exchanged: list[Host]) -> None:
    done = exchanged[1].attempt("k3s kubectl get secret exchanged")
    assert done.status != 0


def test_nodes_tell_the_digest_of_the_keys(exchanged: list[Host]) -> None:
    first, second, _third = exchanged
    digests = [host.run(f"sha256sum {CONFIG}").split()[0] for host in (first, second)]
    nodes = {node["metadata"]["name"]: node["metadata"]["annotations"] for node in first.get("nodes")["items"]}
    told = [nodes[host.name]["k3s.io/encryption-config-hash"] for host in (first, second)]
    assert told == [f"reencrypt_finished-{digests[0]}", f"start-{digests[1]}"]


def test_no_further_key_while_servers_differ(exchanged: list[Host]) -> None:
    first = exchanged[0]
    before = first.run(f"sha256sum {CONFIG}")
    done = first.attempt("k3s secrets-encrypt rotate-keys")
    assert done.status != 0
    assert "see server log for details: secret-encrypt error ID " in done.output
    assert DIFFERENT in done.output + first.journal()
    assert first.run(f"sha256sum {CONFIG}") == before


def test_all_agree_once_one_after_another_was_restarted(exchanged: list[Host]) -> None:
    for host in exchanged:
        host.run("timeout 150 systemctl restart k3s")
        host.await_node(host.name)
    until(lambda: status(exchanged[0]).get("hashmatch"), "all hashes match", 60)
    assert {status(host)["stage"] for host in exchanged} == {"reencrypt_finished"}
    assert len({host.run(f"sha256sum {CONFIG}") for host in exchanged}) == 1
    assert [word(host) for host in exchanged] == ["readable"] * 3
