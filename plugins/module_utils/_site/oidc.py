# Copyright: (c) 2026, metal-stack authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Check 77: whose OpenID Connect tokens the API of the initial cluster takes."""

from __future__ import annotations

import typing as t

from ansible_collections.metalstack.autonomous.plugins.module_utils._k3s import authentication

from .finding import Finding, of_complaint, shown
from .model import Site

ROW = "V77"
ISSUERS, ADMINISTRATORS = "site_oidc_issuers", "site_oidc_administrators"


def check(site: Site) -> t.Iterator[Finding]:
    """Yield what is wrong with the issuers and with those who are to administer."""
    issuers, administrators = site.value(ISSUERS), site.value(ADMINISTRATORS)
    malformed = [text for number, one in enumerate(issuers) for text in _malformed(f"entry {number + 1}", one)]
    for complaint in malformed or authentication.faults(issuers):
        yield of_complaint(ROW, ISSUERS, complaint, "an issuer as the documentation has it")
    if malformed:
        return
    if administrators and not issuers:
        expected = "issuers whose tokens name these groups"
        yield Finding(ROW, ADMINISTRATORS, shown(administrators), expected, "Give site_oidc_issuers, or leave it out.")
    prefixes = tuple({**authentication.DEFAULTS, **one}["groups_prefix"] for one in issuers)
    for group in administrators if issuers else []:
        if not isinstance(group, str) or not group.startswith(prefixes):
            expected = f"a group with the prefix of an issuer: {', '.join(sorted(set(prefixes)))}"
            yield Finding(ROW, ADMINISTRATORS, shown(group), expected, "Write it as Kubernetes sees it.")


def _malformed(where: str, one: t.Any) -> t.Iterator[str]:
    """What keeps an entry from being read at all."""
    if not isinstance(one, t.Mapping):
        yield f"{where} is {shown(one)}, expected a mapping with url and audiences"
        return
    kinds: dict[str, type] = {"url": str, "audiences": list}
    kinds |= {name: type(default) for name, default in authentication.DEFAULTS.items()}
    for name in sorted(set(one) - set(kinds)):
        yield f"{where} has {name}, expected only {', '.join(kinds)}"
    for name, kind in kinds.items():
        if name not in one and name in ("url", "audiences"):
            yield f"{where} has no {name}, expected url and audiences"
        elif not isinstance(one.get(name, kind()), kind):
            yield f"{where} has {name} as {shown(one[name])}, expected a {kind.__name__}"
