"""What apt says, and what a host has. Real ones are asked in tests/integration/mirror."""

from __future__ import annotations

from pathlib import Path

import pytest
from ansible_collections.metalstack.autonomous.plugins.module_utils._mirror import debian, host
from ansible_collections.metalstack.autonomous.plugins.module_utils._mirror.errors import MirrorError
from ansible_collections.metalstack.autonomous.tests.unit.plugins.module_utils._mirror.conftest import entry

URI = "http://archive.example/debian/"
SHA = "5b6825de4263824b78c4c51f6476414f3b4e89c2ab63e81dc8b9b5501e867cf6"


def line(path: str, file: str) -> str:
    return f"'{URI}{path}' {file} 49432 SHA256:{SHA}"


def test_packages_are_read_as_apt_names_them() -> None:
    said = "\n".join(
        [
            line("pool/main/l/libx/libcrypt1_4.4%2bdeb13u1_amd64.deb", "libcrypt1_1%3a4.4+deb13u1_amd64.deb"),
            line("pool/main/t/tz/tzdata_2026_all.deb", "tzdata_2026_all.deb"),
        ]
    )
    one, other = debian.parse(said, [URI, "http://archive.example/debian-security/"])
    assert one.path == "pool/main/l/libx/libcrypt1_4.4+deb13u1_amd64.deb"
    assert (one.name, one.version, one.arch, one.bytes, one.sha256) == (
        "libcrypt1", "1:4.4+deb13u1", "amd64", 49432, SHA,
    )  # fmt: skip
    assert (other.version, other.arch) == ("2026", "all")


@pytest.mark.parametrize(
    "said",
    [
        "Reading package lists...",
        line("pool/main/x_1_all.deb", "x_1_all.deb").replace("SHA256", "MD5Sum"),
        line("pool/main/x_1_all.deb", "x_1_all.deb").replace(URI, "http://elsewhere.example/debian/"),
        line("../x_1_all.deb", "x_1_all.deb"),
        line("pool/main/x", "x"),
    ],
)
def test_what_is_no_package_of_the_archive_is_refused(said: str) -> None:
    with pytest.raises(MirrorError, match=r"expected a URI|is no package below"):
        debian.parse(said, [URI])


def test_packages_are_fetched_so_many_at_a_time_that_an_end_of_it_costs_little() -> None:
    packages = [debian.Package("", "", "", size, "", str(size), "", "") for size in (9, 2, 20, 1)]
    found = [[one.bytes for one in batch] for batch in debian.batches(packages, most=10)]
    assert found == [[9, 2], [20], [1]]


@pytest.mark.parametrize(
    ("installed", "offered", "as_new"),
    [("", "1", False), ("1", "1", True), ("2", "1", True), ("1", "2", False), ("1~rc1", "1", False)],
)
def test_what_is_installed_as_new_is_not_brought(installed: str, offered: str, as_new: bool) -> None:
    assert host.is_as_new(installed, offered) is as_new


def test_only_debian_has_a_release_of_debian() -> None:
    text = 'PRETTY_NAME="x"\nVERSION_CODENAME=trixie\nID=debian\n'
    assert host.codename(text) == "trixie"
    assert host.codename(text.replace("debian", "ubuntu")) == host.codename("") == ""


def test_files_that_the_mirror_does_not_have_are_superfluous(tmp_path: Path) -> None:
    (tmp_path / "debian/pool").mkdir(parents=True)
    for name in ("a.deb", "b.deb", "c.deb.part"):
        (tmp_path / "debian/pool" / name).touch()
    wanted = [entry("debian/pool/a.deb", b"")]
    assert host.superfluous(tmp_path, wanted) == ["debian/pool/b.deb", "debian/pool/c.deb.part"]
    assert host.superfluous(tmp_path / "none", wanted) == []
