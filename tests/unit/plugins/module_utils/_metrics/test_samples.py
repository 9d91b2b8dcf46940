"""What a host finds becomes samples; together they are all metrics that there are."""

from __future__ import annotations

import datetime
from pathlib import Path

import host_facts_sample as facts
import pytest
from ansible_collections.metalstack.autonomous.plugins.module_utils._backup.catalogue import BackupSet, Part
from ansible_collections.metalstack.autonomous.plugins.module_utils._backup.keys import Place
from ansible_collections.metalstack.autonomous.plugins.module_utils._metrics import (
    acme,
    backups,
    clock,
    cluster,
    databases,
    images,
    names,
    packages,
    program,
    site,
)
from ansible_collections.metalstack.autonomous.plugins.module_utils._metrics.exposition import render
from ansible_collections.metalstack.autonomous.plugins.module_utils._metrics.families import FAMILIES
from ansible_collections.metalstack.autonomous.plugins.module_utils._metrics.settings import Settings

SETTINGS = Settings(
    Path("/x"),
    location="a",
    role="server",
    hosts={"server2": "b"},
    escrow={"site_k3s_token": True, "site_ca": False},
    acme_ca="server1",
)
LOCK = {"playbook": "metalstack.autonomous.upgrade", "since": "2026-11-29T01:00:00+00:00"}
VIP = "198.51.100.10"
MOMENT = datetime.datetime(2026, 12, 1, tzinfo=datetime.UTC)
NOW = 1_800_000_000


def backup_set(name, level=2, lineage="L1", components=("k3s",)):
    parts = {one: Part(Place("lab", one, lineage, 1, name), level) for one in components}
    return BackupSet(lineage, 1, name, parts)


SETS = [backup_set("20261128T010000Z"), backup_set("20261129T010000Z"), backup_set("20261129T020000Z", lineage="L2")]
ZONES = {"catalog.invalid": ("PRODUCER", 3), "example.org": ("MASTER", 20), "example.com": ("MASTER", 5)}
SERIALS = {"catalog.invalid": 1, "example.org": 2026112901, "example.com": None}
PARTS = {
    "host": lambda: site.of_host(SETTINGS),
    "lock": lambda: site.of_lock(LOCK),
    "rotation": lambda: site.of_rotation({"kind": "token"}),
    "catch-up": lambda: site.of_catch_up("1796000000\n"),
    "disks": lambda: site.of_disks({"/": 61, "/var/lib/rancher/k3s/server/db": 9}),
    "asked for": lambda: acme.samples({"www": (True, (MOMENT, MOMENT)), "api": (False, None)}),
    "certificates": lambda: site.of_certificates({"/a.crt": facts.CERTIFICATE, "/b.crt": "no certificate"}),
    "k3s": lambda: cluster.of_k3s("v1.35.4+k3s1", "v1.36.3+k3s1", facts.UNIT),
    "api": lambda: cluster.of_api(facts.API),
    "etcd": lambda: cluster.of_etcd(facts.ETCD),
    "vip": lambda: cluster.of_vip(VIP, {"eth0": ["198.51.100.11", VIP]}, ""),
    "names": lambda: names.samples(ZONES, ("example.org", "example.net"), SERIALS),
    "images": lambda: images.samples("https://127.0.0.1:9", "/nonexistent", ()),
    "time": lambda: clock.samples(facts.TIME, ("198.51.100.12",), 3),
    "packages": lambda: packages.of_host(["d"], ["kernel 2 is installed, 1 runs"]),
    "updates": lambda: packages.of_updates(facts.PACKAGES, NOW),
    "backing": lambda: backups.of_host(3600, ("k3s", "powerdns"), ("k3s",), 2),
    "stored": lambda: backups.of_storage("first", "L1", ("k3s", "powerdns"), SETS, 2, False),
    "newest": lambda: backups.of_newest("first", facts.NEWEST, NOW),
    "databases": lambda: databases.of_storage([facts.DATABASE], NOW, {}),
    "counts": lambda: databases.of_runs(
        {"metal-db": {"tried": NOW, "error": "less", "drops": ["a"]}}, [facts.DATABASE]
    ),
    "program": lambda: program.told("state", SETTINGS, ()),
}


