# Copyright: (c) 2026, metal-stack authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What a cluster's authorities have signed, kept for the proof that it is refused once they are former ones."""

from __future__ import annotations

import os
import socket
import ssl

from .._net import tls
from . import client, command, host, layout
from .authorities import LEAVES, Failed, write

# What each of the five has signed: by what its files end in after layout.FORMER_CLIENT. That of the administrator comes
# last: where it is, all are.
KEPT = {
    "-server": "serving-kube-apiserver",
    "-proxy": "client-auth-proxy",
    "-etcd": "etcd/client",
    "-etcd-peer": "etcd/peer-server-client",
    "": "client-admin",
}
# Where etcd listens on every server, for those who read and write all of it.
PORTS = {"etcd/client": 2379, "etcd/peer-server-client": 2380}
# A server that takes a certificate waits for what it is asked.
SILENCE_SECONDS = 2.0


def keep() -> bool:
    """Keep what the present authorities have signed."""
    if os.path.exists(layout.FORMER_CLIENT + ".crt"):
        return False
    for place, leaf in KEPT.items():
        # The certificate last: one that is there has its key.
        for end in (".key", ".crt"):
            write(layout.FORMER_CLIENT + place + end, host.read(f"{layout.TLS_DIR}/{leaf}{end}"))
    return True


def forget() -> bool:
    """Remove what was kept, once that is proved to be of no use."""
    kept = [layout.FORMER_CLIENT + place + end for place in KEPT for end in (".key", ".crt")]
    left = [path for path in kept if os.path.exists(path)]
    for path in left:
        os.unlink(path)
    return bool(left)


def prove() -> bool:
    """Whether something was kept, all of which is refused; Failed where it is not, or where that can't be told."""
    if not os.path.exists(layout.FORMER_CLIENT + ".crt"):
        return False
    _prove_untrusted()
    api = client.Client(
        f"https://127.0.0.1:{layout.API_PORT}", layout.TLS_DIR + "/server-ca.crt", layout.FORMER_CLIENT + ".crt",
        layout.FORMER_CLIENT + ".key", client.Deadline(10.0), 10.0,
    )  # fmt: skip
    try:
        api.text("/readyz")
    except client.Unreachable as error:
        if error.status == 401:
            return True
        raise Failed(f"whether a certificate of a former authority is refused can't be told: {error}") from error
    raise Failed("the API here still takes a certificate of a former authority -> restart k3s here")


def _prove_untrusted() -> None:
    """Raise where a bundle trusts what former authorities have signed, or etcd, which runs with them, takes it."""
    for place, leaf in KEPT.items():
        former = layout.FORMER_CLIENT + place
        # A run that began before these were kept has that of the administrator alone.
        if not os.path.exists(former + ".crt"):
            continue
        bundle = f"{layout.TLS_DIR}/{LEAVES[leaf]}.crt"
        done = command.run("openssl", "verify", "-partial_chain", "-no_check_time", "-CAfile", bundle, former + ".crt")
        if not done.status:
            raise Failed(f"{bundle} trusts what a former authority has signed ({leaf}) -> restart k3s here")
        if leaf in PORTS and not _refused(leaf, former):
            raise Failed(f"etcd here still takes a certificate of a former authority ({leaf}) -> restart k3s here")
        if leaf in PORTS and _refused(leaf, f"{layout.TLS_DIR}/{leaf}"):
            raise Failed(f"etcd here refuses its own certificate, too ({leaf}) -> restart k3s here")


def _refused(leaf: str, certificate: str) -> bool:
    """Whether etcd ends a connection because of the certificate of whoever asks."""
    try:
        context = tls.context(cafile=f"{layout.TLS_DIR}/{LEAVES[leaf]}.crt")
        context.check_hostname = False
        context.load_cert_chain(certificate + ".crt", certificate + ".key")
        with (
            socket.create_connection(("127.0.0.1", PORTS[leaf]), SILENCE_SECONDS) as plain,
            context.wrap_socket(plain) as secured,
        ):
            # In TLS 1.3 it is told after the client takes the connection for made.
            secured.recv(1)
    except TimeoutError:
        return False
    except ConnectionResetError:
        return True
    except ssl.SSLError as error:
        if "ALERT" in (error.reason or ""):
            return True
        raise Failed(f"whether etcd refuses a certificate of a former authority can't be told: {error}") from error
    except OSError as error:
        raise Failed(f"whether etcd refuses a certificate of a former authority can't be told: {error}") from error
    return False
