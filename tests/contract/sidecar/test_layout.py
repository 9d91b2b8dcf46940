"""What lies in the bucket: one key with many versions, a tar of the directory C(files), and a rule of the bucket."""

from __future__ import annotations

import io
import tarfile
import xml.etree.ElementTree

import pytest
from cryptography.hazmat.primitives.ciphers import Cipher
from cryptography.hazmat.primitives.ciphers.algorithms import AES
from cryptography.hazmat.primitives.ciphers.modes import CTR
from sidecar import MakeSidecar, Sidecar
from storage import Storage

KEY = "0123456789abcdef0123456789abcdef"


def contents(archive: bytes) -> dict[str, bytes]:
    with tarfile.open(fileobj=io.BytesIO(archive)) as found:
        files = [member for member in found if member.isfile()]
        return {member.name: (found.extractfile(member) or io.BytesIO()).read() for member in files}


def decrypted(content: bytes, key: str = KEY) -> bytes:
    """The IV lies behind what it encrypts."""
    one = Cipher(AES(key.encode()), CTR(content[-16:])).decryptor()
    return one.update(content[:-16]) + one.finalize()


def archived(**files: bytes) -> bytes:
    """An archive as an operator would make it by hand."""
    target = io.BytesIO()
    with tarfile.open(fileobj=target, mode="w:gz") as archive:
        for name, content in files.items():
            member = tarfile.TarInfo(f"files/{name}")
            member.size = len(content)
            archive.addfile(member, io.BytesIO(content))
    return target.getvalue()


def test_each_backup_is_a_version_of_one_key(pod: Sidecar, storage: Storage, bucket: str) -> None:
    pod.write(row="one")
    pod.begin()
    pod.back_up()
    pod.write(row="two")
    pod.back_up()
    found = storage.versions(bucket)
    assert [one.key for one in found] == ["files-prod/db.tar.gz"] * 2
    assert [contents(storage.get(bucket, one)) for one in found] == [{"files/row": b"two"}, {"files/row": b"one"}]


@pytest.mark.parametrize(("method", "suffix", "begins"), [("tar", "", b"files"), ("targz", ".gz", b"\x1f\x8b")])
def test_the_compression_is_in_the_name(
    pod: Sidecar, storage: Storage, bucket: str, method: str, suffix: str, begins: bytes
) -> None:
    pod.set(compression_method=method)
    pod.write(row="one")
    pod.begin()
    pod.back_up()
    (found,) = storage.versions(bucket)
    assert found.key == f"files-prod/db.tar{suffix}"
    assert storage.get(bucket, found).startswith(begins)


def test_an_encrypted_backup_is_aes_with_the_key_as_given(pod: Sidecar, storage: Storage, bucket: str) -> None:
    pod.set(encryption_key=KEY)
    pod.write(row="secret")
    pod.begin()
    pod.back_up()
    (found,) = storage.versions(bucket)
    assert found.key == "files-prod/db.tar.gz.aes"
    assert contents(decrypted(storage.get(bucket, found))) == {"files/row": b"secret"}
    pod.stop()
    pod.lose()
    pod.begin()
    assert pod.read() == {"row": "secret"}


def test_an_encrypted_backup_without_a_key_is_an_error(pod: Sidecar) -> None:
    pod.set(encryption_key=KEY)
    pod.write(row="secret")
    pod.begin()
    pod.back_up()
    pod.stop()
    pod.lose()
    pod.set(encryption_key="")
    assert "no encryption/decryption is configured" in pod.refused()
    assert pod.read() == {}


def test_a_plain_backup_is_restored_by_who_has_a_key(pod: Sidecar, storage: Storage, bucket: str) -> None:
    storage.put(bucket, "files-prod/db.tar.gz", archived(row=b"plain"))
    pod.set(encryption_key=KEY)
    pod.begin()
    assert pod.read() == {"row": "plain"}


@pytest.mark.parametrize(("key", "words"), [("short", "must be 32 bytes"), ("ä" * 16, "ascii")])
def test_a_key_that_is_none_is_an_error(pod: Sidecar, key: str, words: str) -> None:
    pod.set(encryption_key=key)
    assert words in pod.refused()


def test_directories_come_back(pod: Sidecar) -> None:
    (pod.directory / "a/b").mkdir(parents=True)
    (pod.directory / "a/b/row").write_text("deep")
    pod.begin()
    pod.back_up()
    pod.stop()
    pod.lose()
    pod.begin()
    assert (pod.directory / "a/b/row").read_text() == "deep"


def test_a_large_backup_is_whole(pod: Sidecar, storage: Storage, bucket: str) -> None:
    """In several parts: it is larger than what is sent at once."""
    pod.set(compression_method="tar")
    pod.write(row="0123456789abcdef" * 1_250_000)
    pod.begin()
    pod.back_up()
    assert storage.versions(bucket)[0].size > 20_000_000
    pod.stop()
    pod.lose()
    pod.begin()
    assert pod.read() == {"row": "0123456789abcdef" * 1_250_000}


def test_an_empty_database_is_a_backup_like_any_other(pod: Sidecar, storage: Storage, bucket: str) -> None:
    pod.begin()
    pod.back_up()
    (found,) = storage.versions(bucket)
    assert contents(storage.get(bucket, found)) == {}


def rules(storage: Storage, bucket: str) -> dict[str, dict[str, str]]:
    """What each rule of the bucket says, by its id."""
    document = xml.etree.ElementTree.fromstring(storage.front.rules[bucket])
    found = [
        {element.tag.rpartition("}")[2]: element.text or "" for element in rule.iter()}
        for rule in document
        if rule.tag.rpartition("}")[2] == "Rule"
    ]
    return {rule["ID"]: rule for rule in found}


def test_a_rule_removes_versions_below_the_prefix_by_number_and_days(
    pod: Sidecar, storage: Storage, bucket: str
) -> None:
    pod.begin()
    (rule,) = rules(storage, bucket).values()
    assert rule["ID"] == "files-prod-backup-restore-lifecycle" and rule["Status"] == "Enabled"
    assert rule["Prefix"] == "files-prod/"
    assert (rule["NewerNoncurrentVersions"], rule["NoncurrentDays"]) == ("480", "14")


def test_a_rule_without_days_has_none(make_sidecar: MakeSidecar, storage: Storage, bucket: str) -> None:
    pod = make_sidecar()
    pod.unset("object-days-max-keep")
    pod.begin()
    (rule,) = rules(storage, bucket).values()
    assert "NoncurrentDays" not in rule


def test_the_rules_of_others_stay(make_sidecar: MakeSidecar, storage: Storage, bucket: str) -> None:
    for name in ("ipam-db-prod", "masterdata-db-prod", "ipam-db-prod"):
        pod = make_sidecar(f"{name}{len(storage.front.asked)}", object_prefix=name)
        pod.begin()
        pod.stop()
    assert sorted(rules(storage, bucket)) == [
        "ipam-db-prod-backup-restore-lifecycle", "masterdata-db-prod-backup-restore-lifecycle",
    ]  # fmt: skip
