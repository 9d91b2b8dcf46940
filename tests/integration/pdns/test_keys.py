"""TSIG keys, DNSSEC keys, autoprimaries and what the server tells of itself."""

from __future__ import annotations

import base64
import stat

import pytest
from ansible_collections.metalstack.autonomous.plugins.modules import (
    pdns_autoprimary,
    pdns_cryptokey,
    pdns_info,
    pdns_tsigkey,
    pdns_zone,
)

SECRET = base64.b64encode(b"a secret of a test, 32 octets ..").decode()
OTHER = base64.b64encode(b"another secret of a test, 32 o..").decode()


@pytest.fixture
def key(call, server, zone):
    def run(**options):
        return call(pdns_tsigkey, name=zone, **options)

    yield run
    server.request("DELETE", f"/tsigkeys/{zone}")


def stored(server, zone):
    return [one["algorithm"] for one in server.request("GET", "/tsigkeys")[1] if one["id"] == zone]


def cannot_remove(server):
    return (server.release, server.backend) == ("bookworm", "lmdb")


def secret_of(server, zone):
    return server.request("GET", f"/tsigkeys/{zone}")[1]["key"]


def test_a_key_is_made_once_and_never_shown(key, server, zone):
    assert key(secret=SECRET, check=True)["changed"] and not stored(server, zone)
    made = key(secret=SECRET)
    assert made["changed"] and secret_of(server, zone) == SECRET
    again = key(secret=SECRET)
    assert not again["changed"]
    changed = key(secret=OTHER)
    assert changed["changed"] and secret_of(server, zone) == OTHER
    assert all(secret not in str(result) for result in (made, again, changed) for secret in (SECRET, OTHER))


def test_another_algorithm_leaves_one_key(key, server, zone):
    key(secret=SECRET)
    result = key(secret=SECRET, algorithm="hmac-sha512")
    if cannot_remove(server):
        assert result["failed"] and "LMDB backend of pdns 4.7 cannot" in result["msg"]
        return
    assert result["changed"] and stored(server, zone) == ["hmac-sha512"]
    assert secret_of(server, zone) == SECRET
    assert not key(secret=SECRET, algorithm="hmac-sha512")["changed"]


def test_the_algorithm_of_a_secret_that_only_the_server_knows_is_not_changed(key, server, zone):
    assert key()["changed"] and not key()["changed"]
    secret = secret_of(server, zone)
    result = key(algorithm="hmac-sha512")
    assert result["failed"] and "give its secret" in result["msg"], result
    assert (stored(server, zone), secret_of(server, zone)) == (["hmac-sha256"], secret)


@pytest.mark.parametrize("origin", ["given", "kept"])
def test_a_change_of_the_algorithm_that_died_in_between_is_completed(key, server, zone, line, tmp_path, origin):
    """The key is gone then, and with it who may transfer; the same task gives it back."""
    if cannot_remove(server):
        pytest.skip("nor change their algorithm")
    key(secret=SECRET)
    wanted = {"algorithm": "hmac-sha512"}
    wanted |= {"secret": SECRET} if origin == "given" else {"secret_file": str(tmp_path / "secret")}
    line.only, line.cut_before = "POST", 1000
    died = key(**wanted, api_url=line.url)
    assert died["failed"] and not stored(server, zone), died
    line.cut_before = 0
    assert key(**wanted)["changed"]
    assert (stored(server, zone), secret_of(server, zone)) == (["hmac-sha512"], SECRET)
    assert not key(**wanted)["changed"]


def test_a_secret_that_the_server_makes_is_kept_for_its_owner_alone(key, server, zone, tmp_path):
    file = tmp_path / "secret"
    assert key(secret_file=str(file))["changed"]
    assert file.read_text().strip() == secret_of(server, zone)
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    assert not key(secret_file=str(file))["changed"]


def test_the_secret_of_a_key_that_is_there_is_fetched_and_kept(key, server, zone, tmp_path):
    key(secret=SECRET, algorithm="hmac-sha512")
    file = tmp_path / "secret"
    assert key(secret_file=str(file), check=True)["changed"] and not file.exists()
    assert key(secret_file=str(file))["changed"]
    assert file.read_text().strip() == secret_of(server, zone) == SECRET
    assert stored(server, zone) == ["hmac-sha512"]
    assert not key(secret_file=str(file))["changed"]
    result = key(secret_file=str(tmp_path / "missing" / "secret"))
    assert result["failed"] and "its directory is not there" in result["msg"]


def test_a_key_in_use_is_not_removed(key, call, server, zone):
    key(secret=SECRET)
    assert call(pdns_zone, zone=zone, kind="primary", nameservers=["ns"], master_tsig_key_ids=[zone])["created"]
    refused = key(state="absent")
    assert refused["failed"] and f"the key of zone {zone}" in refused["msg"]
    assert call(pdns_zone, zone=zone, master_tsig_key_ids=[])["changed"]
    removed = key(state="absent")
    if cannot_remove(server):
        assert removed["failed"] and "LMDB backend of pdns 4.7 cannot" in removed["msg"]
        return
    assert removed["changed"] and not key(state="absent")["changed"]