def told(part):
    """The lines of a part, but for what they mean, as Prometheus reads them."""
    lines = render(PARTS[part]()).splitlines()
    pairs = [line.removeprefix("metalstack_").rpartition(" ") for line in lines if not line.startswith("#")]
    return {name: float(value) for name, _space, value in pairs}


def test_every_metric_that_is_declared_is_told():
    lines = "".join(render(part()) for part in PARTS.values()).splitlines()
    assert {line.split()[2] for line in lines if line.startswith("# TYPE")} == set(FAMILIES)


@pytest.mark.parametrize("name", FAMILIES)
def test_a_name_follows_the_conventions(name):
    family = FAMILIES[name]
    assert name.startswith("metalstack_") and family.help.strip().endswith(".")
    assert name.endswith("_total") == (family.kind == "counter")
    assert not name.endswith(("_ms", "_minutes", "_days", "_percent", "_kib"))
    assert "_timestamp" not in name or name.endswith("_timestamp_seconds")


def test_all_hosts_of_a_site_are_told_by_each():
    assert told("host")['site_host_info{host="server2",location="b"}'] == 1


def test_a_lock_is_told_by_its_playbook():
    assert told("lock") == {
        'run_lock_held{playbook="upgrade"}': 1,
        'run_lock_since_timestamp_seconds{playbook="upgrade"}': 1795914000,
    }
    assert list(site.of_lock(None)) == []
    # A file that nobody can read is held by somebody unknown.
    (held,) = site.of_lock({})
    assert held.labels == {"playbook": "unknown"}


@pytest.mark.parametrize("given", ["playbooks/patch_hosts.yml", "/x/patch_hosts.yml", "metalstack.x.patch_hosts"])
def test_a_playbook_is_called_the_same_however_it_was_given(given):
    assert next(site.of_lock({"playbook": given})).labels == {"playbook": "patch_hosts"}


def test_a_store_that_was_brought_everything_tells_nothing():
    assert told("catch-up") == {"samples_lacking": 1}
    assert list(site.of_catch_up("")) == []


def test_a_disk_is_told_by_where_it_is_mounted():
    assert told("disks") == {
        'disk_free_ratio{mountpoint="/"}': 0.61,
        'disk_free_ratio{mountpoint="/var/lib/rancher/k3s/server/db"}': 0.09,
    }


def test_what_is_no_certificate_ends_never():
    end = datetime.datetime(2036, 1, 1, tzinfo=datetime.UTC).timestamp()
    assert told("certificates") == {'certificate_not_after_timestamp_seconds{path="/a.crt"}': end}


def test_a_version_is_compared_with_that_of_the_inventory():
    assert told("k3s")['k3s_version_wanted{wanted="v1.36.3+k3s1"}'] == 0
    assert told("k3s")["k3s_restarts_total"] == 4
    names_of_nothing = {sample.name for sample in cluster.of_k3s("", "v1.36.3+k3s1", facts.UNIT)}
    assert names_of_nothing == {"metalstack_k3s_active", "metalstack_k3s_restarts_total"}


def test_a_node_is_ready_only_when_it_says_so():
    found = told("api")
    assert found['kubernetes_node_ready{node="server1"}'] == 1 and found['kubernetes_node_ready{node="server2"}'] == 0
    assert found['kubernetes_node_schedulable{node="server2"}'] == 0


