"""A web server in the cluster behind a LoadBalancer Service."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from cluster import Cluster, wait_until

MANIFEST = """
apiVersion: apps/v1
kind: Deployment
metadata: {{name: web}}
spec:
  replicas: 1
  selector: {{matchLabels: {{app: web}}}}
  template:
    metadata: {{labels: {{app: web}}}}
    spec:
      terminationGracePeriodSeconds: 1
      nodeSelector: {{kubernetes.io/hostname: {node}}}
      containers:
        - name: web
          image: {image}
          imagePullPolicy: IfNotPresent
          command: [sh, -c, "mkdir -p /www && echo served >/www/index.html && exec httpd -f -p 8080 -h /www"]
---
apiVersion: v1
kind: Service
metadata: {{name: web}}
spec:
  type: LoadBalancer
  selector: {{app: web}}
  ports: [{{port: 80, targetPort: 8080}}]
"""


@dataclass(frozen=True)
class Web:
    """Where the service is reached."""

    address: str
    node_port: int


@contextmanager
def web(cluster: Cluster, avoid: str) -> Iterator[Web]:
    """Run the web server on a node other than C(avoid), and remove it at the end."""
    node = next(host for host in cluster.servers if host != avoid)
    cluster.apply(node, MANIFEST.format(node=node, image=cluster.image("busybox")))
    try:
        wait_until("an address of the service", lambda: bool(ingress(cluster, node)), timeout=120)
        # Before that kube-proxy refuses, which is not the firewall's word.
        wait_until("the web server", lambda: ready(cluster, node), timeout=120)
        port = cluster.kubectl(node, "get service web")["spec"]["ports"][0]["nodePort"]
        yield Web(ingress(cluster, node), int(port))
    finally:
        cluster.on(node, "k3s kubectl delete service/web deployment/web --wait=true", timeout=120)


def ingress(cluster: Cluster, host: str) -> str:
    """The address that the service was given; empty while it has none."""
    status = cluster.kubectl(host, "get service web")["status"]["loadBalancer"]
    return str(status.get("ingress", [{}])[0].get("ip", ""))


def ready(cluster: Cluster, host: str) -> bool:
    """Whether the web server is ready to be asked."""
    return cluster.kubectl(host, "get deployment web")["status"].get("readyReplicas", 0) == 1
