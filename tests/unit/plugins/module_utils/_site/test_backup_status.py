"""The state of backups: which there are, and what of them does not hold."""

from __future__ import annotations

import typing as t

import pytest
from ansible_collections.metalstack.autonomous.plugins.module_utils._site import (
    backup_status,
    object_storage,
    services,
    status_text,
)
from ansible_collections.metalstack.autonomous.tests.unit.plugins.module_utils._site.site_cases import (
    servers,
    site,
)

STORAGE = {"endpoint": "https://s3.example.net", "bucket": "b-1", "access_key": "a", "secret_key": "s"}
LOCKED = {**STORAGE, "lock_days": 14, "pruner": {"access_key": "p", "secret_key": "q"}}
OURS = site(site_object_storage=STORAGE)
LATE = ["k3s was backed up in time", "powerdns was backed up in time"]
RECORD = {"lineage": "L1", "generation": 2}


def one_set(name: str, age: int, generation: int = 2, lineage: str = "L1", **levels: int) -> dict[str, t.Any]:
    components = {component: {"level": level} for component, level in (levels or {"k3s": 2, "powerdns": 1}).items()}
    return {"set": name, "lineage": lineage, "generation": generation, "age": age, "components": components}


def host(**changed: t.Any) -> dict[str, t.Any]:
    result = {"set": "s2", "bytes": 3 << 20, "suspect": [], "success": True}
    found = {
        "record": RECORD,
        "restoring": [],
        "due": [],
        "runs": {"k3s": result, "powerdns": dict(result)},
        "copied": {},
        "sets": [one_set("s1", 4000), one_set("s2", 400)],
    }
    return {**found, **changed}


def seen(found: dict[str, t.Any]) -> list[str]:
    return [finding["condition"] for finding in backup_status.describe(OURS, found)[1]]


def test_why_the_storage_was_not_asked_is_told():
    silent = {name: value for name, value in host(unanswered="it answers nobody").items() if name != "sets"}
    told = backup_status.describe(OURS, {"server1": silent})[1]
    assert [one["seen"] for one in told if one["condition"] == "it lists the site's sets"] == ["it answers nobody"]


def test_a_site_that_is_backed_up_in_time_is_well():
    state, findings = backup_status.describe(OURS, {"server1": host()})
    assert findings == []
    assert [row["component"] for row in state["components"]] == ["k3s", "powerdns"]
    row = state["components"][0]
    assert (row["set"], row["age"], row["level"], row["bytes"], row["sets"]) == ("s2", 400, 2, 3 << 20, 2)
    assert state["lineage"] == "L1" and state["generation"] == 2


def test_a_component_of_the_inventory_is_held_to_its_rpo():
    ours = site(
        site_object_storage=STORAGE,
        site_backup_components=[{"name": "accounts", "hosts": ["server1"], "paths": ["/srv/accounts"]}],
        site_backup_rpo={"accounts": 5000},
    )
    sets = [one_set("s1", 6000, accounts=1), one_set("s2", 400)]
    state, findings = backup_status.describe(ours, {"server1": host(sets=sets)})
    assert [(row["component"], row["rpo"]) for row in state["components"]][-1] == ("accounts", 5000)
    assert [finding["condition"] for finding in findings] == ["accounts was backed up in time"]


GARDEN = {"made": False, "success": True, "idle": True}


@pytest.mark.parametrize(
    ("runs", "ages", "shown", "late"),
    [
        ([GARDEN, GARDEN], {}, False, False),
        ([GARDEN, {"error": "the API is silent", "success": False}], {}, True, True),
        ([{"success": True, "idle": False}, GARDEN], {}, True, True),
        ([None, None], {}, True, True),
        ([GARDEN, None], {"garden": 2}, True, False),
    ],
    ids=["there is none", "one cannot tell", "there is one", "nobody has looked", "there was one"],
)
def test_a_garden_is_waited_for_where_there_is_one(runs, ages, shown, late):
    ours = site(site_object_storage=STORAGE, site_backup_garden=True)
    sets = [one_set("s2", 400, k3s=2, powerdns=2, **ages)]
    found = {
        f"server{number}": host(sets=sets, runs={**host()["runs"], **({"garden": run} if run else {})})
        for number, run in enumerate(runs)
    }
    state, findings = backup_status.describe(ours, found)
    assert ("garden" in [row["component"] for row in state["components"]]) is shown
    assert ("garden was backed up in time" in [one["condition"] for one in findings]) is late
    assert "garden" in backup_status.limits_of(ours) and "garden" not in backup_status.limits_of(OURS)
    assert "garden" not in backup_status.limits_of(site(site_backup_garden=True))


