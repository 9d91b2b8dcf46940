# Copyright: (c) 2026, metal-stack authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""How the last runs on this host went: kept as JSON for status, and as text for Prometheus."""

from __future__ import annotations

import json
import time
import typing as t
from pathlib import Path

from . import disk
from .settings import Settings
from .site import Site

Results = dict[str, dict[str, t.Any]]

_HELP = {
    "success": "Whether the last backup of the component on this host worked.",
    "last_success_seconds": "When the component was last backed up by this host, in Unix time.",
    "bytes": "Size of the component's last backup by this host.",
    "seconds": "How long the component's last backup by this host took.",
    "verified": "Whether the last verification of the component on this host found it whole.",
    "rehearsed": "Whether the last rehearsal of a restore of the component on this host worked.",
    "rehearsal_seconds": "How long the last rehearsal took that worked.",
    "suspect": "Whether the last backup was so much smaller than those before that it is not used by itself.",
}
_COPY_HELP = {
    "copy_success": "Whether the last copy to the second object storage worked.",
    "copy_last_success_seconds": "When this host last brought it up to date, in Unix time.",
    "copy_verified": "Whether the last verification of the component in the second object storage found it whole.",
}

_JUDGEMENTS = {
    "verified", "verified_set", "verified_level", "verify_error", "verify_lacking",
    "rehearsed", "rehearsed_set", "rehearsal_error", "rehearsal_seconds",
}  # fmt: skip


def note(site: Site, outcome: dict[str, t.Any]) -> None:
    """Keep the outcome of a backup: one that failed has C(error), one that made something C(made)."""
    at = time.time()
    if "error" in outcome:
        fields = {"success": False, "error": outcome["error"], "tried": at, "idle": False}
        _keep(site, outcome["component"], fields)
        return
    fields = {"success": True, "error": "", "tried": at, "idle": outcome.get("idle", False)}
    if outcome.get("made"):
        fields |= {name: outcome[name] for name in ("set", "bytes", "seconds", "suspect")} | {"last_success": at}
    _keep(site, outcome["component"], fields)


def note_verified(site: Site, outcome: dict[str, t.Any]) -> None:
    """Keep the outcome of a verification."""
    error = outcome.get("error", "")
    said = {} if error else {"verified_set": outcome["set"], "verified_level": outcome["level"]}
    # Why it was not read as deep as it should be.
    said |= {} if error else {"verify_lacking": outcome.get("lacking", "")}
    _keep(site, outcome["component"], {**said, "verify_error": error, "verified": not error})


def note_promoted(site: Site, name: str) -> None:
    """What this host has made of the set is not suspect any more."""
    for component, known in read(site.settings.state).items():
        if known.get("set") == name and known.get("suspect"):
            _keep(site, component, {"suspect": []})


def note_rehearsed(site: Site, outcome: dict[str, t.Any]) -> None:
    """Keep the outcome of a rehearsal. One that was not due has worked on another host."""
    error = outcome.get("error", "")
    done = not error and outcome["verified"]
    took = {"rehearsed_set": outcome["set"], "rehearsal_seconds": outcome["seconds"]} if done else {}
    _keep(site, outcome["component"], {**took, "rehearsal_error": error, "rehearsed": not error})


def forget_judgements(site: Site, component: str) -> None:
    """What was said of sets of which there are none any more, nor are to be."""
    state = site.settings.state
    with disk.alone(state, name="results"):
        own, copy = read(state), disk.read_json(state / "copy.json")
        if _JUDGEMENTS & own.get(component, {}).keys():
            own[component] = {name: value for name, value in own[component].items() if name not in _JUDGEMENTS}
            disk.write(state / "results.json", json.dumps(own, sort_keys=True))
        if component in copy.get("verified", {}):
            del copy["verified"][component]
            disk.write(state / "copy.json", json.dumps(copy, sort_keys=True))
        _tell(site)


def note_copy(site: Site, outcome: dict[str, t.Any]) -> None:
    """Keep the outcome of a copy to the second object storage: one that failed, or left something out, has C(error)."""
    at, error = time.time(), outcome.get("error", "")
    fields = {"success": not error, "error": error, "tried": at} | ({} if error else {"last_success": at})
    _keep_copy(site, {**fields, "set": outcome["set"]} if "set" in outcome else fields)


