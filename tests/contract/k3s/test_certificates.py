"""Certificates: how they are listed, and made anew."""

from __future__ import annotations

import datetime
import json

import pytest
from hosts import DATA, Host

TLS = f"{DATA}/server/tls"
SERVER = {"client-admin.crt", "client-kube-apiserver.crt", "serving-kube-apiserver.crt", "client-auth-proxy.crt",
          "client-controller.crt", "client-scheduler.crt", "client-supervisor.crt", "client.crt", "server-client.crt",
          "peer-server-client.crt", "kube-scheduler.crt", "kube-controller-manager.crt"}  # fmt: skip
NODE = {"client-kubelet.crt", "serving-kubelet.crt", "client-kube-proxy.crt"}


def listed(host: Host, options: str = "") -> list[dict[str, object]]:
    return json.loads(host.run(f"k3s certificate check --output json {options}"))["Certificates"]


def serials(host: Host, *names: str) -> list[str]:
    return [host.run(f"openssl x509 -noout -serial -in {TLS}/{name}.crt").strip() for name in names]


def test_certificates_are_listed_for_machines(founder: Host) -> None:
    certificates = listed(founder)
    assert {one["Filename"] for one in certificates} >= SERVER | NODE
    assert {one["Status"] for one in certificates} == {"OK"}
    admin = next(one for one in certificates if one["Subject"] == "system:admin")
    assert admin["Usages"] == ["ClientAuth"]
    left = datetime.datetime.fromisoformat(str(admin["ExpiryTime"])) - datetime.datetime.now(datetime.UTC)
    assert datetime.timedelta(days=360) < left < datetime.timedelta(days=367)
    assert abs(int(str(admin["ResidualTime"])) / 1e9 - left.total_seconds()) < 3600


def test_authorities_are_listed_with_what_they_sign(founder: Host) -> None:
    certificates = listed(founder, "--service admin")
    assert {one["Filename"] for one in certificates} == {"client-admin.crt"}
    assert sorted(map(str, (usage for one in certificates for usage in one["Usages"]))) == ["CertSign", "ClientAuth"]


def test_certificates_are_a_table(founder: Host) -> None:
    head, _, *rows = founder.run("k3s certificate check --output table").strip().splitlines()
    assert head.split() == ["FILENAME", "SUBJECT", "USAGES", "EXPIRES", "RESIDUAL", "TIME", "STATUS"]
    (row,) = [row for row in rows if row.startswith("client-admin.crt ") and "system:admin" in row]
    assert row.endswith("OK")


def test_without_a_form_it_is_logged(founder: Host) -> None:
    done = founder.attempt("k3s certificate check")
    assert done.status == 0
    assert "client-admin.crt: certificate system:admin (ClientAuth) is ok, expires at" in done.output


def test_a_stopped_server_lists_them_too(servers: list[Host]) -> None:
    third = servers[2]
    third.run("systemctl stop k3s")
    assert {one["Filename"] for one in listed(third)} >= SERVER
    third.run("timeout 150 systemctl start k3s")
    third.await_node("server3")


def test_an_agent_lists_its_own(agent: Host) -> None:
    assert {one["Filename"] for one in listed(agent)} >= NODE
    assert not {one["Filename"] for one in listed(agent)} & SERVER


@pytest.mark.parametrize(
    ("options", "said"),
    [("--output wide", "invalid output format wide"), ("--service none", "service none is not recognized")],
)
def test_what_there_is_not_is_refused(founder: Host, options: str, said: str) -> None:
    done = founder.attempt(f"k3s certificate check {options}")
    assert done.status != 0
    assert said in done.output


def test_rotation_is_made_good_by_the_next_start(servers: list[Host]) -> None:
    third = servers[2]
    leaves = ("client-admin", "serving-kube-apiserver", "client-supervisor", "etcd/client", "etcd/peer-server-client")
    authorities = ("server-ca", "client-ca", "etcd/peer-ca")
    before, kept = serials(third, *leaves), serials(third, *authorities)
    kubelet = third.run(f"sha256sum {DATA}/agent/serving-kubelet.crt")
    third.run("systemctl stop k3s")
    done = third.attempt("k3s certificate rotate")
    assert done.status == 0, done.output
    assert f"Successfully backed up certificates to {DATA}/server/tls-" in done.output
    assert third.attempt(f"test -e {TLS}/client-admin.crt").status != 0
    third.run(f"test -e {DATA}/server/tls-*/client-admin.crt")
    third.run("timeout 150 systemctl start k3s")
    third.await_node("server3")
    assert not set(serials(third, *leaves)) & set(before)
    assert serials(third, *authorities) == kept
    assert third.run(f"sha256sum {DATA}/agent/serving-kubelet.crt") != kubelet
    assert len(servers[0].members()) == 3


def test_the_environment_says_for_how_many_days_they_are_issued(servers: list[Host]) -> None:
    third, directory = servers[2], "/run/systemd/system/k3s.service.d"
    third.run(
        f"mkdir -p {directory} && printf '[Service]\nEnvironment=CATTLE_NEW_SIGNED_CERT_EXPIRATION_DAYS=20\n'"
        f" > {directory}/days.conf && systemctl daemon-reload && systemctl stop k3s && k3s certificate rotate"
    )
    third.run("timeout 150 systemctl start k3s")
    third.await_node("server3")
    third.run(f"rm -r {directory} && systemctl daemon-reload")
    for name in ("client-admin", "serving-kube-apiserver", "etcd/peer-server-client"):
        ends = f"openssl x509 -noout -in {TLS}/{name}.crt -checkend"
        assert third.attempt(f"{ends} {19 * 86400}").status == 0, name
        assert third.attempt(f"{ends} {21 * 86400}").status != 0, name
    third.run("systemctl stop k3s && k3s certificate rotate && timeout 150 systemctl start k3s")
    third.await_node("server3")


def test_rotation_of_one_service_leaves_the_others(servers: list[Host]) -> None:
    third = servers[2]
    before = serials(third, "client-supervisor", "client-admin")
    third.run("systemctl stop k3s && k3s certificate rotate --service admin && timeout 150 systemctl start k3s")
    third.await_node("server3")
    after = serials(third, "client-supervisor", "client-admin")
    assert after[0] == before[0]
    assert after[1] != before[1]
    third.kubectl("get nodes")
