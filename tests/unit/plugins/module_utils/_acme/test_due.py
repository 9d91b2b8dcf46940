"""When a certificate is asked for."""

from __future__ import annotations

import dataclasses
import datetime
from pathlib import Path

import pytest
from ansible_collections.metalstack.autonomous.plugins.module_utils._acme import due, lego
from ansible_collections.metalstack.autonomous.plugins.module_utils._acme.settings import (
    BadSettings,
    Certificate,
    Dns,
    Settings,
    load,
)
from ansible_collections.metalstack.autonomous.plugins.plugin_utils._pki import certificate
from ansible_collections.metalstack.autonomous.plugins.plugin_utils._site import authority

NOW = datetime.datetime(2027, 3, 1, 12, tzinfo=datetime.UTC)
DAY = datetime.timedelta(days=1)
WANTED = Certificate("www", ("www.example.org", "example.org"), "dns-01", Path("/etc/www.pem"))
URL = "https://ca.example.org:9443/acme/acme/directory"
DNS = Dns("198.51.100.9", "acme.example.org", "hmac-sha256", "/etc/acme/secret")
GIVEN = Settings(URL, "a@example.org", "/root.crt", Path("/var/x"), Path("/m"), ("lego",), DNS, (WANTED,))
RECORD = due.record(GIVEN, WANTED)
PEM, _KEY = certificate.issue(
    certificate.authority(authority.generate("x")), certificate.Subject(WANTED.names, ()), 30 * DAY, NOW
)


@pytest.mark.parametrize(
    ("pem", "matches", "recorded", "when", "why"),
    [
        (PEM, True, RECORD, NOW, ""),
        (PEM, True, RECORD, NOW + 19.9 * DAY, ""),
        (PEM, True, RECORD, NOW + 20.1 * DAY, "it ends on 2027-03-31 12:00 UTC"),
        (PEM, True, RECORD, NOW + 300 * DAY, "it ends on "),
        ("", True, RECORD, NOW, "there is none"),
        ("nothing", True, RECORD, NOW, "it is no certificate"),
        (PEM, False, RECORD, NOW, "its private key is missing or another one"),
        (PEM, True, {**RECORD, "names": ["www.example.org"]}, NOW, "it is for other names"),
        (PEM, True, {}, NOW, "it is for other names"),
        (PEM, True, {**RECORD, "directory": "https://other"}, NOW, "it is of another authority"),
    ],
)
def test_a_certificate_is_asked_for_when_it_has_to_be(pem, matches, recorded, when, why) -> None:
    found = due.reason(GIVEN, WANTED, pem, matches, recorded, when)
    assert found.startswith(why) and bool(found) == bool(why)


def test_no_secret_is_in_a_call_and_its_names_are() -> None:
    words = lego.command(GIVEN, WANTED)
    assert words[0] == "lego" and words[-3:] == ["--dns", "rfc2136", "run"]
    assert [words[at + 1] for at, word in enumerate(words) if word == "--domains"] == list(WANTED.names)
    told = lego.environment(GIVEN)
    assert told["RFC2136_TSIG_SECRET_FILE"] == "/etc/acme/secret" and "RFC2136_TSIG_SECRET" not in told
    assert told["LEGO_CA_CERTIFICATES"] == "/root.crt"


@pytest.mark.parametrize(("challenge", "words"), [("http-01", "--http"), ("tls-alpn-01", "--tls"), ("dns-01", "--dns")])
def test_each_challenge_is_one_of_the_client(challenge: str, words: str) -> None:
    assert words in lego.command(GIVEN, dataclasses.replace(WANTED, challenge=challenge))


def test_an_official_authority_is_believed_by_the_system_and_no_server_is_told() -> None:
    told = lego.environment(dataclasses.replace(GIVEN, root="", dns=None))
    assert not [name for name in told if name.startswith(("LEGO_CA", "RFC2136"))]


def test_each_authority_has_a_place_of_its_own_and_a_name_of_all_names_a_file() -> None:
    assert lego.place(GIVEN) != lego.place(dataclasses.replace(GIVEN, directory="https://other"))
    assert lego.made(GIVEN, dataclasses.replace(WANTED, names=("*.example.org",)))[0].name == "_.example.org.crt"


@pytest.mark.parametrize("text", ["", "[]", '{"directory": "x"}'])
def test_settings_that_are_none_say_what_to_do(tmp_path: Path, text: str) -> None:
    file = tmp_path / "config.json"
    file.write_text(text)
    with pytest.raises(BadSettings, match="run the playbook bootstrap"):
        load(file)
