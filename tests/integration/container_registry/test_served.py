"""The registry of a host: who reads and writes, what it takes of its upstream, and what it has without that."""

from __future__ import annotations

import contextlib
import hashlib
import json
import os
import socket
import ssl
import stat
import threading
import time
from collections.abc import Callable
from typing import Any

import pytest
import serving
from ansible_collections.metalstack.autonomous.plugins.filter.basic_auth_hash import basic_auth_hash
from registry import MANIFEST, Registry
from serving import LAYER, READER, WRITER, Host

OWN = os.urandom(300_000)


@pytest.fixture(scope="module")
def foreseen(host: Host) -> Any:
    """What a run would do on a host that has nothing yet."""
    run = host.run(check=True)
    assert list(host.place.glob("[esu][ttn]*/*")) == []
    return run


@pytest.fixture(scope="module")
def served(host: Host, foreseen: Any) -> list[Any]:
    return [host.run(), host.run()]


@pytest.fixture(scope="module")
def there(upstream: Registry) -> dict[str, str]:
    """Images of the upstream by their tag, with their digests."""
    found = {name: upstream.push("team/app", name, {LAYER: os.urandom(200_000)}) for name in ("v1", "v2", "v3")}
    return {name: described["digest"] for name, described in found.items()}


def through(host: Host, upstream: Registry) -> str:
    """The unit that asks the upstream."""
    return f"metalstack-registry-{place(upstream)}.service"


def place(upstream: Registry) -> str:
    return upstream.address.replace(":", "_")


def pulled(host: Host, repository: str, tag: str, more: str = "") -> str:
    """Pull an image as containerd does, every blob of it, and return its digest."""
    manifest = host.ask(f"{repository}/manifests/{tag}{more}")
    assert manifest.status == 200, (manifest, host.log())
    document = json.loads(manifest.body)
    for one in [document["config"], *document["layers"]]:
        blob = host.ask(f"{repository}/blobs/{one['digest']}{more}")
        assert (blob.status, blob.digest) == (200, one["digest"])
    return manifest.digest


def test_check_mode_tells_what_will_be_done(foreseen, served):
    assert foreseen.changes == served[0].changes == 2, foreseen.said + served[0].said


def test_a_second_run_changes_nothing(served):
    assert served[1].changes == 0, served[1].said


def test_no_secret_is_shown(foreseen, served, host, site):
    for run in (foreseen, served[0]):
        assert "auth_basic_user_file" in run.said
        for secret in (READER, WRITER, basic_auth_hash(WRITER), site.splitlines()[1]):
            assert secret not in run.said
    written = "".join(path.read_text() for path in host.place.glob("[eu]*/*")) + host.log()
    assert READER not in written and WRITER not in written


def test_what_is_on_the_host_is_for_those_who_need_it(host, served):
    modes = {path.name: stat.S_IMODE(path.stat().st_mode) for path in (host.place / "etc").iterdir()}
    readable = {"host.pem", "ca.crt", "nginx.conf"}
    assert readable <= set(modes)
    assert {name: mode for name, mode in modes.items() if mode != (0o644 if name in readable else 0o600)} == {}


@pytest.mark.parametrize("user", ["", "nobody"])
@pytest.mark.parametrize("path", ["", "_catalog", "team/own/manifests/v1"])
def test_nobody_reads_without_the_password(host, served, user, path):
    answer = host.ask(path, user)
    assert answer.status == 401 and answer.headers["WWW-Authenticate"].startswith("Basic ")


def test_it_is_served_by_tls_alone(host, served):
    with socket.create_connection((host.address, serving.PORT), timeout=5) as plain:
        plain.sendall(b"GET /v2/ HTTP/1.0\r\n\r\n")
        assert plain.recv(4096).startswith(b"HTTP/1.1 400 ")
    stranger = ssl.create_default_context()
    with socket.create_connection((host.address, serving.PORT), timeout=5) as plain, pytest.raises(ssl.SSLError):
        stranger.wrap_socket(plain, server_hostname=host.address)


