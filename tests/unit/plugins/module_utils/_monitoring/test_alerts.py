"""What a host's programs say of its alerts, as one list."""

from __future__ import annotations

import typing as t

import pytest
from ansible_collections.metalstack.autonomous.plugins.module_utils._monitoring import alerts
from ansible_collections.metalstack.autonomous.plugins.module_utils._monitoring.alerts import Answer

AWAY = Answer(error="http://127.0.0.1:9093: refused")
LABELS = {"alertgroup": "hosts", "severity": "critical", "scenario": "N1", "site": "example", "instance": "server3"}
NOTES = {"summary": "server3 gives no answer", "runbook": "docs/N1.md"}


def labels(name: str, **more: str) -> dict[str, str]:
    return {"alertname": name, **LABELS, **more}


def told(*names: str, silenced: t.Container[str] = (), **more: str) -> Answer:
    """What Alertmanager has been told, as 0.28 says it."""
    return Answer(
        [
            {
                "labels": labels(name, **more),
                "annotations": NOTES,
                "startsAt": "2026-03-01T13:00:00.000+01:00",
                "endsAt": "2026-03-01T12:04:00.000Z",
                "status": {"silencedBy": ["an id"] if name in silenced else [], "inhibitedBy": [], "state": "active"},
            }
            for name in names
        ]
    )


def judged(
    *names: str, pending: t.Sequence[str] = (), errors: t.Sequence[str] = (), quiet: int = 0, new: int = 0
) -> Answer:
    """What vmalert has found, as 1.112 says it."""

    def alert(name: str, state: str) -> dict[str, t.Any]:
        moment = "2026-03-01T11:59:30.123456789Z"
        return {"state": state, "name": name, "labels": labels(name), "annotations": NOTES, "activeAt": moment}

    rules: list[dict[str, t.Any]] = [
        *({"name": name, "lastError": "", "alerts": [alert(name, "firing")]} for name in names),
        *({"name": name, "lastError": "", "alerts": [alert(name, "pending")]} for name in pending),
        *({"name": name, "lastError": "cannot\nread"} for name in errors),
        *({"name": "Quiet", "lastError": "", "alerts": None} for _number in range(quiet)),
    ]
    for rule in rules:
        rule["lastEvaluation"] = "2026-03-01T12:00:15.5Z"
    rules += [{"name": "New", "lastError": "", "lastEvaluation": "0001-01-01T00:00:00Z"}] * new
    return Answer({"status": "success", "data": {"groups": [{"name": "hosts", "rules": rules}, {"rules": []}]}})


def test_an_alert_that_both_know_is_one_with_all_that_they_say() -> None:
    found = alerts.facts(told("Watchdog", "HostDown"), judged("HostDown", "Watchdog", pending=["Soon"], quiet=3))
    assert found["programs"] == {name: {"answers": True, "error": ""} for name in ("alertmanager", "vmalert")}
    assert found["watchdog"] is True and found["rules"] == {"judged": 6, "failing": 0, "last_error": ""}
    assert [one["name"] for one in found["alerts"]] == ["HostDown", "Watchdog"]
    assert found["alerts"][0] == {
        "name": "HostDown",
        "severity": "critical",
        "scenario": "N1",
        "instance": "server3",
        "labels": {"site": "example"},
        "since": "2026-03-01T12:00:00Z",
        "summary": "server3 gives no answer",
        "runbook": "docs/N1.md",
        "silenced": False,
        "judged_here": True,
    }
    assert [(one["name"], one["since"]) for one in found["pending"]] == [("Soon", "2026-03-01T11:59:30Z")]


@pytest.mark.parametrize(
    ("alertmanager", "vmalert", "silenced", "judged_here"),
    [
        (told("HostDown"), judged("HostDown"), False, True),
        (told("HostDown", silenced=["HostDown"]), judged("HostDown"), True, True),
        # Found a moment ago, and told by another host.
        (told(), judged("HostDown"), False, True),
        (told("HostDown"), judged(), False, False),
        (AWAY, judged("HostDown"), None, True),
        (told("HostDown", silenced=["HostDown"]), AWAY, True, None),
    ],
    ids=["both", "silenced", "not told yet", "of another host", "no Alertmanager", "no vmalert"],
)
def test_who_says_so_and_whether_it_is_silenced(
    alertmanager: Answer, vmalert: Answer, silenced: bool | None, judged_here: bool | None
) -> None:
    (one,) = alerts.facts(alertmanager, vmalert)["alerts"]
    assert (one["silenced"], one["judged_here"]) == (silenced, judged_here)


@pytest.mark.parametrize(
    ("alertmanager", "vmalert", "watchdog"),
    [
        (told("Watchdog"), judged("Watchdog"), True),
        (told("Watchdog"), AWAY, True),
        (AWAY, judged("Watchdog"), True),
        (told(), judged("Watchdog"), False),
        (told("Watchdog"), judged(), False),
        (AWAY, AWAY, False),
    ],
)
def test_the_watchdog_is_heard_where_everybody_knows_it(alertmanager: Answer, vmalert: Answer, watchdog: bool) -> None:
    assert alerts.facts(alertmanager, vmalert)["watchdog"] is watchdog


def test_rules_that_fail_are_counted_with_what_the_last_one_said() -> None:
    found = alerts.facts(told(), judged("Watchdog", errors=["One", "Other"]))
    assert found["rules"] == {"judged": 3, "failing": 2, "last_error": "Other: cannot read"}


def test_rules_that_nothing_was_asked_of_yet_do_not_count() -> None:
    assert alerts.facts(told(), judged(new=5))["rules"] == {"judged": 0, "failing": 0, "last_error": ""}
    assert alerts.facts(told(), judged("Watchdog", new=5))["rules"]["judged"] == 1


def test_alerts_that_differ_by_any_label_are_two() -> None:
    both = Answer([*told("DiskFull", mountpoint="/").content, *told("DiskFull", mountpoint="/var").content])
    found = alerts.facts(both, judged())["alerts"]
    assert [one["labels"]["mountpoint"] for one in found] == ["/", "/var"]


@pytest.mark.parametrize("content", [None, {}, [], "text", {"data": {"groups": [{}]}}, [{"labels": {}}], [7]])
def test_somebody_else_at_the_port_does_not_answer(content: t.Any) -> None:
    found = alerts.facts(told("Watchdog"), Answer(content))
    assert found["programs"]["vmalert"] == {"answers": False, "error": "the answer is none of this program's"}
    if content != []:
        found = alerts.facts(Answer(content), judged("Watchdog"))
        assert not found["programs"]["alertmanager"]["answers"]
    assert [one["name"] for one in found["alerts"]] == ["Watchdog"]


def test_what_somebody_wrote_into_a_label_commands_no_terminal() -> None:
    (one,) = alerts.facts(told("HostDown", instance="a\x1b[2J\nb"), AWAY)["alerts"]
    assert one["instance"] == "a [2J b"
