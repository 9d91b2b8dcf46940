"""Object storage of the lab: keys, rights, what is written on its hosts and what the inventory tells of it."""

from __future__ import annotations

import dataclasses
import json
import stat

import pytest
from cryptography import x509

from lab import inventory, object_storage, settings, topology
from lab.object_storage import files, keys
from lab.object_storage.policy import policy

STORAGE, OFFSITE, SERVER = (topology.host(name) for name in ("storage1", "offsite1", "server1"))


@pytest.fixture
def lab(tmp_path):
    here = settings.from_environment({"LAB_STATE": str(tmp_path), "METALSTACK_CACHE": str(tmp_path / "cache")})
    here.state.mkdir(parents=True)
    return here


@pytest.fixture
def known(lab):
    keys.ensure(lab, [SERVER, STORAGE, OFFSITE])
    return keys.read(lab)


def secrets_of(known):
    return {known[host][account]["secret_key"] for host in known for account in keys.ACCOUNTS}


def test_keys_are_made_once_for_each_endpoint_and_for_root_alone(lab, known):
    keys.ensure(lab, [STORAGE, OFFSITE])
    assert keys.read(lab) == known
    assert set(known) == {"storage1", "offsite1"}
    assert len(secrets_of(known)) == 8
    (file,) = [file for file in lab.state.iterdir() if file.is_file()]
    assert stat.S_IMODE(file.stat().st_mode) == 0o600


def test_an_endpoint_that_comes_later_leaves_the_others_their_keys(lab):
    keys.ensure(lab, [STORAGE])
    before = keys.read(lab)
    keys.ensure(lab, [STORAGE, OFFSITE])
    assert keys.read(lab)["storage1"] == before["storage1"]


def test_a_lab_without_endpoints_has_no_such_file(lab):
    keys.ensure(lab, [SERVER])
    assert list(lab.state.iterdir()) == []


def test_the_certificate_is_for_the_address_and_of_an_authority_of_the_endpoints_own(known):
    ca, other, issued = (
        x509.load_pem_x509_certificate(pem.encode())
        for pem in (known["storage1"]["ca"], known["offsite1"]["ca"], known["storage1"]["certificate"])
    )
    issued.verify_directly_issued_by(ca)
    assert ca.subject != other.subject
    names = issued.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
    assert [str(one) for one in names.get_values_for_type(x509.IPAddress)] == ["198.51.100.41"]


def allowed(known, account):
    statements = policy("b", known)["Statement"]
    mine = [one for one in statements if one["Principal"] == {"AWS": [known[account]["access_key"]]}]
    assert all(one["Effect"] == "Allow" for one in mine)
    return {action for one in mine for action in one["Action"]}


def test_only_the_pruner_may_remove_versions(known):
    for account, may in {"writer": False, "reader": False, "pruner": True}.items():
        assert ("s3:DeleteObjectVersion" in allowed(known["storage1"], account)) == may, account


def test_nobody_may_change_the_bucket_or_go_past_a_lock(known):
    for account in ("writer", "reader", "pruner"):
        rights = allowed(known["storage1"], account)
        assert not any(right.startswith(("s3:PutBucket", "s3:DeleteBucket")) or "*" in right for right in rights)
        assert "s3:BypassGovernanceRetention" not in rights
    assert not {"s3:PutObject", "s3:DeleteObject"} & allowed(known["storage1"], "reader")


def test_other_keys_are_good_beside_the_former_ones_until_those_are_revoked(lab, known):
    before = known["storage1"]["writer"]
    keys.issue(lab, STORAGE, "writer")
    told = keys.read(lab)
    issued = told["storage1"]["writer"]
    assert issued != before and told["offsite1"] == known["offsite1"]
    assert inventory.storage([STORAGE], told)["site_object_storage"]["access_key"] == issued["access_key"]
    for count in (2, 1):
        mine = keys.read(lab)["storage1"]
        accounts = files.users(mine)["accessAccounts"]
        assert (before["access_key"] in accounts) == (count == 2) and issued["access_key"] in accounts
        principals = [one["Principal"]["AWS"] for one in policy("b", mine)["Statement"]]
        assert [len(each) for each in principals if issued["access_key"] in each] == [count, count]
        keys.revoke(lab, STORAGE, "writer")


def test_a_secret_is_only_in_files_for_root(known):
    mine = known["storage1"]
    hidden = [mine["private_key"], *(mine[account]["secret_key"] for account in keys.ACCOUNTS)]
    for file in files.files(STORAGE, mine):
        if any(secret in file.text for secret in hidden):
            assert file.mode == 0o600, file.path


def test_accounts_of_the_bucket_are_mere_users_and_root_is_none_of_them(known):
    written = {file.path: file.text for file in files.files(STORAGE, known["storage1"])}
    accounts = json.loads(written["etc/lab/object-storage/iam/users.json"])["accessAccounts"]
    assert {one["role"] for one in accounts.values()} == {"user"}
    assert known["storage1"]["root"]["access_key"] not in accounts
    assert f"ROOT_ACCESS_KEY_ID={known['storage1']['root']['access_key']}\n" in written["etc/lab/object-storage/env"]


def test_the_unit_runs_the_version_that_is_built(known):
    written = {file.path: file.text for file in files.files(STORAGE, known["storage1"])}
    assert "ExecStart=/opt/lab/versitygw/v1.8.0/versitygw " in written["etc/systemd/system/object-storage.service"]


def test_the_inventory_tells_of_both_endpoints_and_nothing_of_root(known):
    told = inventory.storage([STORAGE, OFFSITE], known)
    first, second = told["site_object_storage"], told["site_object_storage_second"]
    assert set(first) == set(second)
    assert {name: first[name] for name in ("endpoint", "region", "bucket", "path_style")} == {
        "endpoint": "https://198.51.100.41:7070",
        "region": "lab-a",
        "bucket": "lab-backup",
        "path_style": True,
    }
    assert first["ca"] == known["storage1"]["ca"]
    assert {"access_key": first["access_key"], "secret_key": first["secret_key"]} == known["storage1"]["writer"]
    assert (first["reader"], first["pruner"]) == (known["storage1"]["reader"], known["storage1"]["pruner"])
    assert second["endpoint"] == "https://203.0.113.41:7070"
    assert not any(known[host]["root"][part] in json.dumps(told) for host in known for part in known[host]["root"])
    assert "PRIVATE KEY" not in json.dumps(told)


def test_without_such_hosts_the_inventory_has_no_such_variables(lab, known):
    assert inventory.storage([SERVER], known) == {}
    assert "site_object_storage" not in inventory.load(dataclasses.replace(lab, hosts="3"))["all"]["vars"]
    assert "site_object_storage" in inventory.load(dataclasses.replace(lab, hosts="server1,storage1"))["all"]["vars"]


def test_an_endpoint_is_in_no_group_that_a_playbook_names():
    composed = inventory.compose([SERVER, STORAGE, OFFSITE], {})
    groups = {name for name, group in composed.items() if "storage1" in group.get("hosts", [])}
    assert groups == {"storage_servers"}
    assert [host.name for host in object_storage.among([SERVER, STORAGE, OFFSITE])] == ["storage1", "offsite1"]
    playbooks = (settings.REPOSITORY / "playbooks").glob("*.yml")
    for playbook in playbooks:
        lines = [line for line in playbook.read_text().splitlines() if line.strip().startswith("hosts:")]
        assert not any("storage_servers" in line or line.split()[1:] == ["all"] for line in lines), playbook
