"""Files are counted by whoever reads them, so that those that come and go are no damage."""

from __future__ import annotations

import json
import shutil
from types import SimpleNamespace

import pytest
from ansible_collections.metalstack.autonomous.plugins.module_utils._backup import disk, keys, site
from ansible_collections.metalstack.autonomous.plugins.module_utils._backup import settings as settings_
from ansible_collections.metalstack.autonomous.plugins.module_utils._backup.errors import Damaged
from ansible_collections.metalstack.autonomous.plugins.module_utils._backup.gate import Record
from ansible_collections.metalstack.autonomous.plugins.module_utils._backup.sets import Sets

SET = "20261127T060000Z"


@pytest.fixture
def live(tmp_path):
    """A tree with a file, and a link out of it."""
    found = tmp_path / "registry"
    found.mkdir()
    (found / "before").write_text("before")
    (found / "latest").symlink_to("/etc/hostname")
    return found


@pytest.fixture
def restic(tmp_path, live):
    """What reads the tree while it is written to."""
    kept = tmp_path / "kept"

    def backup(paths, directory, _tags):
        (live / "meanwhile").write_text("meanwhile")
        shutil.copytree(directory, kept, symlinks=True)
        for path in paths[1:]:
            shutil.copytree(path, kept / path.lstrip("/"), symlinks=True)
        return {"snapshot_id": "x", "total_bytes_processed": 9, "data_added": 9, "total_files_processed": 2}

    def restore(_snapshot, target):
        shutil.copytree(kept, target, symlinks=True, dirs_exist_ok=True)

    return SimpleNamespace(backup=backup, restore=restore, kept=kept)


@pytest.fixture
def host(tmp_path, live, restic, monkeypatch):
    objects = {keys.marker("s", "L1", 1): b"{}"}
    store = SimpleNamespace(get=objects.get, keys=lambda prefix: [one for one in objects if one.startswith(prefix)])
    store.put, store.put_new = objects.__setitem__, lambda key, content: objects.setdefault(key, content) is content
    monkeypatch.setattr(site, "ObjectStore", lambda _storage, **_: store)
    monkeypatch.setattr(site.Site, "restic", lambda *_: restic)
    (tmp_path / "password").write_text("the-password-of-the-site")
    storage = dict.fromkeys(("endpoint", "region", "bucket", "ca_file", "access_key", "secret_key"), "x")
    component = {"name": "registry", "kind": "files", "paths": [str(live)]}
    found = site.Site(
        settings_.parse(
            json.dumps({
                "site": "s", "host": "h", "storage": {**storage, "path_style": True}, "interval": 3600, "level": 0,
                "password_file": str(tmp_path / "password"), "set_components": [], "components": [component],
                "state": str(tmp_path / "state"), "metrics": str(tmp_path / "metrics"),
            })
        )
    )  # fmt: skip
    disk.write_record(found.settings.state, Record("L1", 1))
    return found


def test_a_file_that_comes_while_they_are_read_is_part_of_the_set(host):
    assert Sets(host).create(SET, "registry", 2)["level"] == 2
    (known,) = Sets(host).site.choose(components=["registry"])["components"].values()
    assert known["facts"]["counts"] == {"files": 2}


def test_one_that_does_not_come_back_is_damage(host, restic):
    Sets(host).create(SET, "registry", 0)
    next(restic.kept.rglob("meanwhile")).unlink()
    with pytest.raises(Damaged, match="1 files came back, the manifest counts 2"):
        Sets(host).verify(2, "", "registry")