TOLD = {
    "k3s": {
        "set": "s2", "bytes": 5 << 20, "change": 0.25, "verified": {"age": 300}, "rehearsal": {"seconds": 31.5},
    }
}  # fmt: skip


def test_the_catalogue_tells_of_growth_verification_and_rehearsal():
    found = {"server1": host(newest=TOLD, sets=[one_set("s1", 7000, k3s=3, powerdns=1), one_set("s2", 400)])}
    state, findings = backup_status.describe(OURS, found)
    row, other = state["components"]
    assert findings == []
    assert (row["change"], row["verified"], row["rehearsed"], row["rehearsal_seconds"]) == (0.25, 300, 7000, 31.5)
    assert [other[name] for name in ("change", "verified", "rehearsed", "rehearsal_seconds")] == [None] * 4
    assert [status_text.rehearsal_result(one) for one in (row, other)] == ["whole", None]
    failed = {**found, "server2": host(runs={"k3s": {"rehearsal_error": "lacks secrets"}})}
    row = backup_status.describe(OURS, failed)[0]["components"][0]
    assert row["rehearsal_error"] == "lacks secrets" and status_text.rehearsal_result(row) == "failed"


def test_what_a_host_of_other_data_tells_is_none_of_the_site():
    found = {"server1": host(newest=TOLD, record={"lineage": "L1", "generation": 1}), "server2": host()}
    assert backup_status.describe(OURS, found)[0]["components"][0]["change"] is None


def test_a_size_is_known_although_the_host_that_made_it_is_gone():
    state, _ = backup_status.describe(OURS, {"server1": host(runs={}, newest=TOLD)})
    assert state["components"][0]["bytes"] == 5 << 20


def test_a_newest_set_that_was_promoted_is_not_suspect():
    runs = {"k3s": {"set": "s2", "bytes": 1, "suspect": ["bytes is 1"], "success": True}}
    sets = [one_set("s1", 4000), one_set("s2", 400)]
    assert seen({"server1": host(runs=runs, sets=sets)})
    sets[1]["components"]["k3s"]["promoted"] = True
    assert seen({"server1": host(runs=runs, sets=sets)}) == []


def test_a_newest_set_is_suspect_although_its_host_has_made_one_of_an_earlier_name_since():
    runs = {"k3s": {"set": "s1", "bytes": 1, "suspect": [], "success": True}}
    told = {"k3s": {"set": "s2", "bytes": 1, "suspect": ["bytes is 1"]}}
    assert seen({"server1": host(runs=runs, newest=told)}) == ["the newest backup of k3s holds what those before held"]
    # What is told of another one is nothing to go by.
    assert seen({"server1": host(runs=runs, newest={"k3s": {**told["k3s"], "set": "s1"}})}) == []


def test_a_site_without_object_storage_has_no_backups_to_judge():
    assert backup_status.describe(site(), {}) == ({"components": [], "sets": []}, [])


@pytest.mark.parametrize(
    ("found", "conditions"),
    [
        ({}, ["it lists the site's sets"]),
        ({"server1": {k: v for k, v in host().items() if k != "sets"}}, ["it lists the site's sets"]),
        ({"server1": host(sets=[])}, LATE),
        ({"server1": host(sets=[one_set("s1", 3601)])}, LATE),
        ({"server1": host(sets=[one_set("s1", 3600)])}, []),
        ({"server1": host(sets=[one_set("s1", 9, k3s=1)])}, ["powerdns was backed up in time"]),
        # what another cluster made is none of ours
        ({"server1": host(sets=[one_set("s1", 9, lineage="L2")])},
         LATE),
        ({"server1": host(), "server2": host(runs={"k3s": {"success": False, "error": "refused"}})},
         ["the last backup of k3s worked"]),
        ({"server1": host(restoring=[{"component": "k3s", "set": "s1", "done": True}])}, ["backups go on"]),
        ({"server1": host(runs={"k3s": {"set": "s2", "bytes": 1, "suspect": ["bytes is 1"], "success": True}})},
         ["the newest backup of k3s holds what those before held"]),
        ({"server1": host(due=["accounts", "metrics"])}, ["accounts is back", "metrics is back"]),
    ],
    ids=["no host", "no answer", "never", "late", "just in time", "one of two", "another's", "failed", "restoring",
         "suspect", "to come back yet"],
)  # fmt: skip
def test_what_does_not_hold_is_named(found, conditions):
    assert seen(found) == conditions


