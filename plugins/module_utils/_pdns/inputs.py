# Copyright: (c) 2026, metal-stack authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What a task says about a zone, from its parameters and the file that they name."""

from __future__ import annotations

import json
import typing as t
from pathlib import Path

from ansible_collections.metalstack.autonomous.plugins.module_utils._pdns import names, rrset, settings, zone_file
from ansible_collections.metalstack.autonomous.plugins.module_utils._pdns.plan import Ignore
from ansible_collections.metalstack.autonomous.plugins.module_utils._pdns.rrset import BadRRset, RRset
from ansible_collections.metalstack.autonomous.plugins.module_utils._pdns.zone import Wanted

Parameters = t.Mapping[str, t.Any]

SETTINGS = (
    *("kind", "masters", "account", "catalog", "soa_edit", "soa_edit_api", "api_rectify"),
    *("dnssec", "nsec3param", "nsec3narrow", "master_tsig_key_ids", "slave_tsig_key_ids"),
)


def wanted(parameters: Parameters, zone: str) -> Wanted:
    """All of it checked, without a word to the server."""
    return Wanted(
        settings=settings.canonical({name: parameters[name] for name in SETTINGS}),
        metadata=settings.metadata(parameters["metadata"]),
        soa=parameters["soa"],
        rrsets=rrsets(parameters, zone),
        default_ttl=parameters["default_ttl"],
        exact=parameters["mode"] == "exact",
        ignore=tuple(_ignore(one, zone) for one in parameters["ignore"]),
        max_delete=parameters["max_delete"],
    )


def _ignore(given: Parameters, zone: str) -> Ignore:
    return Ignore(names.pattern(given["name"], zone), tuple(map(str.upper, given["types"])))


def rrsets(parameters: Parameters, zone: str) -> list[RRset] | None:
    """From the one of the three that is given, with the name servers; ``None`` without any."""
    given = parameters["rrsets"]
    if parameters["rrsets_file"]:
        given = _from_file(Path(parameters["rrsets_file"]))
    if parameters["zone_text"] is not None:
        sets = zone_file.read(parameters["zone_text"], zone, parameters["default_ttl"])
    elif given is not None:
        sets = [rrset.from_input(one, zone, parameters["default_ttl"]) for one in given]
    else:
        sets = []
    if parameters["nameservers"]:
        hosts = tuple(names.target(name, zone) for name in parameters["nameservers"])
        sets.append(RRset(zone, "NS", parameters["default_ttl"], hosts))
    if given is None and parameters["zone_text"] is None and not sets:
        return None
    return sets


def _from_file(path: Path) -> list[Parameters]:
    """JSON: a list of sets, or an object with ``rrsets`` as the API gives it. YAML by the file's name, and slowly."""
    try:
        text = path.read_text(encoding="utf-8")
        if path.suffix in (".yml", ".yaml"):
            import yaml

            try:
                document = yaml.load(text, getattr(yaml, "CSafeLoader", yaml.SafeLoader))
            except yaml.YAMLError as error:
                raise BadRRset(f"rrsets_file {path}: {error}") from error
        else:
            document = json.loads(text)
    except (OSError, ValueError) as error:
        raise BadRRset(f"rrsets_file {path}: {error}") from error
    sets = document.get("rrsets") if isinstance(document, dict) else document
    if not isinstance(sets, list) or not all(isinstance(one, dict) for one in sets):
        raise BadRRset(f"rrsets_file {path}: expected a list of sets, or an object with one named rrsets")
    return sets
