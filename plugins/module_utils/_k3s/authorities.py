# Copyright: (c) 2026, metal-stack authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Authorities that take the place of a cluster's own, made and exchanged on a server; no key leaves it.

Each is an intermediate one under a root of its own, which the present one signs, too. The bundle holds all of them, so
that nobody meets a stranger while hosts are restarted; without the last two it is what is left in the end.
"""

from __future__ import annotations

import datetime
import hashlib
import os
import re
import secrets
import shutil
import socket
import ssl
import tempfile
import time

from . import client, command, files, host, layout
from .rotation import OWN

NAMES = ("client-ca", "server-ca", "request-header-ca", "etcd/server-ca", "etcd/peer-ca")
# What a server proves who it is with, by the authority that has to have signed it.
LEAVES = {
    "client-admin": "client-ca",
    "serving-kube-apiserver": "server-ca",
    "client-auth-proxy": "request-header-ca",
    "etcd/client": "etcd/server-ca",
    "etcd/server-client": "etcd/server-ca",
    "etcd/peer-server-client": "etcd/peer-ca",
}
# What each of the five has signed, kept to be refused: by what its files end in after layout.FORMER_CLIENT. That of the
# administrator comes last: where it is, all are.
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
BLOCK = re.compile(r"-----BEGIN CERTIFICATE-----.+?-----END CERTIFICATE-----\n", re.DOTALL)
DAYS = 3650
# Until a kubelet has given pods what has become of a ConfigMap.
PROJECTED_SECONDS = 120
EXTENSIONS = """\
basicConstraints = critical,CA:TRUE
keyUsage = critical,digitalSignature,keyEncipherment,keyCertSign
subjectKeyIdentifier = hash
authorityKeyIdentifier = keyid
"""


class Failed(Exception):
    """It has not been done; the text says why and what to do, and holds no key."""


def blocks(bundle: str) -> list[str]:
    """The certificates in a bundle."""
    return BLOCK.findall(bundle)


def trusted(path: str) -> int:
    """How many certificates the bundle in a file holds: more than two while former authorities are still trusted."""
    return len(blocks(host.read(path)))


def directory(kind: str) -> str:
    return f"{layout.AUTHORITIES_DIR}/{kind}"


def digest(kind: str) -> str:
    """Of the bundle that hosts will have, as k3s_info tells it of the one that they have."""
    return hashlib.sha256(host.read(f"{directory(kind)}/tls/server-ca.crt").encode()).hexdigest()


def prepare(kind: str, former: bool) -> bool:
    """Lay out what is to be exchanged, whole or not at all; what a run before has laid out stays."""
    target = directory(kind)
    if os.path.isdir(target):
        return False
    os.makedirs(layout.AUTHORITIES_DIR, mode=0o700, exist_ok=True)
    draft = tempfile.mkdtemp(prefix=".", dir=layout.AUTHORITIES_DIR)
    try:
        for name in NAMES:
            place = f"{draft}/tls/{name}"
            os.makedirs(os.path.dirname(place), mode=0o700, exist_ok=True)
            present = f"{layout.TLS_DIR}/{name}"
            if former:
                _without_former(present, place)
            else:
                _make(name, present, place)
        os.rename(draft, target)
    except BaseException:
        shutil.rmtree(draft, ignore_errors=True)
        raise
    return True


def _without_former(present: str, place: str) -> None:
    kept = blocks(host.read(present + ".crt"))
    if len(kept) <= OWN:
        raise Failed(f"{present}.crt trusts no former authority")
    roots = [block for block in kept[1:] if _is_root(block)]
    if not roots:
        raise Failed(f"{present}.crt holds no root")
    # Keys that are not laid out stay as they are.
    _write(place + ".crt", kept[0] + roots[0])


def _is_root(certificate: str) -> bool:
    """Whether it is signed by itself, by its names."""
    with tempfile.NamedTemporaryFile("w", suffix=".crt") as file:
        file.write(certificate)
        file.flush()
        told = _openssl("x509", "-noout", "-subject", "-issuer", "-in", file.name).splitlines()
    subject, issuer = (line.partition("=")[2].strip() for line in told)
    return subject == issuer


def _make(name: str, present: str, place: str) -> None:
    title = f"k3s-{name.replace('/', '-')}"
    stamp = int(time.time())
    with tempfile.TemporaryDirectory(dir=layout.AUTHORITIES_DIR) as scratch:
        _write(f"{scratch}/extensions", EXTENSIONS)
        for which, subject in (("root", f"/CN={title}-root@{stamp}"), ("own", f"/CN={title}@{stamp}")):
            key = f"{scratch}/{which}.key"
            _openssl("ecparam", "-name", "prime256v1", "-genkey", "-noout", "-out", key)
            _openssl("req", "-new", "-sha256", "-key", key, "-subj", subject, "-out", f"{scratch}/{which}.csr")
        root, own = f"{scratch}/root", f"{scratch}/own"
        _sign(scratch, "root", "root", "-signkey", root + ".key")
        _sign(scratch, "own", "own", "-CA", root + ".crt", "-CAkey", root + ".key")
        _sign(scratch, "root", "crossed", "-CA", present + ".crt", "-CAkey", present + ".key")
        # Before the root: of two with one name OpenSSL, which asks for those of former authorities, tries the first.
        bundle = [host.read(f"{scratch}/{which}.crt") for which in ("own", "crossed", "root")]
        _write(place + ".crt", "".join([*bundle, host.read(present + ".crt")]))
        _write(place + ".key", host.read(own + ".key") + host.read(root + ".key"))


def _sign(scratch: str, request: str, result: str, *signer: str) -> None:
    _openssl(
        "x509", "-req", "-sha256", "-days", str(DAYS), "-in", f"{scratch}/{request}.csr", *signer,
        "-extfile", f"{scratch}/extensions", "-set_serial", f"0x{secrets.token_hex(16)}",
        "-out", f"{scratch}/{result}.crt",
    )  # fmt: skip


def _write(path: str, text: str) -> None:
    files.write(files.File(path, text, 0o600, True))


def _openssl(*arguments: str) -> str:
    done = command.run("openssl", *arguments)
    if done.status:
        raise Failed(f"openssl {arguments[0]}: {done.said}")
    return done.output


def exchange(kind: str) -> None:
    """Have the datastore hold them; each server takes them over when it is restarted."""
    done = command.run(layout.BINARY, "certificate", "rotate-ca", "--path", directory(kind))
    if done.status:
        raise Failed(f"k3s certificate: {done.said} -> read 'journalctl -u k3s'; nothing was exchanged")


def keep_client() -> bool:
    """Keep what the present authorities have signed, for the proof that it is refused once they are former ones."""
    if os.path.exists(layout.FORMER_CLIENT + ".crt"):
        return False
    for place, leaf in KEPT.items():
        # The certificate last: one that is there has its key.
        for end in (".key", ".crt"):
            _write(layout.FORMER_CLIENT + place + end, host.read(f"{layout.TLS_DIR}/{leaf}{end}"))
    return True


def elders() -> list[str]:
    """Pods that may have read the authorities before this server has had those that it has now."""
    api = client.api(client.Deadline(30.0), per_request=30.0)
    since = os.path.getmtime(layout.TLS_DIR + "/server-ca.crt") + PROJECTED_SECONDS
    return [
        f"{pod['metadata']['namespace']}/{pod['metadata']['name']}"
        for pod in api.json("/api/v1/pods")["items"]
        if pod["status"].get("phase") == "Running" and _seconds(pod["status"].get("startTime", "")) < since
    ]


def _seconds(time_of_day: str) -> float:
    try:
        return datetime.datetime.fromisoformat(time_of_day.replace("Z", "+00:00")).timestamp()
    except ValueError:
        return 0.0


def forget(former: bool) -> bool:
    """Remove what was laid out, and what a former authority has signed once that is proved to be of no use."""
    kept = [layout.FORMER_CLIENT + place + end for place in KEPT for end in (".key", ".crt")]
    left = [path for path in kept if os.path.exists(path)]
    due = os.path.isdir(layout.AUTHORITIES_DIR) or bool(former and left)
    shutil.rmtree(layout.AUTHORITIES_DIR, ignore_errors=True)
    for path in left if former else []:
        os.unlink(path)
    return due


def prove(former: bool) -> bool:
    """Whether certificates of former authorities were tried, and are refused; Failed unless all here are of the new."""
    with tempfile.TemporaryDirectory() as scratch:
        for leaf, name in LEAVES.items():
            _write(f"{scratch}/own", blocks(host.read(f"{layout.TLS_DIR}/{name}.crt"))[0])
            try:
                _openssl("verify", "-partial_chain", "-CAfile", f"{scratch}/own", f"{layout.TLS_DIR}/{leaf}.crt")
            except Failed as error:
                raise Failed(f"{leaf} is not of the present authority -> restart k3s here: {error}") from error
    if not former:
        return False
    former_ones = [name for name in NAMES if trusted(f"{layout.TLS_DIR}/{name}.crt") > OWN]
    if former_ones:
        raise Failed(
            f"this server still trusts former authorities ({', '.join(former_ones)}) -> restart k3s here, and run this"
            " again"
        )
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
        context = ssl.create_default_context(cafile=f"{layout.TLS_DIR}/{LEAVES[leaf]}.crt")
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
