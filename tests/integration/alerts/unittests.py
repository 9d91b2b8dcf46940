"""Turns the cases of alerts into what vmalert-tool reads: a while that is well, one that is not, one that is again.

A case says which series there are, as `name label=value …`, and what they have, `[well, not well]` or one value for
all. A value is a number, `now`, `now+10d` or `now-10d` (seconds since the beginning, as time() has it), `stop` (it was
`now` until all was well no more), `+3` (a counter that grows by that with each step) or `_` (there is none).
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import Any

SITE = "lab"
SHORTEST = 60
WELL, AGAIN = 5, 16  # steps; the latter has to outlast the ranges that rules look back over
STEPS = 5  # of an alert's patience
UNITS = {"s": 1, "m": 60, "h": 3600, "d": 86400}
NOW = re.compile(r"now(?:([+-]\d+)([smhd]))?")


def seconds(duration: str) -> int:
    found = re.fullmatch(r"(\d+)([smhd])", duration)
    assert found, duration
    return int(found[1]) * UNITS[found[2]]


@dataclass
class Case:
    """value: how the rule's template says a number that it tells; always: it fires whatever there is."""

    series: dict[str, Any]
    fires: dict[str, str] = field(default_factory=dict)
    value: str = ""
    always: bool = False


def series(text: str) -> str:
    name, *labels = text.split()
    pairs = dict(label.split("=", 1) for label in labels)
    return name + "{" + ",".join(f'{key}="{value}"' for key, value in {"site": SITE, **pairs}.items()) + "}"


def values(given: Any, bad: int, step: int) -> str:
    """The samples of a series, one a step."""
    well, ill = given if isinstance(given, list) else (given, given)
    phases = [well] * WELL + [ill] * bad + [well] * AGAIN
    told: list[str] = []
    counter = 0
    for number, value in enumerate(phases):
        moment = number * step
        text = str(value)
        if text == "stop":
            told.append(str((WELL - 1) * step))
        elif found := NOW.fullmatch(text):
            told.append(str(moment + (int(found[1]) * UNITS[found[2]] if found[1] else 0)))
        elif text.startswith("+"):
            counter += int(text)
            told.append(str(counter))
        else:
            if text.replace(".", "", 1).isdigit():
                counter = int(float(text))
            told.append(text)
    return " ".join(told)


def silence(rules: list[tuple[str, dict[str, Any]]], given: dict[str, Any], files: list[str]) -> dict[str, Any]:
    """The file for a site that is well for three days: all is silent but what always fires."""
    hours = 72
    told = [
        {"series": series(name), "values": values(value, hours - WELL - AGAIN, 3600)} for name, value in given.items()
    ]
    tests = []
    for group, rule in rules:
        test = {"eval_time": f"{hours - 1}h", "groupname": group, "alertname": rule["alert"], "exp_alerts": []}
        if rule["alert"] == "Watchdog":
            labels = {**rule["labels"], "alertgroup": group}
            test["exp_alerts"] = [{"exp_labels": labels, "exp_annotations": annotations(rule, labels, "")}]
        tests.append(test)
    return {
        "rule_files": files,
        "evaluation_interval": "1h",
        "tests": [{"interval": "1h", "input_series": told, "alert_rule_test": tests}],
    }


def unittest(rule: dict[str, Any], group: str, case: Case, rules: str) -> dict[str, Any]:
    """The file for one case. The alert is silent, then patient, then fires, and is silent again."""
    patience = seconds(rule.get("for", "0s"))
    step = max(SHORTEST, patience // STEPS)
    bad = -(-patience // step) + 4
    begin = WELL * step
    moments = {begin - step: False, (WELL + bad - 1) * step: True, (WELL + bad + AGAIN - 1) * step: False}
    if patience > step:
        moments[begin + patience - step] = False
    if case.always:
        moments = dict.fromkeys(moments, True)
    labels = {**({} if case.always else {"site": SITE}), **case.fires, **rule["labels"], "alertgroup": group}
    fired = {"exp_labels": labels, "exp_annotations": annotations(rule, labels, case.value)}
    return {
        "rule_files": [rules],
        "evaluation_interval": f"{step}s",
        "tests": [
            {
                "interval": f"{step}s",
                "input_series": [
                    {"series": series(name), "values": values(given, bad, step)} for name, given in case.series.items()
                ],
                "alert_rule_test": [
                    {
                        "eval_time": f"{moment}s",
                        "groupname": group,
                        "alertname": rule["alert"],
                        "exp_alerts": [fired] if fires else [],
                    }
                    for moment, fires in sorted(moments.items())
                ],
            }
        ],
    }


def annotations(rule: dict[str, Any], labels: dict[str, str], value: str) -> dict[str, str]:
    """What Alertmanager is told, with the labels and the value put in."""

    def put(found: re.Match[str]) -> str:
        return labels.get(found[1], "") if found[1] else value

    pattern = re.compile(r"\{\{ (?:\$labels\.(\w+)|\$value[^}]*) \}\}")
    return {name: pattern.sub(put, text) for name, text in rule["annotations"].items()}
