"""A site that moves while both its locations are there takes along whatever somebody was told to be written."""

from __future__ import annotations

import pytest
from playbook_tasks import holds, included

(LEAVE,) = (task for play in included("return_site.yml") for task in play.get("tasks", []) if task["name"] == "Leave")
NAMES = [one["name"] for one in LEAVE["block"]]


def test_nothing_is_taken_any_more_when_the_set_is_made_and_until_kubernetes_stops() -> None:
    order = [
        "Have what writes end, and databases back themselves up",
        "Have the cluster take no more",
        "Make the set that the site is restored from",
        "Have it where the other location restores from",
        "Refuse to lose what was written since the set",
        "Stop Kubernetes for good",
        "Leave nothing behind",
    ]
    assert sorted(order, key=NAMES.index) == order
    # Nothing else than the name of the set comes after the last of them.
    assert NAMES[-1] == "Remember the set" and NAMES[-2] == order[-1]


def test_databases_back_themselves_up_after_what_writes_to_them_has_ended() -> None:
    end, back_up = included("tasks/second_site/quiesce.yml")
    assert end["metalstack.autonomous.k3s_workloads"]["state"] == "quiesced"
    assert back_up["ansible.builtin.include_tasks"] == "../metal_stack/back_up_databases.yml"
    _look, back_up = included("tasks/metal_stack/back_up_databases.yml")
    assert back_up["ansible.builtin.command"]["argv"][-1] == "create-backup"


@pytest.mark.parametrize(
    ("spec", "backs_up"),
    [({"replicas": 1}, True), ({}, True), ({"replicas": 0}, False)],
    ids=["it runs", "it says nothing of replicas", "it waits for its data"],
)
@pytest.mark.parametrize("sidecar", ["backup-restore-sidecar", "exporter"])
def test_only_a_database_that_runs_and_has_a_sidecar_is_backed_up(spec, backs_up, sidecar) -> None:
    (task,) = [one for one in included("tasks/metal_stack/back_up_databases.yml") if "until" in one]
    item = {"spec": {**spec, "template": {"spec": {"containers": [{"name": "postgres"}, {"name": sidecar}]}}}}
    assert holds(task, item=item) is (backs_up and sidecar == "backup-restore-sidecar")


def test_a_site_that_did_not_move_takes_and_does_all_it_did_before() -> None:
    names = [one["name"] for one in LEAVE["rescue"]]
    assert names == ["Keep the reason", "Let others ask again", "Go on here", "Have all act again", "Say why"]
    again = LEAVE["rescue"][3]
    assert again["block"][0]["metalstack.autonomous.k3s_workloads"] == {"state": "released"}
    here = {"inventory_hostname": "server1", "__return_speaker": "server1"}
    assert holds(again, **here, __return_held=[])
    # What is held since a restore is let go by whoever has compared it.
    assert not holds(again, **here, __return_held=["CronJob/shop/report"])
