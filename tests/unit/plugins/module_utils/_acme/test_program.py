"""What the timer of a host runs: which files it writes, what it leaves alone, and what it tells."""

from __future__ import annotations

import datetime
import json
import stat
import sys
from pathlib import Path
from typing import Any

import pytest
from ansible_collections.metalstack.autonomous.plugins.module_utils._acme import lego, program, settings
from ansible_collections.metalstack.autonomous.plugins.plugin_utils._pki import certificate
from ansible_collections.metalstack.autonomous.plugins.plugin_utils._site import authority
from cryptography import x509

# Stands for lego: issues what a test has put beside it, or fails.
LEGO = """
import pathlib, shutil, sys
here = pathlib.Path(sys.argv[1])
place = pathlib.Path(next(word for word in sys.argv if word.startswith("--path=")).partition("=")[2]) / "certificates"
with (here / "calls").open("a") as calls:
    calls.write(" ".join(sys.argv[2:]) + "\\n")
if not (here / "next.crt").exists():
    sys.exit("acme: error 403, the name is not allowed")
place.mkdir(exist_ok=True)
for suffix in ("crt", "key"):
    shutil.copy(here / f"next.{suffix}", place / f"www.example.org.{suffix}")
"""


class Host:
    def __init__(self, place: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        self.place = place
        self._monkeypatch = monkeypatch
        self._issuer = certificate.authority(authority.generate("x"))
        self.reloaded: list[str] = []
        (place / "lego.py").write_text(LEGO)
        self.config: dict[str, Any] = {
            "directory": "https://ca.example.org/directory",
            "contact": "a@example.org",
            "state": str(place / "state"),
            "metrics": str(place / "metrics"),
            "lego": [sys.executable, str(place / "lego.py"), str(place)],
            "certificates": [
                {"name": "www", "names": ["www.example.org"], "challenge": "http-01", "path": str(place / "www.pem")}
            ],
        }
        monkeypatch.setattr(program, "_reload", lambda unit: self.reloaded.append(unit) or True)

    def offer(self, days: int = 30) -> str:
        """Have the stand-in issue another one."""
        subject, now = certificate.Subject(("www.example.org",), ()), datetime.datetime.now(datetime.UTC)
        pem, key = certificate.issue(self._issuer, subject, datetime.timedelta(days=days), now)
        (self.place / "next.crt").write_text(pem)
        (self.place / "next.key").write_text(key)
        return pem

    def refuse(self) -> None:
        (self.place / "next.crt").unlink()

    def run(self, *words: str) -> int:
        file = self.place / "config.json"
        file.write_text(json.dumps(self.config))
        self._monkeypatch.setattr(sys, "argv", ["metalstack-acme", f"--config={file}", *words])
        return program.main()

    @property
    def calls(self) -> int:
        file = self.place / "calls"
        return len(file.read_text().splitlines()) if file.exists() else 0

    @property
    def told(self) -> str:
        return (self.place / "metrics/metalstack_acme.prom").read_text()


@pytest.fixture
def host(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Host:
    return Host(tmp_path, monkeypatch)


def test_one_that_is_lacking_is_had_once_and_services_are_told(host: Host) -> None:
    host.config["certificates"][0]["units"] = ["web.service"]
    pem = host.offer()
    assert (host.run(), host.run()) == (0, 0)
    assert (host.place / "www.pem").read_text() == pem and host.calls == 1 and host.reloaded == ["web.service"]
    assert stat.S_IMODE((host.place / "www.pem.key").stat().st_mode) == 0o600
    assert stat.S_IMODE((host.place / "state").stat().st_mode) & 0o077 == 0
    assert 'metalstack_acme_certificate_success{name="www"} 1' in host.told


def test_one_that_is_due_and_not_had_stays_and_is_told(host: Host, capsys: pytest.CaptureFixture[str]) -> None:
    pem = host.offer()
    host.run()
    host.refuse()
    host.config["certificates"][0]["names"] = ["www.example.org", "example.org"]
    assert host.run() == 1
    assert (host.place / "www.pem").read_text() == pem and host.reloaded == []
    assert "the name is not allowed" in capsys.readouterr().err
    end = x509.load_pem_x509_certificate(pem.encode()).not_valid_after_utc.timestamp()
    assert 'metalstack_acme_certificate_success{name="www"} 0' in host.told
    assert f'metalstack_acme_certificate_end_timestamp_seconds{{name="www"}} {end:.0f}' in host.told


def test_one_that_fails_keeps_no_other_from_being_had(host: Host) -> None:
    host.offer()
    first = host.config["certificates"][0]
    host.config["certificates"] = [{**first, "name": "no", "path": "/proc/none/no.pem"}, first]
    assert host.run() == 1
    assert (host.place / "www.pem").exists()


def test_a_list_asks_nobody(host: Host, capsys: pytest.CaptureFixture[str]) -> None:
    host.offer()
    assert host.run("--list") == 0 and host.calls == 0
    assert capsys.readouterr().out == "www: there is none, so one is due\n"
    host.run()
    capsys.readouterr()
    assert host.run("--list") == 0 and capsys.readouterr().out == ""


def test_who_does_not_answer_is_not_waited_for_forever(host: Host, monkeypatch: pytest.MonkeyPatch) -> None:
    (host.place / "lego.py").write_text("import time; time.sleep(60)")
    monkeypatch.setattr(program, "SECONDS", 0.05)
    assert host.run() == 1 and not (host.place / "www.pem").exists()


def test_another_authority_is_asked_anew(host: Host) -> None:
    host.offer()
    host.run()
    host.config["directory"] = "https://other.example.org/directory"
    assert host.run() == 0 and host.calls == 2
    places = {lego.place(settings.parse(host.config))}
    assert places < set((host.place / "state").iterdir())
