"""Private keys of signed zones: read from a database, carried as one text, judged, and put in place of signatures."""

from __future__ import annotations

import base64
import sqlite3
from contextlib import closing
from pathlib import Path

import pytest
from ansible_collections.metalstack.autonomous.plugins.module_utils._pdns import (
    public_key,
    signing_database,
    signing_keys,
)
from ansible_collections.metalstack.autonomous.plugins.module_utils._pdns.signing_keys import (
    BadSigningKeys,
    Key,
    Signing,
)
from cryptography.hazmat.primitives.asymmetric import ec, ed448, ed25519, rsa

TABLES = """
CREATE TABLE domains (id INTEGER PRIMARY KEY, name TEXT COLLATE NOCASE, type TEXT, catalog TEXT);
CREATE TABLE records (id INTEGER PRIMARY KEY, domain_id INT, name TEXT, type TEXT, content TEXT);
CREATE TABLE domainmetadata (id INTEGER PRIMARY KEY, domain_id INT, kind TEXT COLLATE NOCASE, content TEXT);
CREATE TABLE cryptokeys (id INTEGER PRIMARY KEY, domain_id INT, flags INT, active BOOL, published BOOL, content TEXT);
"""


def isc(algorithm: int, **fields: str) -> str:
    lines = [f"Algorithm: {algorithm} (NAME)", *(f"{name}: {value}" for name, value in fields.items())]
    return "\n".join(["Private-key-format: v1.2", *lines, ""])


def in_base64(number: int, size: int) -> str:
    return base64.b64encode(number.to_bytes(size, "big")).decode()


def elliptic(curve: ec.EllipticCurve, size: int) -> tuple[str, bytes]:
    # With an octet of zero in front, which some writers leave out.
    key = ec.derive_private_key(2 ** (8 * size - 9) - 5, curve)
    numbers = key.public_key().public_numbers()
    public = numbers.x.to_bytes(size, "big") + numbers.y.to_bytes(size, "big")
    return in_base64(key.private_numbers().private_value, size - 1), public


def edwards(kind: type[ed25519.Ed25519PrivateKey] | type[ed448.Ed448PrivateKey]) -> tuple[str, bytes]:
    key = kind.generate()
    return base64.b64encode(key.private_bytes_raw()).decode(), key.public_key().public_bytes_raw()


@pytest.mark.parametrize(
    ("algorithm", "private", "public"),
    [
        (13, *elliptic(ec.SECP256R1(), 32)),
        (14, *elliptic(ec.SECP384R1(), 48)),
        (15, *edwards(ed25519.Ed25519PrivateKey)),
        (16, *edwards(ed448.Ed448PrivateKey)),
    ],
)
def test_the_public_half_is_computed(algorithm: int, private: str, public: bytes) -> None:
    found = public_key.dnskey(257, isc(algorithm, PrivateKey=private))
    assert found == f"257 3 {algorithm} {base64.b64encode(public).decode()}"


@pytest.mark.parametrize("algorithm", [8, 10])
def test_the_public_half_of_an_rsa_key_is_written_in_it(algorithm: int) -> None:
    numbers = rsa.generate_private_key(65537, 1024).public_key().public_numbers()
    content = isc(algorithm, Modulus=in_base64(numbers.n, 128), PublicExponent=in_base64(65537, 3), PrivateExponent="A")
    public = bytes([3]) + (65537).to_bytes(3, "big") + numbers.n.to_bytes(128, "big")
    assert public_key.dnskey(256, content) == f"256 3 {algorithm} {base64.b64encode(public).decode()}"


@pytest.mark.parametrize(
    "content",
    [
        "",
        "secret",
        isc(13),
        isc(7, Modulus="AQAB", PublicExponent="AQAB"),
        isc(13, PrivateKey="secret!"),
        isc(13, PrivateKey=in_base64(1, 33)),
        isc(13, PrivateKey=in_base64(0, 32)),
        isc(8, Modulus="AQAB"),
        isc(13, Engine="pkcs11", Slot="secret"),
    ],
)
def test_what_is_no_key_is_refused_and_not_repeated(content: str) -> None:
    with pytest.raises(BadSigningKeys, match="not in ISC form, or of none of RSASHA256") as refused:
        public_key.dnskey(257, content)
    assert "secret" not in str(refused.value)


