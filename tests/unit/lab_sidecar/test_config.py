"""Where the model of the sidecar takes its configuration from."""

from __future__ import annotations

from pathlib import Path

import pytest

from lab.sidecar.standin import config
from lab.sidecar.standin.errors import Failure


@pytest.fixture
def home(tmp_path: Path) -> Path:
    """Return a home with a file of configuration."""
    file = tmp_path / ".backup-restore-sidecar/config.yaml"
    file.parent.mkdir()
    file.write_text("db: localfs\nobject-max-keep: 480\nencryption-key: ''\n")
    return tmp_path


@pytest.mark.parametrize(
    ("name", "value"),
    [("db", "localfs"), ("object-max-keep", 480), ("port", 8000), ("encryption-key", ""), ("s3-region", "")],
)
def test_what_a_file_does_not_say_is_the_default(home: Path, name: str, value: object) -> None:
    assert config.load({"HOME": str(home)}).get(name) == value


def test_the_environment_outweighs_the_file(home: Path) -> None:
    environ = {"HOME": str(home), "BACKUP_RESTORE_SIDECAR_ENCRYPTION_KEY": "key", "BACKUP_RESTORE_SIDECAR_DB": "valkey"}
    found = config.load(environ)
    assert (found.get("encryption-key"), found.get("db")) == ("key", "valkey")


def test_what_is_needed_is_asked_for(home: Path) -> None:
    with pytest.raises(Failure, match="s3-endpoint must be set"):
        config.load({"HOME": str(home)}).needed("s3-endpoint")
