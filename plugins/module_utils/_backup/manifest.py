# Copyright: (c) 2026, metal-stack authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The manifest of one component of a set: what it holds, sealed with the site's backup password. Pure."""

from __future__ import annotations

import hashlib
import hmac
import json
import typing as t

from .errors import BackupError

Manifest = dict[str, t.Any]
FORMAT = 1
# By the password, and while that is rotated by the next one, too, so that either opens what was made.
SEALS = ("seal", "seal_next")
REQUIRED = ("site", "component", "lineage", "generation", "set", "host", "made", "snapshot", "bytes", "files", "facts")


def _canonical(manifest: Manifest) -> bytes:
    sealed = {name: value for name, value in manifest.items() if name not in SEALS}
    return json.dumps(sealed, sort_keys=True, separators=(",", ":")).encode()


def _seal(manifest: Manifest, password: str) -> str:
    """A MAC, so that neither another site's manifest nor one that somebody changed is taken for ours."""
    key = hashlib.sha256(b"metalstack backup manifest\0" + password.encode()).digest()
    return hmac.new(key, _canonical(manifest), hashlib.sha256).hexdigest()


def seal(manifest: Manifest, password: str, following: str = "") -> bytes:
    """What is written of a manifest, which may be one that was sealed before."""
    whole = {name: value for name, value in {"format": FORMAT, **manifest}.items() if name not in SEALS}
    seals = {name: _seal(whole, secret) for name, secret in zip(SEALS, (password, following), strict=True) if secret}
    return json.dumps({**whole, **seals}, sort_keys=True, indent=1).encode()


def unseal(key: str, content: bytes, *passwords: str) -> Manifest:
    """The manifest in the object, or an error that says what is the matter with it. One of the passwords has to fit."""
    try:
        found = json.loads(content)
    except ValueError:
        found = None
    if not isinstance(found, dict) or "seal" not in found:
        raise BackupError(f"{key} is no manifest: half written, or not of this collection -> use another set")
    if found.get("format") != FORMAT:
        raise BackupError(f"{key} has format {found.get('format')!r}, expected {FORMAT} -> use a release that knows it")
    seals = [str(found[name]) for name in SEALS if name in found]
    fitting = [_seal(found, password) for password in passwords]
    if not any(hmac.compare_digest(one, fits) for one in seals for fits in fitting):
        raise BackupError(
            f"{key} was not sealed with this site's backup password: the password is another one, or the manifest was"
            " changed -> give the password that was escrowed, or use another set"
        )
    missing = [name for name in REQUIRED if name not in found]
    if missing:
        raise BackupError(f"{key} lacks {', '.join(missing)} -> use another set")
    return found


# Of a few things half may go on any day.
FEW = 4


SHARE = 0.5
# What users have and pay for does not vanish by a fifth in a day. Resources of Kubernetes go by C(shoots.group).
STEADY, STEADY_SHARE = ("machines", "ips", "shoots"), 0.8
# Of these there may be one alone, and a site has none of them only before it has any.
NEVER_NONE = (*STEADY, "gardens", "zones")


def drops(
    facts: t.Mapping[str, int], before: t.Sequence[t.Mapping[str, int]], unlisted: t.Collection[str] = ()
) -> list[str]:
    """Counts that fell below a share of their median in the sets before, or to nothing where that never happens.

    An empty database is a backup, too. unlisted: resources that could not be counted, and groups of them.
    """
    found = []
    for name in sorted({name for counts in before for name in counts}):
        if name in unlisted or name.partition(".")[2] in unlisted:
            continue
        values = sorted(counts[name] for counts in before if name in counts)
        middle = values[len(values) // 2]
        kind, number = name.partition(".")[0], facts.get(name, 0)
        share = STEADY_SHARE if kind in STEADY else SHARE
        emptied = kind in NEVER_NONE and middle > 0 == number
        if emptied or (middle >= FEW and number < middle * share):
            found.append(f"{name} is {number}, the median of the last {len(values)} sets is {middle}")
    return found


def counts(found: Manifest) -> dict[str, int]:
    """What a set held, as it is compared."""
    return {**found["facts"]["counts"], "bytes": found["bytes"]}


def older(facts: t.Mapping[str, t.Any], before: t.Sequence[Manifest], generation: int) -> list[str]:
    """Whether the data are older than those of a set before: those of a disk that was put back to a former moment.

    A restore has a generation of its own, in which it is compared with nothing. Where a set was made while others were,
    what was read last of it counts against what was read first of them.
    """
    if "revisions" not in facts:
        return []
    known = [(one["facts"]["revisions"][0], one["set"]) for one in before
             if one["generation"] == generation and "revisions" in one["facts"]]  # fmt: skip
    newest, name = max(known, default=(0, ""))
    now = facts["revisions"][-1]
    if now >= newest:
        return []
    return [f"the revision of the data is {now}, set {name} of the same generation holds {newest}: they are older"]


def fingerprint(secret: str, lineage: str) -> str:
    """What tells whether a secret is the one of a set, without telling the secret."""
    return hashlib.scrypt(secret.encode(), salt=lineage.encode(), n=2**14, r=8, p=1, dklen=16).hex()
