"""What pip's report says that a controller needs."""

from __future__ import annotations

import json
from typing import Any

import pytest
from ansible_collections.metalstack.autonomous.plugins.module_utils._mirror import wheels
from ansible_collections.metalstack.autonomous.plugins.module_utils._mirror.errors import MirrorError

URL = "https://pypi.example.org/packages/aa/netaddr-1.3.0-py3-none-any.whl"
SHA256 = "ab" * 32


def report(url: str = URL, **archive: Any) -> str:
    one = {
        "metadata": {"name": "netaddr", "version": "1.3.0"},
        "download_info": {"url": url, "archive_info": archive},
    }
    return json.dumps({"version": "1", "install": [one]})


@pytest.mark.parametrize(
    ("url", "archive", "file"),
    [
        (URL, {"hashes": {"sha256": SHA256}}, "netaddr-1.3.0-py3-none-any.whl"),
        (URL, {"hash": f"sha256={SHA256}"}, "netaddr-1.3.0-py3-none-any.whl"),
        ("file:///opt/a-1%2Bb-py3-none-any.whl", {"hashes": {"sha256": SHA256}}, "a-1+b-py3-none-any.whl"),
    ],
    ids=["of an index", "of a directory", "of a name that is quoted"],
)
def test_a_wheel_is_known_by_its_file_and_its_checksum(url: str, archive: dict[str, Any], file: str) -> None:
    assert wheels.parse(report(url, **archive)) == [wheels.Wheel("netaddr", "1.3.0", file, SHA256, url)]


@pytest.mark.parametrize(
    ("url", "archive", "said"),
    [
        ("https://pypi.example.org/netaddr-1.3.0.tar.gz", {"hashes": {"sha256": SHA256}}, "expected a wheel"),
        (URL, {}, "has no SHA-256 of netaddr-1.3.0-py3-none-any.whl"),
        (URL, {"hash": f"md5={'ab' * 16}"}, "has no SHA-256"),
    ],
    ids=["source code", "no checksum", "another checksum"],
)
def test_what_can_not_be_verified_is_refused(url: str, archive: dict[str, Any], said: str) -> None:
    with pytest.raises(MirrorError, match=said):
        wheels.parse(report(url, **archive))


def test_the_list_pins_each_by_its_checksum() -> None:
    found = [wheels.Wheel("netaddr", "1.3.0", "netaddr-1.3.0-py3-none-any.whl", SHA256, URL)]
    assert wheels.render(found) == f"netaddr==1.3.0 --hash=sha256:{SHA256}\n"
