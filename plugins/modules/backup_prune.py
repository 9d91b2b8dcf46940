# Copyright: (c) 2026, metal-stack authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

DOCUMENTATION = r"""
module: backup_prune
short_description: Thin out the backups of a site
version_added: 0.1.0
author: metal-stack authors (@metal-stack)
description:
  - Keeps all sets of O(all_days), one of each day for O(daily_days), and of each lineage the last O(verified) verified
    ones, and the last with each component that makes no set complete, however old they are. Removes all others, what
    restic needs for none of those that stay, and what was hidden for more than O(hidden_days).
  - Where the storage is to lock what is written, extends the locks of all objects that the sets which stay need, before
    less than half of that time is left, and also while nothing may be removed. It never locks anything for longer than
    that time from now on.
  - Removes nothing while a manifest cannot be read, the newest of a component is suspect or damaged, one of the last
    three verified sets was deleted by somebody else, or a restore of the site is not confirmed.
  - A set that is known to be damaged stays as long as if it were whole, and takes no other's place.
  - It needs the keys of an account that may remove versions, and where there are locks read and extend them, which the
    hosts must not have. They are used for this call and written nowhere.
  - With O(second) a set that was removed goes from the second object storage, too, unless its own count there would
    keep it. Nothing goes there while the first one has no set, or fewer or older verified ones than the second one, and
    never what is of a lineage that the first one does not know.
extends_documentation_fragment:
  - metalstack.autonomous.backup_pruner
options:
  second:
    description: Keys of such an account of the second object storage. Without them nothing is removed there, and no
      lock extended.
    type: dict
    suboptions:
      access_key:
        description: Access key of an account that may list and remove versions.
        type: str
        required: true
      secret_key:
        description: Its secret.
        type: str
        required: true
  accept_suspect:
    description: Names of suspect sets of which is known why they hold so little, and of damaged ones that are not to
      stop it.
    type: list
    elements: str
    default: []
attributes:
  check_mode:
    description: Runs in check mode and tells what it would remove, and which locks it would extend.
    support: full
  diff_mode:
    description: Shows the sets, and why each stays, and how many locks are extended.
    support: full
  idempotent:
    description: The second run on the same day changes nothing.
    support: full
"""

EXAMPLES = r"""
- name: Thin out the backups
  metalstack.autonomous.backup_prune:
    access_key: "{{ vault_pruner_access_key }}"
    secret_key: "{{ vault_pruner_secret_key }}"
"""

RETURN = r"""
stays:
  description: Sets that stay, with C(set), C(lineage), C(generation) and C(why).
  type: list
  elements: dict
  returned: success
goes:
  description: Sets that were removed, with the same fields.
  type: list
  elements: dict
  returned: success
snapshots:
  description: How many snapshots restic has forgotten.
  type: int
  returned: success
versions:
  description: How many hidden versions of objects were removed for good.
  type: int
  returned: success
locks:
  description: Of each storage, C(first) and C(second), that is to lock what is written, how many C(objects) are needed,
    the locks of how many were C(extended), and C(until) when, empty where none was. In check mode these may be a few
    more, since restic has not dropped yet what no set will need.
  type: dict
  returned: always
second:
  description: What was done in the second object storage, C(stays), C(goes) and C(versions) as above; C(lineages) whose
    copy was thinned out, and C(kept), by lineage why it was not.
  type: dict
  returned: when O(second) is given
"""

from ansible.module_utils.basic import AnsibleModule
from ansible_collections.metalstack.autonomous.plugins.module_utils._backup import (
    locks,
    prune,
    prune_copies,
    pruner,
    settings,
)
from ansible_collections.metalstack.autonomous.plugins.module_utils._backup.errors import BackupError
from ansible_collections.metalstack.autonomous.plugins.module_utils._backup.site import now


def described(verdicts):
    return [
        {"set": one.name, "lineage": one.lineage, "generation": one.generation, "why": why}
        for one, _stays, why in verdicts
    ]


def lines(verdicts, *more):
    rows = [f"{row['lineage']} {row['generation']} {row['set']}: {row['why']}" for row in described(verdicts)]
    return "".join(f"{row}\n" for row in (*rows, *more))


def told(planned, *more):
    staying = [verdict for verdict in planned.verdicts if verdict.stays]
    return {
        "changed": planned.changes,
        "stays": described(staying),
        "goes": described(planned.going),
        "versions": len(planned.versions),
        "diff": {"before": lines(planned.verdicts, *more), "after": lines(staying)},
    }


def result(planned):
    counts = {"snapshots": sum(map(len, planned.forget.values())), "versions": len(planned.versions)}
    removed = [f"{count} {name} that are not needed" for name, count in counts.items() if count]
    return {**told(planned, *removed), **counts}


