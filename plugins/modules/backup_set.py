# Copyright: (c) 2026, metal-stack authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

DOCUMENTATION = r"""
module: backup_set
short_description: Make, verify and restore backup sets
version_added: 0.1.0
author: metal-stack authors (@metal-stack)
description:
  - A B(set) is what was backed up of a site for the same moment, each component by one host. Hosts that are given the
    same O(set) make it together.
  - A backup is encrypted by restic; its manifest is sealed with the site's backup password and written last, so that
    what has a manifest is whole.
  - A restore replaces the data of this host. Interrupted, it starts over. Nothing is backed up before it is confirmed.
options:
  state:
    description:
      - V(present) makes this host's components of the set, unless another host has.
      - V(verified) brings the newest set, or the given one, to O(level). One that is found to be damaged is marked in
        the object storage, and restored no more without being named, until a verification finds it whole.
      - V(promoted) has a suspect set count as good, whichever hosts have made it, because it is known why it holds less
        than those before. It is restored without being named then, and those after it are compared with it.
      - V(restored) puts a component of the set in place of what is on this host.
      - V(fetched) brings a component of the set into O(directory), without a change of what is on this host. Without
        O(directory) it is kept for V(restored), which reads nothing again then, so that a set that cannot be restored
        is known before anything is begun.
      - V(confirmed) compares what runs now with what was restored here, and lets backups go on. That a component which
        makes no set complete, such as metrics, cannot be confirmed is a warning, unless it is one of O(components).
    type: str
    choices: [present, verified, promoted, restored, fetched, confirmed]
    default: present
  set:
    description: Name of the set, a moment in UTC and, if wanted, a word, such as V(20261127T060000Z-before-upgrade).
    type: str
    default: ""
  components:
    description: Components to make, to verify or to confirm, those of this host unless given; the one to restore or to
      fetch.
    type: list
    elements: str
    default: []
  accept_drop:
    description: Do not compare a new set with those before, because it is known why it holds so much less.
    type: bool
    default: false
  required:
    description:
      - Whether it is a failure when O(state=present) cannot be done. Else it is a warning, and comes within seconds,
        for a change that has to be made with the object storage down, too.
    type: bool
    default: true
  accept_missing:
    description: Confirm a restore although what runs lacks something, because it is known what and why. Anything else,
      such as an API that gives no answer or is another cluster's, is not accepted.
    type: bool
    default: false
  hosts:
    description: All hosts there are. With O(accept_missing), what one has restored that is none of them is confirmed
      by any of them.
    type: list
    elements: str
    default: []
  level:
    description: How well to verify. 1 compares the checksums of all files, 2 opens them.
    type: int
    default: 1
  lineage:
    description: Lineage of the set to restore or to fetch.
    type: str
  generation:
    description: Generation of the set to restore or to fetch.
    type: int
  directory:
    description:
      - A directory for O(state=fetched), which must not be there. The contents are in one below it that is named like
        the component. They are verified, root alone can read them, and whoever has them fetched removes them. If it
        fails, nothing is left.
    type: path
  into:
    description: The generation that the restore has begun, see M(metalstack.autonomous.backup_lineage).
    type: int
attributes:
  check_mode:
    description: Runs in check mode and tells what it would do.
    support: full
  diff_mode:
    description: There is nothing to show but that something was done.
    support: none
  idempotent:
    description: A set that is there, verified, promoted or confirmed is left alone. A restore is done each time, and a
      set is fetched each time.
    support: full
requirements:
  - The role P(metalstack.autonomous.backup#role) has prepared the host.
  - boto3 and restic on the host
"""

EXAMPLES = r"""
- name: Back up before an upgrade
  metalstack.autonomous.backup_set:
    set: "{{ now(utc=true, fmt='%Y%m%dT%H%M%SZ') }}-before-upgrade"
    level: 2
"""

RETURN = r"""
components:
  description: What was done with each component, with C(component), C(set) and, for one that was made, C(bytes),
    C(added), C(seconds) and C(suspect); for one that was promoted, what was C(accepted); for one that was
    confirmed, when that was (C(at)) and what was compared (C(report)); for one that could not be, why (C(error)).
  type: list
  elements: dict
  returned: success
"""

from pathlib import Path