def test_a_secret_that_is_none_is_refused(key, server, zone):
    result = key(secret="not base64!")
    assert result["failed"] and "not base64" in result["msg"]
    assert not stored(server, zone)


@pytest.fixture
def signing(call, zone):
    assert call(pdns_zone, zone=zone, nameservers=["ns"])["created"]

    def run(**options):
        return call(pdns_cryptokey, zone=zone, **options)

    return run


def test_a_signing_key_is_made_switched_and_replaced(signing, server, zone):
    assert signing(check=True)["changed"]
    assert server.request("GET", f"/zones/{zone}/cryptokeys")[1] == []
    first = signing()
    assert first["changed"] and first["key"]["algorithm"].upper() == "ECDSAP256SHA256" and first["key"]["active"]
    assert not signing()["changed"]
    assert "privatekey" not in str(first)
    second = signing(algorithm="ED25519", active=False)
    assert second["changed"] and not second["key"]["active"]
    assert not signing(algorithm="ED25519", active=False)["changed"]
    assert signing(algorithm="ED25519")["changed"]
    assert signing(state="absent")["changed"]
    assert not signing(state="absent")["changed"]
    left = server.request("GET", f"/zones/{zone}/cryptokeys")[1]
    assert [one["algorithm"].upper() for one in left] == ["ED25519"]


@pytest.mark.parametrize("options", [{"state": "absent"}, {"active": False}])
def test_the_last_active_key_stays(signing, options):
    signing()
    result = signing(**options)
    assert result["failed"] and "last active one" in result["msg"]
    assert not signing()["changed"]


def test_a_private_key_is_brought_in_once(signing, server, zone, tmp_path):
    assert signing(algorithm="ED25519")["changed"]
    path = f"/zones/{zone}/cryptokeys"
    [made] = server.request("GET", path)[1]
    file = tmp_path / "private"
    file.write_text(server.request("GET", f"{path}/{made['id']}")[1]["privatekey"])
    assert not signing(private_key_file=str(file))["changed"]
    assert server.request("DELETE", f"{path}/{made['id']}")[0] in (200, 204)
    result = signing(private_key_file=str(file))
    assert result["changed"] and result["key"]["dnskey"] == made["dnskey"], result
    assert not signing(private_key_file=str(file))["changed"]
    assert "PrivateKey" not in str(result)


def test_an_algorithm_that_is_none_is_refused(signing, server, zone):
    result = signing(algorithm="ROT13")
    assert result["failed"] and "ECDSAP256SHA256" in result["msg"]
    assert server.request("GET", f"/zones/{zone}/cryptokeys")[1] == []


def test_an_autoprimary_is_registered_once(call, server):
    wanted = {"ip": "192.0.2.53", "nameserver": "ns1.example.net", "account": "site"}
    first = call(pdns_autoprimary, **wanted)
    if server.backend == "lmdb":
        assert first["failed"] and "has no autoprimaries" in first["msg"]
        return
    assert first["changed"] and not call(pdns_autoprimary, **wanted)["changed"]
    assert call(pdns_autoprimary, **{**wanted, "account": "other"})["changed"]
    assert len(server.request("GET", "/autoprimaries")[1]) == 1
    assert call(pdns_autoprimary, **wanted, state="absent")["changed"]
    assert not call(pdns_autoprimary, **wanted, state="absent")["changed"]


def test_check_mode_tells_of_an_autoprimary_and_registers_none(call, server):
    if server.backend == "lmdb":
        pytest.skip("it has none")
    wanted = {"ip": "192.0.2.54", "nameserver": "ns2.example.net"}
    for options in ({}, {"account": "site"}, {"state": "absent"}):
        before = server.request("GET", "/autoprimaries")[1]
        predicted = call(pdns_autoprimary, check=True, **wanted, **options)
        assert server.request("GET", "/autoprimaries")[1] == before
        done = call(pdns_autoprimary, **wanted, **options)
        assert predicted == done and done["changed"]
        assert server.request("GET", "/autoprimaries")[1] != before


def test_a_server_tells_of_itself_without_its_secrets(call, key, server, zone):
    key(secret=SECRET)
    rrsets = [{"name": "a", "type": "A", "records": ["192.0.2.1"]}]
    call(pdns_zone, zone=zone, nameservers=["ns"], rrsets=rrsets, dnssec=True)
    everything = ["server", "zones", "tsigkeys", "autoprimaries", "statistics"]
    facts = call(pdns_info, gather=everything, zone=zone, check=True)
    assert facts["server"]["backends"] == [server.backend] and facts["server"]["version"][0] in "45"
    assert zone in [one["name"] for one in facts["zones"]]
    assert {"id": zone, "algorithm": "hmac-sha256"} in facts["tsigkeys"]
    assert ("a." + zone, ["192.0.2.1"]) in [(one["name"], one["records"]) for one in facts["zone"]["rrsets"]]
    assert facts["zone"]["cryptokeys"] and int(facts["statistics"]["uptime"]) >= 0
    assert SECRET not in str(facts) and "rivate" not in str(facts)
    assert call(pdns_info, gather=[], zone="none.example.com")["zone"] == {}