def note_copy_verified(site: Site, outcome: dict[str, t.Any]) -> None:
    """Keep the outcome of a verification in the second object storage."""
    _keep_copy(site, {}, {outcome["component"]: outcome.get("error", "")})


def _keep_copy(site: Site, fields: dict[str, t.Any], verified: t.Mapping[str, str] | None = None) -> None:
    """Keep what became of the copies in the storage that is the second one now; of another one all is forgotten."""
    settings = site.settings
    with disk.alone(settings.state, name="results"):
        known = read_copy(settings)
        fields["verified"] = {**known.get("verified", {}), **(verified or {})}
        where = settings.second.where if settings.second else ""
        disk.write(settings.state / "copy.json", json.dumps({**known, **fields, "where": where}, sort_keys=True))
        _tell(site)


def _keep(site: Site, component: str, fields: dict[str, t.Any]) -> None:
    state = site.settings.state
    with disk.alone(state, name="results"):
        results = read(state)
        results[component] = {"success": True, **results.get(component, {}), **fields}
        disk.write(state / "results.json", json.dumps(results, sort_keys=True))
        _tell(site)


def _tell(site: Site) -> None:
    settings = site.settings
    settings.metrics.mkdir(parents=True, exist_ok=True)
    told = text(read_own(settings), read_copy(settings))
    disk.write(settings.metrics / "metalstack_backup.prom", told, mode=0o644)


def read(state: Path) -> Results:
    return disk.read_json(state / "results.json")


def read_own(settings: Settings) -> Results:
    """Those of what this host backs up; one that is backed up no more has no next success to wait for."""
    own = {one["name"] for one in settings.components}
    return {component: known for component, known in read(settings.state).items() if component in own}


def wanted(settings: Settings) -> list[str]:
    """What somebody is to back up as far as this host knows: what it found none of is for others to tell."""
    idle = {component for component, known in read_own(settings).items() if known.get("idle")}
    return [one for one in settings.watched if one in settings.set_components or one not in idle]


def read_copy(settings: Settings) -> dict[str, t.Any]:
    """How the last copy to the second object storage went; empty where there was none to this one."""
    known = disk.read_json(settings.state / "copy.json")
    return known if settings.second and known.get("where") == settings.second.where else {}


def text(results: Results, copy: t.Mapping[str, t.Any]) -> str:
    """The results in Prometheus' exposition format. Pure."""
    values: dict[str, list[str]] = {name: [] for name in {**_HELP, **_COPY_HELP}}
    for component, known in sorted(results.items()):
        numbers = {
            "success": float(bool(known["success"])),
            "last_success_seconds": known.get("last_success"),
            "bytes": known.get("bytes"),
            "seconds": known.get("seconds"),
            "verified": float(bool(known["verified"])) if "verified" in known else None,
            "rehearsed": float(bool(known["rehearsed"])) if "rehearsed" in known else None,
            "rehearsal_seconds": known.get("rehearsal_seconds"),
            "suspect": float(bool(known["suspect"])) if "suspect" in known else None,
        }
        for name, number in numbers.items():
            if number is not None:
                values[name].append(f'metalstack_backup_{name}{{component="{component}"}} {number:.15g}')
    copied = {"copy_success": copy.get("success"), "copy_last_success_seconds": copy.get("last_success")}
    for name, number in copied.items():
        values[name] = [] if number is None else [f"metalstack_backup_{name} {float(number):.15g}"]
    for component, error in sorted(copy.get("verified", {}).items()):
        values["copy_verified"].append(
            f'metalstack_backup_copy_verified{{component="{component}"}} {float(not error):g}'
        )
    lines = []
    for name, told in {**_HELP, **_COPY_HELP}.items():
        if values[name]:
            lines += [f"# HELP metalstack_backup_{name} {told}", f"# TYPE metalstack_backup_{name} gauge"]
            lines += values[name]
    return "\n".join(lines) + "\n"