@pytest.mark.parametrize(
    ("rpo", "sets", "late"),
    [
        ({}, [one_set("s1", 3600)], []),
        ({"powerdns": 86400}, [one_set("s1", 3601)], ["k3s"]),
        ({"k3s": 2400}, [one_set("s1", 2401)], ["k3s"]),
        ({"k3s": 3600, "powerdns": 3600}, [one_set("s1", 5000), one_set("s2", 9, k3s=1)], ["powerdns"]),
        ({}, [one_set("s1", 3601), one_set("s2", 9, k3s=0, powerdns=1)], ["k3s"]),
        ({}, [one_set("s2", 9, k3s=0, powerdns=1)], ["k3s"]),
    ],
    ids=["usual", "longer", "shorter", "in another set", "not verified", "never verified"],
)
def test_each_component_has_its_own_time(rpo, sets, late):
    ours = site(site_object_storage=STORAGE, site_backup_rpo=rpo)
    state, findings = backup_status.describe(ours, {"server1": host(sets=sets)})
    assert [one["condition"] for one in findings] == [f"{name} was backed up in time" for name in late]
    assert {row["component"] for row in state["components"] if not row["in_time"]} == set(late)
    assert [row["rpo"] for row in state["components"]] == [rpo.get(name, 3600) for name in ("k3s", "powerdns")]


def test_an_older_copy_that_is_good_is_told_beside_a_newest_that_is_not():
    sets = [one_set("s1", 3601), one_set("s2", 9, k3s=0, powerdns=1)]
    state, (finding,) = backup_status.describe(OURS, {"server1": host(sets=sets)})
    assert finding["seen"] == "3601 s ago; the newest, of 9 s ago, was not verified"
    assert finding["expected"] == "within 3600 s (site_backup_rpo)"
    assert (state["components"][0]["age"], state["components"][0]["restorable"]) == (9, 3601)


def test_what_is_damaged_is_no_copy_to_go_back_to():
    sets = [one_set("s1", 3601), one_set("s2", 9)]
    assert seen({"server1": host(sets=sets)}) == []
    sets[1]["components"]["k3s"]["damaged"] = True
    state, findings = backup_status.describe(OURS, {"server1": host(sets=sets)})
    assert [one["condition"] for one in findings] == ["k3s was backed up in time", "the newest backup of k3s is whole"]
    assert findings[0]["seen"] == "3601 s ago; the newest, of 9 s ago, is damaged" and findings[1]["seen"] == "s2"
    assert (state["components"][0]["restorable"], state["components"][1]["restorable"]) == (3601, 9)
    # One before it that is damaged is made up for.
    sets.append(one_set("s3", 5))
    assert seen({"server1": host(sets=sets)}) == []


def test_a_host_that_was_left_behind_does_not_speak_for_the_site():
    old = host(record={"lineage": "L1", "generation": 1})
    state, _ = backup_status.describe(OURS, {"server3": old, "server1": host()})
    assert state["generation"] == 2


def test_no_key_of_the_storage_is_in_the_state():
    state, findings = backup_status.describe(OURS, {})
    assert "s3cret" not in str(state) + str(findings) and STORAGE["endpoint"] not in str(state)


def test_the_table_shows_age_level_and_size():
    sets = [one_set("s1", 8000, k3s=3, powerdns=1), one_set("s2", 400)]
    state, _ = backup_status.describe(OURS, {"server1": host(newest=TOLD, sets=sets)})
    nothing = {"servers": []}
    whole = {
        "site": "x", "lineage": "L1", "hosts": [], "dns": nothing, "time": nothing, "backups": state, "leader": "",
        "vip": "", "alarms": [], "escrow": {}, "gate": {"verdict": "green", "failures": []},
        "services": {"verdict": "green", "findings": [], "warnings": [], "notes": []}, "monitoring": {"on": False},
        "databases": [],
    }  # fmt: skip
    rows = [line.split() for line in status_text.render(whole).splitlines() if line.startswith("k3s ")]
    row = "k3s s2 6 min 60 min 2 5 min ago 3.0 MiB +25.0 % 2 2 h ago 32 s whole"
    assert rows == [row.split()]
    assert "generation of the data: 2" in status_text.render(whole)


