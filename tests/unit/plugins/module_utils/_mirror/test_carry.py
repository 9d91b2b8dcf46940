"""A mirror that was carried."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from pathlib import Path

import pytest
from ansible_collections.metalstack.autonomous.plugins.module_utils._mirror import carry, signature, store, tree
from ansible_collections.metalstack.autonomous.plugins.module_utils._mirror import manifest as manifests
from ansible_collections.metalstack.autonomous.plugins.module_utils._mirror.errors import MirrorError

K3S = "artifacts/k3s/v1/amd64/k3s"
CHRONY = "debian/pool/main/c/chrony/chrony_4_amd64.deb"
Import = Callable[..., store.Result]


@pytest.fixture
def site(tmp_path: Path) -> Path:
    return tmp_path / "site"


@pytest.fixture
def take(mirror: Path, site: Path) -> Import:
    def imported(*signers: str, dry: bool = False) -> store.Result:
        return carry.run(mirror, site, signers, lambda message: None, dry=dry)

    return imported


def test_the_site_has_the_same_then_and_the_second_time_nothing_is_copied(
    mirror: Path, site: Path, take: Import
) -> None:
    told = take(dry=True)
    assert not site.exists()
    assert take() == told and told.added == [K3S, CHRONY]
    assert tree.faults(site, tree.read(site)) == []
    assert (site / "manifest.json").read_bytes() == (mirror / "manifest.json").read_bytes()
    assert not take().changed and not take(dry=True).changed


@pytest.mark.parametrize(
    ("change", "what"),
    [
        (lambda path: path.write_bytes(b"X" + path.read_bytes()[1:]), "tampered"),
        (lambda path: path.write_bytes(path.read_bytes()[:-1]), "truncated"),
        (Path.unlink, "missing"),
        (lambda path: (path.rename(path.with_suffix(".x")), path.symlink_to(path.with_suffix(".x"))), "tampered"),
    ],
    ids=["tampered", "truncated", "missing", "a link"],
)
@pytest.mark.parametrize("dry", [True, False], ids=["check", "run"])
def test_what_is_wrong_is_named_and_what_is_right_is_kept(
    mirror: Path, site: Path, take: Import, change: Callable[[Path], object], what: str, dry: bool
) -> None:
    whole = mirror.with_name("whole")
    shutil.copytree(mirror, whole)
    change(mirror / K3S)
    with pytest.raises(MirrorError, match=f"{K3S} is {what}: carry that again"):
        take(dry=dry)
    assert not (site / "manifest.json").exists() and (site / CHRONY).exists() != dry
    assert carry.run(whole, site, [], lambda message: None).changed
    assert tree.faults(site, tree.read(site)) == []


def test_a_mirror_that_is_in_use_stays_what_it_is_while_a_carried_one_is_wrong(
    mirror: Path, site: Path, take: Import
) -> None:
    take()
    before = (site / "manifest.json").read_text()
    (mirror / K3S).write_bytes(b"new")
    entries = [manifests.Entry(**{**one.__dict__, "sha256": "0" * 64}) for one in tree.read(mirror).entries]
    (mirror / "manifest.json").write_text(manifests.render(manifests.Manifest(tuple(entries))))
    with pytest.raises(MirrorError, match="is tampered"):
        take()
    assert (site / "manifest.json").read_text() == before
    assert tree.faults(site, tree.read(site)) == []


def test_a_signature_that_is_asked_for_has_to_be_there_and_comes_along(
    mirror: Path, site: Path, take: Import, key: Path
) -> None:
    public = key.with_suffix(".pub").read_text()
    with pytest.raises(MirrorError, match="asks for a signature"):
        take(public)
    assert not site.exists()
    (mirror / "manifest.json.sig").write_text(signature.sign((mirror / "manifest.json").read_bytes(), key))
    assert take(public).changed and not take(public).changed
    assert (site / "manifest.json.sig").read_text() == (mirror / "manifest.json.sig").read_text()
    (mirror / "manifest.json").write_text((mirror / "manifest.json").read_text() + " ")
    with pytest.raises(MirrorError, match="changed since"):
        take(public)


def test_what_the_carried_one_has_no_more_goes(mirror: Path, site: Path, take: Import) -> None:
    take()
    (mirror / CHRONY).unlink()
    entries = tuple(entry for entry in tree.read(mirror).entries if entry.path != CHRONY)
    (mirror / "manifest.json").write_text(manifests.render(manifests.Manifest(entries)))
    assert take(dry=True).removed == [CHRONY]
    assert take().removed == [CHRONY] and not (site / "debian").exists()


def test_the_mirror_of_the_site_is_not_carried_to_itself(mirror: Path) -> None:
    with pytest.raises(MirrorError, match="the mirror of the site itself"):
        carry.run(mirror, mirror / "../mirror", [], lambda message: None)
