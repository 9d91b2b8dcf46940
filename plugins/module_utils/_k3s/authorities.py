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
    write(place + ".crt", kept[0] + roots[0])


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
        write(f"{scratch}/extensions", EXTENSIONS)
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
        write(place + ".crt", "".join([*bundle, host.read(present + ".crt")]))
        write(place + ".key", host.read(own + ".key") + host.read(root + ".key"))


def _sign(scratch: str, request: str, result: str, *signer: str) -> None:
    _openssl(
        "x509", "-req", "-sha256", "-days", str(DAYS), "-in", f"{scratch}/{request}.csr", *signer,
        "-extfile", f"{scratch}/extensions", "-set_serial", f"0x{secrets.token_hex(16)}",
        "-out", f"{scratch}/{result}.crt",
    )  # fmt: skip


def write(path: str, text: str) -> None:
    """Write what is for root alone."""
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


def forget() -> bool:
    """Remove what was laid out."""
    due = os.path.isdir(layout.AUTHORITIES_DIR)
    shutil.rmtree(layout.AUTHORITIES_DIR, ignore_errors=True)
    return due


def prove(former: bool) -> None:
    """Raise unless all certificates here are of the new ones, and no former one is trusted any more where so asked."""
    with tempfile.TemporaryDirectory() as scratch:
        for leaf, name in LEAVES.items():
            write(f"{scratch}/own", blocks(host.read(f"{layout.TLS_DIR}/{name}.crt"))[0])
            try:
                _openssl("verify", "-partial_chain", "-CAfile", f"{scratch}/own", f"{layout.TLS_DIR}/{leaf}.crt")
            except Failed as error:
                raise Failed(f"{leaf} is not of the present authority -> restart k3s here: {error}") from error
    if not former:
        return
    former_ones = [name for name in NAMES if trusted(f"{layout.TLS_DIR}/{name}.crt") > OWN]
    if former_ones:
        raise Failed(
            f"this server still trusts former authorities ({', '.join(former_ones)}) -> restart k3s here, and run this"
            " again"
        )
