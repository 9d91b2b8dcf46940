# Copyright: (c) 2026, metal-stack authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What is wrong with what the role was given, and all that it makes of it. Private to this collection."""

from __future__ import annotations

import re
import typing as t

from . import alerting, cluster, files, mode, programs, scrape, units
from . import settings as given
from .settings import Settings

NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9_.-]{0,62}")
PASSWORD = re.compile(r"[!-~]{16,}")
URL = re.compile(r"https?://[^/\s]+")
RULES = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]*\.yml")
SIZE = re.compile(r"[1-9][0-9]*(KiB|MiB|GiB|TiB|KB|MB|GB|TB)?")
# Days at least, since less is kept for no good; what has no unit means months to VictoriaMetrics.
RETENTION = re.compile(r"[1-9][0-9]*[dwy]")


def plan(settings: Settings, dump: t.Callable[[t.Any], str]) -> dict[str, t.Any]:
    """Return the mistakes or, without any, units and files of this host; C(dump) makes a text of a configuration."""
    mistakes = list(wrong(settings))
    if mistakes:
        return {"mistakes": mistakes, "units": {}}
    settings = {**settings, "mode": mode.decided(_inputs(settings))}
    public, secret = files.texts(settings, dump)
    return {
        "mistakes": [],
        "mode": settings["mode"],
        "lost": "" if settings["accept_mode_change"] else mode.lost(settings["mode"], settings["found"]),
        "stores": cluster.taking(settings),
        "jobs": ["node", "vmagent", *scrape.serving(settings)],
        "units": _units(settings),
        "texts": public | secret,
        "files": files.placed(settings, public),
        "secret_files": {f"{settings['directory']}/{name}": text for name, text in secret.items()},
    }


def _units(settings: Settings) -> dict[str, dict[str, t.Any]]:
    """Every unit as the module systemd_units has it; those that a host without a store does without are to go."""
    wanted = programs.units(settings)
    present = {name: {"content": units.text(unit), "reads": unit["reads"]} for name, unit in wanted.items()}
    return {name: {"state": "absent"} for name in programs.SERVING if name not in wanted} | present


def wrong(settings: Settings) -> t.Iterator[str]:
    """Say everything that is wrong; no password is part of it."""
    yield from _mode(settings)
    servers = settings["servers"]
    if not servers:
        yield "victoria_metrics_servers is empty: expected every host with a store, name and address"
    if settings["serves"] and settings["host"] not in servers:
        yield f"victoria_metrics_servers does not name {settings['host']}, which is to have a store"
    addresses = list(servers.values())
    twice = sorted({address for address in addresses if addresses.count(address) > 1})
    if twice:
        yield f"victoria_metrics_servers has {', '.join(twice)} for several hosts"
    yield from _values(settings)
    yield from _users(settings)
    yield from _alerting(settings)
    yield from _jobs(settings)
    yield from _given_files(settings)


def _inputs(settings: Settings) -> mode.Inputs:
    return {
        "mode": settings["mode"],
        "servers": settings["servers"].keys(),
        "locations": settings["locations"],
        "given": mode.pinned(settings["artifacts"]),
    }


def _mode(settings: Settings) -> t.Iterator[str]:
    if settings["mode"] not in mode.MODES:
        yield f"victoria_metrics_mode is {settings['mode']!r}: expected one of {', '.join(mode.MODES)}"
    if settings["mode"] == mode.CLUSTER:
        for why in mode.unfit(_inputs(settings)):
            yield f"victoria_metrics_mode is cluster, with {why}: expected replicated, or auto"


def _values(settings: Settings) -> t.Iterator[str]:
    for name in ("scrape_interval", "evaluation_interval", "deadman_interval"):
        try:
            good = given.seconds(str(settings[name])) > 0
        except ValueError:
            good = False
        if not good:
            yield f"victoria_metrics_{name} is {settings[name]!r}: expected a duration such as 15s"
    sizes = {"min_free_disk": settings["min_free_disk"], "buffer": settings["buffer"]}
    for name, size in sizes.items():
        if not SIZE.fullmatch(str(size)):
            yield f"victoria_metrics_{name} is {size!r}: expected a size such as 1GiB"
    if not RETENTION.fullmatch(str(settings["retention"])):
        yield f"victoria_metrics_retention is {settings['retention']!r}: expected days, weeks or years such as 90d"


def _users(settings: Settings) -> t.Iterator[str]:
    needed = {"peer": settings["peer_password"]}
    if settings["serves"]:
        needed["reader"] = settings["reader_password"]
    for name, password in needed.items():
        if not PASSWORD.fullmatch(str(password)):
            yield f"victoria_metrics_{name}_password: expected {_EXPECTED}"
    taken = [str(password) for password in needed.values()]
    for name, password in settings["writers"].items():
        if not NAME.fullmatch(str(name)) or name in (given.PEER, given.READER):
            yield (
                f"victoria_metrics_writers has {name!r}: expected letters, digits, dots and hyphens, other than"
                f" {given.PEER} and {given.READER}"
            )
        if not PASSWORD.fullmatch(str(password)):
            yield f"victoria_metrics_writers.{name}: expected {_EXPECTED}"
        if str(password) in taken:
            yield f"victoria_metrics_writers.{name}: expected a password that nobody else has"
        taken.append(str(password))
    if len(set(needed.values())) < len(needed):
        yield "victoria_metrics_reader_password: expected another one than victoria_metrics_peer_password"


_EXPECTED = "a password of 16 characters or more without blanks"


def _alerting(settings: Settings) -> t.Iterator[str]:
    names = [str(one.get("name") or "") for one in settings["receivers"]]
    reserved = (alerting.NOBODY, alerting.DEADMAN)
    if "" in names or len(set(names)) < len(names) or set(names) & set(reserved):
        yield f"victoria_metrics_receivers: expected a name of its own for each, none of {', '.join(reserved)}"
    for route in settings["routes"]:
        if route.get("receiver") not in names:
            yield f"victoria_metrics_routes leads to {route.get('receiver')!r}: expected one of {', '.join(names)}"
    if settings["deadman_url"] and not URL.match(settings["deadman_url"]):
        yield "victoria_metrics_deadman_url: expected the URL of a receiver, http or https"


def _jobs(settings: Settings) -> t.Iterator[str]:
    names = [str(job.get("job_name") or "") for job in settings["scrape_configs"]]
    clustered = mode.decided(_inputs(settings)) == mode.CLUSTER
    own = ("node", "vmagent", *(scrape.CLUSTERED if clustered else scrape.SERVING))
    for name in sorted({name for name in names if not name or names.count(name) > 1 or name in own}):
        yield f"victoria_metrics_scrape_configs has the job {name!r}: expected a job_name of its own for each"


def _given_files(settings: Settings) -> t.Iterator[str]:
    if not settings["authority"]:
        yield "victoria_metrics_authority is missing, or victoria_metrics_ca_certificate: hosts know each other by it"
    halves = (settings["certificate"], settings["key"])
    if any(halves) != all(halves) or (settings["serves"] and not any(halves) and not settings["issued"]):
        yield (
            f"a certificate for {settings['host']}: expected victoria_metrics_authority, or both of"
            " victoria_metrics_tls_certificate and victoria_metrics_tls_key"
        )
    names = [name for name, _text in settings["rules"]]
    if any(not RULES.fullmatch(name) or names.count(name) > 1 for name in names):
        yield "victoria_metrics_rules: expected names of their own that end in .yml, none of them watchdog.yml"