def push(host: Host, tmp_path: Any, repository: str, content: bytes) -> str:
    """Push an image of one layer as its tag v1, and return its digest."""
    described = []
    with contextlib.closing(host.target()) as target:
        for number, (kind, blob) in enumerate({"application/vnd.oci.empty.v1+json": b"{}", LAYER: content}.items()):
            file = tmp_path / f"blob{number}"
            file.write_bytes(blob)
            digest = f"sha256:{hashlib.sha256(blob).hexdigest()}"
            target.put_blob(repository, digest, file)
            described.append({"mediaType": kind, "digest": digest, "size": len(blob)})
        document = {"schemaVersion": 2, "mediaType": MANIFEST, "config": described[0], "layers": described[1:]}
        body = json.dumps(document).encode()
        target.put_manifest(repository, "v1", body, MANIFEST)
    return f"sha256:{hashlib.sha256(body).hexdigest()}"


def test_who_may_write_pushes_and_who_may_read_pulls(host, served, tmp_path):
    digest = push(host, tmp_path, "team/own", OWN)
    assert pulled(host, "team/own", "v1") == digest
    assert host.ask("").headers["Docker-Distribution-Api-Version"] == "registry/2.0"


@pytest.mark.parametrize("path", ["team/own", "upstream"])
def test_who_may_read_does_not_write(host, served, upstream, path):
    repository = path if path != "upstream" else f"{place(upstream)}/team/app"
    assert host.ask(f"{repository}/blobs/uploads/", "reader", "POST").status == 401
    digest = f"sha256:{'0' * 64}"
    for method in ("PUT", "DELETE"):
        assert host.ask(f"{repository}/manifests/{digest}", "reader", method, b"{}").status == 401


def test_what_is_not_kept_comes_from_the_upstream(host, served, upstream, there):
    repository = f"{place(upstream)}/team/app"
    assert pulled(host, repository, "v1") == there["v1"]
    assert pulled(host, repository, there["v2"]) == there["v2"]
    assert host.ask(f"{repository}/manifests/none").status == 404


@pytest.mark.parametrize("colon", [":", "%3A"])
def test_containerd_names_the_registry_that_it_asks_instead_of(host, served, upstream, there, colon):
    name = upstream.address.replace(":", colon)
    assert pulled(host, "team/app", "v1", f"?ns={name}") == there["v1"]
    # Also where the path has it already, and for images of this registry itself.
    assert pulled(host, f"{place(upstream)}/team/app", "v1", f"?ns={name}") == there["v1"]
    assert host.ask("team/app/manifests/v1?ns=ghcr.io").status == 404


def test_its_own_images_are_found_by_its_own_names(host, served, tmp_path):
    digest = push(host, tmp_path, "team/named", OWN)
    for own in (f"registry.example.org:{serving.PORT}", f"{host.address}:{serving.PORT}", "registry.example.org"):
        assert pulled(host, "team/named", "v1", f"?ns={own}") == digest


def test_who_writes_is_not_told_of_the_upstream(host, served, upstream, there):
    """Else what was brought would count as there, and go with the upstream."""
    assert host.ask(f"{place(upstream)}/team/app/manifests/v1", "writer").status == 404


def test_without_the_upstream_what_was_taken_of_it_stays(host, served, upstream, there):
    repository = f"{place(upstream)}/team/app"
    assert pulled(host, repository, "v1") == there["v1"]
    upstream.pause()
    try:
        assert pulled(host, repository, "v1") == there["v1"]
        assert host.ask(f"{repository}/manifests/v3").status in (404, 500, 503)
        # It does not start without its upstream: who only reads what is there answers.
        host.systemctl("restart", through(host, upstream))
        until(host, lambda: "MainPID=0" in host.systemctl("show", through(host, upstream)))
        assert pulled(host, repository, "v1") == there["v1"]
        assert host.ask(f"{repository}/manifests/v3").status == 404
    finally:
        upstream.resume()
    host.systemctl("restart", through(host, upstream))
    until(host, lambda: host.ask(f"{repository}/manifests/v3").status == 200)
    assert pulled(host, repository, "v3") == there["v3"]


def until(host: Host, condition: Callable[[], bool]) -> None:
    end = time.monotonic() + 30
    while not condition():
        assert time.monotonic() < end, host.log()
        time.sleep(0.1)


