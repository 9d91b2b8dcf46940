"""The state of a site's alerts."""

from __future__ import annotations

import typing as t

import pytest
from ansible_collections.metalstack.autonomous.plugins.module_utils._monitoring import alerts
from ansible_collections.metalstack.autonomous.plugins.module_utils._monitoring.alerts import Answer
from ansible_collections.metalstack.autonomous.plugins.module_utils._site import (
    monitoring_status,
    services,
    status,
    status_text,
)
from ansible_collections.metalstack.autonomous.plugins.module_utils._site.model import Site
from ansible_collections.metalstack.autonomous.tests.unit.plugins.module_utils._site.site_cases import ADDRESSES, site

RUNBOOK = "https://docs.example.org/docs/failure-scenarios/{}.md"
OF = {
    "HostDown": ("critical", "N1", "server3"),
    "DnsServerDown": ("warning", "D1", "server2"),
    "Homemade": ("page", "", ""),
    "Soon": ("info", "N2", "server1"),
    "Watchdog": ("none", "M1", ""),
}
AWAY = Answer(error="refused")


def labels(name: str) -> dict[str, str]:
    severity, scenario, instance = OF[name]
    every = {"alertname": name, "severity": severity, "scenario": scenario, "instance": instance, "site": "example"}
    return {key: value for key, value in every.items() if value}


def notes(name: str) -> dict[str, str]:
    return {"summary": f"This is {name}", "runbook": RUNBOOK.format(OF[name][1] or "own")}


def told(names: t.Iterable[str], silenced: t.Container[str] = ()) -> Answer:
    return Answer(
        [
            {
                "labels": labels(name),
                "annotations": notes(name),
                "startsAt": f"2026-03-01T12:{20 + number}:00Z",
                "status": {"silencedBy": ["id"] if name in silenced else []},
            }
            for number, name in enumerate(names)
        ]
    )


def judged(names: t.Iterable[str], pending: t.Iterable[str] = (), failing: int = 0, quiet: int = 50) -> Answer:
    listed = [
        {"state": state, "labels": labels(name), "annotations": notes(name), "activeAt": "2026-03-01T12:10:00Z"}
        for state, given in (("firing", names), ("pending", pending))
        for name in given
    ]
    rules = [{"name": "all", "lastError": "", "alerts": listed}] if listed else []
    rules += [{"name": "quiet", "lastError": ""}] * quiet + [{"name": "broken", "lastError": "no store"}] * failing
    evaluated = [{**rule, "lastEvaluation": "2026-03-01T12:30:00Z"} for rule in rules]
    return Answer({"data": {"groups": [{"rules": evaluated}]}})


def host(*names: str, silenced: t.Container[str] = (), **more: t.Any) -> dict[str, t.Any]:
    """What monitoring_info says of one server, where these fire beside the Watchdog."""
    every = ("Watchdog", *names)
    stores = {"victoria-metrics": ["1.112.0+ds1-2"]}
    return {**alerts.facts(told(every, silenced), judged(every, **more)), "stores": stores}


def found(*names: str, **more: t.Any) -> dict[str, t.Any]:
    """The same of every server."""
    return {name: host(*names, **more) for name in ADDRESSES}


def ours(**changed: t.Any) -> Site:
    return site(**{"site_monitoring": True, **changed})


def described(seen: dict[str, t.Any], **changed: t.Any) -> tuple[dict[str, t.Any], list[t.Any], list[t.Any]]:
    state, findings, warnings = monitoring_status.describe(ours(**changed), seen)
    brief = [[(one["host"], one["condition"], one["seen"]) for one in listed] for listed in (findings, warnings)]
    assert all(one["expected"] and one["remedy"] for one in (*findings, *warnings))
    return state, brief[0], brief[1]


def verdict(seen: dict[str, t.Any]) -> str:
    described = services.describe(ours(groups={"dns_servers": [], "time_servers": []}), {}, {}, {}, {}, seen)
    return str(described["services"]["verdict"])


