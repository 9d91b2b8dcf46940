"""The command line: `k3s` with its sub-commands, or kubectl, crictl, ctr by the name it is called."""

from __future__ import annotations

import os
import shutil
import sys
from pathlib import Path

from .errors import Refusal, outside
from .version import ETCD, K3S, KUBERNETES

TOOLS = ("kubectl", "crictl", "ctr")
HELP = """\
k3s - a stand-in for tests

Commands: server, agent, etcd-snapshot, token, certificate, secrets-encrypt, kubectl, crictl, ctr"""
SOCKET = "/run/k3s/containerd/containerd.sock"


def main() -> int:
    called, arguments = Path(sys.argv[0]).name, sys.argv[1:]
    if called not in TOOLS:
        called, arguments = (arguments or ["--help"])[0], arguments[1:]
    try:
        return dispatch(called, arguments)
    except Refusal as error:
        print(f"Error: {error}", file=sys.stderr)
        return 1


def dispatch(command: str, arguments: list[str]) -> int:
    if command in ("--version", "-v"):
        upstream = K3S.partition("+")[0]
        print(f"k3s version {K3S} (stand-in: {upstream} and etcd {ETCD.name} of unmodified sources)")
    elif command in ("--help", "-h", "help"):
        print(HELP)
    elif command in TOOLS:
        tool(command, arguments)
    elif command in ("server", "agent"):
        from .main import run

        return run(command, arguments)
    elif command == "etcd-snapshot":
        from .snapshot_command import run as snapshot

        return snapshot(arguments)
    elif command == "token":
        from .token_command import run as token

        return token(arguments)
    elif command == "certificate":
        from .certificate_command import run as certificate

        return certificate(arguments)
    elif command == "secrets-encrypt":
        from .encryption_command import run as secrets_encrypt

        return secrets_encrypt(arguments)
    elif command in ("check-config", "completion"):
        raise outside(f"k3s {command}")
    else:
        raise Refusal(f"No help topic for '{command}'")
    return 0


def tool(name: str, arguments: list[str]) -> None:
    """Become the tool, with the defaults that k3s gives it."""
    environment = dict(os.environ)
    if name == "kubectl":
        program: str | None = str(KUBERNETES / "kubectl")
        environment.setdefault("KUBECONFIG", "/etc/rancher/k3s/k3s.yaml")
    else:
        program = shutil.which(name, path="/usr/sbin:/usr/bin:/sbin:/bin")
        environment.setdefault("CONTAINERD_ADDRESS", SOCKET)
        environment.setdefault("CONTAINERD_NAMESPACE", "k8s.io")
        environment.setdefault("CONTAINER_RUNTIME_ENDPOINT", f"unix://{SOCKET}")
    if not program:
        raise outside(f"{name} on a host that has none")
    os.execve(program, [name, *arguments], environment)
