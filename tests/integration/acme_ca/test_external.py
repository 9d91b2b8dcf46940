"""The client with an authority that is not ours: Debian's pebble, by a zone that only proves names."""

from __future__ import annotations

import contextlib
import datetime
import json
import subprocess
from collections.abc import Iterator
from pathlib import Path

import acme_site
import pytest
from acme_site import DOMAIN, Site
from ansible_collections.metalstack.autonomous.plugins.plugin_utils._pki import certificate
from cryptography import x509

from lab import debian

URL = "https://127.0.0.20:14000/dir"
OUTSIDE = "shop.example.net"


@pytest.fixture(scope="module", params=["trixie", "bookworm"])
def elsewhere(request: pytest.FixtureRequest, step_ca: Path) -> Iterator[Site]:
    """A site with an authority outside of it, and the client of a release."""
    with acme_site.running(step_ca, request.getfixturevalue(request.param)) as site, pebble(site):
        yield site


@contextlib.contextmanager
def pebble(site: Site) -> Iterator[None]:
    directory = site.place / "pebble"
    directory.mkdir()
    issuer, subject = certificate.authority(site.root), certificate.Subject((), ("127.0.0.20",))
    pair = certificate.issue(issuer, subject, datetime.timedelta(days=1), datetime.datetime.now(datetime.UTC))
    for name, text in zip(("crt", "key"), pair, strict=True):
        (directory / name).write_text(text)
    settings = {
        "listenAddress": "127.0.0.20:14000",
        "managementListenAddress": "127.0.0.20:15000",
        "certificate": str(directory / "crt"),
        "privateKey": str(directory / "key"),
        "httpPort": 80,
        "tlsPort": 443,
        "ocspResponderURL": "",
        "externalAccountBindingRequired": False,
    }
    (directory / "config.json").write_text(json.dumps({"pebble": settings}))
    program = [*debian.program(site.tree, "usr/bin/pebble"), "-config", directory / "config.json"]
    words = ["nsenter", f"--target={site.first}", "--mount", "--pid", "--net", *map(str, program)]
    with (
        (directory / "log").open("w") as log,
        subprocess.Popen(
            [*words, "-dnsserver", "127.0.0.1:53"],
            env={"PEBBLE_VA_NOSLEEP": "1", "PEBBLE_WFE_NONCEREJECT": "20", "PATH": "/usr/bin:/bin"},
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=log,
        ) as process,
    ):
        acme_site.wait(lambda: "Listening on: 127.0.0.20:14000" in (directory / "log").read_text(), directory / "log")
        yield
        process.kill()


def test_an_authority_outside_is_asked_by_each_challenge(elsewhere: Site) -> None:
    wanted = [
        {"name": "http", "names": [f"www.{DOMAIN}"], "challenge": "http-01"},
        {"name": "tls", "names": [f"mail.{DOMAIN}"], "challenge": "tls-alpn-01"},
        {"name": "dns", "names": [OUTSIDE, f"*.{OUTSIDE}"], "challenge": "dns-01"},
    ]
    given = {"acme_ca_provider": "external", "acme_ca_directory_url": URL}
    assert elsewhere.ask(*wanted, **given).changes["server1"] > 0
    for one in wanted:
        leaf = elsewhere.certificates(str(one["name"]))[0]
        names = leaf.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
        assert set(names.get_values_for_type(x509.DNSName)) == set(one["names"])
        assert "Pebble" in leaf.issuer.rfc4514_string()
    assert elsewhere.ask(*wanted, **given).changes["server1"] == 0


def test_nothing_that_proved_a_name_is_left_in_its_zone(elsewhere: Site) -> None:
    answer = elsewhere.inside(*elsewhere.pdnsutil, "list-zone", acme_site.OUTSIDE).stdout
    assert "TXT" not in answer and "SOA" in answer