from ansible.module_utils.basic import AnsibleModule
from ansible_collections.metalstack.autonomous.plugins.module_utils._backup import keys, program, results, settings
from ansible_collections.metalstack.autonomous.plugins.module_utils._backup.errors import BackupError
from ansible_collections.metalstack.autonomous.plugins.module_utils._backup.sets import Sets
from ansible_collections.metalstack.autonomous.plugins.module_utils._backup.site import Site


def present(site, params):
    if not keys.SET.fullmatch(params["set"]):
        raise BackupError(f"set is {params['set']!r}, expected a moment such as 20261127T060000Z-before-upgrade")
    if not params["required"]:
        site.refuse_unreachable()
    # Nothing waits for these, and whoever names one is told.
    waiting = [] if params["components"] else program.waiting(site)
    wanted = params["components"] or program.there(site, [one["name"] for one in site.settings.components])
    wanted = [one for one in wanted if one not in waiting]
    outcomes = program.made(site, params["set"], wanted, params["level"], params["accept_drop"])
    left = {"set": params["set"], "made": False, "why": "its restore is not confirmed"}
    return any(one["made"] for one in outcomes), outcomes + [{"component": one, **left} for one in waiting]


def verified(site, params):
    outcomes = program.verified(site, params["level"], params["set"], params["components"], again=False)
    return any(one["verified"] for one in outcomes), outcomes


def promoted(site, params):
    outcomes = Sets(site).promote(params["set"])
    results.note_promoted(site, params["set"])
    return bool(outcomes), outcomes


def restored(site, params):
    (component,) = params["components"]
    return True, [Sets(site).restore(component, params["lineage"], params["generation"], params["set"], params["into"])]


def fetched(site, params):
    (component,) = params["components"]
    wanted = (component, params["lineage"], params["generation"], params["set"])
    if params["directory"]:
        return True, [Sets(site).fetch_alone(*wanted, Path(params["directory"]))]
    return False, [Sets(site).fetch_ahead(*wanted)]


def confirmed(site, params):
    outcomes = Sets(site).confirm(params["accept_missing"], params["hosts"], params["components"])
    return any("error" not in one for one in outcomes), outcomes


STATES = {
    "present": present,
    "verified": verified,
    "promoted": promoted,
    "restored": restored,
    "fetched": fetched,
    "confirmed": confirmed,
}


def predicted(site, params):
    """Whether the module would change something."""
    if params["state"] == "confirmed":
        return bool(Sets(site).restoring())
    if params["state"] == "promoted":
        return bool(Sets(site).promotable(params["set"]))
    return params["state"] != "fetched" or bool(params["directory"])


def main():
    module = AnsibleModule(
        argument_spec={
            "state": {"type": "str", "choices": list(STATES), "default": "present"},
            "set": {"type": "str", "default": ""},
            "components": {"type": "list", "elements": "str", "default": []},
            "accept_drop": {"type": "bool", "default": False},
            "accept_missing": {"type": "bool", "default": False},
            "hosts": {"type": "list", "elements": "str", "default": []},
            "required": {"type": "bool", "default": True},
            "level": {"type": "int", "default": 1},
            "lineage": {"type": "str"},
            "generation": {"type": "int"},
            "into": {"type": "int"},
            "directory": {"type": "path"},
        },
        required_if=[
            ("state", "present", ["set"]),
            ("state", "promoted", ["set"]),
            ("state", "restored", ["set", "components", "lineage", "generation", "into"]),
            ("state", "fetched", ["set", "components", "lineage", "generation"]),
        ],
        supports_check_mode=True,
    )
    state = module.params["state"]
    if state in ("restored", "fetched") and len(module.params["components"]) != 1:
        module.fail_json(msg=f"one component is {state} at a time, given are {module.params['components']}")
    try:
        site = Site(settings.load())
        if module.check_mode:
            module.exit_json(changed=predicted(site, module.params), components=[])
        changed, outcomes = STATES[state](site, module.params)
        for one in (told for told in outcomes if "error" in told):
            module.warn(f"{one['component']} of {one['set']} is not confirmed, nor backed up before: {one['error']}")
        module.exit_json(changed=changed, components=outcomes)
    except BackupError as error:
        if state == "present" and not module.params["required"]:
            module.warn(f"no set was made: {error}")
            module.exit_json(changed=False, components=[])
        module.fail_json(msg=str(error))


if __name__ == "__main__":
    main()
