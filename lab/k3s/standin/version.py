"""What this stand-in stands for, and the upstream builds it runs. `pack` fills it in."""

from pathlib import Path

K3S = "v1.35.4+k3s1"
KUBERNETES = Path("/opt/lab/kubernetes") / K3S
ETCD = Path("/opt/lab/etcd/v3.6.7")
