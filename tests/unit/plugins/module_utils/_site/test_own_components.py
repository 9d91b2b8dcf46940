"""What an inventory may have backed up beside the site's own components."""

from __future__ import annotations

import pytest
from ansible_collections.metalstack.autonomous.plugins.module_utils._site import object_storage, own_components
from ansible_collections.metalstack.autonomous.tests.unit.plugins.module_utils._site.site_cases import site

STORAGE = {"endpoint": "https://s3.example.net", "bucket": "b-1", "access_key": "a", "secret_key": "s"}
GOOD = {"name": "accounts", "hosts": ["server1"], "paths": ["/var/lib/accounts/dump"]}
WHOLE = {
    **GOOD,
    "hosts": ["server1", "server3"],
    "pre_command": ["/usr/local/bin/dump-accounts", "--all"],
    "post_check": ["/usr/local/bin/check-accounts"],
    "units": ["accounts.service", "accounts@b.timer"],
}


def ours(*entries, **changed):
    return site(**{"site_object_storage": STORAGE, "site_backup_components": list(entries), **changed})


def findings(*entries, **changed):
    return list(own_components.check(ours(*entries, **changed)))


@pytest.mark.parametrize(
    ("entries", "changed"),
    [
        ((), {}),
        ((GOOD,), {}),
        ((WHOLE, {**GOOD, "name": "other", "paths": ["/var/lib/accounts/other"]}), {}),
        ((GOOD, {**GOOD, "name": "elsewhere", "hosts": ["server2"]}), {}),
        (({**GOOD, "paths": ["/srv/a", "/srv/ab", "/var/lib/rancher-backup"]},), {}),
        (({**GOOD, "hosts": ["standby1"]},), {"groups": {"standby_servers": ["standby1"]}}),
    ],
)
def test_good_components_are_accepted(entries, changed):
    assert findings(*entries, **changed) == []


@pytest.mark.parametrize(
    ("entry", "where"),
    [
        ("accounts", ""),
        ({**GOOD, "path": ["/srv/a"]}, ".path"),
        ({**GOOD, 1: "/srv/a"}, ".1"),
        ({**GOOD, "name": ""}, ".name"),
        ({**GOOD, "name": "Accounts"}, ".name"),
        ({**GOOD, "name": "k3s"}, ".name"),
        ({**GOOD, "name": "powerdns"}, ".name"),
        ({**GOOD, "name": "victoria_metrics"}, ".name"),
        ({**GOOD, "name": "garden"}, ".name"),
        ({**GOOD, "name": "metrics_server1"}, ".name"),
        ({**GOOD, "hosts": []}, ".hosts"),
        ({**GOOD, "hosts": "server1"}, ".hosts"),
        ({**GOOD, "hosts": [{"server1": None}]}, ".hosts"),
        ({**GOOD, "hosts": ["server1", "server9"]}, ".hosts"),
        ({"name": "accounts", "paths": ["/srv/a"]}, ".hosts"),
        ({**GOOD, "paths": []}, ".paths"),
        ({**GOOD, "paths": "/srv/a"}, ".paths"),
        ({**GOOD, "paths": ["srv/a"]}, ".paths"),
        ({**GOOD, "paths": ["/srv/a/"]}, ".paths"),
        ({**GOOD, "paths": ["/srv/../etc"]}, ".paths"),
        ({**GOOD, "paths": ["/"]}, ".paths"),
        ({**GOOD, "paths": ["/srv/a", "/srv/a"]}, ".paths"),
        ({**GOOD, "paths": ["/srv/a", "/srv/a/b"]}, ".paths"),
        ({**GOOD, "paths": ["/var/lib/rancher/k3s/server"]}, ".paths"),
        ({**GOOD, "paths": ["/etc"]}, ".paths"),
        ({**GOOD, "pre_command": "/usr/bin/dump"}, ".pre_command"),
        ({**GOOD, "pre_command": ["dump"]}, ".pre_command"),
        ({**GOOD, "post_check": [7]}, ".post_check"),
        ({**GOOD, "units": ["accounts"]}, ".units"),
        ({**GOOD, "units": "accounts.service"}, ".units"),
    ],
)
def test_each_mistake_is_named(entry, where):
    found = findings(entry)
    assert {(one.id, one.variable) for one in found} == {("V67", f"site_backup_components[0]{where}")}
    assert all(one.expected and one.fix for one in found)


def test_a_name_is_given_once():
    again = {**GOOD, "paths": ["/srv/a"]}
    assert [one.variable for one in findings(GOOD, again)] == ["site_backup_components[1].name"]


@pytest.mark.parametrize("path", ["/var/lib/accounts/dump", "/var/lib/accounts", "/var/lib/accounts/dump/b"])
def test_two_on_a_host_do_not_have_the_same_data(path):
    other = {**GOOD, "name": "other", "hosts": ["server3", "server1"], "paths": ["/srv/a", path]}
    (found,) = findings(GOOD, other)
    assert (found.variable, found.value) == ("site_backup_components[1].paths", path)
    assert "[0] has on server1" in found.expected


def test_they_need_somewhere_to_go():
    (found,) = findings(GOOD, site_object_storage={})
    assert (found.id, found.variable) == ("V67", "site_backup_components")
    assert "site_object_storage" in found.expected
    assert own_components.names(ours(GOOD, site_object_storage={})) == []


@pytest.mark.parametrize("field", ["pre_command", "pre_comand"])
def test_a_command_is_not_shown(field):
    (found,) = findings({**GOOD, field: ["dump", "--password=secret"]})
    assert "secret" not in found.value


def test_each_may_have_an_rpo_of_its_own():
    assert list(object_storage.check(ours(WHOLE, site_backup_rpo={"accounts": 86400}))) == []
    (found,) = object_storage.check(ours(WHOLE, site_backup_rpo={"account": 86400}))
    assert found.id == "V63" and "accounts" in found.fix


def test_what_has_no_name_is_none():
    assert own_components.names(ours("accounts", {"hosts": []}, {"name": 7}, GOOD)) == ["accounts"]


def test_a_host_that_keeps_images_on_its_disk_has_a_component_of_its_own():
    kept = {"site_registry": True}
    names = ["registry_server1", "registry_server2", "registry_server3"]
    assert own_components.names(ours(**kept)) == names
    assert own_components.names(ours(**kept, groups={"registry_servers": ["server2"]})) == ["registry_server2"]
    assert own_components.names(ours(**kept, site_registry_storage={"bucket": "images"})) == []
    assert own_components.names(ours(**kept, site_object_storage={})) == []
    assert own_components.names(ours()) == []
