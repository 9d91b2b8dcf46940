"""The authority on its host, as the role brings it about: what it issues, to whom, and what it refuses."""

from __future__ import annotations

import subprocess

import pytest
from acme_site import DOMAIN, PARTS, Run, Site
from cryptography import x509
from cryptography.x509.oid import ExtendedKeyUsageOID

WWW = {"name": "www", "names": [f"www.{DOMAIN}"], "challenge": "dns-01"}
CHALLENGES = ("http-01", "dns-01", "tls-alpn-01")


@pytest.fixture(scope="module")
def foreseen(site: Site) -> Run:
    run = site.play(*PARTS[:-1], check=True)
    assert not [path for path in site.place.glob("server?/*") if path.name != "units"]
    return run


@pytest.fixture(scope="module")
def issuing(site: Site, foreseen: Run) -> list[Run]:
    return [site.issue(), site.issue()]


@pytest.fixture(scope="module")
def had(site: Site, issuing: list[Run]) -> list[Run]:
    """What server1 has of each challenge, asked for, and once more."""
    wanted = [{"name": one, "names": [f"www.{DOMAIN}", f"mail.{DOMAIN}"], "challenge": one} for one in CHALLENGES]
    return [site.ask(*wanted, check=True), site.ask(*wanted), site.ask(*wanted, check=True), site.ask(*wanted)]


def test_check_mode_tells_what_will_be_done(foreseen: Run, issuing: list[Run]) -> None:
    assert foreseen.changes["server2"] == issuing[0].changes["server2"] > 0
    # Without the places for what it keeps, of which nobody is told anything.
    assert foreseen.changes["server1"] == issuing[0].changes["server1"] - 1


def test_a_second_run_changes_nothing(issuing: list[Run]) -> None:
    assert issuing[1].changes == {"server1": 0, "server2": 0}, issuing[1].said


def test_no_secret_is_shown_nor_where_others_read(site: Site, foreseen: Run, issuing: list[Run]) -> None:
    for secret in (site.password, site.root.splitlines()[1]):
        assert all(secret not in run.said for run in (foreseen, *issuing))
        assert all(secret not in path.read_text() for path in site.of("server1").rglob("*.json"))
    assert site.of("server1", "etc/password").stat().st_mode & 0o777 == 0o600
    key = site.of("server1", "lib/intermediate.crt.key")
    assert key.read_text().startswith("-----BEGIN ENCRYPTED PRIVATE KEY-----") and key.stat().st_mode & 0o777 == 0o600


def test_the_root_key_is_on_no_host(site: Site, issuing: list[Run]) -> None:
    key = site.root.splitlines()[1].encode()
    assert not [path for path in site.place.glob("server?/**/*") if path.is_file() and key in path.read_bytes()]


def test_the_standby_has_all_but_what_was_issued_and_does_not_run(site: Site, issuing: list[Run]) -> None:
    assert site.of("server2", "etc/ca.json").exists() and site.of("server2", "bin/step-ca").exists()
    assert not site.of("server2", "lib").exists()
    assert not (site.place / "run/acme-ca-server2.service.pid").exists()


@pytest.mark.parametrize("challenge", CHALLENGES)
def test_a_certificate_is_issued_to_who_proves_the_names(site: Site, had: list[Run], challenge: str) -> None:
    leaf, intermediate = site.certificates(challenge)
    names = leaf.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
    assert set(names.get_values_for_type(x509.DNSName)) == {f"www.{DOMAIN}", f"mail.{DOMAIN}"}
    assert (leaf.not_valid_after_utc - leaf.not_valid_before_utc).days == 30
    usage = leaf.extensions.get_extension_for_class(x509.ExtendedKeyUsage).value
    assert ExtendedKeyUsageOID.SERVER_AUTH in usage
    (point,) = leaf.extensions.get_extension_for_class(x509.CRLDistributionPoints).value
    assert [one.value for one in point.full_name or ()] == [f"http://ca.{DOMAIN}:9080/1.0/crl"]
    verified(site, challenge)
    assert site.of("server1", f"{challenge}.crt.key").stat().st_mode & 0o777 == 0o600
    constraints = intermediate.extensions.get_extension_for_class(x509.NameConstraints)
    assert constraints.critical and x509.DNSName(DOMAIN) in (constraints.value.permitted_subtrees or [])


