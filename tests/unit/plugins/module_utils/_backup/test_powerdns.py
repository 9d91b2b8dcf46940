from __future__ import annotations

import os
import pwd
import sqlite3
from contextlib import closing

import pytest
from ansible_collections.metalstack.autonomous.plugins.module_utils._backup.errors import BackupError, Missing
from ansible_collections.metalstack.autonomous.plugins.module_utils._backup.gate import Record
from ansible_collections.metalstack.autonomous.plugins.module_utils._backup.powerdns import DATABASE, PowerDns

RECORD = Record("L1", 1)
SCHEMA = """
CREATE TABLE domains (id INTEGER PRIMARY KEY, name TEXT, type TEXT);
CREATE TABLE records (domain_id INTEGER, name TEXT, type TEXT, content TEXT, ttl INTEGER, prio INTEGER,
                      disabled BOOLEAN DEFAULT 0);
CREATE TABLE tsigkeys (name TEXT, algorithm TEXT, secret TEXT);
CREATE TABLE cryptokeys (domain_id INTEGER, flags INTEGER, active BOOLEAN, content TEXT);
"""


def soa(serial):
    return f"ns.example.org hostmaster.example.org {serial} 10800 3600 604800 3600"


@pytest.fixture
def database(tmp_path):
    path = tmp_path / "live" / "pdns.sqlite3"
    path.parent.mkdir()
    with closing(sqlite3.connect(path)) as connection, connection:
        connection.executescript(SCHEMA)
        connection.execute("INSERT INTO domains VALUES (1, 'example.org', 'MASTER')")
        for name, kind, content, priority in (
            ("example.org", "SOA", soa(7), None),
            ("example.org", "MX", "mail.example.org", 10),
            ("www.example.org", "A", "192.0.2.1", None),
        ):
            connection.execute("INSERT INTO records VALUES (1, ?, ?, ?, 300, ?, 0)", (name, kind, content, priority))
        connection.execute("INSERT INTO tsigkeys VALUES ('transfer.', 'hmac-sha256', 'c2VjcmV0')")
        connection.execute("INSERT INTO cryptokeys VALUES (1, 257, 1, 'Private-key-format: v1.2')")
    return path


@pytest.fixture
def component(database, tmp_path):
    owner = pwd.getpwuid(os.getuid()).pw_name
    return PowerDns({"database": str(database), "owner": owner}, tmp_path)


@pytest.fixture
def backup(component, tmp_path):
    stage = tmp_path / "stage"
    stage.mkdir()
    _, facts = component.collect(stage, RECORD, "20261127T060000Z")
    return stage, facts


def change(path, statement):
    with closing(sqlite3.connect(path)) as connection, connection:
        connection.execute(statement)


def test_a_backup_knows_zones_serials_and_how_much_there_is(backup):
    stage, facts = backup
    assert facts["zones"] == {"example.org": 7}
    assert facts["counts"] == {"zones": 1, "records": 3, "tsigkeys": 1, "cryptokeys": 1}
    text = (stage / "zones/example.org.zone").read_text()
    assert "www.example.org.\t300\tIN\tA\t192.0.2.1\n" in text
    assert "example.org.\t300\tIN\tMX\t10 mail.example.org\n" in text


def test_a_backup_is_consistent_while_somebody_writes(component, database, tmp_path):
    writer = sqlite3.connect(database)
    writer.execute("PRAGMA journal_mode=WAL")
    writer.execute("DELETE FROM records")
    stage = tmp_path / "stage"
    stage.mkdir()
    _, facts = component.collect(stage, RECORD, "20261127T060000Z")
    writer.rollback()
    writer.close()
    assert facts["counts"]["records"] == 3


def test_a_good_copy_passes_and_another_one_does_not(component, backup):
    stage, facts = backup
    assert component.check(stage, facts, 2) == {"zones": 1}
    change(stage / DATABASE, "DELETE FROM records WHERE type = 'A'")
    with pytest.raises(BackupError, match="other zones or records"):
        component.check(stage, facts, 2)


def test_a_file_that_is_no_database_is_refused(component, backup):
    stage, facts = backup
    (stage / DATABASE).write_bytes(b"not a database, whatever its name says" * 50)
    with pytest.raises(BackupError, match="not a database"):
        component.check(stage, facts, 2)


def test_a_restore_brings_everything_back_and_leaves_no_log_of_the_old(component, backup, database):
    stage, facts = backup
    change(database, "DELETE FROM domains")
    stale = database.with_name(database.name + "-wal")
    stale.write_bytes(b"of another database")
    component.restore(stage, facts, RECORD)
    assert not stale.exists()
    assert component.confirm(stage, facts, RECORD) == {"zones": 1, "tsigkeys": 1, "cryptokeys": 1}
    assert database.stat().st_mode & 0o777 == 0o600


