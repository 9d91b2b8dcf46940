from __future__ import annotations

import hashlib
import json
from pathlib import Path

from lab.k3s.standin import encryption
from lab.k3s.standin.encryption_command import RELOADS, reloads
from lab.k3s.standin.paths import Paths, write

OLD, NEW = encryption.new_key("aescbckey"), encryption.new_key("aescbckey-later")


def test_the_first_key_encrypts_and_plain_text_is_still_read() -> None:
    (resource,) = json.loads(encryption.configuration([NEW, OLD]))["resources"]
    assert resource == {"resources": ["secrets"], "providers": [{"aescbc": {"keys": [NEW, OLD]}}, {"identity": {}}]}


def test_keys_are_read_back_in_their_order() -> None:
    assert encryption.keys_of(encryption.configuration([NEW, OLD])) == [NEW, OLD]


def test_a_key_is_of_32_bytes_and_its_own() -> None:
    assert OLD["secret"] != NEW["secret"]
    assert len(encryption.base64.b64decode(OLD["secret"])) == 32


def test_a_configuration_without_a_stage_is_at_the_start(tmp_path: Path) -> None:
    paths = Paths(tmp_path)
    encryption.ensure_state(paths)
    assert not paths.encryption_state.exists()
    write(paths.encryption_config, "configured")
    encryption.ensure_state(paths)
    assert paths.encryption_state.read_text() == f"start-{hashlib.sha256(b'configured').hexdigest()}"
    write(paths.encryption_config, "otherwise")
    encryption.ensure_state(paths)
    assert paths.encryption_state.read_text() == f"start-{hashlib.sha256(b'configured').hexdigest()}"


def test_servers_that_disagree_are_named() -> None:
    assert encryption.difference([("a", "x"), ("b", ""), ("c", "x")]) == ""
    assert encryption.difference([("a", "x"), ("b", "x"), ("c", "y")]) == "hash does not match between a and c"


def test_the_state_tells_stage_and_keys() -> None:
    told = encryption.state(encryption.configuration([NEW, OLD]), "reencrypt_active-0123", "")
    assert told == {
        "stage": "reencrypt_active", "activekey": "AES-CBC aescbckey-later", "enable": True, "hashmatch": True,
        "inactivekeys": ["AES-CBC aescbckey"],
    }  # fmt: skip


def test_a_difference_takes_the_place_of_the_match() -> None:
    told = encryption.state(encryption.configuration([OLD]), "start-0123", "hash does not match between a and b")
    assert "hashmatch" not in told
    assert "Server Encryption Hashes: hash does not match between a and b\n" in encryption.as_text(told)


def test_the_text_is_a_table_of_keys() -> None:
    text = encryption.as_text(encryption.state(encryption.configuration([NEW, OLD]), "start-0123", ""))
    assert text.splitlines()[-2:] == [" *      AES-CBC   aescbckey-later", "        AES-CBC   aescbckey"]


def test_a_cluster_without_a_configuration_says_so() -> None:
    told = encryption.state("", "", "")
    assert told == {"stage": "", "activekey": ""}
    assert encryption.as_text(told) == "Encryption Status: Disabled, no configuration file found\n"


def test_successful_reloads_are_counted() -> None:
    line = f'{RELOADS}{{apiserver_id_hash="sha256:0",status="%s"}} %d\n'
    assert reloads("") == 0
    assert reloads(f"# HELP {RELOADS} x\n" + line % ("failure", 7) + line % ("success", 3)) == 3
