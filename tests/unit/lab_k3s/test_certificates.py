from __future__ import annotations

import datetime
import json
from pathlib import Path

import pytest

from lab.k3s.standin import certificates, pki
from lab.k3s.standin.paths import Paths

NOW = datetime.datetime.now(datetime.UTC)


@pytest.fixture
def paths(tmp_path: Path) -> Paths:
    """Return a server's certificates."""
    made = Paths(tmp_path)
    pki.authorities(made)
    pki.server_certificates(made, ["127.0.0.1"])
    pki.node_certificates(made, "server1", ["198.51.100.11"])
    return made


def listed(paths: Paths, *services: str, after: int = 0) -> list[certificates.Listed]:
    return certificates.listed(paths, services or certificates.FILES, NOW + datetime.timedelta(days=after))


def test_every_certificate_that_a_start_makes_belongs_to_a_service(paths: Paths) -> None:
    known = set(certificates.files(paths, certificates.FILES))
    made = [file for place in (paths.tls, paths.agent) for file in place.rglob("*.crt")]
    assert {file for file in made if "-ca." not in file.name} == {file for file in known if file in made}


def test_each_is_listed_with_its_authority(paths: Paths) -> None:
    own, issuer = listed(paths, "admin")
    assert (own.file, own.subject, own.usages) == ("client-admin.crt", "system:admin", ["ClientAuth"])
    assert issuer.subject == own.issuer
    assert (issuer.file, issuer.usages) == ("client-admin.crt", ["CertSign"])


def test_what_serves_and_asks_says_both(paths: Paths) -> None:
    usages = {one.file: one.usages for one in listed(paths, "etcd") if "CertSign" not in one.usages}
    assert usages["peer-server-client.crt"] == ["ServerAuth", "ClientAuth"]


@pytest.mark.parametrize(
    ("after", "status", "level"),
    [(0, "OK", "info"), (246, "WARNING", "warning"), (366, "EXPIRED", "error"), (-1, "NOT YET VALID", "error")],
)
def test_the_end_is_near_long_before_it_comes(paths: Paths, after: int, status: str, level: str) -> None:
    own = listed(paths, "supervisor", after=after)[:1]
    assert [one.status for one in own] == [status]
    assert [said[0] for said in certificates.lines(own)] == [level]


def test_the_list_is_there_for_machines(paths: Paths) -> None:
    first = json.loads(certificates.as_json(listed(paths, "admin")))["Certificates"][0]
    assert (first["Filename"], first["Subject"], first["Status"]) == ("client-admin.crt", "system:admin", "OK")
    assert datetime.datetime.fromisoformat(first["ExpiryTime"]) > NOW
    assert 364 * certificates.DAY < first["ResidualTime"] / 10**9 < 366 * certificates.DAY


def test_the_table_has_a_head_and_a_row_for_each(paths: Paths) -> None:
    empty, head, ruler, *rows = certificates.table(listed(paths, "admin")).splitlines()
    assert empty == ""
    assert head.split() == ["FILENAME", "SUBJECT", "USAGES", "EXPIRES", "RESIDUAL", "TIME", "STATUS"]
    assert ruler.startswith("--------   ")
    assert rows[0].endswith("OK")
    assert len(rows) == 2


@pytest.mark.parametrize(
    ("days", "said"),
    [(0.1, "2 hours"), (1, "1 day"), (6, "6 days"), (8, "1 week"), (20, "2 weeks"), (45, "1 month"), (100, "3 months"),
     (370, "1 year"), (3650, "10 years")],
)  # fmt: skip
def test_an_age_is_said_in_one_unit(days: float, said: str) -> None:
    assert certificates.age(datetime.timedelta(days=days)).strip() == said
