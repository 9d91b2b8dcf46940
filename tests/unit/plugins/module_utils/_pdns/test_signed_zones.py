"""Which signed zones a server is promoted with: those whose keys it is given, and others only when that is accepted."""

from __future__ import annotations

from typing import Any

import pytest
from ansible_collections.metalstack.autonomous.plugins.module_utils._pdns import signed_zones, signing_keys
from ansible_collections.metalstack.autonomous.plugins.module_utils._pdns.catalog import BadCatalog, Catalog
from ansible_collections.metalstack.autonomous.plugins.module_utils._pdns.signed_zones import SignedZones
from ansible_collections.metalstack.autonomous.plugins.module_utils._pdns.signing_keys import Key, Signing

GIVEN = signing_keys.render({
    "good.": Signing((Key(257, True, True, "own"),), {}),
    "wrong.": Signing((Key(257, True, True, "strange"),), {}),
})  # fmt: skip
PATH = "/var/lib/powerdns/pdns.sqlite3"


class Client:
    """A server of which some zones came signed from another one."""

    def __init__(self, presigned: list[str], launch: str = "gsqlite3", database: str = PATH) -> None:
        self.presigned = presigned
        self.settings = {"launch": launch, "gsqlite3-database": database}

    def get(self, path: str, **_query: str) -> Any:
        if path == "/config":
            return [{"name": name, "value": value} for name, value in self.settings.items()]
        zone = path.split("/")[2]
        return [{"kind": "PRESIGNED", "metadata": ["1"]}] if zone in self.presigned else []


@pytest.fixture(autouse=True)
def database(monkeypatch: pytest.MonkeyPatch) -> None:
    """One whose zones have all been signed with the same key."""
    monkeypatch.setattr(signed_zones.signing_database, "served", lambda _path, _zone: {"257 3 13 own"})
    monkeypatch.setattr(signed_zones.public_key, "dnskey", lambda flags, content: f"{flags} 3 13 {content}")


def judged(client: Any, zones: list[str], text: str | None, accept: bool, kind: str = "Slave") -> Any:
    warnings: list[str] = []
    catalog = Catalog(client, "c.", True, SignedZones(client, text, PATH))
    members = [{"name": zone, "kind": kind, "dnssec": True} for zone in zones]
    return catalog._require_keys(members, accept, warnings), warnings


@pytest.mark.parametrize(
    ("zones", "text", "refused"),
    [
        (["good."], GIVEN, ""),
        (["good.", "bare."], GIVEN, ""),
        (["good."], None, "signed with keys that only the former primary has: good."),
        (["good.", "lacking."], GIVEN, "signed with keys that only the former primary has: lacking."),
        (["good.", "wrong."], GIVEN, "a key given of wrong. is not among those that the former primary has published"),
        (["lacking.", "wrong."], GIVEN, "former primary has: lacking.; a key given of wrong."),
    ],
)
def test_zones_that_cannot_be_signed_here_are_refused(zones: list[str], text: str | None, refused: str) -> None:
    client = Client([zone for zone in zones if zone != "bare."])
    known = [zone for zone in zones if zone == "good." and text]
    if refused:
        with pytest.raises(BadCatalog, match=r"promote_dns_accept_presigned") as error:
            judged(client, zones, text, accept=False)
        assert refused in str(error.value)
    else:
        assert judged(client, zones, text, accept=False) == (known, [])
    found, warnings = judged(client, zones, text, accept=True)
    assert found == known
    assert len(warnings) == ("wrong." in zones)


def test_one_that_was_promoted_without_keys_before_stays_so() -> None:
    assert judged(Client(["lacking."]), ["lacking."], None, accept=False, kind="Master") == ([], [])


@pytest.mark.parametrize(
    ("client", "refused"),
    [
        (Client(["good."], launch="lmdb"), "the server's database is no SQLite but lmdb"),
        (Client(["good."], launch="bind,gsqlite3"), "no SQLite but bind, gsqlite3"),
        (Client(["good."], database="/elsewhere"), "is not the database of the server, which is /elsewhere"),
        (Client(["good."], database=""), ""),
    ],
)
def test_keys_are_put_into_the_servers_own_database_of_sqlite_alone(client: Client, refused: str) -> None:
    if not refused:
        assert judged(client, ["good."], GIVEN, accept=False) == (["good."], [])
        return
    with pytest.raises(BadCatalog, match=refused):
        judged(client, ["good."], GIVEN, accept=False)
