"""Where backups may go, and what a site without data may begin with."""

from __future__ import annotations

import pytest
from ansible_collections.metalstack.autonomous.plugins.module_utils._site import object_storage
from ansible_collections.metalstack.autonomous.tests.unit.plugins.module_utils._site.site_cases import ADDRESSES, site

GOOD = {
    "endpoint": "https://s3.example.net:9000",
    "bucket": "site-a-backup",
    "access_key": "AKEXAMPLE",
    "secret_key": "very-secret-indeed",
    "ca": "-----BEGIN CERTIFICATE-----\nMIIB\n-----END CERTIFICATE-----\n",
}
IN_APPS = {"storage": {"endpoint": "https://s3.apps.example.com"}}
FIRST = next(iter(ADDRESSES.values()))


def findings(**changed):
    storage = {**GOOD, **changed.pop("storage", {})}
    return list(object_storage.check(site(site_object_storage=storage, **changed)))


@pytest.mark.parametrize(
    "changed",
    [{}, {"storage": {"region": "eu", "path_style": True, "reader": {}, "pruner": {}}}, {"site_recovery": "restore"},
     {"site_recovery": "fresh"}, {"storage": {"endpoint": "https://203.0.113.9"}}, {"storage": {"ca": ""}},
     {"site_backup_keep": {"all_days": 7, "daily_days": 90, "verified": 3}}, {"storage": {"lock_days": 14}},
     {"site_backup_rpo": {"k3s": 1800, "powerdns": 86400}},
     {"site_monitoring": True, "site_backup_rpo": {"metrics": 86400, "metrics_server2": 1800}},
     {"storage": {"lock_days": 30}, "site_backup_keep": {"hidden_days": 30}}, IN_APPS,
     {**IN_APPS, "site_dns_zones": [{"zone": "example.com", "kind": "secondary"}, {"zone": "ample.com"}]},
     {**IN_APPS, "site_dns_zones": [{"zone": "example.com", "state": "absent"}]}],
)  # fmt: skip
def test_a_good_storage_is_accepted(changed):
    assert findings(**changed) == []


@pytest.mark.parametrize("pool", ["", "198.51.100.200", "nonsense"])
def test_a_pool_holds_what_is_in_it_alone(pool):
    assert findings(storage={"endpoint": "https://198.51.100.219"}, site_load_balancer_range=pool) == []


def test_no_storage_is_no_mistake():
    assert list(object_storage.check(site())) == []


