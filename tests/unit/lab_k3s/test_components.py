from __future__ import annotations

from pathlib import Path

import pytest
import yaml

from lab.k3s.standin import components, flags, settings
from lab.k3s.standin.settings import Settings


def node(*argv: str) -> Settings:
    base = ["--node-ip=198.51.100.11", "--node-name=Server1", "--cluster-cidr=198.18.0.0/16"]
    return settings.settle(flags.parse("server", [*base, "--service-cidr=198.19.0.0/16", *argv], {}))


@pytest.mark.parametrize(
    ("extra", "merged"),
    [
        ([], ["--a=1"]),
        (["a=2"], ["--a=2"]),
        (["--a=2"], ["--a=2"]),
        (["a=2", "a=3"], ["--a=2", "--a=3"]),
        (["a+=2"], ["--a=1", "--a=2"]),
        (["a-=2"], ["--a=2", "--a=1"]),
        (["b"], ["--a=1", "--b=true"]),
        (["b=x=y"], ["--a=1", "--b=x=y"]),
    ],
)
def test_arguments_of_the_site_replace_follow_or_precede_the_defaults(extra: list[str], merged: list[str]) -> None:
    assert components.merge({"a": "1"}, extra) == merged


@pytest.mark.parametrize(
    ("text", "taint"),
    [
        ("key=value:NoSchedule", {"key": "key", "value": "value", "effect": "NoSchedule"}),
        ("key:NoExecute", {"key": "key", "value": "", "effect": "NoExecute"}),
    ],
)
def test_a_taint_is_read(text: str, taint: dict[str, str]) -> None:
    assert components.taint(text) == taint


def test_the_api_server_encrypts_secrets_only_when_told_to() -> None:
    assert not [a for a in components.apiserver(node()) if a.startswith("--encryption-provider-config=")]
    assert [a for a in components.apiserver(node("--secrets-encryption")) if "encryption-config.json" in a]


def test_kube_proxy_leaves_the_machines_connection_tracking_alone() -> None:
    arguments = components.kube_proxy(node(), "198.18.0.0/16")
    assert "--conntrack-max-per-core=0" in arguments
    assert {"--conntrack-tcp-timeout-established=0s", "--conntrack-tcp-timeout-close-wait=0s"} <= set(arguments)


def test_the_kubelet_gets_labels_taints_and_the_sites_arguments() -> None:
    server = node("--node-label=a=1", "--node-label=b=2", "--kubelet-arg=max-pods=256", "--node-taint=k:NoSchedule")
    assert {"--node-labels=a=1,b=2", "--max-pods=256", "--hostname-override=server1"} <= set(components.kubelet(server))
    configuration = yaml.safe_load(
        components.kubelet_config(server, "198.19.0.10", "cluster.local", "/etc/resolv.conf")
    )
    assert configuration["registerWithTaints"] == [{"key": "k", "value": "", "effect": "NoSchedule"}]


def test_addresses_are_derived_from_the_networks() -> None:
    server = node("--tls-san=api.lab.example,198.51.100.10")
    assert server.dns == "198.19.0.10"
    assert {"198.19.0.1", "198.51.100.10", "api.lab.example", "server1", "198.51.100.11"} <= set(server.api_names)


def test_the_pause_image_is_the_one_asked_for() -> None:
    written = components.containerd_config(node("--pause-image=example/pause:1"), Path("/usr/lib/cni"))
    assert 'sandbox_image = "example/pause:1"' in written