def test_members_are_counted_as_they_are():
    found = told("etcd")
    counts = [found[f"etcd_{name}"] for name in ("members", "learners", "members_not_started", "leader", "quorum")]
    assert counts == [3, 1, 1, 1, 1]
    assert found['etcd_alarm{alarm="NOSPACE",member="server2-0123abcd"}'] == 1
    # One without a leader is none itself.
    lost = {**facts.ETCD, "member_id": "0", "leader_id": "0", "quorum": False}
    values = {sample.name: sample.value for sample in cluster.of_etcd(lost)}
    assert not values["metalstack_etcd_leader"] and not values["metalstack_etcd_quorum"]


def test_of_a_member_that_does_not_answer_nothing_else_is_told():
    assert [tuple(sample) for sample in cluster.of_etcd({**facts.ETCD, "running": False})] == [
        ("metalstack_etcd_running", False, {})
    ]


def test_who_has_the_address_and_whether_it_answers_are_two_things():
    samples = {sample.name: sample.value for sample in cluster.of_vip(VIP, {"eth0": [VIP]}, "timed out")}
    assert samples == {"metalstack_vip_held": True, "metalstack_vip_ready": False}


def test_a_zone_that_the_inventory_has_is_told_where_it_is_not():
    found = told("names")
    assert found["dns_zones"] == 2 and found["dns_answers"] == 1 and found["dns_primary"] == 1
    served = {zone: found[f'dns_zone_served{{zone="example.{zone}"}}'] for zone in ("org", "com", "net")}
    assert served == {"org": 1, "com": 0, "net": 0}
    assert found['dns_zone_serial{zone="example.org"}'] == 2026112901
    assert found['dns_zone_records{zone="example.net"}'] == 0
    assert not any("catalog.invalid" in name for name in found)


def test_a_name_server_without_any_answer_does_not_answer():
    samples = list(names.samples(ZONES, (), dict.fromkeys(ZONES)))
    assert [sample.value for sample in samples if sample.name == "metalstack_dns_answers"] == [False]


def test_the_mesh_is_no_source_outside():
    found = told("time")
    assert found["time_upstreams"] == 3 and found["time_upstreams_reachable"] == 2
    assert found['time_sources{state="unusable"}'] == 2 and found['time_sources{state="falseticker"}'] == 1
    assert found["time_offset_seconds"] == -0.002
    silent = {sample.name: sample.value for sample in clock.samples(None, (), 3)}
    assert silent == {"metalstack_time_answers": False, "metalstack_time_upstreams": 3}


def test_updates_are_told_by_what_they_are_for():
    found = told("updates")
    assert found['updates_pending{kind="security"}'] == 1 and found['updates_pending{kind="other"}'] == 2
    assert found["package_lists_timestamp_seconds"] == NOW - 300
    assert told("packages") == {"packages_unfinished": 1, "reboot_required": 1}


def test_sets_of_another_lineage_are_not_ours():
    found = told("stored")
    assert found['backup_sets{storage="first"}'] == 2 and found['backup_lineages{storage="first"}'] == 2
    newest = datetime.datetime(2026, 11, 29, 1, tzinfo=datetime.UTC).timestamp()
    assert found['backup_set_timestamp_seconds{storage="first",component="k3s"}'] == newest
    # What a set lacks was never made.
    assert found['backup_set_timestamp_seconds{storage="first",component="powerdns"}'] == 0
    assert found['backup_storage_generation{storage="first"}'] == 2


def test_a_manifest_that_cannot_be_read_is_told_and_nothing_that_it_would_say():
    known = {"k3s": {"set": "x", "bytes": None, "change": None, "suspect": None, "verified": None, "rehearsal": None}}
    assert [tuple(sample) for sample in backups.of_newest("first", known, NOW)] == [
        ("metalstack_backup_set_readable", False, {"storage": "first", "component": "k3s"})
    ]
    found = told("newest")
    labels = '{storage="first",component="k3s"}'
    assert found[f"backup_verified_timestamp_seconds{labels}"] == NOW - 60
    assert found[f"backup_set_suspect{labels}"] == 1 and found[f"backup_set_growth_ratio{labels}"] == 0.25