TWO_PLACES = site(
    site_object_storage=STORAGE, site_object_storage_second={**STORAGE, "endpoint": "https://s3.example.org"}
)
THERE = {"where": "https://s3.example.org/b-1", "success": True}
OLD, NEW = one_set("s1", 3601), one_set("s2", 400)


@pytest.mark.parametrize(
    ("copies", "sets", "conditions"),
    [
        ([{**THERE, "set": "s2"}], [OLD, NEW], []),
        ([{}, {**THERE, "set": "s2"}], [OLD, NEW], []),
        ([{}], [NEW], []),
        ([{}], [], LATE),
        ([{}], [OLD, NEW], ["the second storage has a new set"]),
        ([{**THERE, "set": "s1"}], [OLD, NEW], ["the second storage has a new set"]),
        ([{**THERE, "set": "s0"}], [OLD, NEW], ["the second storage has a new set"]),
        (
            [{**THERE, "set": "s2", "success": False, "error": "refused"}],
            [OLD, NEW],
            ["the last copy to the second storage worked"],
        ),
        (
            [{**THERE, "set": "s2", "where": "https://s3.example.org/b-0", "error": "refused"}],
            [OLD, NEW],
            ["the second storage has a new set"],
        ),
    ],
    ids=[
        "there",
        "from another host",
        "about to be",
        "no set",
        "never",
        "long ago",
        "so long ago that it was pruned",
        "failed",
        "in a former second storage",
    ],
)
def test_the_second_storage_has_what_is_new(copies, sets, conditions):
    found = {f"server{number}": host(copied=copy, sets=sets) for number, copy in enumerate(copies)}
    assert [one["condition"] for one in backup_status.describe(TWO_PLACES, found)[1]] == conditions


HALF_MONTH = 15 * 24 * 3600


@pytest.mark.parametrize(
    ("sets", "told"),
    [
        ([one_set("s1", HALF_MONTH), NEW], []),
        ([one_set("s1", HALF_MONTH + 1, k3s=3, powerdns=3), NEW], ["k3s", "powerdns"]),
        ([one_set("s1", HALF_MONTH + 1), NEW], ["k3s", "powerdns"]),
        ([one_set("s0", 2 * HALF_MONTH), one_set("s1", HALF_MONTH, k3s=3, powerdns=2), NEW], ["powerdns"]),
    ],
    ids=["not due yet", "long ago", "never", "one component alone"],
)
def test_a_restore_that_nobody_rehearses_is_told(sets, told):
    assert seen({"server1": host(sets=sets)}) == [f"a restore of {name} was rehearsed lately" for name in told]
    rows = backup_status.describe(OURS, {"server1": host(sets=sets)})[0]["components"]
    assert [row["component"] for row in rows if row["rehearsal_overdue"]] == told


def test_rehearsals_that_are_switched_off_are_neither_green_nor_a_failure():
    found = {"server1": host(sets=[one_set("s1", 2 * HALF_MONTH), NEW])}
    off = site(site_object_storage=LOCKED, backup_rehearse=False)
    state, findings = backup_status.describe(off, found)
    assert findings == [] and not any(row["rehearsal_overdue"] for row in state["components"])
    (note,) = backup_status.notes(off)
    assert note["condition"] == "restores are rehearsed" and "backup_rehearse" in note["seen"]
    one_does = {**servers("server1", "server2", backup_rehearse=False), **servers("server3")}
    for other in (site(one_does, site_object_storage=LOCKED), site(backup_rehearse=False)):
        assert list(backup_status.notes(other)) == []


UNLOCKED, UNTENDED = "nobody can remove all backups, whatever keys they have", "what backups need stays locked"


