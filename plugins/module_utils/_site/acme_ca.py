# Copyright: (c) 2026, metal-stack authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Checks 78 and 79: who issues certificates by ACME, and who has which."""

from __future__ import annotations

import posixpath
import re
import typing as t

from .finding import Finding, shown
from .model import Site, parse_network

SWITCH, PROVIDER, HOST, STANDBYS = "site_acme_ca", "site_acme_ca_provider", "site_acme_ca_host", "site_acme_ca_standbys"
DOMAINS, NETWORKS, DIRECTORY = "site_acme_ca_domains", "site_acme_ca_networks", "site_acme_ca_directory_url"
UPDATE_KEY, CERTIFICATES, ISSUER = "site_acme_ca_update_key", "site_acme_certificates", "site_acme_ca_issuer"
PROVIDERS = ("internal", "external")
CHALLENGES = ("http-01", "dns-01", "tls-alpn-01")
REQUIRED = ("name", "hosts", "names", "challenge", "path")
FIELDS = (*REQUIRED, "owner", "units")
LABEL = r"[a-z0-9]([a-z0-9-]*[a-z0-9])?"
DOMAIN = re.compile(rf"({LABEL}[.])*{LABEL}")
NAME = re.compile(r"[a-z0-9][a-z0-9_-]*")

Entry = t.Mapping[str, t.Any]


def check(site: Site) -> t.Iterator[Finding]:
    """Yield what keeps certificates from being issued as the inventory wants it."""
    if not site.value(SWITCH):
        if site.value(CERTIFICATES):
            yield _of(CERTIFICATES, "some, without site_acme_ca", "somebody who issues them", f"Set {SWITCH} to true.")
        return
    provider = site.value(PROVIDER)
    if provider not in PROVIDERS:
        yield _of(PROVIDER, provider, " or ".join(PROVIDERS), "Choose one.")
        return
    yield from _internal(site) if provider == "internal" else _external(site)
    key = site.value(UPDATE_KEY)
    if key and key not in (site.value("site_dns_update_keys") or {}):
        yield _of(UPDATE_KEY, key, "a key of site_dns_update_keys", "Describe it there, with its zones.")
    if site.value(ISSUER) and not key:
        expected = "a key that cert-manager proves names with"
        yield _of(ISSUER, f"true, without {UPDATE_KEY}", expected, "Name it.")
    hosts = {host.name for host in site.hosts}
    names: set[tuple[str, str]] = set()
    for number, entry in enumerate(site.value(CERTIFICATES)):
        if isinstance(entry, t.Mapping):
            yield from _certificate(f"{CERTIFICATES}[{number}]", entry, hosts, bool(key), names)
        else:
            yield _entry(f"{CERTIFICATES}[{number}]", entry, f"a mapping of {', '.join(FIELDS)}", "Write its fields.")


def _internal(site: Site) -> t.Iterator[Finding]:
    hosts = {host.name for host in site.hosts}
    active, standbys = site.value(HOST), site.value(STANDBYS) or []
    for one in [active] if active and active not in hosts else []:
        yield _of(HOST, one, "a host of the site", "Name one.")
    for one in (str(each) for each in standbys if str(each) not in hosts):
        yield _of(STANDBYS, one, "hosts of the site", "Name others, or none.")
    domains = [str(one) for one in site.value(DOMAINS) or [site.value("site_domain")]]
    for one in (each for each in domains if not DOMAIN.fullmatch(each)):
        yield _of(DOMAINS, one, "domains of small letters, digits and dashes, without * and a last dot", "Correct it.")
    own = site.value("site_domain")
    if own and own not in domains:
        yield _of(DOMAINS, ", ".join(domains), f"{own} among them, below which the authority is ca.{own}", "Add it.")
    for one in (str(each) for each in site.value(NETWORKS) if parse_network(each) is None):
        yield _of(NETWORKS, one, "networks as 198.51.100.0/24", "Correct it.")
    if site.value(DIRECTORY):
        yield _of(DIRECTORY, site.value(DIRECTORY), "nothing: it is that of the site's own", "Take it out.")


def _external(site: Site) -> t.Iterator[Finding]:
    if not str(site.value(DIRECTORY)).startswith("https://"):
        expected = "the https URL of the directory of an authority that speaks ACME"
        yield _of(DIRECTORY, site.value(DIRECTORY), expected, "Such as https://acme-v02.api.letsencrypt.org/directory.")


def _certificate(
    where: str, entry: Entry, hosts: t.Collection[str], has_key: bool, seen: set[tuple[str, str]]
) -> t.Iterator[Finding]:
    wrong = sorted(map(str, entry.keys() - set(FIELDS))) + [field for field in REQUIRED if not entry.get(field)]
    if wrong:
        yield _entry(where, ", ".join(wrong), f"{', '.join(REQUIRED)}, and as need be owner and units", "Correct them.")
        return
    name, asked = str(entry["name"]), entry["hosts"]
    if not NAME.fullmatch(name):
        yield _entry(f"{where}.name", name, "small letters, digits, dashes and underscores", "Rename it.")
    strangers = [str(one) for one in asked if str(one) not in hosts] if isinstance(asked, list) else [str(asked)]
    if strangers:
        yield _entry(f"{where}.hosts", ", ".join(strangers), "a list of hosts of the site", "Name them.")
    elif twice := [host for host in asked if (host, name) in seen or (host, str(entry["path"])) in seen]:
        yield _entry(where, f"{name} on {', '.join(twice)}", "a name and a path of its own on each host", "Change it.")
    elif entry["challenge"] == "dns-01" and not has_key:
        yield _entry(f"{where}.challenge", "dns-01", "site_acme_ca_update_key, by which names are proven", "Set it.")
    seen |= {(str(host), one) for host in asked for one in (name, str(entry["path"]))} if not strangers else set()
    names = entry["names"]
    wild = entry["challenge"] == "dns-01"
    if not isinstance(names, list) or not all(DOMAIN.fullmatch(_bare(str(one), wild)) for one in names):
        expected = "a list of DNS names, with * at the beginning for dns-01 alone"
        yield _entry(f"{where}.names", names, expected, "Correct it.")
    if entry["challenge"] not in CHALLENGES:
        yield _entry(f"{where}.challenge", entry["challenge"], ", ".join(CHALLENGES), "Choose one.")
    path = str(entry["path"])
    if not path.startswith("/") or posixpath.normpath(path) != path:
        yield _entry(f"{where}.path", path, "an absolute path of a file", "Correct it.")


def _bare(name: str, wild: bool) -> str:
    return name.removeprefix("*.") if wild else name


def _of(variable: str, value: t.Any, expected: str, fix: str) -> Finding:
    return Finding("V78", variable, shown(value), expected, fix)


def _entry(where: str, value: t.Any, expected: str, fix: str) -> Finding:
    return Finding("V79", where, shown(value), expected, fix)
