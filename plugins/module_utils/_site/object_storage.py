# Copyright: (c) 2026, metal-stack authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Offline checks 33, 34, 36, 37, 57, 58 and 60: where backups go, how long they stay, how old the newest may be, and
what a site begins with.

No key is ever shown.
"""

from __future__ import annotations

import typing as t
from urllib.parse import urlsplit

from ansible_collections.metalstack.autonomous.plugins.module_utils._net.addresses import parse_range

from .._backup import retention
from .._backup.settings import BUCKET
from . import zones
from .backup_status import RPO, limits_of
from .finding import Finding, shown
from .inputs import nearest
from .model import STANDBY, Site, parse_address

VARIABLE = "site_object_storage"
SECOND = "site_object_storage_second"
KEEP = "site_backup_keep"
POOL = "site_load_balancer_range"
REQUIRED = ("endpoint", "bucket", "access_key", "secret_key")
KNOWN = (*REQUIRED, "region", "path_style", "ca", "lock_days", "reader", "pruner")
LOCK_DAYS = 14
LEAST_INTERVAL = 60
HIDDEN = ("access_key", "secret_key", "reader", "pruner", "ca")
RECOVERIES = ("", "fresh", "restore")


def check(site: Site) -> t.Iterator[Finding]:
    """Yield what is wrong with the object storage, and with what is to be restored from it."""
    for variable in (VARIABLE, SECOND):
        given = site.value(variable)
        if given:
            yield from _fields(variable, given)
            yield from _lock(variable, given.get("lock_days", 0), site.value(KEEP))
            yield from check_endpoint(site, variable, str(given.get("endpoint") or ""))
    storage, second = site.value(VARIABLE), site.value(SECOND)
    if second:
        yield from _apart(storage, second)
    yield from _keep(site.value(KEEP))
    yield from _rpo(site)
    intent = site.value("site_recovery")
    if intent not in RECOVERIES:
        fix = nearest(intent, RECOVERIES[1:])
        yield Finding("V57", "site_recovery", intent, "fresh, restore, or nothing", fix)
    elif intent and not storage:
        yield Finding(
            "V57", "site_recovery", intent, f"{VARIABLE}, to begin with what is in it", "Give one, or leave this out."
        )
    if site.standby and not storage:
        names = ", ".join(host.name for host in site.standby)
        fix = "Give one that both locations reach, or have no standby."
        yield Finding("V57", STANDBY, names, f"{VARIABLE}, which a standby is restored from", fix)


def _apart(storage: t.Mapping[str, t.Any], second: t.Mapping[str, t.Any]) -> t.Iterator[Finding]:
    """What is lost or stolen together is one place, however often it is named."""
    if not storage:
        yield Finding("V58", SECOND, "(not shown)", f"{VARIABLE}, whose contents are copied", "Give that one, too.")
        return
    for name, fix in (
        ("endpoint", "Use an object storage in another place."),
        ("access_key", "Use an account of its own there."),
    ):
        if storage.get(name) and storage.get(name) == second.get(name):
            seen = "(not shown)" if name in HIDDEN else second[name]
            yield Finding("V58", f"{SECOND}.{name}", seen, f"another one than in {VARIABLE}", fix)


def _fields(variable: str, storage: t.Mapping[str, t.Any]) -> t.Iterator[Finding]:
    for name in sorted(map(str, storage.keys() - set(KNOWN))):
        yield Finding("V33", f"{variable}.{name}", "(not shown)", f"one of {', '.join(KNOWN)}", nearest(name, KNOWN))
    for name in REQUIRED:
        if not storage.get(name):
            yield Finding("V33", f"{variable}.{name}", "(nothing)", "a text", "Give it.")
    bucket = str(storage.get("bucket") or "")
    if bucket and not BUCKET.fullmatch(bucket):
        expected = "3 to 63 small letters, digits, dots and dashes"
        yield Finding("V33", f"{variable}.bucket", bucket, expected, "Correct it.")
    authority = storage.get("ca")
    if authority and "-----BEGIN CERTIFICATE-----" not in str(authority):
        yield Finding(
            "V37", f"{variable}.ca", "(not shown)", "a certificate in PEM", "Give the text of the file, not its name."
        )


def _lock(variable: str, days: t.Any, keep: t.Mapping[str, t.Any]) -> t.Iterator[Finding]:
    name = f"{variable}.lock_days"
    if not isinstance(days, int) or isinstance(days, bool) or 0 < days < LOCK_DAYS or days < 0:
        expected = f"a whole number of days, {LOCK_DAYS} or more"
        yield Finding("V34", name, shown(days), expected, "A shorter lock ends before a loss is noticed.")
        return
    hidden = keep.get("hidden_days", retention.FLOOR["hidden_days"])
    if isinstance(hidden, int) and days > hidden:
        fix = f"Raise {KEEP}.hidden_days, or nothing could be pruned."
        yield Finding("V34", name, str(days), f"{KEEP}.hidden_days ({hidden}) or less", fix)


def _keep(keep: t.Mapping[str, t.Any]) -> t.Iterator[Finding]:
    for name in keep.keys() - retention.FLOOR.keys():
        known, fix = ", ".join(retention.FLOOR), nearest(str(name), retention.FLOOR)
        yield Finding("V36", f"{KEEP}.{name}", shown(keep[name]), f"one of {known}", fix)
    for name, expected in retention.below(keep).items():
        fix = "Raise it, or leave it out: less may leave nothing to restore."
        yield Finding("V36", f"{KEEP}.{name}", shown(keep[name]), expected, fix)


def _rpo(site: Site) -> t.Iterator[Finding]:
    known, least = limits_of(site), site.value("site_backup_interval")
    if least < LEAST_INTERVAL:
        fix = "A backup takes seconds itself, and every host looks four times in an interval."
        yield Finding("V63", "site_backup_interval", shown(least), f"seconds, {LEAST_INTERVAL} or more", fix)
    for name, seconds in site.value(RPO).items():
        if name not in known:
            expected = f"one of {', '.join(known) or 'none, since nothing is backed up'}"
            yield Finding("V63", f"{RPO}.{name}", shown(seconds), expected, nearest(str(name), known))
        elif isinstance(seconds, bool) or not isinstance(seconds, int) or seconds < least:
            expected = f"seconds, site_backup_interval ({least}) or more"
            yield Finding("V63", f"{RPO}.{name}", shown(seconds), expected, "No timer keeps less: back up more often.")


def check_endpoint(site: Site, variable: str, endpoint: str) -> t.Iterator[Finding]:
    """Yield what is wrong with an endpoint, if there is any."""
    if not endpoint:
        return
    where = f"{variable}.endpoint"
    name = endpoint_host(endpoint)
    if not name:
        fix = "Backups travel by TLS to a host that proves itself."
        yield Finding("V37", where, endpoint, "https://, a host and maybe a port", fix)
        return
    held = inside(site, name)
    if held:
        yield within(where, endpoint, held)


def within(where: str, value: str, held: str) -> Finding:
    """Say that an endpoint is what it is to restore."""
    expected = f"a place outside of what it is to restore; this is {held}"
    return Finding("V37", where, value, expected, "Use an object storage elsewhere.")


def endpoint_host(endpoint: str) -> str:
    """The host of a URL that is fit for an endpoint; empty for any other."""
    try:
        parts = urlsplit(endpoint)
        good = parts.port is None or parts.port > 0
    except ValueError:
        return ""
    fit = good and parts.scheme == "https" and not parts.path.strip("/") and not parts.query and "@" not in parts.netloc
    return parts.hostname or "" if fit else ""


def inside(site: Site, name: str) -> str:
    """What of the site an endpoint's host is; empty when it is none of it."""
    address = parse_address(name)
    if address is None:
        domains = [str(site.value("site_domain")), *(one.name.rstrip(".") for one in zones.read(site, []) if one.own)]
        if any(name == domain or name.endswith(f".{domain}") for domain in domains):
            return "a name that only the site's own DNS knows"
        return ""
    for host, known in site.node_addresses().items():
        if address == known:
            return f"the host {host}"
    for variable in ("site_api_vip", "site_dns_address"):
        if address == site.address(variable):
            return f"the {variable}"
    for variable in ("site_cluster_cidr", "site_service_cidr"):
        network = site.network(variable)
        if network is not None and address in network:
            return f"in the {variable}"
    try:
        pool = parse_range(str(site.value(POOL)))
    except ValueError:
        # None, or one that V42 is about.
        return ""
    return f"in the {POOL}" if address in pool else ""
