"""Snapshots on demand of a running server."""

from __future__ import annotations

import json
import re
import time

import pytest
import yaml
from cluster import save
from hosts import DATA, Host

SNAPSHOTS = f"{DATA}/server/db/snapshots"
RETENTION = "config.yaml.d/40-retention.yaml"


def present(host: Host, directory: str = SNAPSHOTS) -> list[str]:
    return host.run(f"ls {directory}").split()


def test_a_snapshot_is_named_by_node_and_time(founder: Host) -> None:
    before = int(founder.run("date +%s"))
    name = save(founder)
    assert name in present(founder)
    taken = re.fullmatch(r"on-demand-server1-(\d+)", name)
    assert taken
    assert 0 <= int(taken[1]) - before <= 60


def test_snapshots_are_for_root_alone(founder: Host) -> None:
    name = save(founder, "--name mode")
    assert founder.run(f"stat -c %a {SNAPSHOTS} {SNAPSHOTS}/{name}").split() == ["700", "600"]


def test_a_snapshot_bears_the_name_it_is_given(founder: Host) -> None:
    assert save(founder, "--name pre-upgrade").startswith("pre-upgrade-server1-")


@pytest.mark.parametrize("flag", ["--dir", "--etcd-snapshot-dir"])
def test_another_directory_takes_snapshots_once_it_is_there(founder: Host, flag: str) -> None:
    founder.run("rm -rf /var/lib/contract-snapshots")
    assert founder.attempt(f"k3s etcd-snapshot save {flag} /var/lib/contract-snapshots").status != 0
    founder.run("mkdir -m 700 /var/lib/contract-snapshots")
    name = save(founder, f"{flag} /var/lib/contract-snapshots")
    assert present(founder, "/var/lib/contract-snapshots") == [name]


def test_the_list_is_a_table(founder: Host) -> None:
    name = save(founder, "--name table")
    head, *rows = (line.split() for line in founder.run("k3s etcd-snapshot ls").splitlines())
    assert head == ["Name", "Location", "Size", "Created"]
    size = founder.run(f"stat -c %s {SNAPSHOTS}/{name}").strip()
    assert [row[:3] for row in rows if row[0] == name] == [[name, f"file://{SNAPSHOTS}/{name}", size]]


@pytest.mark.parametrize(("command", "load"), [("ls -o json", json.loads), ("list --output yaml", yaml.safe_load)])
def test_the_list_is_there_for_machines(founder: Host, command: str, load: object) -> None:
    name = save(founder, "--name machine")
    items = load(founder.run(f"k3s etcd-snapshot {command}"))["items"]  # type: ignore[operator]
    (item,) = [item for item in items if item["spec"]["snapshotName"] == name]
    assert item["spec"]["location"] == f"file://{SNAPSHOTS}/{name}"
    assert item["spec"]["nodeName"] == "server1"
    assert item["status"]["size"] == founder.run(f"stat -c %s {SNAPSHOTS}/{name}").strip()
    assert item["status"]["readyToUse"] is True
    founder.run(f"k3s etcd-snapshot delete {name}")


def test_an_unknown_form_of_the_list_is_refused(founder: Host) -> None:
    done = founder.attempt("k3s etcd-snapshot ls -o wide")
    assert done.status != 0
    assert "invalid output format: wide" in done.output


def test_saving_prunes_nothing(founder: Host) -> None:
    founder.configure(RETENTION, etcd_snapshot_retention=1)
    try:
        first = save(founder, "--name all-stay")
        time.sleep(1.1)
        second = save(founder, "--name all-stay")
        assert {first, second} <= set(present(founder))
    finally:
        founder.run(f"rm /etc/rancher/k3s/{RETENTION}")


def test_prune_keeps_the_newest_of_a_name(founder: Host) -> None:
    other = save(founder, "--name other")
    names = []
    for _ in range(3):
        names.append(save(founder, "--name many"))
        time.sleep(1.1)
    founder.run("k3s etcd-snapshot prune --name many --etcd-snapshot-retention 1")
    left = present(founder)
    assert [name for name in names if name in left] == names[2:]
    assert other in left


def test_delete_removes_what_it_is_given(founder: Host) -> None:
    gone, stays = save(founder, "--name gone"), save(founder, "--name stays")
    done = founder.attempt(f"k3s etcd-snapshot delete {gone} no-such-snapshot")
    assert done.status == 0
    assert f"Snapshot {gone} deleted." in done.output
    assert "Snapshot no-such-snapshot not found." in done.output
    assert gone not in present(founder)
    assert stays in present(founder)


def test_delete_needs_a_name(founder: Host) -> None:
    done = founder.attempt("k3s etcd-snapshot delete")
    assert done.status != 0
    assert "no snapshots given for removal" in done.output
