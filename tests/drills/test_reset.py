"""Taking the cluster off the hosts: only when its name was typed, and then with nothing left but the volumes' data."""

from __future__ import annotations

import pytest
from cluster import Cluster
from playbook import play

LEFT = """
systemctl list-units --all --no-legend 'k3s*' 'kube-vip*' 'metalstack-*' | grep -v not-found
pgrep -a 'k3s|kube-vip|etcd|containerd'
ls -d /etc/rancher /opt/k3s /opt/kube-vip* /etc/kube-vip /usr/local/bin/k3s /usr/local/bin/kube-vip* 2>/dev/null
ls /var/lib/rancher/k3s 2>/dev/null
nft list tables | grep metalstack
ls -d /etc/systemd/system/nftables.service.d /usr/local/libexec/k3s /usr/local/libexec/kube-vip 2>/dev/null
grep -E ' /(run/k3s|var/lib/kubelet|run/netns/cni)' /proc/mounts
pgrep -a 'pdns_server|chronyd|unbound'
systemctl is-active pdns-api.service pdns-primary.service | grep -x active
ls -d /etc/powerdns/metalstack /etc/chrony/metalstack 2>/dev/null
cd /etc/systemd/system && ls pdns*.service chrony.service unbound.service 2>/dev/null
true
"""
DATA = "/var/lib/k3s-local-storage"


def test_reset_refuses_without_the_name_of_the_site(cluster: Cluster) -> None:
    for arguments in ((), ("-e", "reset_confirm=another")):
        run = play("reset", *arguments)
        assert run.returncode != 0
        assert "reset_confirm=" in run.output, run.output[-3000:]
        assert run.changed() == 0
    assert cluster.is_complete()


@pytest.mark.long
def test_reset_leaves_nothing_but_data_and_a_new_cluster_can_follow(cluster: Cluster) -> None:
    before = cluster.identities()
    for host in cluster.servers:
        cluster.on(host, f"install -D /etc/hostname {DATA}/kept-volume/word")
    confirmed = ("-e", f"reset_confirm={cluster.site['site_name']}")
    play("reset", *confirmed).succeeded()
    for host in cluster.servers:
        assert cluster.on(host, LEFT).strip() == "", host
        assert f" {cluster.site['site_dns_address']}/" not in cluster.on(host, "ip -br address"), host
        assert cluster.on(host, f"cat {DATA}/kept-volume/word; rm -r {DATA}/kept-volume").strip() == host
    assert cluster.holders() == []
    assert play("reset", *confirmed).succeeded().changed() == 0
    play("bootstrap").succeeded()
    assert cluster.is_complete()
    assert cluster.identities().isdisjoint(before)
    assert len(cluster.identities()) == 1
