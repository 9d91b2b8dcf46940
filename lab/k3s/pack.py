"""Pack the stand-in into one executable file, the same bytes for the same sources and versions."""

from __future__ import annotations

import argparse
import zipfile
from pathlib import Path

SOURCES = Path(__file__).parent / "standin"
SHEBANG = b"#!/usr/bin/python3 -I\n"
EPOCH = (1980, 1, 1, 0, 0, 0)
K3S, ETCD = "v1.35.4+k3s1", "v3.6.7"


def pack(target: Path, k3s: str = K3S, etcd: str = ETCD) -> None:
    """Write the stand-in for release `k3s`, which runs the Kubernetes that lies in /opt/lab under that release's name,
    and this etcd."""
    versions = (SOURCES / "version.py").read_text()
    versions = versions.replace(K3S, k3s).replace(f"/{ETCD}", f"/{etcd}")
    with target.open("wb") as out:
        out.write(SHEBANG)
        with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
            for path in sorted(SOURCES.rglob("*")):
                if path.is_dir() or "__pycache__" in path.parts:
                    continue
                content = versions.encode() if path.name == "version.py" else path.read_bytes()
                name = path.relative_to(SOURCES.parent)
                archive.writestr(zipfile.ZipInfo(str(name), EPOCH), content, zipfile.ZIP_DEFLATED)
            main = (SOURCES / "__main__.py").read_bytes()
            archive.writestr(zipfile.ZipInfo("__main__.py", EPOCH), main, zipfile.ZIP_DEFLATED)
    target.chmod(0o755)


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("target", type=Path)
    parser.add_argument("--k3s", default=K3S)
    parser.add_argument("--etcd", default=ETCD)
    options = parser.parse_args()
    pack(options.target, options.k3s, options.etcd)