def test_while_it_is_collected_it_is_read_and_what_no_image_names_goes(host, served, tmp_path):
    digest = push(host, tmp_path, "team/collected", OWN)
    garbage = os.urandom(100_000)
    wanted = f"sha256:{hashlib.sha256(garbage).hexdigest()}"
    (tmp_path / "garbage").write_bytes(garbage)
    with contextlib.closing(host.target()) as target:
        target.put_blob("team/collected", wanted, tmp_path / "garbage")
        assert target.has_blob("team/collected", wanted)
    seen, over = [], threading.Event()

    def look() -> None:
        while not over.is_set():
            seen.append(host.ask("team/collected/manifests/v1").status)

    looks = threading.Thread(target=look)
    looks.start()
    try:
        host.systemctl("start", "metalstack-registry-collect.service")
    finally:
        over.set()
        looks.join()
    assert set(seen) == {200} and len(seen) > 5
    assert not list(host.state.glob(f"kept/**/{wanted.removeprefix('sha256:')}/data"))
    assert pulled(host, "team/collected", "v1") == digest
    # Written as before.
    assert push(host, tmp_path, "team/collected", os.urandom(1000)) != digest


def test_who_writes_while_nobody_takes_it_is_told_to_come_again_and_does(host, served, tmp_path):
    kept = "metalstack-registry-kept.service"
    host.systemctl("stop", kept)
    back = threading.Timer(2.5, lambda: host.systemctl("start", kept))
    try:
        assert host.ask("team/late/blobs/uploads/", "writer", "POST").status == 503
        back.start()
        digest = push(host, tmp_path, "team/late", b"late")
        assert pulled(host, "team/late", "v1") == digest
    finally:
        back.cancel()
        host.systemctl("start", kept)


def test_another_password_is_the_only_one(host, served):
    assert host.run(container_registry_reader_password="another-password-of-theirs").changes == 1
    assert host.ask("").status == 401
    assert host.run().changes == 1
    assert host.ask("").status == 200


def test_an_upstream_that_is_asked_no_more_goes_with_what_was_taken_of_it(host, served, upstream, there, tmp_path):
    repository = f"{place(upstream)}/team/app"
    digest = push(host, tmp_path, repository, b"kept")
    assert (host.state / place(upstream)).is_dir()
    try:
        predicted = host.run(check=True, container_registry_upstreams=[])
        done = host.run(container_registry_upstreams=[])
        assert predicted.changes == done.changes == 2
        assert host.run(container_registry_upstreams=[]).changes == 0
        assert not (host.state / place(upstream)).exists()
        assert not list((host.place / "units").glob(f"*{place(upstream)}*"))
        # What is kept below its name is no part of that.
        assert pulled(host, repository, "v1") == digest
        assert host.ask(f"{repository}/manifests/v3").status == 404
    finally:
        host.run()


@pytest.mark.parametrize(
    ("given", "expected"),
    [
        ({"container_registry_writer_password": READER}, "two different passwords"),
        ({"container_registry_reader_password": "short"}, "22 random characters"),
        ({"container_registry_upstreams": [{"name": "Docker Hub"}]}, "expected that of a registry in references"),
        ({"container_registry_storage": {"endpoint": "https://s3"}}, "the storage lacks bucket"),
    ],
)
def test_bad_input_is_refused_and_changes_nothing(host, served, given, expected):
    with pytest.raises(AssertionError, match=expected):
        host.run(**given)
    assert host.run(check=True).changes == 0


def test_switched_off_nothing_is_left_but_the_images(host, served, tmp_path):
    off = {"container_registry_state": "absent"}
    runs = [host.run(check=True, **off), host.run(**off), host.run(**off)]
    assert [run.changes for run in runs] == [1, 1, 0]
    assert not host.listens()
    assert list((host.place / "units").iterdir()) == [] and not (host.place / "etc").exists()
    assert (host.state / "kept").is_dir()
    host.run()
    assert host.ask("team/own/manifests/v1").status == 200
    gone = {**off, "container_registry_delete_data": True}
    assert [host.run(**gone).changes, host.run(**gone).changes] == [2, 0]
    assert not host.state.exists()