@pytest.mark.parametrize(
    ("changed", "mistake"),
    [
        ({"storage": {"endpoint": "http://s3.example.net"}}, ("V37", "endpoint")),
        ({"storage": {"endpoint": "s3.example.net"}}, ("V37", "endpoint")),
        ({"storage": {"endpoint": "https://"}}, ("V37", "endpoint")),
        ({"storage": {"endpoint": "https://s3.example.net/path"}}, ("V37", "endpoint")),
        ({"storage": {"endpoint": "https://user:word@s3.example.net"}}, ("V37", "endpoint")),
        ({"storage": {"endpoint": "https://s3.example.net:port"}}, ("V37", "endpoint")),
        ({"storage": {"endpoint": f"https://{FIRST}:9000"}}, ("V37", "endpoint")),
        ({"storage": {"endpoint": "https://10.43.0.7"}, "site_service_cidr": "10.43.0.0/16"}, ("V37", "endpoint")),
        ({"storage": {"endpoint": "https://198.51.100.219:9000"}}, ("V37", "endpoint")),
        ({"storage": {"endpoint": "https://s3.example.org"}}, ("V37", "endpoint")),
        ({**IN_APPS, "site_dns_domains": {"ingress": "apps.example.com"}}, ("V37", "endpoint")),
        ({**IN_APPS, "site_dns_zones": [{"zone": "Example.com."}]}, ("V37", "endpoint")),
        ({"storage": {"ca": "/etc/ssl/certs/ca.pem"}}, ("V37", "ca")),
        ({"storage": {"bucket": ""}}, ("V33", "bucket")),
        ({"storage": {"bucket": "No_Bucket"}}, ("V33", "bucket")),
        ({"storage": {"secret_key": None}}, ("V33", "secret_key")),
        ({"storage": {"acces_key": "x"}}, ("V33", "acces_key")),
        ({"storage": {"lock_days": 13}}, ("V34", "lock_days")),
        ({"storage": {"lock_days": True}}, ("V34", "lock_days")),
        ({"storage": {"lock_days": "14"}}, ("V34", "lock_days")),
        ({"storage": {"lock_days": 30}}, ("V34", "lock_days")),
        ({"site_backup_keep": {"all_days": 6}}, ("V36", "all_days")),
        ({"site_backup_keep": {"daily_days": 29}}, ("V36", "daily_days")),
        ({"site_backup_keep": {"verified": 0}}, ("V36", "verified")),
        ({"site_backup_keep": {"hidden_days": 13}}, ("V36", "hidden_days")),
        ({"site_backup_keep": {"hidden_days": "14"}}, ("V36", "hidden_days")),
        ({"site_backup_keep": {"hiden_days": 14}}, ("V36", "hiden_days")),
        ({"site_backup_keep": {7: 14}}, ("V36", "7")),
        ({"storage": {}, "site_backup_rpo": {"k3s": 1799}}, ("V63", "k3s")),
        ({"storage": {}, "site_backup_interval": 59}, ("V63", "")),
        ({"storage": {}, "site_backup_rpo": {"k3s": "7200"}}, ("V63", "k3s")),
        ({"storage": {}, "site_backup_rpo": {"k3s": True}}, ("V63", "k3s")),
        ({"storage": {}, "site_backup_rpo": {"kine": 7200}}, ("V63", "kine")),
        ({"storage": {}, "site_backup_rpo": {"metrics": 7200}}, ("V63", "metrics")),
        ({"site_monitoring": True, "site_backup_rpo": {"metrics_server9": 7200}}, ("V63", "metrics_server9")),
        ({"site_recovery": "restor"}, ("V57", "")),
    ],
)
def test_each_mistake_is_found_and_no_key_is_shown(changed, mistake):
    found = findings(**changed)
    assert [(one.id, one.variable.partition(".")[2]) for one in found] == [mistake]
    assert GOOD["secret_key"] not in str(found)


def test_a_recovery_needs_a_storage():
    (found,) = object_storage.check(site(site_recovery="restore"))
    assert found.id == "V57" and "site_object_storage" in found.expected


ELSEWHERE = {**GOOD, "endpoint": "https://s3.example.org:9000", "access_key": "AKOTHER", "secret_key": "another-secret"}


@pytest.mark.parametrize(
    ("second", "mistakes"),
    [
        (ELSEWHERE, []),
        ({**ELSEWHERE, "endpoint": GOOD["endpoint"]}, [("V58", "endpoint")]),
        ({**ELSEWHERE, "access_key": GOOD["access_key"]}, [("V58", "access_key")]),
        ({**ELSEWHERE, "endpoint": f"https://{FIRST}:9000"}, [("V37", "endpoint")]),
        ({**ELSEWHERE, "bucket": ""}, [("V33", "bucket")]),
    ],
)
def test_a_second_storage_is_another_place_with_another_account(second, mistakes):
    ours = site(site_domain="example.com", site_object_storage=GOOD, site_object_storage_second=second)
    found = list(object_storage.check(ours))
    assert [(one.id, one.variable.partition(".")[2]) for one in found] == mistakes
    assert all(one.variable.startswith("site_object_storage_second") for one in found)
    assert GOOD["access_key"] not in str(found)


def test_a_second_storage_without_a_first_is_a_mistake():
    found = list(object_storage.check(site(site_domain="example.com", site_object_storage_second=ELSEWHERE)))
    assert [one.id for one in found] == ["V58"]