@pytest.mark.parametrize(
    ("table", "row"),
    [
        ("tsigkeys", ("transfer.", "hmac-sha256", "c2VjcmV0")),
        ("cryptokeys", (1, 257, 1, "Private-key-format: v1.2")),
    ],
)
def test_keys_come_back_with_the_zones(component, backup, database, table, row):
    stage, facts = backup
    change(database, f"DELETE FROM {table}")
    with pytest.raises(BackupError, match="lacks keys"):
        component.confirm(stage, facts, RECORD)
    component.restore(stage, facts, RECORD)
    with closing(sqlite3.connect(database)) as connection, connection:
        assert connection.execute(f"SELECT * FROM {table}").fetchall() == [row]


@pytest.mark.parametrize(
    ("now", "after"),
    [
        # Secondaries have what was served last, and take only what is later (RFC 1982).
        (7, 8),
        (9, 10),
        (2**32 - 1, 7),
        (2**31 + 6, 2**31 + 7),
        (5, 7),
    ],
)
def test_a_restored_zone_has_a_later_serial_than_was_served(component, backup, database, now, after):
    stage, facts = backup
    change(database, f"UPDATE records SET content = '{soa(now)}' WHERE type = 'SOA'")
    component.restore(stage, facts, RECORD)
    with closing(sqlite3.connect(database)) as connection, connection:
        assert connection.execute("SELECT content FROM records WHERE type = 'SOA'").fetchall() == [(soa(after),)]
    assert component.confirm(stage, facts, RECORD) == {"zones": 1, "tsigkeys": 1, "cryptokeys": 1}


def test_another_restore_before_the_first_is_settled_is_served_as_later(component, backup, database):
    stage, facts = backup
    for serial in (8, 9):
        component.restore(stage, facts, RECORD)
        with closing(sqlite3.connect(database)) as connection, connection:
            found = connection.execute("SELECT content FROM records WHERE type = 'SOA'").fetchall()
        assert found == [(soa(serial),)]


def test_what_a_restore_replaced_is_kept_until_it_is_settled(component, backup, database):
    stage, facts = backup
    change(database, "PRAGMA journal_mode=WAL")
    change(database, "UPDATE records SET content = '192.0.2.99' WHERE type = 'A'")
    for _again in range(2):  # as after an interruption
        component.restore(stage, facts, RECORD)
    replaced = database.with_name("pdns.sqlite3.replaced")
    with closing(sqlite3.connect(replaced)) as connection, connection:
        assert ("192.0.2.99",) in connection.execute("SELECT content FROM records WHERE type = 'A'").fetchall()
    assert replaced.stat().st_mode & 0o777 == 0o600
    component.settle()
    assert sorted(path.name for path in database.parent.iterdir()) == ["pdns.sqlite3"]


def test_a_database_that_cannot_be_read_is_not_replaced(component, backup, database):
    stage, facts = backup
    database.write_bytes(b"not a database, whatever its name says" * 50)
    with pytest.raises(BackupError, match="not a database"):
        component.restore(stage, facts, RECORD)
    assert database.read_bytes().startswith(b"not a database")


def test_a_host_without_powerdns_is_refused(database, backup, tmp_path):
    with pytest.raises(BackupError, match="no user nobody-at-all on this host"):
        PowerDns({"database": str(database), "owner": "nobody-at-all"}, tmp_path).ready()


def test_a_set_is_chosen_before_powerdns_is_installed(database, backup, tmp_path):
    PowerDns({"database": str(database), "owner": "nobody-at-all"}, tmp_path).fits(backup[1], RECORD)


@pytest.mark.parametrize(
    ("statement", "complaint", "missing"),
    [
        ("DELETE FROM domains", "lacks zones that the set held: example.org", True),
        ("DELETE FROM tsigkeys", "lacks keys that the set held: 1 tsigkeys, now 0", True),
        ("DELETE FROM cryptokeys", "lacks keys that the set held: 1 cryptokeys, now 0", True),
        (f"UPDATE records SET content = '{soa(6)}' WHERE type = 'SOA'", "serial of example.org is older", False),
        (f"UPDATE records SET content = '{soa(8)}' WHERE type = 'SOA'", None, False),
    ],
)
def test_what_runs_is_compared_with_the_set(component, backup, database, statement, complaint, missing):
    stage, facts = backup
    change(database, statement)
    if complaint is None:
        component.confirm(stage, facts, RECORD)
        return
    with pytest.raises(BackupError, match=complaint) as raised:
        component.confirm(stage, facts, RECORD)
    assert isinstance(raised.value, Missing) is missing


@pytest.mark.parametrize(
    ("kind", "idle"),
    [("MASTER", ""), ("PRODUCER", ""), ("NATIVE", ""), ("SLAVE", "no primary"), ("CONSUMER", "no primary")],
)
def test_only_who_writes_zones_backs_them_up(component, database, kind, idle):
    change(database, f"UPDATE domains SET type = '{kind}'")
    assert component.holds()
    assert idle in component.idle() and bool(component.idle()) == bool(idle)


def test_a_server_without_zones_holds_nothing(component, database):
    change(database, "DELETE FROM domains")
    assert not component.holds()
    database.unlink()
    assert not component.holds()
    assert "there is no" in component.idle()
