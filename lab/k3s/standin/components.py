"""The command lines of the upstream components, with k3s's defaults."""

from __future__ import annotations

from pathlib import Path

import yaml

from . import etcd
from .paths import CONTAINERD_SOCKET, Paths
from .settings import Settings

CIPHERS = ",".join(
    f"TLS_ECDHE_{key}_WITH_{cipher}"
    for cipher in ("AES_256_GCM_SHA384", "AES_128_GCM_SHA256", "CHACHA20_POLY1305")
    for key in ("ECDSA", "RSA")
)


def merge(defaults: dict[str, str], extra: list[str]) -> list[str]:
    """`name=value` replaces a default, `name+=value` follows it, `name-=value` precedes it; repeated ones add up."""
    values = {name: [value] for name, value in defaults.items()}
    replaced: set[str] = set()
    for argument in extra:
        raw, equals, value = argument.removeprefix("--").partition("=")
        name, value = raw.rstrip("+-"), value if equals else "true"
        if raw.endswith("-"):
            values[name] = [value, *values.get(name, [])]
        elif raw.endswith("+") or name in replaced:
            values[name] = [*values.get(name, []), value]
        else:
            values[name] = [value]
        replaced.add(name)
    return [f"--{name}={value}" for name in sorted(values) for value in values[name]]


def _files(paths: Paths, name: str, certificate: str, key: str) -> dict[str, str]:
    return {certificate: str(paths.tls / f"{name}.crt"), key: str(paths.tls / f"{name}.key")}


def apiserver(settings: Settings) -> list[str]:
    paths, tls = settings.paths, settings.paths.tls
    issuer = f"https://kubernetes.default.svc.{settings.domain}"
    defaults = {
        "advertise-address": settings.options.text("advertise-address", settings.address),
        "allow-privileged": "true",
        "anonymous-auth": "false",
        "api-audiences": f"{issuer},k3s",
        "authorization-mode": "Node,RBAC",
        "bind-address": settings.options.text("bind-address", "0.0.0.0"),
        "cert-dir": str(tls / "temporary-certs"),
        "client-ca-file": str(tls / "client-ca.crt"),
        "enable-admission-plugins": "NodeRestriction",
        "enable-bootstrap-token-auth": "true",
        "etcd-cafile": str(tls / "etcd/server-ca.crt"),
        "etcd-servers": "https://127.0.0.1:2379",
        "kubelet-certificate-authority": str(tls / "server-ca.crt"),
        "kubelet-preferred-address-types": "InternalIP,ExternalIP,Hostname",
        # With what answers agents, see supervisor.py.
        "permit-port-sharing": "true",
        "profiling": "false",
        "requestheader-allowed-names": "system:auth-proxy",
        "requestheader-client-ca-file": str(tls / "request-header-ca.crt"),
        "requestheader-extra-headers-prefix": "X-Remote-Extra-",
        "requestheader-group-headers": "X-Remote-Group",
        "requestheader-username-headers": "X-Remote-User",
        "secure-port": str(settings.port),
        "service-account-issuer": issuer,
        "service-account-key-file": str(tls / "service.key"),
        "service-account-signing-key-file": str(tls / "service.current.key"),
        "service-cluster-ip-range": settings.service_cidr,
        "service-node-port-range": settings.options.text("service-node-port-range", "30000-32767"),
        "storage-backend": "etcd3",
        "tls-cipher-suites": CIPHERS,
        **_files(paths, "etcd/client", "etcd-certfile", "etcd-keyfile"),
        **_files(paths, "client-kube-apiserver", "kubelet-client-certificate", "kubelet-client-key"),
        **_files(paths, "client-auth-proxy", "proxy-client-cert-file", "proxy-client-key-file"),
        **_files(paths, "serving-kube-apiserver", "tls-cert-file", "tls-private-key-file"),
    }
    if settings.options.on("secrets-encryption"):
        defaults["encryption-provider-config"] = str(paths.encryption_config)
        defaults["encryption-provider-config-automatic-reload"] = "true"
    return merge(defaults, settings.options.many("kube-apiserver-arg"))


def etcd_member(settings: Settings, name: str, initial: dict[str, str]) -> list[str]:
    metrics = settings.options.on("etcd-expose-metrics")
    return merge(
        etcd.arguments(settings.paths, name, settings.address, initial, metrics), settings.options.many("etcd-arg")
    )


def _delegating(paths: Paths, name: str) -> dict[str, str]:
    kubeconfig = str(paths.cred / f"{name}.kubeconfig")
    return dict.fromkeys(("kubeconfig", "authorization-kubeconfig", "authentication-kubeconfig"), kubeconfig)


def controller_manager(settings: Settings) -> list[str]:
    paths, tls = settings.paths, settings.paths.tls
    defaults = {
        "allocate-node-cidrs": "true",
        "bind-address": "127.0.0.1",
        "cluster-cidr": settings.cluster_cidr,
        "configure-cloud-routes": "false",
        "controllers": "*,tokencleaner,-service,-route,-cloud-node-lifecycle",
        "profiling": "false",
        "root-ca-file": str(tls / "server-ca.crt"),
        "secure-port": "10257",
        "service-account-private-key-file": str(tls / "service.current.key"),
        "service-cluster-ip-range": settings.service_cidr,
        "use-service-account-credentials": "true",
        **_delegating(paths, "controller"),
        **_files(paths, "kube-controller-manager/kube-controller-manager", "tls-cert-file", "tls-private-key-file"),
    }
    for signer, ca in (
        ("kube-apiserver-client", "client"), ("kubelet-client", "client"),
        ("kubelet-serving", "server"), ("legacy-unknown", "server"),
    ):  # fmt: skip
        defaults[f"cluster-signing-{signer}-cert-file"] = str(tls / f"{ca}-ca.nochain.crt")
        defaults[f"cluster-signing-{signer}-key-file"] = str(tls / f"{ca}-ca.key")
    return merge(defaults, settings.options.many("kube-controller-manager-arg"))


