# Copyright: (c) 2026, metal-stack authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What vmalert and Alertmanager of a host say of its alerts. Private to this collection."""

from __future__ import annotations

import datetime
import typing as t

from .alerting import WATCHDOG

RULES_PATH, TOLD_PATH = "/api/v1/rules", "/api/v2/alerts"
# Labels that a field of its own has, or that say nothing of what is wrong.
NAMED = ("alertname", "severity", "scenario", "instance", "alertgroup")
FIRING, PENDING = "firing", "pending"
# The year of a moment that did not come yet.
NEVER = "0001-"


class Answer(t.NamedTuple):
    """What a program answered, or why it did not."""

    content: t.Any = None
    error: str = ""


class Alert(t.TypedDict):
    """An alert; C(silenced) and C(judged_here) are None while the program that knows does not answer."""

    name: str
    severity: str
    scenario: str
    instance: str
    labels: dict[str, str]
    since: str
    summary: str
    runbook: str
    silenced: bool | None
    judged_here: bool | None


Listed = list[Alert]


def facts(alertmanager: Answer, vmalert: Answer) -> dict[str, t.Any]:
    """Compose what there is to say of a host; an alert that both know is one."""
    alertmanager, told = _read(alertmanager, _told)
    vmalert, judged = _read(vmalert, _judged)
    here = {_key(one): one for one in judged["firing"]} if judged else {}
    there = {_key(one): one for one in told or []}
    found: Listed = []
    for key, one in {**here, **there}.items():
        silenced = there[key]["silenced"] if key in there else None if told is None else False
        one["silenced"], one["judged_here"] = silenced, None if judged is None else key in here
        found.append(one)
    known = [listed for listed in (told, judged and judged["firing"]) if listed is not None]
    return {
        "programs": {"alertmanager": _program(alertmanager), "vmalert": _program(vmalert)},
        "alerts": found,
        "pending": judged["pending"] if judged else [],
        # Nobody outside hears of what only one of both knows.
        "watchdog": bool(known) and all(any(one["name"] == WATCHDOG for one in listed) for listed in known),
        "rules": judged["rules"] if judged else {"judged": 0, "failing": 0, "last_error": ""},
    }


def _program(answer: Answer) -> dict[str, t.Any]:
    return {"answers": not answer.error, "error": answer.error}


def _read(answer: Answer, reader: t.Callable[[t.Any], t.Any]) -> tuple[Answer, t.Any]:
    """Return what was understood, None without an answer; somebody else at the port is nobody."""
    if answer.error:
        return answer, None
    try:
        return answer, reader(answer.content)
    except (KeyError, TypeError, AttributeError, ValueError):
        return Answer(error="the answer is none of this program's"), None


def _told(content: t.Any) -> Listed:
    if not isinstance(content, list):
        raise TypeError(content)
    return [
        _alert(one["labels"], one["annotations"], one["startsAt"], bool(one["status"]["silencedBy"])) for one in content
    ]


def _judged(content: t.Any) -> dict[str, t.Any]:
    """Read all rules that were judged with their alerts; those that record are no less judged."""
    listed = [rule for group in content["data"]["groups"] for rule in group["rules"]]
    # One of a program that has just started says nothing yet.
    rules = [rule for rule in listed if not rule["lastEvaluation"].startswith(NEVER)]
    found = [one for rule in rules for one in rule.get("alerts") or []]
    failing = [f"{rule['name']}: {_plain(rule['lastError'])}" for rule in rules if rule["lastError"]]
    by_state: dict[str, Listed] = {
        state: [
            _alert(one["labels"], one["annotations"], one["activeAt"], None) for one in found if one["state"] == state
        ]
        for state in (FIRING, PENDING)
    }
    errors = {"judged": len(rules), "failing": len(failing), "last_error": failing[-1] if failing else ""}
    return {**by_state, "rules": errors}


def _alert(
    labels: t.Mapping[str, t.Any], annotations: t.Mapping[str, t.Any], since: str, silenced: bool | None
) -> Alert:
    return {
        "name": _plain(labels["alertname"]),
        "severity": _plain(labels.get("severity")),
        "scenario": _plain(labels.get("scenario")),
        "instance": _plain(labels.get("instance")),
        "labels": {_plain(name): _plain(value) for name, value in sorted(labels.items()) if name not in NAMED},
        "since": _moment(since),
        "summary": _plain(annotations.get("summary")),
        "runbook": _plain(annotations.get("runbook")),
        "silenced": silenced,
        "judged_here": None,
    }


def _key(one: Alert) -> tuple[t.Any, ...]:
    return (one["name"], one["severity"], one["scenario"], one["instance"], *one["labels"].items())


def _moment(text: str) -> str:
    moment = datetime.datetime.fromisoformat(text).astimezone(datetime.UTC)
    return moment.strftime("%Y-%m-%dT%H:%M:%SZ")


def _plain(text: t.Any) -> str:
    """A text in one line without what a terminal would obey: labels are what somebody has written."""
    shown = "".join(sign if sign.isprintable() else " " for sign in str(text or ""))
    return " ".join(shown.split())