def with_second(first, planned):
    """The result of both."""
    removed = [f"what the copy of {lineage} does not need any more" for lineage in planned.lineages]
    removed += [f"{len(planned.versions)} versions that are not needed"] * bool(planned.versions)
    second = {**told(planned, *removed), "lineages": planned.lineages, "kept": planned.kept}
    changed, diff = second.pop("changed"), second.pop("diff")
    parts = {"first": first["diff"], "second": diff}
    return {
        **first,
        "changed": first["changed"] or changed,
        "second": second,
        "diff": [{**part, "before_header": name, "after_header": name} for name, part in parts.items()],
    }


def tried(do, *arguments):
    """What comes of it, and why nothing does."""
    try:
        return do(*arguments), ""
    except BackupError as reason:
        return None, str(reason)


def keep_locked(site, moment, leaving, check):
    """What of a storage is locked for longer now; nothing where nothing is to be locked."""
    if not site.settings.storage.lock_days:
        return None
    planned = locks.plan(site, moment, leaving)
    if not check:
        locks.run(site, planned)
    return planned


def with_locks(done, held):
    """The result with the locks that were extended, by storage."""
    held = {name: one for name, one in held.items() if one}
    diffs = done.get("diff", [])
    for name, one in held.items():
        diff = diffs if isinstance(diffs, dict) else next((it for it in diffs if it["before_header"] == name), None)
        if diff and one.due:
            diff["before"] += f"{len(one.due)} objects are locked for too short a time\n"
            diff["after"] += f"{len(one.due)} objects are locked until {one.until.isoformat()}\n"
    told = {
        name: {"objects": one.objects, "extended": len(one.due), "until": one.until.isoformat() if one.due else ""}
        for name, one in held.items()
    }
    return {**done, "changed": done["changed"] or any(one.due for one in held.values()), "locks": told}


def thin_out(site, given, check):
    """What was done, and what went wrong. A second storage that is down keeps nothing of the first."""
    policy = pruner.policy(given)
    components = given["set_components"] or site.settings.set_components
    moment = now()
    arguments = (policy, components, given["accept_suspect"], moment)
    planned, refused = tried(prune.plan, site, *arguments)
    second, error = None, ""
    if planned and given["second"]:
        second, error = tried(prune_copies.plan, site, *arguments, planned)
    # Before anything else, and where nothing may be removed as well: a lock runs out by itself.
    held, wrong = {}, {}
    held["first"], wrong["first"] = tried(
        keep_locked, site, moment, prune.leaving(site, planned) if planned else (), check
    )
    if given["second"] and site.settings.second:
        leaving = prune_copies.leaving(site, second, planned) if second else ()
        held["second"], wrong["second"] = tried(keep_locked, site.elsewhere(), moment, leaving, check)
    if refused or wrong["first"]:
        unlocked = [f"the locks of the {name} storage were not extended: {why}" for name, why in wrong.items() if why]
        return with_locks({"changed": False}, held), "; ".join([refused or "nothing was removed", *unlocked])
    if not check:
        prune.run(site, planned)
        if second:
            _done, error = tried(prune_copies.run, site, second)
    done = result(planned)
    done = with_locks(with_second(done, second) if second else done, held)
    return done, complaint(done, held, error, wrong.get("second", ""), check)


def complaint(done, held, error, unlocked, check):
    """What went wrong although the first storage was thinned out; empty where nothing did."""
    found = [f"the {name} object storage: {one.lacking}" for name, one in held.items() if one and one.lacking]
    if unlocked:
        found.append(f"the locks of the second object storage were not extended: {unlocked}")
    if error:
        gone = ", ".join(one["set"] for one in done["goes"]) or "no set"
        first = f"the first one {'would lose' if check else 'has lost'} {gone}"
        found.append(f"the second object storage was not thinned out: {error}; {first}")
    return "; ".join(found)


def main():
    module = AnsibleModule(
        argument_spec={
            **pruner.ARGUMENTS,
            "second": {"type": "dict", "options": pruner.ACCOUNT},
            "accept_suspect": {"type": "list", "elements": "str", "default": []},
        },
        supports_check_mode=True,
    )
    given = module.params
    try:
        site = prune.by(settings.load(), given["access_key"], given["secret_key"], given["second"])
        done, error = thin_out(site, given, module.check_mode)
    except BackupError as reason:
        module.fail_json(msg=str(reason))
    if error:
        module.fail_json(msg=error, **done)
    module.exit_json(**done)


if __name__ == "__main__":
    main()
