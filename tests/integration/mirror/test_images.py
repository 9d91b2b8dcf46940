"""Images come from Debian's own registry as they were published."""

from __future__ import annotations

import contextlib
import hashlib
import json
import os
import sys
import threading
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest
from ansible_collections.metalstack.autonomous.plugins.module_utils._mirror import collect, store, tree
from ansible_collections.metalstack.autonomous.plugins.module_utils._mirror.errors import MirrorError

sys.path.append(str(Path(__file__).resolve().parents[1] / "release"))

from registry import INDEX, PACKAGE, SUITE, Registry

from lab import debian, settings

LAYER = "application/vnd.oci.image.layer.v1.tar"
SHARED, OWN = os.urandom(200_000), os.urandom(3_000_000)


@pytest.fixture(scope="session")
def server() -> Path:
    return debian.tree(settings.from_environment().cache, SUITE, (PACKAGE,))


@pytest.fixture
def registry(server: Path, tmp_path: Path) -> Iterator[Registry]:
    running = Registry(server, tmp_path / "registry")
    yield running
    running.stop()


@pytest.fixture
def pushed(registry: Registry) -> dict[str, str]:
    """Two images that share a layer, one of them for two platforms; their digests by name."""
    one = registry.push("a/grafana", "", {LAYER: SHARED})
    other = registry.push("a/grafana", "", {LAYER: OWN})
    index = registry.push_manifest("a/grafana", "v1", INDEX, manifests=[one, other])
    plain = registry.push("b/other", "v2", {LAYER: SHARED, f"{LAYER}+gzip": b"other"})
    found = {"a/grafana:v1": index["digest"], "b/other:v2": plain["digest"]}
    return {f"{registry.address}/{name}": digest for name, digest in found.items()}


@pytest.fixture
def run(mirror: Path) -> Callable[..., store.Result]:
    def collected(names: Any, **more: Any) -> store.Result:
        return collect.run(collect.Wanted(("amd64",), images=tuple(names)), mirror, lambda message: None, **more)

    return collected


def blob(mirror: Path, content: bytes) -> Path:
    (found,) = [one for one in (mirror / "images/blobs/sha256").iterdir() if one.read_bytes() == content]
    return found


def test_images_keep_their_digests_and_share_their_blobs(run: Any, pushed: dict[str, str], mirror: Path) -> None:
    told = run(pushed, dry=True)
    assert not mirror.exists()
    assert run(pushed) == told
    listed = json.loads((mirror / "images/index.json").read_text())["manifests"]
    names = {one["annotations"]["org.opencontainers.image.ref.name"]: one["digest"] for one in listed}
    assert names == pushed
    assert json.loads((mirror / "images/oci-layout").read_text()) == {"imageLayoutVersion": "1.0.0"}
    # Three manifests, an index, one config and three layers.
    assert len(list((mirror / "images/blobs/sha256").iterdir())) == 8 and blob(mirror, SHARED)
    assert tree.faults(mirror, tree.read(mirror)) == []


def test_what_has_signed_an_image_comes_along(
    run: Any, pushed: dict[str, str], registry: Registry, mirror: Path
) -> None:
    name = f"{registry.address}/b/other"
    tag = pushed[f"{name}:v2"].replace(":", "-")
    signature = registry.push("b/other", f"{tag}.sig", {"application/vnd.dev.cosign.simplesigning.v1+json": b"{}"})
    run([f"{name}:v2"])
    listed = json.loads((mirror / "images/index.json").read_text())["manifests"]
    names = {one["annotations"]["org.opencontainers.image.ref.name"]: one["digest"] for one in listed}
    assert names == {f"{name}:v2": pushed[f"{name}:v2"], f"{name}:{tag}.sig": signature["digest"]}
    assert tree.faults(mirror, tree.read(mirror)) == []


def test_the_second_run_asks_for_no_blob(run: Any, pushed: dict[str, str], registry: Registry) -> None:
    run(pushed)
    for content in registry.directory.rglob("blobs/sha256/*/*/data"):
        # Only manifests are small.
        if content.stat().st_size > 10_000:
            content.unlink()
    assert not run(pushed).changed


def test_what_was_begun_is_gone_on_with(run: Any, pushed: dict[str, str], mirror: Path) -> None:
    part = mirror / ".work/images" / hashlib.sha256(OWN).hexdigest()
    part.parent.mkdir(parents=True)
    part.write_bytes(OWN[:2_000_000])
    assert run(pushed).changed and blob(mirror, OWN)
    assert not part.exists()


@pytest.mark.parametrize("change", [b"", b"X"], ids=["truncated", "tampered"])
def test_a_blob_that_is_not_the_one_of_its_manifest_is_refused_and_the_others_are_kept(
    run: Any, pushed: dict[str, str], registry: Registry, mirror: Path, change: bytes
) -> None:
    file = next(one for one in registry.directory.rglob("data") if one.is_file() and one.read_bytes() == OWN)
    file.write_bytes(OWN[:-1] + change)
    with pytest.raises(MirrorError, match=r"a/grafana:v1"):
        run(pushed)
    assert not (mirror / "manifest.json").exists() and blob(mirror, SHARED)
    file.write_bytes(OWN)
    assert run(pushed).changed and tree.faults(mirror, tree.read(mirror)) == []


@contextlib.contextmanager
def answering(content: bytes) -> Iterator[str]:
    """The address of a server that answers everything with this, as a registry that somebody has taken over may do."""

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self.send_response(200)
            self.send_header("Content-Length", str(len(content)))
            self.end_headers()
            self.wfile.write(content)

        def log_message(self, *_: object) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    try:
        yield f"127.0.0.1:{server.server_port}"
    finally:
        server.shutdown()
        server.server_close()


@pytest.mark.parametrize("key", ["config", "layers", "manifests"])
def test_a_manifest_that_names_a_file_in_place_of_a_digest_is_refused(run: Any, mirror: Path, key: str) -> None:
    victim = mirror.parent / "victim"
    victim.write_text("of somebody else")
    # Below the directory of what is fetched.
    strange = {"mediaType": LAYER, "digest": f"sha256:../../../{victim.name}", "size": 16}
    manifest = json.dumps({"schemaVersion": 2, key: strange if key == "config" else [strange]}).encode()
    with answering(manifest) as address, pytest.raises(MirrorError, match=f"{key} without a digest"):
        run([f"{address}/a/strange:v1"])
    assert victim.read_text() == "of somebody else"


def test_an_image_that_moved_is_taken_and_the_former_stays_until_pruned(
    run: Any, pushed: dict[str, str], registry: Registry, mirror: Path
) -> None:
    run(pushed)
    newer = registry.push("b/other", "v2", {LAYER: b"newer"})
    done = run(pushed)
    assert "images/index.json" in done.replaced and len(done.idle) == 2
    assert newer["digest"] in (mirror / "images/index.json").read_text()
    assert len(run(pushed, prune=True).removed) == 2
    assert tree.faults(mirror, tree.read(mirror)) == []


@pytest.mark.parametrize("name", ["", "127.0.0.1:1/grafana", "127.0.0.1:1/Grafana:v1"])
def test_what_is_no_image_is_refused_before_anything_is_fetched(run: Any, mirror: Path, name: str) -> None:
    with pytest.raises(MirrorError, match=r"no reference|neither tag nor digest"):
        run([name])
    assert not mirror.exists()
