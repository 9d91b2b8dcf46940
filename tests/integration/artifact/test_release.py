"""A file from a release server: whole, verified, resumed, or refused."""

from __future__ import annotations

import hashlib
import os
import socket
from pathlib import Path

import pytest

from plugins.module_utils._artifact import transport as transport_module
from plugins.module_utils._artifact.fetch import Fetcher, FetchError
from plugins.module_utils._artifact.files import ChecksumError

CONTENT = os.urandom(3 << 20)
SHA256 = hashlib.sha256(CONTENT).hexdigest()
PATH = "/v1/tool"


def described(server, sha256: str = SHA256, **more: str) -> dict:
    return {"kind": "file", "url": f"{server.url}{PATH}", "sha256": sha256, "source": f"release {server.url}", **more}


def obtain(fetcher: Fetcher, description: dict) -> Path:
    return fetcher.obtain("tool", "v1", "amd64", description).path


def test_a_file_is_downloaded_once(release, fetcher):
    release.files[PATH] = CONTENT
    assert obtain(fetcher, described(release)).read_bytes() == CONTENT
    obtain(fetcher, described(release))
    assert release.ranges(PATH) == [""]


def test_a_cut_off_download_is_resumed_where_it_broke_off(release, fetcher):
    release.files[PATH] = CONTENT
    release.cuts[PATH] = [1 << 20, 1 << 19]
    assert obtain(fetcher, described(release)).read_bytes() == CONTENT
    assert release.ranges(PATH) == ["", f"bytes={1 << 20}-", f"bytes={(1 << 20) + (1 << 19)}-"]


def test_what_an_interrupted_run_left_is_resumed_by_the_next(release, fetcher):
    release.files[PATH] = CONTENT
    # One beginning, then nothing for as many attempts as there are.
    release.cuts[PATH] = [1 << 20] + [0] * transport_module.ATTEMPTS
    with pytest.raises(FetchError, match="cut off after 1048576 of 3145728 bytes"):
        obtain(fetcher, described(release))
    assert obtain(fetcher, described(release)).read_bytes() == CONTENT
    assert release.ranges(PATH)[-1] == f"bytes={1 << 20}-"


def test_a_tampered_byte_is_refused(release, fetcher, tmp_path):
    release.files[PATH] = CONTENT[:-1] + bytes([CONTENT[-1] ^ 1])
    with pytest.raises(ChecksumError, match=f"expected sha256 {SHA256}, found [0-9a-f]{{64}}; refused"):
        obtain(fetcher, described(release))
    assert not [path for path in (tmp_path / "cache/artifacts").rglob("tool-*") if path.suffix != ".lock"]


def test_a_beginning_of_another_file_is_fetched_anew(release, fetcher):
    release.files[PATH] = b"x" * (2 << 20)
    release.cuts[PATH] = [1 << 20] + [0] * transport_module.ATTEMPTS
    with pytest.raises(FetchError):
        obtain(fetcher, described(release))
    release.files[PATH] = CONTENT
    assert obtain(fetcher, described(release)).read_bytes() == CONTENT


def test_a_file_that_changed_in_the_cache_is_fetched_anew(release, fetcher, said):
    release.files[PATH] = CONTENT
    cached = obtain(fetcher, described(release))
    cached.write_bytes(CONTENT[1:])
    assert obtain(fetcher, described(release)).read_bytes() == CONTENT
    assert any("has changed since it was cached" in message for message in said)


def test_without_a_checksum_nothing_is_even_asked_for(release, fetcher):
    release.files[PATH] = CONTENT
    with pytest.raises(ChecksumError, match="make pin"):
        obtain(fetcher, described(release, sha256=""))
    assert not release.requests


def test_the_mirror_comes_before_the_release(release, fetcher, tmp_path):
    mirror = tmp_path / "mirror/tool"
    mirror.parent.mkdir()
    mirror.write_bytes(CONTENT)
    assert obtain(fetcher, described(release, mirror=str(mirror))).read_bytes() == CONTENT
    assert not release.requests


def test_what_the_mirror_lacks_comes_from_the_release(release, fetcher):
    release.files[PATH] = CONTENT
    obtain(fetcher, described(release, mirror=f"{release.url}/mirror/tool"))
    assert [path for path, _range in release.requests] == ["/mirror/tool", PATH]


def test_a_tampering_mirror_is_refused_rather_than_passed_over(release, fetcher):
    release.files |= {PATH: CONTENT, "/mirror/tool": CONTENT[1:] + b"x"}
    with pytest.raises(ChecksumError, match="/mirror/tool is not what was pinned"):
        obtain(fetcher, described(release, mirror=f"{release.url}/mirror/tool"))


def test_a_missing_file_is_told_at_once_with_what_to_do(release, fetcher):
    with pytest.raises(FetchError, match=r"HTTP 404 Not Found.*METALSTACK_MIRROR.*site_artifacts"):
        obtain(fetcher, described(release))
    assert len(release.requests) == 1


def test_a_closed_network_is_found_out_once_for_all_processes(release, fetcher, tmp_path):
    release.files[PATH] = CONTENT
    description = described(release)
    release.stop()
    with pytest.raises(FetchError, match="Connection refused"):
        obtain(fetcher, description)
    with pytest.raises(FetchError, match="found out less than 60 s ago"):
        obtain(Fetcher(tmp_path / "cache"), description)


def test_a_server_that_never_answers_is_given_up_after_one_attempt(fetcher, monkeypatch):
    monkeypatch.setattr(transport_module, "STALL_SECONDS", 0.2)
    with socket.create_server(("127.0.0.1", 0)) as silent:
        url = f"http://127.0.0.1:{silent.getsockname()[1]}/tool"
        with pytest.raises(FetchError, match=r"no answer within 0\.2 s"):
            obtain(fetcher, {"kind": "file", "url": url, "sha256": SHA256, "source": "x"})
        with pytest.raises(FetchError, match="found out less than"):
            obtain(fetcher, {"kind": "file", "url": url, "sha256": SHA256, "source": "x"})


def test_a_name_that_takes_long_to_look_up_is_given_up(fetcher, monkeypatch):
    monkeypatch.setattr(transport_module, "CONNECT_SECONDS", 0.2)
    monkeypatch.setattr(transport_module.socket, "create_connection", lambda *_, **__: transport_module.time.sleep(5))
    with pytest.raises(FetchError, match=r"no connection to release\.example:443 within 0\.2 s"):
        obtain(fetcher, {"kind": "file", "url": "https://release.example/tool", "sha256": SHA256, "source": "x"})


def test_a_file_of_the_site_is_verified_where_it_lies(fetcher, tmp_path):
    file = tmp_path / "tool"
    file.write_bytes(CONTENT)
    description = {"kind": "path", "path": str(file), "sha256": SHA256, "source": "carried in"}
    assert obtain(fetcher, description) == file
    file.write_bytes(CONTENT[1:])
    with pytest.raises(ChecksumError, match="refused"):
        obtain(fetcher, description)
    file.unlink()
    with pytest.raises(FetchError, match="is no file on this controller"):
        obtain(fetcher, description)