def test_a_site_that_is_silent_is_well() -> None:
    state, findings, warnings = described(found())
    assert (state["on"], state["known"], state["alerts"], findings, warnings) == (True, True, [], [], [])
    assert [(row["host"], row["watchdog"], row["rules"], row["firing"]) for row in state["servers"]] == [
        (name, "fires", 51, 0) for name in ADDRESSES
    ]


@pytest.mark.parametrize(
    ("names", "silenced", "colour"),
    [
        ((), (), "green"),
        (("HostDown",), (), "red"),
        (("DnsServerDown",), (), "yellow"),
        # Of a severity that is not known, and that may be a site's word for the worst.
        (("Homemade",), (), "yellow"),
        (("Soon",), (), "green"),
        (("HostDown", "DnsServerDown"), ("HostDown",), "yellow"),
        (("HostDown", "DnsServerDown"), ("HostDown", "DnsServerDown"), "green"),
    ],
)
def test_what_fires_makes_the_colour(names: tuple[str, ...], silenced: tuple[str, ...], colour: str) -> None:
    assert verdict(found(*names, silenced=silenced)) == colour
    shown = {one["name"]: one["silenced"] for one in described(found(*names, silenced=silenced))[0]["alerts"]}
    assert shown == {name: name in silenced for name in names}


def test_an_alert_is_one_with_the_servers_that_find_it_and_the_worst_comes_first() -> None:
    seen = found("DnsServerDown", "HostDown", silenced=("DnsServerDown",))
    # It was told of both, and its own rules find none yet.
    seen["server2"] = alerts.facts(told(("Watchdog", "HostDown", "DnsServerDown")), judged(("Watchdog",)))
    seen["server2"]["alerts"].append({**seen["server2"]["alerts"][-1], "name": "Homemade", "severity": "page"})
    state, findings, warnings = described(seen)
    assert [(one["name"], one["servers"], one["silenced"]) for one in state["alerts"]] == [
        ("HostDown", ["server1", "server3"], False),
        # Silenced by two of three Alertmanagers, so the third one tells it.
        ("DnsServerDown", ["server1", "server3"], False),
        ("Homemade", ["server2"], False),
    ]
    first = state["alerts"][0]
    assert (first["since"], first["runbook"]) == ("2026-03-01T12:21:00Z", RUNBOOK.format("N1"))
    assert findings == [
        ("server3", "the alert HostDown (N1) is silent", "This is HostDown, since 2026-03-01T12:21:00Z")
    ]
    assert [condition for _host, condition, _seen in warnings] == [
        "the alert DnsServerDown (D1) is silent",
        "the alert Homemade (D1) is silent",
    ]


def test_a_silenced_alert_comes_after_those_that_count() -> None:
    state, _findings, _warnings = described(found("HostDown", "DnsServerDown", silenced=("HostDown",)))
    assert [one["name"] for one in state["alerts"]] == ["DnsServerDown", "HostDown"]


@pytest.mark.parametrize(
    ("seen", "conditions"),
    [
        (None, ["monitoring answers"]),
        (alerts.facts(AWAY, judged(["Watchdog"])), ["alertmanager answers"]),
        (alerts.facts(told(["Watchdog"]), AWAY), ["vmalert answers"]),
        (alerts.facts(AWAY, AWAY), ["alertmanager answers", "vmalert answers"]),
        (alerts.facts(told([]), judged(["Watchdog"])), ["the Watchdog fires"]),
        (alerts.facts(told(["Watchdog"]), judged([])), ["the Watchdog fires"]),
        (host(silenced=("Watchdog",)), ["the Watchdog is heard"]),
        (alerts.facts(told([]), judged([], quiet=0)), ["vmalert judges its rules", "the Watchdog fires"]),
        (alerts.facts(told([]), judged([], quiet=0, failing=9)), ["vmalert judges its rules", "the Watchdog fires"]),
    ],
    ids=["host", "alertmanager", "vmalert", "both", "not told", "not judged", "silenced", "no rules", "no store"],
)
def test_a_server_that_does_not_monitor_is_red(seen: dict[str, t.Any] | None, conditions: list[str]) -> None:
    every = {**found(), "server2": seen} if seen else {name: found()[name] for name in ("server1", "server3")}
    state, findings, warnings = described(every)
    assert [(name, condition) for name, condition, _seen in findings] == [("server2", one) for one in conditions]
    assert (state["known"], warnings) == (True, [])
    assert verdict(every) == "red"


