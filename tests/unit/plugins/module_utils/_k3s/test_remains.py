"""What is picked for removal, and what is left alone."""

from __future__ import annotations

from ansible_collections.metalstack.autonomous.plugins.module_utils._k3s import remains
from ansible_collections.metalstack.autonomous.plugins.module_utils._k3s.remains import Process

SHIM = "/x/containerd-shim-runc-v2 -namespace k8s.io -address "


def test_shims_of_this_containerd_and_everything_below_them() -> None:
    processes = [
        Process(1, 0, "init"),
        Process(10, 1, SHIM + "/run/k3s/containerd/containerd.sock"),
        Process(11, 10, "/pause"),
        Process(12, 11, "child of pause"),
        # Somebody else's container, and a text that only mentions a shim.
        Process(20, 1, SHIM + "/run/containerd/containerd.sock"),
        Process(21, 20, "database"),
        Process(30, 1, "vi /run/k3s/containerd/notes"),
    ]
    assert remains.doomed(processes) == [10, 11, 12]


def test_mounts_of_k3s_the_innermost_first_and_never_the_disk_below_it() -> None:
    info = "\n".join(
        f"1 1 0:1 / {point} rw - ext4 /dev/x rw"
        for point in (
            "/",
            "/var/lib/rancher",
            "/var/lib/rancher/k3s",
            "/var/lib/kubelet/pods/a",
            "/var/lib/kubelet/pods/a/volumes/pv",
            "/run/k3s/containerd/x",
            "/run/netns/cni-1",
            "/run/netns/other",
            "/var/lib/k3s-local-storage",
            "/var/lib/kubelet/with\\040space",
        )
    )
    assert remains.mounts(info) == [
        "/var/lib/kubelet/with space",
        "/var/lib/kubelet/pods/a/volumes/pv",
        "/var/lib/kubelet/pods/a",
        "/run/netns/cni-1",
        "/run/k3s/containerd/x",
    ]


def test_links_of_the_pods_network_alone() -> None:
    shown = [
        {"ifname": "lo"},
        {"ifname": "host0"},
        {"ifname": "cni0"},
        {"ifname": "veth1", "master": "cni0"},
        {"ifname": "veth2", "master": "br0"},
        {"ifname": "flannel.1"},
    ]
    assert remains.links(shown) == ["veth1", "cni0", "flannel.1"]


def test_rules_of_others_stay() -> None:
    ours = ":KUBE-SVC - [0:0]\n-A PREROUTING -j KUBE-SERVICES\n"
    theirs = "-A POSTROUTING -s 203.0.113.0/24 -j MASQUERADE\n"
    assert remains.without_rules(f"*nat\n{ours}{theirs}COMMIT\n") == f"*nat\n{theirs}COMMIT\n"
