"""Other authorities for a cluster that runs. Late, since all tokens and certificates are others afterwards."""

from __future__ import annotations

import pytest
from hosts import DATA, Host, until
from succession import Successor

TLS = f"{DATA}/server/tls"
NAMES = ("server-ca", "client-ca", "request-header-ca", "etcd/server-ca", "etcd/peer-ca")
SAVED = "certificates saved to datastore"
SUCCESSORS = {name: Successor(f"contract-{name.replace('/', '-')}") for name in NAMES}


# A certificate of the administrator from before, kept where nobody renews it.
FORMER = "/root/former-admin"


def status(host: Host, certificate: str) -> str:
    """What the API says to somebody who has this client certificate: HTTP's status."""
    ask = f"curl -sS -m 10 -o /dev/null -w '%{{http_code}}' --cacert {TLS}/server-ca.crt"
    return host.run(f"{ask} --cert {certificate}.crt --key {certificate}.key https://127.0.0.1:6443/api/v1/nodes")


def await_ready(host: Host) -> None:
    """Have a server answer; one that lost its leases on a busy machine ends, and begins again by itself."""
    until(lambda: host.run("k3s kubectl get --raw /readyz").strip() == "ok", f"{host.name} is ready")


def lay_out(host: Host, directory: str, name: str, bundle: bytes, keys: bytes) -> None:
    host.put(f"{directory}/tls/{name}.crt", bundle)
    host.put(f"{directory}/tls/{name}.key", keys)


@pytest.fixture(scope="module")
def foreign(servers: list[Host]) -> str:
    """Return a directory with an authority for servers that nobody in the cluster knows."""
    other = Successor("foreign")
    lay_out(servers[0], "/root/foreign", "server-ca", other.bundle, other.keys)
    return "/root/foreign"


@pytest.fixture(scope="module")
def saved(servers: list[Host], foreign: str) -> list[Host]:
    """Return the servers: the datastore has other authorities, and none of them has taken them over."""
    first = servers[0]
    first.run(f"for kind in crt key; do cp {TLS}/client-admin.$kind {FORMER}.$kind; done")
    for name, successor in SUCCESSORS.items():
        old, key = (first.run(f"cat {TLS}/{name}.{kind}").encode() for kind in ("crt", "key"))
        lay_out(first, "/root/crossed", name, successor.after(old, key), successor.keys)
    done = first.attempt("k3s certificate rotate-ca --path=/root/crossed")
    assert done.status == 0, done.output + first.journal()[-2000:]
    assert SAVED in done.answer
    return servers


def test_a_directory_is_to_be_named(servers: list[Host]) -> None:
    done = servers[0].attempt("k3s certificate rotate-ca")
    assert done.status != 0
    assert 'Required flag "path" not set' in done.output.replace("\\", "")


def test_a_foreign_root_is_refused(servers: list[Host], foreign: str) -> None:
    first = servers[0]
    done = first.attempt(f"k3s certificate rotate-ca --path={foreign}")
    assert done.status != 0
    assert "see server log for details: " in done.output
    assert "certificate error ID " in done.output
    assert "ServerCA: new CA cert cannot be verified using old CA chain" in done.output + first.journal()


def test_force_saves_it_all_the_same(servers: list[Host], foreign: str) -> None:
    first = servers[0]
    done = first.attempt(f"k3s certificate rotate-ca --path={foreign} --force")
    assert done.status == 0, done.output
    assert SAVED in done.answer
    # Nobody has been restarted: what is on disk goes back, and nothing has happened.
    assert SAVED in first.run(f"k3s certificate rotate-ca --path={DATA}/server --force")
    first.run("timeout 150 systemctl restart k3s")
    first.await_node("server1")


def test_nothing_changes_before_a_restart(saved: list[Host]) -> None:
    (present,) = {host.run(f"cat {TLS}/server-ca.crt") for host in saved}
    assert present != saved[0].run("cat /root/crossed/tls/server-ca.crt")


