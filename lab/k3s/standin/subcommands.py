"""The flags of `k3s token`, `certificate` and `secrets-encrypt`, by subcommand; config.yaml holds none of them."""

from __future__ import annotations

TEXT, LIST, SWITCH = "text", "list", "switch"

ACCESS = {"data-dir": TEXT, "server": TEXT}
CERTIFICATE = {"debug": SWITCH, "config": TEXT, "log": TEXT, "alsologtostderr": SWITCH, "data-dir": TEXT,
               "service": LIST}  # fmt: skip
FLAGS = {
    "token rotate": {**ACCESS, "token": TEXT, "kubeconfig": TEXT, "new-token": TEXT},
    "certificate check": {**CERTIFICATE, "output": TEXT},
    "certificate rotate": CERTIFICATE,
    "certificate rotate-ca": {**ACCESS, "path": TEXT, "force": SWITCH},
    "secrets-encrypt status": {**ACCESS, "token": TEXT, "output": TEXT},
    "secrets-encrypt rotate-keys": {**ACCESS, "token": TEXT},
}
ALIASES = {"t": "token", "s": "server", "d": "data-dir", "c": "config", "l": "log", "o": "output"}
OF_SERVICES = {**ALIASES, "s": "service"}


def aliases(command: str) -> dict[str, str]:
    return OF_SERVICES if "service" in FLAGS[command] else ALIASES