ZONES = {
    "a.example.": Signing(
        (
            Key(257, True, True, isc(13, PrivateKey="c2VjcmV0")),
            Key(256, False, False, isc(8, PrivateExponent="aGlkZGVu")),
        ),
        {"NSEC3PARAM": ["1 0 0 -"]},
    ),
    "b.example.": Signing((), {}),
}


def test_a_text_that_ansible_takes_for_nothing_else_carries_them() -> None:
    text = signing_keys.render(ZONES)
    assert text.isalnum() or set(text) <= set("+/=") | {one for one in text if one.isalnum()}
    assert signing_keys.parse(text) == ZONES
    assert {"c2VjcmV0", "aGlkZGVu"} <= signing_keys.secrets(ZONES)
    assert not {"v1.2", "13", "8"} & signing_keys.secrets(ZONES)


@pytest.mark.parametrize(
    "text",
    [
        "{'zones': {}}",
        "secret",
        base64.b64encode(b"secret").decode(),
        base64.b64encode(b"{}").decode(),
        base64.b64encode(b'{"zones": []}').decode(),
        base64.b64encode(b'{"zones": {"a.": {"keys": [{"flags": "secret"}]}}}').decode(),
        base64.b64encode(b'{"zones": {"a.": {"keys": [], "metadata": "secret"}}}').decode(),
    ],
)
def test_another_text_is_refused_and_not_repeated(text: str) -> None:
    with pytest.raises(BadSigningKeys, match="expected what pdns_signing_keys returns") as refused:
        signing_keys.parse(text)
    assert "secret" not in str(refused.value) and refused.value.__cause__ is None


def test_metadata_that_have_nothing_to_do_with_it_are_not_taken() -> None:
    text = signing_keys.render({"a.": Signing((), {"TSIG-ALLOW-AXFR": ["stranger."], "SOA-EDIT": ["NONE"]})})
    assert signing_keys.parse(text)["a."].metadata == {"SOA-EDIT": ["NONE"]}


def test_a_record_has_one_form() -> None:
    assert signing_keys.normal("257 3 13 AAAA BBBB\tCC==") == "257 3 13 AAAABBBBCC=="


def key(name: str, active: bool = True, published: bool = True) -> Key:
    return Key(257, active, published, name)


@pytest.mark.parametrize(
    ("keys", "served", "refused"),
    [
        ([key("a")], ["a"], ""),
        ([key("a"), key("b")], ["a", "b"], ""),
        # Published ahead of a rollover, and not transferred yet.
        ([key("a"), key("b", active=False)], ["a"], ""),
        ([key("a"), key("b", published=False)], ["a"], ""),
        ([key("a"), key("b", active=False)], ["a", "b"], ""),
        ([key("b")], ["a"], "a key given of z. is not among those that the former primary has published"),
        ([key("a"), key("b")], ["a"], "is not among those"),
        ([key("a")], ["a", "b"], "z. is signed with keys that were not given"),
        ([key("a", active=False)], ["a"], "none of the keys given of z. is active"),
        ([], ["a"], "none of the keys given of z. is active"),
        ([key("a")], [], "is not among those"),
    ],
)
def test_keys_are_those_of_the_zone(keys: list[Key], served: list[str], refused: str) -> None:
    found = signing_keys.refusal(
        "z.", Signing(tuple(keys), {}), [f"257 3 13 {one}" for one in served], lambda flags, one: f"{flags} 3 13 {one}"
    )
    assert refused in found and bool(refused) == bool(found)


PRIVATE, PUBLIC = elliptic(ec.SECP256R1(), 32)
CONTENT = isc(13, PrivateKey=PRIVATE)
DNSKEY = f"257 3 13 {base64.b64encode(PUBLIC).decode()}"
OTHER = "256 3 13 b3RoZXI="


