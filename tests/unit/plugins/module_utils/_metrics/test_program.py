"""The program writes one file a part, whole and at once, whatever fails within it."""

from __future__ import annotations

import json
import os
import sqlite3
import subprocess
import sys
from contextlib import closing
from pathlib import Path

import pytest
from ansible_collections.metalstack.autonomous.plugins.action import backup_program, metrics_program
from ansible_collections.metalstack.autonomous.plugins.module_utils._metrics import files, names, program, settings
from ansible_collections.metalstack.autonomous.plugins.module_utils._metrics.exposition import Sample, render
from ansible_collections.metalstack.autonomous.plugins.plugin_utils._program.pack import pack

GIVEN = settings.Settings(Path("/x"))
SCHEMA = """CREATE TABLE domains (id INTEGER PRIMARY KEY, name VARCHAR(255), type VARCHAR(8));
CREATE TABLE records (id INTEGER PRIMARY KEY, domain_id INTEGER, type VARCHAR(10), disabled BOOLEAN DEFAULT 0);
INSERT INTO domains VALUES (1, 'example.org', 'master'), (2, 'empty.example', 'MASTER'), (3, 'c.invalid', 'PRODUCER');
INSERT INTO records (domain_id, type, disabled) VALUES (1, 'SOA', 0), (1, 'NS', 0), (1, NULL, 0), (1, 'A', 1);"""


def values(samples):
    return {sample.name.removeprefix("metalstack_"): sample.value for sample in samples}


def works(_settings):
    yield Sample("metalstack_dns_zones", 3)


def fails(_settings):
    yield Sample("metalstack_vip_held", 1, {"address": "x"})
    raise OSError("no such device")


def test_what_fails_leaves_the_others_and_is_told(capsys):
    found = values(program.told("state", GIVEN, (fails, works)))
    assert found["dns_zones"] == 3 and "vip_held" not in found
    assert found["metrics_run_success"] is False
    assert capsys.readouterr().err == "state: no such device\n"


def test_what_nobody_foresaw_is_told_with_its_place(capsys):
    found = values(program.told("state", GIVEN, (lambda _settings: 1 / 0, works)))
    assert found["metrics_run_success"] is False and found["dns_zones"] == 3
    assert "ZeroDivisionError" in capsys.readouterr().err


def test_a_run_that_could_ask_for_all_is_a_success():
    found = values(program.told("state", GIVEN, (works,)))
    assert found["metrics_run_success"] is True and found["metrics_last_run_timestamp_seconds"] > 1e9


def test_a_host_that_is_nothing_is_asked_for_nothing():
    for part in program.PARTS["state"][1:] + program.PARTS["backups"]:
        assert list(part(GIVEN)) == []


def test_a_sample_that_is_not_declared_is_refused():
    with pytest.raises(ValueError, match="not declared"):
        render([Sample("metalstack_nonsense", 1)])
    with pytest.raises(ValueError, match="has labels"):
        render([Sample("metalstack_dns_zones", 1, {"zone": "x"})])


def test_text_in_labels_cannot_end_them():
    line = render([Sample("metalstack_escrow_confirmed", 1, {"secret": 'a"b\\c\nd'})]).splitlines()[-1]
    assert line == 'metalstack_escrow_confirmed{secret="a\\"b\\\\c\\nd"} 1'


def test_a_number_keeps_all_of_its_digits():
    text = render([Sample("metalstack_dns_zone_serial", 4294967295, {"zone": "x"})])
    assert text.endswith(" 4294967295\n")


def test_a_file_is_whole_and_everybodys_to_read(tmp_path):
    old = os.umask(0o077)
    try:
        files.write(tmp_path / "a" / "x.prom", "metalstack_x 1\n")
        files.write(tmp_path / "a" / "x.prom", "metalstack_x 2\n")
    finally:
        os.umask(old)
    (file,) = (tmp_path / "a").iterdir()
    assert file.read_text() == "metalstack_x 2\n" and file.stat().st_mode & 0o777 == 0o644


def test_records_without_content_and_disabled_ones_do_not_count(tmp_path):
    database = tmp_path / "pdns.sqlite3"
    assert names.zones_of(database) == {}
    with closing(sqlite3.connect(database)) as connection, connection:
        connection.executescript(SCHEMA)
    assert names.zones_of(database) == {
        "example.org": ("MASTER", 2),
        "empty.example": ("MASTER", 0),
        "c.invalid": ("PRODUCER", 0),
    }


def test_the_name_server_says_where_it_is():
    conf = names.settings_of("# launch=x\nlocal-address=198.51.100.11,198.51.100.9\ngsqlite3-database=/a/b.sqlite3\n\n")
    assert conf["local-address"] == "198.51.100.11,198.51.100.9"
    assert names.database_of(conf) == Path("/a/b.sqlite3") and names.database_of({}) == Path("/nonexistent")


@pytest.mark.parametrize(
    ("address", "port", "expected"),
    [
        ("198.51.100.11, 198.51.100.9", "53", "198.51.100.11"),
        ("127.0.0.1", "5300", "127.0.0.1:5300"),
        ("127.0.0.1:54", "5300", "127.0.0.1:54"),
        ("2001:db8::1", "5300", "[2001:db8::1]:5300"),
        ("[2001:db8::1]:54", "5300", "[2001:db8::1]:54"),
        ("", "5300", ""),
    ],
)
def test_the_name_server_is_asked_where_it_listens(address, port, expected):
    assert names.server_of({"local-address": address, "local-port": port}) == expected


def test_settings_that_are_no_settings_are_refused(tmp_path):
    file = tmp_path / "metrics.json"
    for text in ("", "{}", '{"directory": "/x", "directroy": "/y"}', "[]"):
        file.write_text(text)
        with pytest.raises(settings.BadSettings, match="run the role host_metrics"):
            settings.load(file)
    file.write_text(json.dumps({"directory": "/x", "zones": ["a"], "serves_names": True}))
    assert settings.load(file) == settings.Settings(Path("/x"), zones=("a",), serves_names=True)


@pytest.mark.parametrize("action", [metrics_program, backup_program])
def test_the_packed_program_needs_nothing_of_the_collection(action, tmp_path):
    packed = tmp_path / "program"
    one = action.ActionModule
    packed.write_bytes(pack(one.MAIN, one.PACKAGES))
    assert packed.read_bytes() == pack(one.MAIN, one.PACKAGES)
    command = [sys.executable, "-I", str(packed), "--help"]
    done = subprocess.run(command, capture_output=True, text=True, timeout=30, check=False, cwd=tmp_path)
    assert done.returncode == 0 and "usage: metalstack-" in done.stdout, done.stderr


def test_every_import_of_the_packed_program_is_packed(tmp_path):
    packed = tmp_path / "program"
    one = metrics_program.ActionModule
    packed.write_bytes(pack(one.MAIN, one.PACKAGES))
    place = "ansible_collections.metalstack.autonomous.plugins.module_utils"
    named = ", ".join(f"{place}.{one}" for one in ("_metrics.stored", "_metrics.looked_after", "_pdns.serving"))
    code = f"import sys; sys.path.insert(0, {str(packed)!r}); import {named}"
    done = subprocess.run([sys.executable, "-I", "-c", code], capture_output=True, text=True, timeout=30, check=False)
    assert done.returncode == 0, done.stderr
