"""How config.yaml, its drop-ins and the command line come together, seen on the first server."""

from __future__ import annotations

import cluster
from hosts import DATA, Host


def labels(founder: Host) -> dict[str, str]:
    return founder.get("node server1")["metadata"]["labels"]


def test_the_last_drop_in_wins(founder: Host) -> None:
    assert founder.run("stat -c %a /etc/rancher/k3s/k3s.yaml").strip() == "600"


def test_a_list_replaces_a_list(founder: Host) -> None:
    names = founder.run(f"openssl x509 -noout -ext subjectAltName -in {DATA}/server/tls/serving-kube-apiserver.crt")
    assert "api.lab.example" in names
    assert "198.51.100.10" in names
    assert "replaced.example" not in names


def test_a_plus_appends_to_a_list(founder: Host) -> None:
    assert labels(founder).items() >= {"contract/base": "yes", "contract/appended": "yes"}.items()


def test_only_yaml_files_are_drop_ins(founder: Host) -> None:
    assert "contract/ignored" not in labels(founder)


def test_the_command_line_wins(founder: Host) -> None:
    assert cluster.STORAGE in founder.kubectl("-n kube-system get configmap local-path-config -o yaml")


def test_a_server_skips_a_key_it_does_not_know(founder: Host) -> None:
    assert "Unknown flag --no-such-key found in config.yaml, skipping" in founder.journal()


def test_arguments_reach_the_components(founder: Host) -> None:
    founder.run("test -s /var/log/contract-audit.log")
