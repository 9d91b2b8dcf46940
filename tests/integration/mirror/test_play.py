"""The playbook mirror as an operator runs it: collected outside, carried, imported and used inside."""

from __future__ import annotations

import hashlib
import json
import os
import re
import shutil
import subprocess
import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import pytest
import yaml
from archive import Archive
from python_index import Index

TREE = Path(__file__).resolve().parents[3]


@dataclass
class Run:
    status: int
    output: str

    @property
    def changed(self) -> int:
        return sum(map(int, re.findall(r"changed=(\d+)", self.output)))

    @property
    def said(self) -> str:
        return " ".join(self.output.split())


@pytest.fixture
def key(tmp_path: Path) -> Path:
    subprocess.run(["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", str(tmp_path / "key")], check=True)
    return tmp_path / "key"


@pytest.fixture
def inventory(tmp_path: Path, key: Path) -> Path:
    """The example of three nodes, whose programs are small files of this machine."""
    directory = tmp_path / "inventory"
    shutil.copytree(TREE / "inventories/three_nodes", directory)
    program = tmp_path / "program"
    program.write_bytes(b"a program")
    sha256 = hashlib.sha256(b"a program").hexdigest()
    catalog = yaml.safe_load((TREE / "artifacts.yml").read_text())
    file = directory / "group_vars/all/site.yml"
    site = yaml.safe_load(file.read_text())
    site["site_artifacts"] = {
        name: {version: {"amd64": {"path": str(program), "sha256": sha256}} for version in entry["versions"]}
        for name, entry in catalog.items()
    }
    site["site_mirror"] = str(tmp_path / "site")
    site["site_mirror_signers"] = [key.with_suffix(".pub").read_text().strip()]
    file.write_text(yaml.safe_dump(site))
    return directory


@pytest.fixture
def play(inventory: Path, tmp_path: Path) -> Callable[..., Run]:
    def run(**variables: object) -> Run:
        (tmp_path / "ansible.cfg").write_text("")
        environment = {
            **os.environ,
            "ANSIBLE_CONFIG": str(tmp_path / "ansible.cfg"),
            "ANSIBLE_COLLECTIONS_PATH": str(TREE / ".ansible/collections"),
            "ANSIBLE_NOCOLOR": "1",
        }
        command = [sys.executable, "-m", "ansible", "playbook", "metalstack.autonomous.mirror", "-i", str(inventory)]
        done = subprocess.run(
            [*command, "-e", json.dumps(variables)],
            cwd=tmp_path, env=environment, capture_output=True, text=True, stdin=subprocess.DEVNULL, check=False,
        )  # fmt: skip
        return Run(done.returncode, done.stdout + done.stderr)

    return run


def test_a_mirror_is_collected_carried_imported_and_verified(
    play: Callable[..., Run], archive: Archive, index: Index, key: Path, tmp_path: Path
) -> None:
    asked = tmp_path / "requirements.txt"
    asked.write_text("drill-lib\n")
    carried = tmp_path / "carried"
    collect = {
        "mirror_action": "collect",
        "mirror_directory": str(carried),
        "mirror_key": str(key),
        "mirrored_packages": ["drill-tool"],
        "mirror_requirements": [str(asked)],
        "mirror_debian_uri": archive.uri,
        "mirror_debian_security_uri": archive.security_uri,
        "mirror_debian_keyring": str(archive.keyring),
    }
    first, second = play(**collect), play(**collect)
    assert (first.status, first.changed) == (0, 1), first.output
    assert (second.status, second.changed) == (0, 0), second.output
    kinds = {entry["kind"] for entry in json.loads((carried / "manifest.json").read_text())["files"]}
    assert kinds == {"artifact", "index", "package", "wheel"}
    names = {path.name for path in (carried / "artifacts").iterdir()}
    assert {"k3s", "kube-vip", "k3s-airgap-images"} <= names

    take = {"mirror_action": "import", "mirror_source": str(carried)}
    first, second = play(**take), play(**take)
    assert (first.status, first.changed) == (0, 1), first.output
    assert (second.status, second.changed) == (0, 0), second.output
    verified = play(mirror_action="verify")
    assert verified.status == 0 and "signed by SHA256:" in verified.said, verified.output

    program = next((tmp_path / "site/artifacts/k3s").rglob("k3s"))
    program.write_bytes(b"A program")
    (tmp_path / "site/artifacts/more").touch()
    wrong = play(mirror_action="verify")
    assert wrong.status != 0 and wrong.changed == 0
    assert "artifacts/more is foreign" in wrong.said and "/k3s is tampered" in wrong.said


@pytest.mark.parametrize(
    "variables",
    [
        {},
        {"mirror_action": "clean"},
        {"mirror_action": "import"},
        {"mirror_action": "verify", "site_mirror": ""},
    ],
    ids=["no action", "an unknown one", "nothing carried", "no mirror"],
)
def test_what_is_missing_is_said(play: Callable[..., Run], variables: dict[str, object]) -> None:
    refused = play(**variables)
    assert refused.status != 0 and "Nothing was done. Expected: mirror_action as collect" in refused.said
