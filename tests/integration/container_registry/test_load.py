"""A mirror's images in the registry of a host: with their digests, only what is lacking, nothing that was changed."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
import serving
import yaml
from ansible_collections.metalstack.autonomous.plugins.module_utils._mirror import collect
from ansible_collections.metalstack.autonomous.plugins.module_utils._mirror.errors import MirrorError
from registry import INDEX, Registry
from serving import LAYER, PORT, WRITER, Host

ROOT = Path(__file__).resolve().parents[3]
SHARED, OWN, OTHER = os.urandom(200_000), os.urandom(3_000_000), os.urandom(50_000)
SIGNATURE = "application/vnd.dev.cosign.simplesigning.v1+json"


@pytest.fixture(scope="module")
def published(upstream: Registry) -> dict[str, str]:
    """An image for two platforms, one that shares a layer with it, and its signature; their digests by name."""
    one = upstream.push("a/grafana", "", {LAYER: SHARED})
    other = upstream.push("a/grafana", "", {LAYER: OWN})
    index = upstream.push_manifest("a/grafana", "v1", INDEX, manifests=[one, other])
    plain = upstream.push("b/other", "v2", {LAYER: SHARED, f"{LAYER}+gzip": OTHER})
    tag = plain["digest"].replace(":", "-")
    signature = upstream.push("b/other", f"{tag}.sig", {SIGNATURE: b"{}"})
    found = {"a/grafana:v1": index, "b/other:v2": plain, f"b/other:{tag}.sig": signature}
    return {name: described["digest"] for name, described in found.items()}


@pytest.fixture(scope="module")
def mirror(upstream: Registry, published: dict[str, str], tmp_path_factory: pytest.TempPathFactory) -> Path:
    directory = tmp_path_factory.mktemp("mirrors") / "mirror"
    names = tuple(f"{upstream.address}/{name}" for name in published if not name.endswith(".sig"))
    collect.run(collect.Wanted(("amd64",), images=names), directory, lambda message: None)
    return directory


@pytest.fixture(scope="module")
def host(tree: Path, site: str) -> Iterator[Host]:
    """One without an upstream, as where there is no way out."""
    with serving.host(tree, site, []) as found:
        found.run()
        yield found


@pytest.fixture
def place(upstream: Registry) -> str:
    return upstream.address.replace(":", "_")


def blob_files(host: Host) -> dict[str, Path]:
    return {path.parent.name: path for path in host.state.glob("kept/**/blobs/sha256/*/*/data")}


def hexed(content: bytes) -> str:
    import hashlib

    return hashlib.sha256(content).hexdigest()


@pytest.fixture(scope="module")
def foreseen(host: Host, mirror: Path) -> Any:
    found = host.load(mirror, dry=True)
    assert blob_files(host) == {}
    return found


@pytest.fixture(scope="module")
def loaded(host: Host, mirror: Path, foreseen: Any, tampered: Callable[[bytes], Path]) -> list[Any]:
    """At first from a mirror in which a layer was changed."""
    with pytest.raises(MirrorError, match=rf"blobs/sha256/{hexed(OWN)} is tampered.*import the mirror again") as told:
        host.load(tampered(OWN))
    return [str(told.value), host.load(mirror), host.load(mirror)]


@pytest.fixture(scope="module")
def tampered(mirror: Path, tmp_path_factory: pytest.TempPathFactory) -> Callable[[bytes], Path]:
    """A copy of the mirror in which a blob has another last byte."""

    def copy(content: bytes) -> Path:
        directory = tmp_path_factory.mktemp("tampered") / "mirror"
        shutil.copytree(mirror, directory)
        file = directory / f"images/blobs/sha256/{hexed(content)}"
        file.write_bytes(content[:-1] + bytes([content[-1] ^ 1]))
        return directory

    return copy


def test_of_a_mirror_that_was_changed_nothing_that_needs_it_is_loaded(loaded: list[Any], published: Any) -> None:
    assert "b/other" not in loaded[0]
    # Loaded from the right mirror only then: what was whole was there by then.
    assert [name.partition("/")[2] for name in loaded[1].loaded] == ["a/grafana:v1"]


def test_check_mode_tells_what_is_loaded(foreseen: Any, published: dict[str, str], mirror: Path) -> None:
    assert [name.partition("/")[2] for name in foreseen.loaded] == sorted(published)
    manifests = json.loads((mirror / "images/index.json").read_text())["manifests"]
    assert foreseen.images == sorted(one["annotations"]["org.opencontainers.image.ref.name"] for one in manifests)
    # Three layers, the empty configuration and what is signed, each once.
    assert foreseen.blobs == 4 and foreseen.bytes == len(SHARED + OWN + OTHER) + 2


def test_every_digest_is_what_it_was(host: Host, loaded: list[Any], published: dict[str, str], place: str) -> None:
    for name, digest in published.items():
        repository, _colon, tag = name.partition(":")
        for reference in (tag, digest):
            assert host.ask(f"{place}/{repository}/manifests/{reference}").digest == digest
    index = json.loads(host.ask(f"{place}/a/grafana/manifests/v1").body)
    for one in index["manifests"]:
        manifest = host.ask(f"{place}/a/grafana/manifests/{one['digest']}")
        assert manifest.digest == one["digest"]
        for layer in json.loads(manifest.body)["layers"]:
            assert host.ask(f"{place}/a/grafana/blobs/{layer['digest']}").digest == layer["digest"]


def test_the_second_run_loads_nothing(loaded: list[Any], published: dict[str, str]) -> None:
    assert not loaded[2].changed and loaded[2].blobs == 0 and len(loaded[2].images) == len(published)


def test_what_is_lost_is_brought_back_and_nothing_else(host: Host, loaded: list[Any], mirror: Path) -> None:
    shutil.rmtree(blob_files(host)[hexed(OTHER)].parent)
    predicted = host.load(mirror, dry=True)
    found = host.load(mirror)
    assert (found.blobs, found.bytes) == (1, len(OTHER)) and found == predicted
    assert not host.load(mirror).changed


def test_a_layer_that_another_repository_has_is_not_sent_again(
    host: Host, loaded: list[Any], mirror: Path, place: str
) -> None:
    shutil.rmtree(host.state / f"kept/docker/registry/v2/repositories/{place}/b")
    found = host.load(mirror)
    assert found.changed and found.bytes < len(SHARED)


def test_what_the_mirror_has_no_more_goes_and_what_was_pushed_stays(
    host: Host, loaded: list[Any], upstream: Registry, published: dict[str, str], place: str, tmp_path: Path
) -> None:
    with_one = tmp_path / "mirror"
    collect.run(collect.Wanted(("amd64",), images=(f"{upstream.address}/b/other:v2",)), with_one, lambda message: None)
    mine = {"schemaVersion": 2, "mediaType": INDEX, "manifests": []}
    target = host.target()
    target.put_manifest("team/mine", "v1", json.dumps(mine).encode(), INDEX)
    predicted = host.load(with_one, prune=True, dry=True)
    assert predicted.removed == [f"{place}/a/grafana:v1"]
    assert host.ask(f"{place}/a/grafana/manifests/v1").status == 200
    assert host.load(with_one, prune=True).removed == predicted.removed
    assert host.load(with_one, prune=True).changed is False
    assert host.ask(f"{place}/a/grafana/manifests/v1").status == 404
    assert host.ask("team/mine/manifests/v1").status == 200
    target.close()


def test_a_wrong_password_is_told_and_not_shown(host: Host, loaded: list[Any], mirror: Path) -> None:
    target = host.target("wrong-password-of-those")
    with pytest.raises(MirrorError, match="does not take the user and the password") as told:
        from ansible_collections.metalstack.autonomous.plugins.module_utils._mirror import load

        load.run(mirror, target, (), lambda message: None)
    target.close()
    assert "wrong-password" not in str(told.value)


def play(host: Host, mirror: Path, directory: Path, *options: str) -> str:
    """The module in a play, as bootstrap has it."""
    given = {
        "path": str(mirror),
        "url": f"https://{host.address}:{PORT}",
        "username": "writer",
        "password": WRITER,
        "ca": host.ca,
    }
    tasks = [{"metalstack.autonomous.mirror_load": given}]
    (directory / "play.yml").write_text(yaml.safe_dump([{"hosts": "all", "gather_facts": False, "tasks": tasks}]))
    (directory / "ansible.cfg").write_text("")
    environment = {
        **os.environ,
        "ANSIBLE_CONFIG": str(directory / "ansible.cfg"),
        "ANSIBLE_COLLECTIONS_PATH": str(ROOT / ".ansible/collections"),
    }
    command = [sys.executable, "-m", "ansible", "playbook", "-i", "server1,", str(directory / "play.yml"), *options]
    done = subprocess.run(command, env=environment, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout + done.stderr


def test_a_play_loads_tells_what_and_shows_no_password(
    host: Host, loaded: list[Any], mirror: Path, tmp_path: Path
) -> None:
    host.load(mirror)
    assert "changed=0" in play(host, mirror, tmp_path)
    shutil.rmtree(blob_files(host)[hexed(OTHER)].parent)
    predicted = play(host, mirror, tmp_path, "--check", "--diff")
    assert "b/other:v2" in predicted and "changed=1" in predicted
    done = play(host, mirror, tmp_path, "--diff", "-vvv")
    assert "changed=1" in done and WRITER not in done
    assert "nobody has signed for this mirror" in " ".join(done.split())
