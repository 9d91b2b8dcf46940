"""Authorities of a server as k3s makes them, and those that take their place."""

from __future__ import annotations

import subprocess
from pathlib import Path

from ansible_collections.metalstack.autonomous.plugins.module_utils._k3s import authorities


def openssl(*arguments: str) -> None:
    subprocess.run(["openssl", *arguments], check=True, capture_output=True)


def make(target: Path, *arguments: str) -> None:
    """Make a key and what openssl makes of it."""
    key, to = f"{target}.key", f"{target}.crt"
    curve = ("-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256")
    openssl("req", *curve, "-noenc", "-keyout", key, "-out", to, *arguments)


def leaf(tls: Path, name: str, authority: str) -> None:
    """Have the first certificate of an authority sign one."""
    target = tls / name
    make(target, "-subj", "/CN=leaf")
    request = target.with_suffix(".csr")
    Path(f"{target}.crt").rename(request)
    signer = ("-CA", f"{tls / authority}.crt", "-CAkey", f"{tls / authority}.key")
    openssl("x509", "-req", "-days", "9", "-in", str(request), *signer, "-out", f"{target}.crt")


def taken_over(place: Path, kind: str) -> None:
    """Have the server run with what was laid out, as its restart does."""
    for name in authorities.NAMES:
        for end in ("crt", "key"):
            source = place / "authorities" / kind / "tls" / f"{name}.{end}"
            if source.exists():
                (place / "tls" / f"{name}.{end}").write_bytes(source.read_bytes())


def renewed(place: Path) -> None:
    for name, authority in authorities.LEAVES.items():
        leaf(place / "tls", name, authority)
