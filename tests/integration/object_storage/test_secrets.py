"""No key of an account stands where others than root of its host could read it."""

from __future__ import annotations

from pathlib import Path

import pytest
from endpoint import Endpoint
from own_lab import answer, keys_of

from lab.object_storage.keys import ACCOUNTS

NOBODY = "setpriv --reuid=65534 --regid=65534 --clear-groups"
SEARCH = "grep -rlaF -f - /etc /opt/lab /run /usr/local /var 2>/dev/null"


@pytest.fixture
def secrets(first: Endpoint) -> list[str]:
    """Return the secret keys of all accounts and a line of the certificate's private key."""
    keys = keys_of("storage1")
    return [*(keys[account]["secret_key"] for account in ACCOUNTS), keys["private_key"].splitlines()[1]]


def test_no_file_that_others_may_read_holds_one(secrets: list[str]) -> None:
    by_root, by_nobody = (
        answer("ssh", "storage1", "--", search, stdin="\n".join(secrets)) for search in (SEARCH, f"{NOBODY} {SEARCH}")
    )
    assert "/etc/lab/object-storage/env" in by_root
    assert by_nobody == ""


def test_no_log_holds_one(first: Endpoint, key: str, secrets: list[str]) -> None:
    first.put(key, b"logged")
    journal = answer("logs", "storage1", "--lines", "100000")
    assert key in journal
    assert not any(secret in journal for secret in secrets)


def test_no_command_line_holds_one(secrets: list[str]) -> None:
    lines = []
    for path in Path("/proc").glob("[0-9]*/cmdline"):
        try:
            lines.append(path.read_text(errors="replace"))
        except OSError:
            continue
    assert any("versitygw" in line for line in lines)
    assert not any(secret in line for line in lines for secret in secrets)