def test_servers_take_them_over_one_after_another(saved: list[Host]) -> None:
    for host in saved:
        host.run("timeout 150 systemctl restart k3s")
        host.await_node(host.name)
        saved[0].await_node(host.name)
        issuer = host.run(f"openssl x509 -noout -issuer -in {TLS}/serving-kube-apiserver.crt")
        assert "contract-server-ca-intermediate" in issuer
    wanted = saved[0].run("cat /root/crossed/tls/server-ca.crt")
    assert [host.run(f"cat {TLS}/server-ca.crt") for host in saved] == [wanted] * 3
    assert len(saved[0].members()) == 3
    assert len({host.run(f"cd {TLS} && sha256sum {' '.join(f'{name}.key' for name in NAMES)}") for host in saved}) == 1


def test_tokens_name_the_new_root(saved: list[Host]) -> None:
    assert saved[0].run(f"cat {DATA}/server/token").startswith(f"K10{SUCCESSORS['server-ca'].fingerprint}::server:")


def test_an_agent_follows_when_it_is_restarted(saved: list[Host], agent: Host) -> None:
    agent.run("timeout 150 systemctl restart k3s")
    saved[0].await_node("agent1", voter=False)
    until(lambda: agent.run(f"cat {DATA}/agent/server-ca.crt") == saved[0].run(f"cat {TLS}/server-ca.crt"), "it has it")


def test_who_has_a_certificate_of_the_former_authority_still_gets_in(saved: list[Host]) -> None:
    assert [status(saved[0], FORMER), status(saved[0], f"{TLS}/client-admin")] == ["200", "200"]


def test_an_authority_of_the_same_root_is_accepted(saved: list[Host]) -> None:
    """As it lies there: the bundle leads to a root that everybody knows."""
    assert SAVED in saved[0].run(f"k3s certificate rotate-ca --path={DATA}/server")


@pytest.fixture(scope="module")
def dropped(saved: list[Host], agent: Host) -> list[Host]:
    """Return the servers: the datastore has the authorities that all use, and the former ones no more."""
    first = saved[0]
    for name, successor in SUCCESSORS.items():
        lay_out(first, "/root/alone", name, successor.bundle, successor.keys)
    done = first.attempt("k3s certificate rotate-ca --path=/root/alone")
    assert done.status == 0, done.output + first.journal()[-2000:]
    assert SAVED in done.answer
    return saved


def test_former_authorities_are_dropped_without_force_one_server_after_another(dropped: list[Host]) -> None:
    for host in dropped:
        host.run("timeout 150 systemctl restart k3s")
        host.await_node(host.name)
        for other in dropped:
            await_ready(other)
    wanted = dropped[0].run("cat /root/alone/tls/server-ca.crt")
    assert [host.run(f"cat {TLS}/server-ca.crt") for host in dropped] == [wanted] * 3
    assert len(dropped[0].members()) == 3


def test_who_has_a_certificate_of_the_former_authority_is_refused(dropped: list[Host]) -> None:
    first = dropped[0]
    for host in dropped[1:]:
        for kind in ("crt", "key"):
            host.put(f"{FORMER}.{kind}", first.run(f"cat {FORMER}.{kind}"))
    assert [status(host, FORMER) for host in dropped] == ["401"] * 3
    assert [status(host, f"{TLS}/client-admin") for host in dropped] == ["200"] * 3


def test_an_agent_enters_without_the_former_authorities(dropped: list[Host], agent: Host) -> None:
    agent.run("timeout 150 systemctl restart k3s")
    dropped[0].await_node("agent1", voter=False)
    until(
        lambda: agent.run(f"cat {DATA}/agent/server-ca.crt") == dropped[0].run(f"cat {TLS}/server-ca.crt"), "it has it"
    )


def test_tokens_name_the_root_that_is_left(dropped: list[Host]) -> None:
    assert {host.run(f"cat {DATA}/server/token").partition("::")[0] for host in dropped} == {
        f"K10{SUCCESSORS['server-ca'].fingerprint}"
    }