def scheduler(settings: Settings) -> list[str]:
    defaults = {
        "bind-address": "127.0.0.1",
        "profiling": "false",
        "secure-port": "10259",
        **_delegating(settings.paths, "scheduler"),
        **_files(settings.paths, "kube-scheduler/kube-scheduler", "tls-cert-file", "tls-private-key-file"),
    }
    return merge(defaults, settings.options.many("kube-scheduler-arg"))


def kubelet_config(settings: Settings, dns: str, domain: str, resolv_conf: str) -> str:
    agent = settings.paths.agent
    configuration = {
        "apiVersion": "kubelet.config.k8s.io/v1beta1",
        "kind": "KubeletConfiguration",
        "address": "0.0.0.0",
        "authentication": {
            "anonymous": {"enabled": False},
            "webhook": {"enabled": True, "cacheTTL": "2m0s"},
            "x509": {"clientCAFile": str(agent / "client-ca.crt")},
        },
        "authorization": {"mode": "Webhook"},
        "cgroupDriver": "cgroupfs",
        "clusterDNS": [dns],
        "clusterDomain": domain,
        "containerRuntimeEndpoint": f"unix://{CONTAINERD_SOCKET}",
        "evictionHard": {"imagefs.available": "5%", "nodefs.available": "5%"},
        "evictionMinimumReclaim": {"imagefs.available": "10%", "nodefs.available": "10%"},
        "failSwapOn": False,
        "healthzBindAddress": "127.0.0.1",
        "protectKernelDefaults": settings.options.on("protect-kernel-defaults"),
        "registerWithTaints": [taint(text) for text in settings.options.many("node-taint", split=True)],
        "resolvConf": resolv_conf,
        "serializeImagePulls": False,
        "staticPodPath": str(agent / "pod-manifests"),
        "streamingConnectionIdleTimeout": "4h0m0s",
        "tlsCertFile": str(agent / "serving-kubelet.crt"),
        "tlsPrivateKeyFile": str(agent / "serving-kubelet.key"),
    }
    return yaml.safe_dump(configuration)


def taint(text: str) -> dict[str, str]:
    """key=value:Effect or key:Effect."""
    pair, _, effect = text.rpartition(":")
    key, _, value = pair.partition("=")
    return {"key": key, "value": value, "effect": effect}


def kubelet(settings: Settings) -> list[str]:
    defaults = {
        "config-dir": str(settings.paths.agent / "etc/kubelet.conf.d"),
        "hostname-override": settings.node,
        "kubeconfig": str(settings.paths.agent / "kubelet.kubeconfig"),
        "node-ip": settings.address,
        "node-labels": ",".join(settings.options.many("node-label")),
        "read-only-port": "0",
    }
    return merge(defaults, settings.options.many("kubelet-arg"))


def kube_proxy(settings: Settings, cluster_cidr: str) -> list[str]:
    defaults = {
        "cluster-cidr": cluster_cidr,
        "conntrack-max-per-core": "0",
        "conntrack-tcp-timeout-close-wait": "0s",
        "conntrack-tcp-timeout-established": "0s",
        "healthz-bind-address": "127.0.0.1",
        "hostname-override": settings.node,
        "kubeconfig": str(settings.paths.agent / "kubeproxy.kubeconfig"),
        "proxy-mode": "iptables",
    }
    return merge(defaults, settings.options.many("kube-proxy-arg"))


def containerd_config(settings: Settings, cni_binaries: Path) -> str:
    """As the real one's, but for the OOM scores: a lab host may not lower them, and needs no protection of its own."""
    agent = settings.paths.agent
    cri = 'plugins."io.containerd.grpc.v1.cri"'
    return f"""\
version = 2
root = "{agent}/containerd"
state = "{CONTAINERD_SOCKET.parent}"

[grpc]
  address = "{CONTAINERD_SOCKET}"

[plugins."io.containerd.internal.v1.opt"]
  path = "{agent}/containerd"

[{cri}]
  stream_server_address = "127.0.0.1"
  stream_server_port = "10010"
  enable_unprivileged_ports = true
  enable_unprivileged_icmp = true
  restrict_oom_score_adj = true
  sandbox_image = "{settings.options.text("pause-image", "rancher/mirrored-pause:3.6")}"

[{cri}.containerd]
  snapshotter = "overlayfs"

[{cri}.containerd.runtimes.runc]
  runtime_type = "io.containerd.runc.v2"

[{cri}.containerd.runtimes.runc.options]
  SystemdCgroup = false

[{cri}.cni]
  bin_dir = "{cni_binaries}"
  conf_dir = "{agent}/etc/cni/net.d"

[{cri}.registry]
  config_path = "{agent}/etc/containerd/certs.d"
"""
