"""The authority goes to another host by its backup: what it has issued can be renewed and revoked there."""

from __future__ import annotations

import shutil
import subprocess
import sys
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from acme_site import ADDRESSES, DOMAIN, PARTS, ROOT, Site
from ansible_collections.metalstack.autonomous.plugins.module_utils._backup import bbolt
from ansible_collections.metalstack.autonomous.plugins.module_utils._backup.acme_ca import AcmeCa
from ansible_collections.metalstack.autonomous.plugins.module_utils._backup.errors import Damaged, Missing
from ansible_collections.metalstack.autonomous.plugins.module_utils._backup.gate import Record

RECORD = Record("L1", 1)
WWW = {"name": "www", "names": [f"www.{DOMAIN}"], "challenge": "dns-01"}
# Each of its questions has the authority write a nonce into its database.
ASKS = """
import http.client, ssl, sys
context = ssl.create_default_context(cafile=sys.argv[1])
while True:
    connection = http.client.HTTPSConnection("127.0.0.11", 9443, context=context, timeout=10)
    for _time in range(200):
        connection.request("HEAD", "/acme/acme/new-nonce")
        connection.getresponse().read()
"""


def component(site: Site, host: str) -> AcmeCa:
    return AcmeCa({"name": "acme_ca", "data": str(site.of(host, "lib")), "owner": "nobody"}, site.place)


@pytest.fixture(scope="module")
def issued(site: Site) -> Site:
    site.issue()
    site.ask(WWW)
    return site


@pytest.fixture
def asked(issued: Site) -> Iterator[None]:
    """Have somebody ask again and again."""
    words = ["nsenter", f"--target={issued.first}", "--net", sys.executable, "-c", ASKS]
    with subprocess.Popen([*words, str(issued.of("server1", "etc/root.crt"))]) as process:
        yield
        process.kill()


def collected(site: Site, place: Path, host: str = "server1") -> tuple[Path, dict[str, Any]]:
    shutil.rmtree(place, ignore_errors=True)
    place.mkdir()
    paths, facts = component(site, host).collect(place, RECORD, "20270301T120000Z")
    assert paths == []
    return place, facts


def test_each_copy_is_whole_while_the_database_is_written_to(issued: Site, asked: None, tmp_path: Path) -> None:
    transactions = set()
    for _copy in range(20):
        stage, facts = collected(issued, tmp_path / "stage")
        assert component(issued, "server1").check(stage, facts, 2) == facts["counts"]
        transactions.add(bbolt.newest((stage / "db/ca.db").read_bytes()).transaction)
        threading.Event().wait(0.05)
    # Somebody did write.
    assert len(transactions) > 5
    assert facts["counts"]["certificates"] >= 1 and facts["counts"]["accounts"] == 1


def test_what_does_not_run_is_not_backed_up(issued: Site) -> None:
    one = component(issued, "server1")
    assert one.holds() and one.idle() == ""
    assert "does not run on this host" not in component(issued, "server2").idle()
    issued.systemctl("stop", "acme-ca-server1.service")
    try:
        assert "does not run on this host" in one.idle()
    finally:
        issued.systemctl("start", "acme-ca-server1.service")


def test_a_damaged_copy_is_found(issued: Site, tmp_path: Path) -> None:
    stage, facts = collected(issued, tmp_path / "stage")
    with (stage / "db/ca.db").open("r+b") as file:
        file.seek(4096 * 3)
        file.write(b"\xff" * 4096 * 4)
    with pytest.raises(Damaged):
        component(issued, "server1").check(stage, facts, 2)


def test_another_host_begins_with_nothing_only_where_nobody_has_anything(issued: Site) -> None:
    run = issued.play("validate", "discover", fails=True, acme_ca_active_host="server2")
    assert "while server1 has one" in " ".join(run.said.split()), run.said


def test_the_standby_renews_and_revokes_what_the_lost_one_has_issued(issued: Site, tmp_path: Path) -> None:
    stage, facts = collected(issued, tmp_path / "stage")
    (before, intermediate) = issued.certificates("www")
    issued.systemctl("stop", "acme-ca-server1.service")
    for _again in range(2):  # as after an interruption
        component(issued, "server2").restore(stage, facts, RECORD)
    moved = {"acme_ca_active_host": "server2"}
    assert issued.play(*PARTS, **moved).changes["server1"] > 0
    assert issued.play(*PARTS, **moved).changes == {"server1": 0, "server2": 0}
    assert component(issued, "server2").confirm(stage, facts, RECORD) == facts["counts"]
    # The same authority, and what it was before is put aside on the other host.
    assert issued.of("server2", "lib/intermediate.crt").read_bytes() == (stage / "intermediate.crt").read_bytes()
    assert not issued.of("server1", "lib").exists() and issued.of("server1", "lib.former/db/ca.db").exists()

    issued.leads("ca", ADDRESSES["server2"])
    issued.revoke("www")
    assert before.serial_number in issued.revoked(intermediate)
    issued.of("server1", "accounts/www.json").unlink()
    issued.ask(WWW)
    (renewed, _intermediate) = issued.certificates("www")
    assert renewed.serial_number != before.serial_number
    assert renewed.issuer == before.issuer and renewed.serial_number not in issued.revoked(intermediate)

    # What is there already is not what a set without the last certificates held.
    more = {**facts, "counts": {**facts["counts"], "certificates": 10**6}}
    with pytest.raises(Missing, match="1000000 certificates, now"):
        component(issued, "server2").confirm(stage, more, RECORD)


def test_one_that_comes_back_does_not_start_while_another_issues(issued: Site) -> None:
    words = [sys.executable, ROOT / "roles/acme_ca/files/elsewhere.py", issued.of("server1", "etc/root.crt")]
    there, nobody = "https://127.0.0.12:9443", "https://127.0.0.13:9443"
    refused = issued.inside(*words, nobody, there, check=False)
    assert refused.returncode == 1 and f"{there} runs the authority" in refused.stderr
    assert issued.inside(*words, nobody).returncode == 0
    # Another one of the same names is none of ours.
    other = issued.place / "other.crt"
    other.write_text(issued.other_root())
    assert issued.inside(*words[:2], other, there).returncode == 0


def test_taken_away_it_leaves_what_it_has_issued(issued: Site) -> None:
    gone = {"acme_ca_state": "absent", "acme_ca_active_host": "server2"}
    assert issued.play("main", **gone).changes["server2"] > 0
    assert issued.play("main", **gone).changes == {"server1": 0, "server2": 0}
    assert issued.of("server2", "lib/db/ca.db").exists()
    for host in ADDRESSES:
        assert not [path for name in ("etc", "opt", "bin", "libexec") for path in issued.of(host, name).glob("**/*.*")]