def test_what_is_there_is_not_asked_for_again(had: list[Run]) -> None:
    foreseen, first, again, second = (run.changes["server1"] for run in had)
    assert foreseen > 0 and first == foreseen + 1 and (again, second) == (0, 0), [run.said for run in had]


def test_a_host_tells_of_its_certificates(site: Site, had: list[Run]) -> None:
    assert 'metalstack_acme_certificate_success{name="dns-01"} 1' in site.metrics()
    assert 'metalstack_acme_certificate_end_timestamp_seconds{name="dns-01"}' in site.metrics()


@pytest.mark.parametrize(
    "names",
    [[f"deep.www.{DOMAIN}"], ["www.example.com"], [f"www.{DOMAIN}", "example.com"]],
    ids=["below a name of the site", "of others", "of others beside one of the site"],
)
def test_a_name_that_is_not_the_sites_is_refused(site: Site, had: list[Run], names: list[str]) -> None:
    run = site.ask({"name": "dns-01", "names": names, "challenge": "dns-01"}, fails=True)
    assert "rejectedIdentifier :: The server will not issue certificates" in " ".join(run.said.split()), run.said
    assert 'metalstack_acme_certificate_success{name="dns-01"} 0' in site.metrics()
    # The former one stays.
    verified(site, "dns-01")


def test_a_name_of_all_names_is_proven_by_dns(site: Site, had: list[Run]) -> None:
    site.ask({"name": "all", "names": [f"*.{DOMAIN}"], "challenge": "dns-01"})
    verified(site, "all")


def test_who_does_not_prove_a_name_has_no_certificate(site: Site, had: list[Run]) -> None:
    """The name is of another address, where somebody else answers."""
    with site.stranger():
        run = site.ask({"name": "not", "names": [f"away.{DOMAIN}"], "challenge": "http-01"}, fails=True)
    assert "has issued none" in " ".join(run.said.split()) and not site.of("server1", "not.crt").exists()


def test_what_is_revoked_is_on_the_list_that_certificates_name(site: Site, had: list[Run]) -> None:
    site.ask({**WWW, "name": "revoked"})
    leaf, intermediate = site.certificates("revoked")
    before = site.revoked(intermediate)
    site.revoke("revoked")
    assert leaf.serial_number in site.revoked(intermediate) - before


def test_certificates_stay_while_the_authority_is_away(site: Site, had: list[Run]) -> None:
    site.ask(WWW)
    site.systemctl("stop", "acme-ca-server1.service")
    try:
        assert site.ask(WWW).changes == {"server1": 0}
        run = site.ask({**WWW, "names": [f"mail.{DOMAIN}"]}, fails=True)
        assert "has issued none" in run.said.replace("\n", " ")
        verified(site, "www")
    finally:
        site.systemctl("start", "acme-ca-server1.service")
    site.issue()


def test_a_password_that_does_not_open_the_key_is_refused(site: Site, issuing: list[Run]) -> None:
    run = site.play("validate", "discover", "configure", fails=True, acme_ca_password="another-password-of-somebody")
    assert "not a key of the certificate beside it that the password opens" in run.said.replace("\n", " ")
    assert site.play(*PARTS).changes == {"server1": 0, "server2": 0}


@pytest.mark.parametrize(
    ("given", "words"),
    [
        ({"acme_ca_names": ["ca.example.com"]}, "which ca.example.com is not"),
        ({"acme_ca_names": ["ca.deep.example.org"]}, "which ca.deep.example.org is not"),
        ({"acme_ca_domains": ["*.example.org"]}, "DNS names of small letters"),
        ({"acme_ca_domains": []}, "acme_ca needs"),
        ({"acme_ca_password": "short"}, "22 random characters"),
        ({"acme_ca_port": 9080}, "three ports"),
        ({"acme_ca_certificate_days": 500}, "1 to 397"),
    ],
)
def test_what_cannot_issue_is_refused(site: Site, issuing: list[Run], given: dict[str, object], words: str) -> None:
    run = site.play("validate", fails=True, hosts="server1", **given)
    assert words in " ".join(run.said.split()), run.said


def verified(site: Site, name: str) -> None:
    """Have openssl judge what a service would present."""
    path = site.of("server1", f"{name}.crt")
    root = site.of("server1", "etc/root.crt")
    command = ["openssl", "verify", "-x509_strict", "-purpose", "sslserver", "-CAfile", root, "-untrusted", path, path]
    done = subprocess.run(command, capture_output=True, text=True, check=False, timeout=60)
    assert done.returncode == 0, done.stdout + done.stderr
