# Copyright: (c) 2026, metal-stack authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Which server goes on alone after the quorum of etcd was lost, and what becomes of the others. Pure.

A host is what _k3s/decide.py takes; seen is k3s_info's answer, None for a host that did not answer.
"""

from __future__ import annotations

import datetime
import typing as t

from . import layout

Host = dict[str, t.Any]

# Left over on the disk beside a copy of the datastore.
SPARE_BYTES = 256 << 20
MEBIBYTE = 1 << 20


def _names(hosts: t.Iterable[Host]) -> str:
    return ", ".join(host["host"] for host in hosts)


def _lives(host: Host) -> bool:
    return bool(host["seen"]["api"]["ready"] or host["seen"]["etcd"]["quorum"])


def _described(host: Host) -> str:
    seen = host["seen"]
    written = datetime.datetime.fromtimestamp(seen["datastore_written"], datetime.UTC)
    return f"{host['host']} ({seen['datastore_bytes'] // MEBIBYTE} MiB, last written {written:%Y-%m-%d %H:%M:%S} UTC)"


def _resumed(living: list[Host], wanted: str) -> Host | None:
    """The server that an interrupted run has left alive and alone."""
    begun = [host for host in living if host["seen"]["reset_begun"] and wanted in ("", host["host"])]
    return begun[0] if len(begun) == 1 else None


def _candidate(seen: list[Host], wanted: str) -> tuple[Host | None, str]:
    """The server to go on with, or why there is none."""
    having = [host for host in seen if host["seen"]["datastore"] == "etcd"]
    if not having:
        return None, "no server has data of etcd -> restore from the object storage, with restore_mode=total"
    named = [host for host in seen if host["host"] == wanted]
    if wanted and named and named[0] not in having:
        kind = named[0]["seen"]["datastore"] or "none"
        return None, f"{wanted} has no data of etcd (found: {kind}) -> name one that has: {_names(having)}"
    if wanted:
        return named[0], ""
    if len(having) > 1:
        choice = "; ".join(map(_described, having))
        return None, (
            f"{len(having)} servers have data: {choice} -> where a majority is only stopped, run bootstrap, which"
            " starts them together and loses nothing; else name the one to go on with, -e restore_survivor=<host>: what"
            " only the others have is lost"
        )
    return having[0], ""


def _survivor_refusals(host: Host, refused: t.Mapping[str, str]) -> t.Iterator[str]:
    seen, name = host["seen"], host["host"]
    if refused.get(name):
        yield f"{name}: {refused[name]}"
    free = seen["system"]["free_bytes"][layout.DATA_DIR]
    needed = seen["datastore_bytes"] + SPARE_BYTES
    # A run that was interrupted has made its copy already, or has left its part of one that is replaced.
    if free < needed and not seen["reset_begun"]:
        yield (
            f"{name}: {free // MEBIBYTE} MiB free for {layout.DATA_DIR}, expected {needed // MEBIBYTE}: its data are"
            " copied first -> free space there"
        )


def choose(hosts: list[Host], wanted: str = "", refused: t.Mapping[str, str] | None = None) -> dict[str, t.Any]:
    """The survivor, whether its membership is to be reset, and who is to stop and give its data up.

    refused: why the backups' gate keeps the data of a server from starting, by host.
    """
    seen = [host for host in hosts if host["seen"] is not None]
    silent = [host for host in hosts if host["seen"] is None]
    result: dict[str, t.Any] = {"refusals": [], "survivor": "", "resumed": False, "fence": [], "leave": []}
    refusals: list[str] = result["refusals"]
    if len(hosts) < 2:
        refusals.append("the site has one server, which is its own majority -> run bootstrap")
    if wanted and wanted not in [host["host"] for host in hosts]:
        refusals.append(f"restore_survivor is {wanted}, expected one of the servers: {_names(hosts)}")
    if silent:
        refusals.append(
            f"{_names(silent)} did not answer (unreachable, or left out by --limit) and could come back by itself"
            " beside the survivor -> bring it up; one whose disk is gone is installed anew first"
        )
    if refusals:
        return result
    living = [host for host in seen if _lives(host)]
    survivor, why = _resumed(living, wanted), ""
    resumed = survivor is not None
    if living and not resumed:
        refusals.append(
            f"Kubernetes lives on {_names(living)}: the quorum is not lost -> run bootstrap, which brings the"
            " others back"
        )
        return result
    if survivor is None:
        survivor, why = _candidate(seen, wanted)
    if survivor is None:
        refusals.append(why)
        return result
    if not resumed:
        refusals.extend(_survivor_refusals(survivor, refused or {}))
    # Whoever has entered since an interrupted run stays.
    members = {address for member in survivor["seen"]["etcd"]["members"] for address in member["addresses"]}
    entered = members if resumed else set()
    others = [host for host in seen if host is not survivor and host["address"] not in entered]
    result.update(
        survivor=survivor["host"],
        resumed=resumed,
        fence=[host["host"] for host in others],
        leave=[host["host"] for host in others if host["seen"]["datastore"] == "etcd"],
    )
    return result