@pytest.fixture
def database(tmp_path: Path) -> Path:
    """A zone that is signed here, one that came signed from another server, and one that is not signed."""
    path = tmp_path / "pdns.sqlite3"
    with closing(sqlite3.connect(path)) as made, made:
        made.executescript(TABLES)
        made.executemany(
            "INSERT INTO domains VALUES (?, ?, ?, ?)",
            [
                (1, "here.example", "MASTER", "c"),
                (2, "There.example", "SLAVE", "c"),
                (3, "bare.example", "MASTER", "c"),
            ],
        )
        made.executemany(
            "INSERT INTO domainmetadata (domain_id, kind, content) VALUES (?, ?, ?)",
            [
                (1, "nsec3param", "1 0 0 -"),
                (1, "TSIG-ALLOW-AXFR", "k"),
                (2, "PRESIGNED", "1"),
                (2, "NSEC3PARAM", "1 0 0 -"),
                (2, "AXFR-MASTER-TSIG", "k"),
                (3, "PRESIGNED", "0"),
            ],
        )
        made.execute("INSERT INTO cryptokeys VALUES (1, 1, 257, 1, 1, ?)", (CONTENT,))
        kinds = ("SOA", "A", "RRSIG", "NSEC", "NSEC3", "NSEC3PARAM", "CDS", "CDNSKEY")
        contents = [*((kind, "x") for kind in kinds), ("DNSKEY", DNSKEY[:40] + " " + DNSKEY[40:]), ("DNSKEY", OTHER)]
        for zone in (1, 2):
            name = "here.example" if zone == 1 else "There.example"
            made.executemany(
                f"INSERT INTO records (domain_id, name, type, content) VALUES ({zone}, '{name}', ?, ?)", contents
            )
    return path


def left(path: Path, zone: int) -> tuple[list[str], dict[str, str]]:
    with closing(sqlite3.connect(path)) as found:
        types = found.execute("SELECT type FROM records WHERE domain_id = ? ORDER BY id", (zone,)).fetchall()
        metadata = found.execute("SELECT kind, content FROM domainmetadata WHERE domain_id = ?", (zone,)).fetchall()
    return [row[0] for row in types], dict(metadata)


@pytest.mark.parametrize(
    ("wanted", "signed", "presigned"),
    [
        ({}, ["here.example."], ["there.example."]),
        ({"catalog": "c."}, ["here.example."], ["there.example."]),
        ({"catalog": "other."}, [], []),
        ({"zones": ["there.example."]}, [], ["there.example."]),
    ],
)
def test_a_database_is_read(database: Path, wanted: dict, signed: list[str], presigned: list[str]) -> None:
    found, foreign = signing_database.read(database, **wanted)
    assert (list(found), foreign) == (signed, presigned)
    for one in found.values():
        assert one == Signing((Key(257, True, True, CONTENT),), {"NSEC3PARAM": ["1 0 0 -"]})


def test_a_file_that_is_no_database_is_refused(tmp_path: Path) -> None:
    for content in (b"", b"\0\0\0\0LMDB"):
        (tmp_path / "pdns.lmdb").write_bytes(content)
        with pytest.raises(BadSigningKeys, match=r"pdns\.lmdb is no database of SQLite"):
            signing_database.read(tmp_path / "pdns.lmdb")
    with pytest.raises(BadSigningKeys, match="No such file"):
        signing_database.read(tmp_path / "absent")
    assert not (tmp_path / "absent").exists()


@pytest.mark.parametrize(
    ("metadata", "goes"),
    [
        ({"SOA-EDIT": ["NONE"]}, set()),
        ({"PUBLISH-CDS": ["2"], "NSEC3PARAM": ["1 0 1 ab"]}, {"CDS"}),
        ({"PUBLISH-CDNSKEY": ["1"]}, {"CDNSKEY"}),
    ],
)
def test_own_signatures_take_the_place_of_those_that_came(database: Path, metadata: dict, goes: set[str]) -> None:
    here, there = left(database, 1), left(database, 2)
    assert signing_database.served(database, "there.example.") == {DNSKEY, OTHER}
    with closing(sqlite3.connect(database)) as imported, imported:
        imported.execute("INSERT INTO cryptokeys VALUES (2, 2, 257, 1, 1, ?)", (CONTENT,))
    for _again in range(2):
        signing_database.sign_here(database, "there.example.", metadata)
        types, found = left(database, 2)
        assert types == there[0]
        assert found == {"AXFR-MASTER-TSIG": "k", **{kind: value for kind, [value] in metadata.items()}}
    for _again in range(2):
        signing_database.clean(database, "there.example.", public_key.dnskey)
        # The DNSKEY that is left is of somebody else.
        assert left(database, 2)[0] == [one for one in ("SOA", "A", "CDS", "CDNSKEY", "DNSKEY") if one not in goes]
    assert left(database, 1) == here


def test_interrupted_nothing_is_changed(database: Path) -> None:
    before = left(database, 2)
    with pytest.raises(BadSigningKeys):
        signing_database.sign_here(database, "there.example.", {"SOA-EDIT": [object()]})  # type: ignore[list-item]
    assert left(database, 2) == before
    with pytest.raises(BadSigningKeys, match="has no zone strange"):
        signing_database.sign_here(database, "strange.", {})
