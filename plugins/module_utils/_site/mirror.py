# Copyright: (c) 2026, metal-stack authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Checks 73 to 75: a site that is offline, and the mirror that it takes everything from."""

from __future__ import annotations

import typing as t

from .finding import Finding, shown
from .model import Site
from .versions import ARCHITECTURES, Controller

OFFLINE, MIRROR, SIGNERS = "site_offline", "site_mirror", "site_mirror_signers"
COLLECT = "ansible-playbook metalstack.autonomous.mirror -i inventory -e mirror_action=collect"
SHOWN = 5


def check(site: Site, controller: Controller) -> t.Iterator[Finding]:
    """Yield what keeps a site from being built of its mirror."""
    directory = site.value(MIRROR)
    if directory and not directory.startswith("/"):
        expected = "an absolute path of a directory on the controller"
        yield Finding("V73", MIRROR, shown(directory), expected, "Write it from the root on.")
        return
    if not site.is_on(OFFLINE):
        return
    if not directory:
        expected = "the directory of the mirror that an offline site takes everything from"
        yield Finding("V73", OFFLINE, "true, without site_mirror", expected, f"Set it. A mirror is made by {COLLECT}.")
        return
    found = controller.mirror
    if found is None:
        return
    if found.problem:
        where = SIGNERS if site.value(SIGNERS) else MIRROR
        expected = "a whole mirror" + (", signed by one of site_mirror_signers" if site.value(SIGNERS) else "")
        yield Finding("V73", where, found.problem, expected, "Import it again (mirror_action=import).")
        return
    if found.gone:
        named = ", ".join(found.gone[:SHOWN]) + (f" and {len(found.gone) - SHOWN} more" * (len(found.gone) > SHOWN))
        expected = "every file of its manifest, in its size"
        yield Finding("V73", MIRROR, f"{directory} lacks {named}", expected, "Import it again (mirror_action=import).")
    for what in found.lacking:
        yield Finding("V74", MIRROR, f"{directory} has no {what}", "what the inventory asks for", _again())


def check_host(site: Site, facts: t.Mapping[str, t.Any], controller: Controller) -> t.Iterator[Finding]:
    """Yield that the mirror has nothing for a host, which its release and its architecture tell."""
    found = controller.mirror
    if not site.is_on(OFFLINE) or found is None or found.problem:
        return
    arch = ARCHITECTURES.get(facts["architecture"], facts["architecture"])
    release = facts.get("release", "")
    if f"{release}/{arch}" not in found.purposes:
        there = ", ".join(found.purposes) or "none"
        more = f' -e \'{{"mirror_debian_releases": ["{release}"], "mirror_architectures": ["{arch}"]}}\''
        expected = f"a Debian that the mirror has packages of: {there}"
        yield Finding("V75", "host", f"Debian {release or facts['os_version']} on {arch}", expected, _again(more))
    for what in found.lacking_on.get(arch, ()):
        yield Finding("V74", MIRROR, f"{site.value(MIRROR)} has no {what}", "what the host asks for", _again())


def _again(more: str = "") -> str:
    return f"Collect it where there is a way out, and import it: {COLLECT}{more}"
