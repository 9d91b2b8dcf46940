# Copyright: (c) 2026, metal-stack authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What comes next in a rotation of a shoot's credentials, told by the phases in its status. Pure.

Which phases there are, what may be asked for in each and what follows by itself is as Gardener v1.138 has it:
validateShootOperationContext (pkg/api/core/validation/shoot.go) and patchShootStatusOperationSuccess
(pkg/gardenlet/controller/shoot/shoot/reconciler.go).
"""

from __future__ import annotations

import datetime
import typing as t

from .._k3s.gate import Failure

Object = dict[str, t.Any]

CREDENTIALS, CA, ACCOUNT_KEY = "rotate-credentials", "rotate-ca", "rotate-serviceaccount-key"
ETCD_KEY, SSH, OBSERVABILITY = "rotate-etcd-encryption-key", "rotate-ssh-keypair", "rotate-observability-credentials"
AUTHORITIES, ACCOUNTS, ENCRYPTION = "certificateAuthorities", "serviceAccountKey", "etcdEncryptionKey"
# Prepared first, and completed when all clients have what is new; by the operation the fields of the status.
Table = t.Mapping[str, tuple[str, ...]]
TWO_STEPS: Table = {CREDENTIALS: (AUTHORITIES, ACCOUNTS), CA: (AUTHORITIES,), ACCOUNT_KEY: (ACCOUNTS,)}
ONE_STEP = {ETCD_KEY: ENCRYPTION, SSH: "sshKeypair", OBSERVABILITY: "observability"}

PREPARING, PREPARING_ONLY, WAITING = "Preparing", "PreparingWithoutWorkersRollout", "WaitingForWorkersRollout"
PREPARED, COMPLETING, COMPLETED, NEVER = "Prepared", "Completing", "Completed", ""
UNDER_WAY = (PREPARING, PREPARING_ONLY)
ROLL, WITHOUT_ROLLOUT = "rotate-rollout-workers", "-without-workers-rollout"
_PREPARE = "-> have it prepared first (phase: prepared), and give its clients what is new"


class Step(t.NamedTuple):
    """Nothing at all: it has got there.

    send: the operation to be asked for. awaits: what has to come by itself. refused: why it does not go on.
    """

    send: str = ""
    awaits: Failure | None = None
    refused: str = ""


REACHED = Step()


def phases(shoot: Object) -> dict[str, str]:
    """The phase of everything that is, or ever was, rotated in steps, by its field in the status."""
    return {name: one["phase"] for name, one in _rotation(shoot).items() if one.get("phase")}


def pools(shoot: Object) -> list[str]:
    """The worker pools that have to be rolled before a rotation is prepared, in the order of the spec."""
    rotation = _rotation(shoot)
    waiting = [rotation[name] for name in (AUTHORITIES, ACCOUNTS) if _phase(shoot, name) == WAITING]
    pending = {pool["name"] for one in waiting for pool in one.get("pendingWorkersRollouts") or []}
    return [one["name"] for one in shoot["spec"]["provider"].get("workers") or [] if one["name"] in pending]


def prepare(
    shoot: Object, operation: str, roll: bool, since: datetime.datetime | None = None, table: Table | None = None
) -> Step:
    """Towards C(Prepared), where clients get what is new. roll: workers are rolled by it, else they are left waiting.

    since: what was completed after that was prepared before, and is not begun again. table: of who is no shoot.
    """
    fields = (table or TWO_STEPS)[operation]
    found = {name: _phase(shoot, name) for name in fields}
    idle = [name for name, phase in found.items() if phase in (NEVER, COMPLETED)]
    if len(idle) == len(fields):
        if since and all(_completed_after(shoot, name, since) for name in fields):
            return REACHED
        return _begun(shoot, operation, roll)
    if idle:
        return Step(refused=_apart(found))
    if any(phase in UNDER_WAY for phase in found.values()):
        return Step(awaits=_expected(found, PREPARED if roll else f"{PREPARED} or {WAITING}"))
    if WAITING in found.values() and roll:
        left = pools(shoot)
        return Step(send=f"{ROLL}={','.join(left)}") if left else Step(awaits=_expected(found, PREPARED))
    if operation == CREDENTIALS and _phase(shoot, ENCRYPTION) not in (NEVER, COMPLETED, *_stays(shoot)):
        return Step(awaits=_expected({ENCRYPTION: _phase(shoot, ENCRYPTION)}, COMPLETED))
    return REACHED


def complete(shoot: Object, operation: str, since: datetime.datetime | None = None, table: Table | None = None) -> Step:
    """From C(Prepared) to C(Completed), where what was before counts no more.

    since: what was completed before that is not what is meant. table: as C(prepare) has it.
    """
    fields = (table or TWO_STEPS)[operation]
    if operation == CREDENTIALS and _stays(shoot) and _phase(shoot, ENCRYPTION) != NEVER:
        fields = (*fields, ENCRYPTION)
    found = {name: _phase(shoot, name) for name in fields}
    if all(phase == COMPLETED for phase in found.values()):
        if since and not all(_completed_after(shoot, name, since) for name in fields):
            return Step(refused=f"it was not prepared since {since.isoformat()} {_PREPARE}")
        return REACHED
    if all(phase == PREPARED for phase in found.values()):
        return Step(send=f"{operation}-complete")
    if all(phase in (COMPLETING, COMPLETED) for phase in found.values()):
        return Step(awaits=_expected(found, COMPLETED))
    if left := pools(shoot):
        return Step(refused=f"{_told(found)}, since workers of {', '.join(left)} have the former ones {_PREPARE}")
    if all(phase in (NEVER, COMPLETED) for phase in found.values()):
        return Step(refused=f"it was not begun {_PREPARE}")
    if any(phase in (NEVER, COMPLETED, COMPLETING) for phase in found.values()):
        return Step(refused=_apart(found))
    return Step(refused=f"{_told(found)}, not {PREPARED} yet {_PREPARE}")


def once(shoot: Object, operation: str, sent: bool, since: datetime.datetime | None = None) -> Step:
    """What is rotated in one go. sent: it was asked for just now, so that it does not begin again once it is done."""
    field = ONE_STEP[operation]
    if operation == ETCD_KEY:
        return _encryption(shoot, sent, since)
    one = _rotation(shoot).get(field) or {}
    begun, ended = one.get("lastInitiationTime", ""), one.get("lastCompletionTime", "")
    if begun > ended:
        return Step(awaits=_lacking(f"{field} is rotated", f"begun {begun}", "completed"))
    if sent or (since and _completed_after(shoot, field, since)):
        return REACHED
    return Step(send=operation)


def ends(shoot: Object, sent: t.Iterable[str]) -> dict[str, str]:
    """The phase that each field is in once what a shoot was asked for has succeeded."""
    found: dict[str, str] = {}
    for one in sent:
        bare = one.removesuffix(WITHOUT_ROLLOUT)
        operation, _dash, step = bare.rpartition("-")
        if operation in TWO_STEPS:
            begun = PREPARED if bare == one else WAITING
            found |= dict.fromkeys(TWO_STEPS[operation], COMPLETED if step == "complete" else begun)
        if operation == CREDENTIALS:
            found[ENCRYPTION] = COMPLETED if step == "complete" or _whole(shoot) else PREPARED
        if bare in (ETCD_KEY, f"{ETCD_KEY}-complete"):
            found[ENCRYPTION] = COMPLETED
        if bare.startswith(f"{ROLL}="):
            found |= {name: PREPARED for name in (AUTHORITIES, ACCOUNTS) if _phase(shoot, name) == WAITING}
    return found


def _encryption(shoot: Object, sent: bool, since: datetime.datetime | None) -> Step:
    """Kubernetes before 1.34 may have been asked to stop in between."""
    phase = _phase(shoot, ENCRYPTION)
    if phase in (NEVER, COMPLETED):
        done = sent or (since is not None and _completed_after(shoot, ENCRYPTION, since))
        return REACHED if done else Step(send=ETCD_KEY)
    if phase in _stays(shoot):
        return Step(send=f"{ETCD_KEY}-complete")
    return Step(awaits=_expected({ENCRYPTION: phase}, COMPLETED))


def _stays(shoot: Object) -> tuple[str, ...]:
    """The phase in which the key of etcd waits to be completed: from Kubernetes 1.34 on it never does."""
    asked_whole = (_rotation(shoot).get(ENCRYPTION) or {}).get("autoCompleteAfterPrepared")
    return () if asked_whole or _whole(shoot) else (PREPARED,)


def _whole(shoot: Object) -> bool:
    return tuple(int(part) for part in shoot["spec"]["kubernetes"]["version"].split(".")[:2]) >= (1, 34)


def _begun(shoot: Object, operation: str, roll: bool) -> Step:
    start = f"{operation}-start{'' if roll else WITHOUT_ROLLOUT}"
    encryption = _phase(shoot, ENCRYPTION)
    if operation != CREDENTIALS or encryption in (NEVER, COMPLETED):
        return Step(send=start)
    if encryption in _stays(shoot):
        return Step(refused=f"{_told({ENCRYPTION: encryption})} -> complete it first, by operation {ETCD_KEY}")
    return Step(send=start, awaits=_expected({ENCRYPTION: encryption}, COMPLETED))


def _apart(found: t.Mapping[str, str]) -> str:
    return f"{_told(found)}, so they are rotated apart -> bring each to its end by an operation of its own"


def _expected(found: t.Mapping[str, str], phase: str) -> Failure:
    return _lacking(f"{' and '.join(found)} {'is' if len(found) == 1 else 'are'} rotated", _told(found), phase)


def _lacking(condition: str, seen: str, expected: str) -> Failure:
    return Failure(condition, seen, expected, "see what its last operation says")


def _told(found: t.Mapping[str, str]) -> str:
    return ", ".join(f"{name} is {phase or 'as it was made'}" for name, phase in found.items())


def _rotation(shoot: Object) -> Object:
    credentials = (shoot.get("status") or {}).get("credentials") or {}
    return dict(credentials.get("rotation") or {})


def _phase(shoot: Object, name: str) -> str:
    return str((_rotation(shoot).get(name) or {}).get("phase") or NEVER)


def _completed_after(shoot: Object, name: str, since: datetime.datetime) -> bool:
    ended = (_rotation(shoot).get(name) or {}).get("lastCompletionTime") or ""
    return bool(ended) and datetime.datetime.fromisoformat(ended) >= since
