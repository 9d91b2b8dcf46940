"""Without a way out: from a mirror with a login, from files, from a web server."""

from __future__ import annotations

import hashlib
import json
import threading
from collections.abc import Iterator
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest
from published import Publisher, packed, role, vector
from registry import LOGIN, Registry


@pytest.fixture
def mirror(closed_registry, key) -> dict:
    """What a mirror has that somebody filled."""
    filled = Publisher(closed_registry, key)
    filled.roles()
    filled.release("v0.22.18", vector("ghcr.io", "v1.137.7"))
    return {
        "registry": "ghcr.io",
        "location": closed_registry.address,
        "username": LOGIN[0],
        "password": LOGIN[1],
    }


def test_a_mirror_has_all_that_a_release_names(mirror, stage):
    stage.address = "ghcr.io"
    result = stage.install(registry_mirrors=[mirror])
    assert result["release"]["vectors"][0]["url"] == "oci://ghcr.io/metal-stack/releases:v0.22.18"
    assert (stage.directory / "roles/ansible-common/README.md").exists()
    assert LOGIN[1] not in "".join(stage.tree().values())


@pytest.mark.parametrize("login", [{"username": None, "password": None}, {"password": "wrong"}])
def test_a_login_that_is_missing_or_wrong_is_told(mirror, stage, login):
    stage.address = "ghcr.io"
    message = stage.install(registry_mirrors=[{**mirror, **login}])["msg"]
    assert "can't be had" in message
    assert "401" in message
    assert not stage.path.exists()


def test_a_login_at_the_vectors_registry_is_not_sent_to_another(closed_registry, server, tmp_path, key, stage):
    other = Registry(server, tmp_path / "other", LOGIN)
    try:
        document = vector(other.address, "v1.137.7")
        Publisher(closed_registry, key).release("v0.22.18", document)
        Publisher(other, key).roles()
        stage.address = closed_registry.address
        login = {"oci_registry_username": LOGIN[0], "oci_registry_password": LOGIN[1]}
        message = stage.install(vectors=[stage.vector("v0.22.18", **login)])["msg"]
    finally:
        other.stop()
    assert f"{other.address}/metal-stack/metal-roles:v0.28.1 can't be had" in message
    assert "401" in message


@pytest.mark.parametrize("nested", [False, True])
def test_a_login_of_a_url_is_not_sent_to_a_registry(mirror, closed_registry, key, web, files, stage, nested):
    """Neither is that of a vector in it."""
    document = json.dumps(vector(closed_registry.address, "v1.137.7")).encode()
    (files / "inner.yaml").write_bytes(document)
    (files / "outer.yaml").write_text(json.dumps({"inner": f"{web}/inner.yaml"}))
    login = {"oci_registry_username": LOGIN[0], "oci_registry_password": LOGIN[1]}
    one = stage.vector("", sha256=hashlib.sha256(document).hexdigest(), **login)
    if nested:
        inner = {name: value for name, value in one.items() if name != "url"}
        outer = {"install_roles": False, "nested": [{**inner, "url_path": "inner"}]}
        one = {"url": str(files / "outer.yaml"), **outer}
    else:
        one["url"] = f"{web}/inner.yaml"
    message = stage.install(vectors=[one])["msg"]
    assert "metal-roles:v0.28.1 can't be had" in message
    assert "401" in message


def test_a_vector_of_the_network_names_no_file(web, files, stage):
    (files / "outer.yaml").write_text(json.dumps({"inner": str(files / "release.yaml")}))
    sha256 = hashlib.sha256((files / "outer.yaml").read_bytes()).hexdigest()
    outer = {"install_roles": False, "sha256": sha256, "nested": [{"url_path": "inner", "install_roles": False}]}
    url = f"{web}/outer.yaml"
    expected = f"{url} names the file {files}/release.yaml, which only a file may"
    assert expected in stage.install(vectors=[{"url": url, **outer}])["msg"]
    assert stage.install(vectors=[{"url": str(files / "outer.yaml"), **outer}])["changed"]


@pytest.fixture
def files(tmp_path: Path) -> Path:
    """A release and its roles as files."""
    directory = tmp_path / "files"
    directory.mkdir()
    document = json.dumps(vector("ghcr.io", "v1.137.7")).encode()
    (directory / "release.yaml").write_bytes(document)
    (directory / "release.tar.gz").write_bytes(packed({"release.yaml": document}))
    for name in ("metal-roles", "ansible-common"):
        (directory / f"{name}.tar.gz").write_bytes(role(name, "v1"))
    return directory


@pytest.fixture
def web(files: Path) -> Iterator[str]:
    handler = partial(SimpleHTTPRequestHandler, directory=str(files))
    handler.log_message = lambda *_: None  # type: ignore[attr-defined]
    server = ThreadingHTTPServer(("127.0.0.1", 0), handler)
    threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True).start()
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()
    server.server_close()


def local(stage, files, url, **more):
    roles = {name: str(files / f"{name}.tar.gz") for name in ("metal-roles", "ansible-common")}
    return stage.install(vectors=[stage.vector("", url=url, oci_cosign_verify_key=None, **more)], roles=roles)


@pytest.mark.parametrize("name", ["release.yaml", "release.tar.gz"])
def test_a_release_is_taken_from_files_alone(files, stage, name):
    result = local(stage, files, str(files / name))
    assert result["variables"]["metal_api_image_tag"] == "v0.45.0"
    assert result["release"]["name"] == ""
    assert not local(stage, files, str(files / name))["changed"]


def test_a_url_has_to_have_a_checksum(files, web, stage):
    url = f"{web}/release.yaml"
    sha256 = hashlib.sha256((files / "release.yaml").read_bytes()).hexdigest()
    assert "nothing says what" in local(stage, files, url)["msg"]
    assert "is not what was pinned" in local(stage, files, url, sha256="0" * 64)["msg"]
    assert local(stage, files, url, sha256=sha256)["release"]["vectors"][0]["trusted_by"] == "checksum"


def test_a_url_without_the_file_is_told(files, web, stage):
    assert "404" in local(stage, files, f"{web}/other.yaml", sha256="0" * 64)["msg"]
    assert "can't be read" in local(stage, files, str(files / "none.yaml"))["msg"]
