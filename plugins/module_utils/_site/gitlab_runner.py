# Copyright: (c) 2026, metal-stack authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Check 80: who runs jobs of GitLab, and with what. Nothing of the token is ever shown."""

from __future__ import annotations

import re
import typing as t

from .finding import Finding, redacted, shown
from .inputs import nearest
from .model import Site

VARIABLE = "site_gitlab_runner"
REQUIRED = ("url", "token", "repository")
SECRET = ("token", "repository_token", "vault_password", "ssh_key", "escrow")
LISTS = ("refs", "playbooks", "requirements")
FIELDS = (*REQUIRED, "host", "ca", "repository_user", *SECRET[1:], *LISTS, "inventory", "wheels")
URL = re.compile(r"https://[^/\s@]+(/\S*)?")
TOKEN = re.compile(r"glrt-[A-Za-z0-9._-]{20,}")
REF = re.compile(r"refs/(heads/[A-Za-z0-9._/-]+|tags/[A-Za-z0-9._/-]+\*?)")
PACKAGE = re.compile(r"[A-Za-z0-9._-]+==[A-Za-z0-9._+!-]+")
PLAYBOOK = re.compile(r"[a-z][a-z_]*")
SHAPES = {
    "url": (URL, "GitLab's URL by https, without a user in it"),
    "repository": (URL, "the repository's URL by https, without a user in it"),
    "token": (TOKEN, "a runner's authentication token, which begins with glrt-"),
}
ITEMS = {
    "refs": (REF, "protected refs in full: refs/heads/main, refs/tags/v*"),
    "requirements": (PACKAGE, "Python packages that each have their version: NAME==VERSION"),
    "playbooks": (PLAYBOOK, "names of playbooks of this collection"),
}


def check(site: Site) -> t.Iterator[Finding]:
    """Yield what is wrong with the runner of a site that has one."""
    given = site.value(VARIABLE)
    if not given:
        return
    for field in sorted(map(str, given.keys() - set(FIELDS))):
        # It may be meant for a secret.
        yield _finding(field, "(not shown)", f"one of {', '.join(FIELDS)}", nearest(field, FIELDS))
    for field in REQUIRED:
        if not given.get(field):
            yield _finding(field, "(empty)", SHAPES[field][1], "Give it, secrets encrypted.")
    yield from _shapes(given)
    yield from _host(site, str(given.get("host") or ""))
    if bool(given.get("repository_user")) != bool(given.get("repository_token")):
        yield _finding("repository_user", "one of the two", "user and token of the repository", "Give both, or none.")
    if site.is_on("site_offline") and not given.get("wheels"):
        yield _finding("wheels", "(empty)", "a directory on the host with wheels: site_offline is true", "Name one.")


def _shapes(given: t.Mapping[str, t.Any]) -> t.Iterator[Finding]:
    for field, value in given.items():
        if field in LISTS:
            pattern, expected = ITEMS[field]
            texts = value if isinstance(value, (list, tuple)) else ()
            if not texts or not all(isinstance(one, str) and pattern.fullmatch(one) for one in texts):
                yield _finding(field, shown(value), expected, "Write a list of them.")
        elif field in FIELDS and not isinstance(value, str):
            yield _finding(field, _show(field, value), "a text", "Put it in quotes.")
        elif field in SHAPES and value and not SHAPES[field][0].fullmatch(value):
            yield _finding(field, _show(field, value), SHAPES[field][1], "Correct it.")


def _host(site: Site, name: str) -> t.Iterator[Finding]:
    known = [host.name for host in site.hosts]
    if name and name not in known:
        yield _finding("host", shown(name), f"a host of the site: {', '.join(known)}", "Name one, or leave it out.")


def _show(field: str, value: t.Any) -> str:
    # A password may stand where none belongs.
    hidden = field in SECRET or "@" in str(value)
    return redacted(str(value)) if hidden else shown(value)


def _finding(field: str, value: str, expected: str, fix: str) -> Finding:
    return Finding("V80", f"{VARIABLE}.{field}", value, expected, fix)
