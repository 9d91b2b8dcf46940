"""What a collection leaves, also one that was cut off."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from ansible_collections.metalstack.autonomous.plugins.module_utils._mirror import collect, signature, store, tree
from ansible_collections.metalstack.autonomous.plugins.module_utils._mirror.errors import MirrorError

Run = Callable[..., store.Result]
PLACE = "artifacts/{0}/v1/amd64/{0}"


@pytest.fixture
def artifact(tmp_path: Path) -> Callable[..., dict[str, Any]]:
    """A program of this machine."""

    def make(name: str, content: bytes = b"", pinned: bool = True) -> dict[str, Any]:
        file = tmp_path / f"given-{name}"
        file.write_bytes(content or name.encode() * 100)
        sha256 = hashlib.sha256(file.read_bytes()).hexdigest() if pinned else ""
        described = {"kind": "path", "path": str(file), "sha256": sha256, "source": f"file {name}"}
        if not pinned:
            described |= {"kind": "file", "url": "http://192.0.2.1/"}
        return {"name": name, "version": "v1", "archs": {"amd64": described}}

    return make


@pytest.fixture
def directory(tmp_path: Path) -> Path:
    return tmp_path / "mirror"


@pytest.fixture
def run(directory: Path) -> Run:
    def collected(*artifacts: dict[str, Any], images: tuple[Any, ...] = (), **more: Any) -> store.Result:
        wanted = collect.Wanted(("amd64",), artifacts, images)
        return collect.run(wanted, directory, lambda message: None, **more)

    return collected


def sound(directory: Path) -> bool:
    return tree.faults(directory, tree.read(directory)) == []


def test_the_second_run_changes_nothing_and_check_mode_has_told_the_first(
    artifact: Any, run: Run, directory: Path
) -> None:
    wanted = [artifact("k3s"), artifact("kube-vip")]
    told = run(*wanted, dry=True)
    assert not directory.exists()
    done = run(*wanted)
    assert told == done and done.added == [PLACE.format("k3s"), PLACE.format("kube-vip")]
    assert sound(directory)
    before = (directory / "manifest.json").stat().st_mtime_ns
    for dry in (True, False):
        assert not run(*wanted, dry=dry).changed
    assert (directory / "manifest.json").stat().st_mtime_ns == before
    assert json.loads((directory / "manifest.json").read_text())["collected_for"]["artifacts"] == [
        "k3s v1",
        "kube-vip v1",
    ]


def test_a_mirror_is_signed_once_and_anew_by_another_key(
    artifact: Any, run: Run, directory: Path, key: Path, make_key: Callable[..., Path]
) -> None:
    k3s = artifact("k3s")
    assert run(k3s, key=key).signed and not run(k3s, key=key).changed
    assert run(k3s, key=make_key()).signed
    assert run(k3s, artifact("kube-vip"), key=key).signed
    signed = (directory / "manifest.json.sig").read_text()
    signature.verify((directory / "manifest.json").read_bytes(), signed, [key.with_suffix(".pub").read_text()])


def test_a_mirror_that_changes_without_a_key_has_no_signature_of_another_content(
    artifact: Any, run: Run, directory: Path, key: Path
) -> None:
    run(artifact("k3s"), key=key)
    run(artifact("k3s"), artifact("kube-vip"))
    assert not (directory / "manifest.json.sig").exists()


def test_a_key_that_can_not_sign_is_found_out_before_anything_is_fetched(
    artifact: Any, run: Run, directory: Path, make_key: Callable[..., Path]
) -> None:
    with pytest.raises(MirrorError, match="passphrase"):
        run(artifact("k3s"), key=make_key("secret"))
    assert not (directory / "artifacts").exists()


@pytest.mark.parametrize("content", [b"", b"k3s", b"x" * 300, b"x" * 400])
def test_what_is_not_as_it_was_is_mended_and_stays_signed(
    artifact: Any, run: Run, directory: Path, key: Path, content: bytes
) -> None:
    k3s = artifact("k3s")
    run(k3s, key=key)
    signed = (directory / "manifest.json.sig").read_text()
    (directory / PLACE.format("k3s")).write_bytes(content)
    assert run(k3s, dry=True).replaced == [PLACE.format("k3s")]
    assert not sound(directory)
    assert run(k3s).replaced == [PLACE.format("k3s")]
    assert sound(directory) and (directory / "manifest.json.sig").read_text() == signed


@pytest.mark.parametrize("ended_at", ["replace", "_write"])
def test_a_collection_that_is_cut_off_leaves_no_mirror_and_the_next_one_mends_that(
    artifact: Any, run: Run, directory: Path, monkeypatch: pytest.MonkeyPatch, ended_at: str
) -> None:
    run(artifact("k3s"))
    other = artifact("k3s", b"another k3s of the same version")

    def cut_off(self: Any, *_rest: Any) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as patched:
        if ended_at == "_write":
            patched.setattr(store, "_write", cut_off)
        else:
            real = Path.replace

            def replace(self: Path, target: Path) -> Path:
                return (
                    cut_off(self) or self
                    if Path(target).name == "k3s" and "staged" in str(self)
                    else real(self, target)
                )

            patched.setattr(Path, "replace", replace)
        with pytest.raises(KeyboardInterrupt):
            run(other)
    with pytest.raises(MirrorError, match="collection has not ended"):
        tree.read(directory)
    assert run(other).changed and sound(directory)
    assert (directory / PLACE.format("k3s")).read_bytes() == b"another k3s of the same version"


def test_before_the_exchange_the_former_mirror_is_whole(
    artifact: Any, run: Run, directory: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    run(artifact("k3s"))
    with monkeypatch.context() as patched:
        patched.setattr(store.Store, "finish", lambda *_rest, **_more: (_ for _ in ()).throw(KeyboardInterrupt))
        with pytest.raises(KeyboardInterrupt):
            run(artifact("k3s", b"another"))
    assert sound(directory)


def test_what_nothing_asks_for_stays_until_that_is_wished(artifact: Any, run: Run, directory: Path) -> None:
    k3s, vip = artifact("k3s"), artifact("kube-vip")
    run(k3s, vip)
    assert run(k3s).idle == [PLACE.format("kube-vip")]
    assert sound(directory) and not run(k3s).changed
    assert tree.read(directory).by_path[PLACE.format("kube-vip")].purpose == ()
    assert run(k3s, prune=True, dry=True).removed == [PLACE.format("kube-vip")]
    assert run(k3s, prune=True).removed == [PLACE.format("kube-vip")]
    assert not (directory / "artifacts/kube-vip").exists() and sound(directory)
    assert not run(k3s, prune=True).changed


def test_somebody_elses_files_are_told_and_stay(artifact: Any, run: Run, directory: Path) -> None:
    run(artifact("k3s"))
    (directory / "photo.jpg").touch()
    (directory / "artifacts/left").touch()
    found = run(artifact("k3s"), prune=True)
    assert (found.foreign, found.removed) == (["photo.jpg"], ["artifacts/left"])
    assert (directory / "photo.jpg").exists()


def test_a_directory_of_something_else_is_refused(artifact: Any, run: Run, directory: Path) -> None:
    directory.mkdir()
    (directory / "photo.jpg").touch()
    with pytest.raises(MirrorError, match="something else than a mirror"):
        run(artifact("k3s"))


def test_all_that_nobody_has_pinned_is_told_at_once_and_nothing_is_fetched(
    artifact: Any, run: Run, directory: Path
) -> None:
    with pytest.raises(MirrorError, match=r"nothing was transferred: .*k3s v1 amd64.*kube-vip v1 amd64"):
        run(artifact("k3s", pinned=False), artifact("kube-vip", pinned=False), artifact("etcd"))
    assert not directory.exists()


def test_archives_of_images_are_taken_by_their_checksum(run: Run, directory: Path, tmp_path: Path) -> None:
    archive = tmp_path / "images.tar"
    archive.write_bytes(b"images")
    image = {"src": str(archive), "sha256": hashlib.sha256(b"images").hexdigest()}
    assert run(images=(image,)).added == ["airgap/images.tar"]
    assert archive.exists() and not run(images=(image,)).changed
    for dry in (True, False):
        with pytest.raises(MirrorError, match="correct site_airgap_images"):
            run(images=({**image, "sha256": "0" * 64},), dry=dry)
        with pytest.raises(MirrorError, match="no file on this machine"):
            run(images=({**image, "src": "/nowhere", "sha256": "1" * 64},), dry=dry)