def test_each_program_that_does_not_answer_says_why() -> None:
    away = alerts.facts(Answer(error="refused"), Answer(error="HTTP 503"))
    _state, findings, _warnings = described({**found(), "server2": away})
    assert [seen for _host, _condition, seen in findings] == ["refused", "HTTP 503"]


def test_a_rule_that_fails_warns() -> None:
    state, findings, warnings = described({**found(), "server2": host(failing=2)})
    assert findings == [] and state["servers"][1]["failing"] == 2
    assert warnings == [("server2", "vmalert can judge every rule", "2 of 53 fail: broken: no store")]


@pytest.mark.parametrize(
    ("seen", "said"),
    [
        ({}, "alerts: unknown, since no rule is judged"),
        (dict.fromkeys(ADDRESSES, alerts.facts(AWAY, AWAY)), "alerts: unknown, since no rule is judged"),
        (
            dict.fromkeys(ADDRESSES, alerts.facts(told(["Watchdog", "HostDown"]), AWAY)),
            "alerts: unknown, since no rule is judged (told before: 1)",
        ),
        (
            dict.fromkeys(ADDRESSES, alerts.facts(told([]), judged([], quiet=0, failing=9))),
            "alerts: unknown, since no rule is judged",
        ),
        ({"server2": host()}, "alerts: none"),
        (found("HostDown", "DnsServerDown", silenced=("DnsServerDown",)), "alerts: 1, 1 silenced"),
        (found("DnsServerDown", silenced=("DnsServerDown",)), "alerts: none, 1 silenced"),
    ],
)
def test_what_nobody_can_tell_is_unknown_and_not_none(seen: dict[str, t.Any], said: str) -> None:
    assert said in lines(seen)


def lines(seen: dict[str, t.Any], **changed: t.Any) -> list[str]:
    monitored = ours(groups={"dns_servers": [], "time_servers": []}, **changed)
    state = {**status.describe(monitored, {}), **services.describe(monitored, {}, {}, {}, {}, seen)}
    return [" ".join(line.split()) for line in status_text.render(state).splitlines()]


def test_alerts_are_a_table() -> None:
    seen = {**found("HostDown", "Soon", silenced=("Soon",)), "server3": alerts.facts(AWAY, AWAY)}
    shown = lines(seen)
    assert "MONITORING SERVER ALERTMANAGER VMALERT WATCHDOG RULES FAILING FIRING PENDING" in shown
    assert "server1 answers answers fires 51 0 2 0" in shown
    assert "server3 no answer no answer no - - - -" in shown
    assert "ALERT SEVERITY SCENARIO INSTANCE SINCE SERVERS SUMMARY" in shown
    assert "HostDown critical N1 server3 2026-03-01 12:21 server1, server2 This is HostDown" in shown
    assert "Soon info, silenced N2 server1 2026-03-01 12:22 server1, server2 This is Soon" in shown
    assert "server3: the alert HostDown (N1) is silent" in shown


def test_what_would_fire_is_said() -> None:
    assert "pending: Soon of server1" in lines(found(pending=["Soon"]))
    assert "pending: none" in lines(found()) and "pending: unknown" in lines({})


def test_a_site_without_monitoring_says_so_and_has_no_other_colour() -> None:
    assert [line for line in lines({}, site_monitoring=False) if "monitoring" in line] == [
        "monitoring: none, since site_monitoring is off"
    ]
    without = services.describe(site(groups={"dns_servers": [], "time_servers": []}), {}, {}, {}, {}, {})
    assert without["services"]["verdict"] == "green" and not without["monitoring"]["on"]


def test_only_servers_that_monitor_are_missed() -> None:
    state, findings, _warnings = described({"server1": host()}, groups={"monitoring_servers": ["server1"]})
    assert [row["host"] for row in state["servers"]] == ["server1"] and findings == []