@pytest.mark.parametrize(
    ("first", "second", "told"),
    [
        (LOCKED, None, []),
        (LOCKED, LOCKED, []),
        (STORAGE, None, [(UNLOCKED, "site_object_storage")]),
        ({**LOCKED, "lock_days": 0}, LOCKED, [(UNLOCKED, "site_object_storage")]),
        (LOCKED, STORAGE, [(UNLOCKED, "site_object_storage_second")]),
        ({**STORAGE, "lock_days": 14}, None, [(UNTENDED, "site_object_storage")]),
        (LOCKED, {**LOCKED, "pruner": {}}, [(UNTENDED, "site_object_storage_second")]),
    ],
)
def test_backups_that_keys_alone_can_remove_are_told_and_are_no_failure(first, second, told):
    ours = site(site_object_storage=first, **({"site_object_storage_second": second} if second else {}))
    notes = list(backup_status.notes(ours))
    assert [(one["condition"], one["seen"].partition(" ")[0]) for one in notes] == told
    assert services.judge([], [], notes)["verdict"] == ("yellow" if told else "green")


def test_a_rehearsal_that_failed_is_told():
    runs = {"k3s": {"rehearsed": False, "rehearsal_error": "the cluster lacks what the set held"}}
    assert seen({"server1": host(runs=runs)}) == ["the last rehearsal of a restore of k3s worked"]


def test_damage_in_the_second_storage_is_told():
    verified = {"k3s": "is not what was backed up", "powerdns": ""}
    found = {"server1": host(copied={**THERE, "set": "s2", "verified": verified}, sets=[NEW])}
    conditions = [one["condition"] for one in backup_status.describe(TWO_PLACES, found)[1]]
    assert conditions == ["k3s in the second storage was found whole"]


def test_a_copy_of_former_days_is_not_judged_without_a_second_storage():
    assert seen({"server1": host(copied={"success": False, "error": "refused"})}) == []


MONITORED = {"site_object_storage": LOCKED, "site_monitoring": True}
SHARES = ["metrics_server1", "metrics_server2", "metrics_server3"]


@pytest.mark.parametrize(
    ("given", "groups", "holding", "told"),
    [
        ({"site_object_storage": LOCKED}, {}, {"metrics": True}, []),
        ({"site_monitoring": True}, {}, {"metrics": True}, []),
        (MONITORED, {}, {"k3s": True, "metrics": True}, ["metrics"]),
        # Whoever has not been told yet backs up none, and should.
        (MONITORED, {}, {"k3s": True}, ["metrics"]),
        (MONITORED, {}, {"k3s": True, "metrics_server1": True}, SHARES),
        (MONITORED, {"monitoring_servers": ["server2"]}, {"metrics_server1": True}, ["metrics"]),
        # What no host is backed up with is none of the backups.
        (MONITORED, {"monitoring_servers": ["agent1"]}, {}, []),
    ],
)
def test_metrics_are_part_of_the_catalogue_where_they_are_backed_up(given, groups, holding, told):
    ours = site(agents={"agent1": {"ansible_host": "198.51.100.21"}}, groups=groups, **given)
    levels = {"k3s": 2, "powerdns": 1, **dict.fromkeys(told, 1)}
    found = {"server1": host(holding=holding, sets=[one_set("s2", 400, **levels)])}
    state, findings = backup_status.describe(ours, found)
    if not given.get("site_object_storage"):
        assert state == {"components": [], "sets": []}
        return
    assert [row["component"] for row in state["components"]] == ["k3s", "powerdns", *told]
    assert findings == [] and all(row["in_time"] for row in state["components"])
    assert backup_status.limits_of(ours)[2:] == ([] if not told else ["metrics", *(
        ["metrics_server2"] if groups else SHARES)])  # fmt: skip


@pytest.mark.parametrize(
    ("rpo", "limits"),
    [({}, [3600] * 3), ({"metrics": 86400}, [86400] * 3), ({"metrics": 86400, SHARES[1]: 2400}, [86400, 2400, 86400])],
)
def test_a_share_of_the_metrics_that_was_never_made_is_told_by_its_own_time(rpo, limits):
    ours = site(**MONITORED, site_backup_rpo=rpo)
    assert list(object_storage.check(ours)) == []
    found = {"server1": host(holding=dict.fromkeys(SHARES[:1], True))}
    state, findings = backup_status.describe(ours, found)
    assert [row["rpo"] for row in state["components"][2:]] == limits
    assert [one["condition"] for one in findings] == [f"{name} was backed up in time" for name in SHARES]
    assert {one["seen"] for one in findings} == {"never"}
