from __future__ import annotations

import pytest

from lab import apt

DEB822 = """
Types: deb
# a comment
URIs: http://vendor.invalid/apt
Suites: nodistro
Components: main

Types: deb
URIs: http://mirror.invalid/debian/
Suites: bookworm bookworm-updates
Components: main
Signed-By: /usr/share/keyrings/debian-archive-keyring.gpg
"""


@pytest.mark.parametrize(
    ("texts", "mirror"),
    [
        ([DEB822], "http://mirror.invalid/debian"),
        (["deb http://a.invalid/debian trixie main contrib\n"], "http://a.invalid/debian"),
        (["deb [arch=amd64 signed-by=/k.gpg] http://a.invalid/debian trixie main\n"], "http://a.invalid/debian"),
        (["# deb http://off.invalid/debian trixie main\n", DEB822], "http://mirror.invalid/debian"),
        (["deb-src http://src.invalid/debian trixie main\n"], None),
        (["deb http://a.invalid/debian-security trixie-security main\n"], None),
        (["deb http://docker.invalid/linux/debian bookworm stable\n"], None),
        ([DEB822.replace("Types: deb\nURIs: http://mirror", "Enabled: no\nTypes: deb\nURIs: http://mirror")], None),
        ([], None),
    ],
)
def test_the_mirror_is_the_first_with_a_whole_debian_release(texts, mirror):
    assert apt.debian_mirror(texts) == mirror


def test_the_image_is_fetched_by_the_machines_own_proxy():
    dump = """\
Acquire "";
Acquire::http "";
Acquire::http::Proxy "http://cache.invalid:3142";
Acquire::http::Proxy::mirror.invalid "DIRECT";
Acquire::https::Verify-Peer "true";
"""

    assert apt.proxies(dump) == [
        'Acquire::http::Proxy "http://cache.invalid:3142";',
        'Acquire::http::Proxy::mirror.invalid "DIRECT";',
    ]


def test_a_mirror_list_of_a_cloud_image_is_opened(tmp_path):
    listed = tmp_path / "debian.list"
    listed.write_text("https://cloud.invalid/debian/\nhttps://other.invalid/debian/\n")

    assert apt.resolve(f"mirror+file:{listed}") == "https://cloud.invalid/debian"
    assert apt.resolve("http://a.invalid/debian") == "http://a.invalid/debian"
