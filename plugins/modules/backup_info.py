# Copyright: (c) 2026, metal-stack authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

DOCUMENTATION = r"""
module: backup_info
short_description: Look at the backups of a site
version_added: 0.1.0
author: metal-stack authors (@metal-stack)
description:
  - Lists the sets that the object storage holds of the site, and says how the last runs on this host went.
  - With O(intent) it decides what a site begins with, whether what is on the hosts, nothing, or a set that is restored.
    It fails when that would lose data or was not said.
options:
  intent:
    description:
      - What a site without data is meant to begin with, V(fresh) or V(restore); V(none) if nobody has said so.
      - Without it nothing is decided.
    type: str
    choices: [none, fresh, restore]
  data:
    description: Whether a host of the site has data. These are never replaced.
    type: bool
    default: false
  catalogue:
    description: Whether to list the sets, for which the object storage has to be asked.
    type: bool
    default: true
  databases:
    description: Whether to look at the backups of metal-stack's databases, for which the cluster and the object storage
      of each sidecar have to be asked.
    type: bool
    default: false
  set:
    description: The set to restore; without it the newest that is complete, verified, not suspect and not known to be
      damaged.
    type: str
    default: ""
  components:
    description: The components to restore; those that make a set complete, unless given.
    type: list
    elements: str
    default: []
  lineage:
    description: The lineage to restore, where the object storage holds several of the site.
    type: str
    default: ""
  level:
    description: How well a set has to be verified to be restored without being named. 0 it exists, 1 its checksums are
      right, 2 it opens, 3 it was restored and looked at.
    type: int
    default: 1
attributes:
  check_mode:
    description: It changes nothing.
    support: full
  diff_mode:
    description: It changes nothing.
    support: N/A
  idempotent:
    description: It changes nothing.
    support: full
requirements:
  - The role P(metalstack.autonomous.backup#role) has prepared the host.
  - boto3 on the host
"""

EXAMPLES = r"""
- name: Look at the backups
  metalstack.autonomous.backup_info:
  register: backups
"""

RETURN = r"""
record:
  description: C(lineage) and C(generation) of the data on this host; empty when it does not know.
  type: dict
  returned: success
restoring:
  description: Restores on this host that were begun and not confirmed. C(done) tells whether their data are in place.
  type: list
  elements: dict
  returned: success
due:
  description: Components of this host that are to come back once the site itself has, which is noted on its disk.
  type: list
  elements: str
  returned: success
holding:
  description: Whether this host has data, by component; what an unfinished restore has left does not count.
  type: dict
  returned: success
runs:
  description: How the last runs on this host went, by component.
  type: dict
  returned: success
copied:
  description: How the last copy to the second object storage went, by its URL, C(where), C(success), C(error),
    C(tried) and, once one worked, C(set) and C(last_success); and what was wrong when it was last C(verified), by
    component, nothing if all was well. Empty where there was none to the one that is the second now.
  type: dict
  returned: success
sets:
  description: The sets, oldest first, with C(set), C(lineage), C(generation), C(level), C(age) (seconds) and
    C(components), each with its C(level), whether it was C(promoted), and whether it is known to be C(damaged).
  type: list
  elements: dict
  returned: with O(catalogue), without O(intent), when the object storage answers
unconfirmed:
  description: What of this host's lineage was restored and not compared with its set yet, whichever host has restored
    it, by component; an empty name stands for all of it.
  type: list
  elements: str
  returned: with C(sets)
databases:
  description: Of metal-stack's databases that this host looks after, C(seen), what is known of each in the object
    storage of their sidecars (C(database), C(wrong), C(waits), C(interval), C(created_age), C(unanswered), C(count),
    C(age), C(bytes), C(change), C(suspect), C(saved), C(saved_age)), or why the cluster gave no answer
    (C(unanswered)), and how the last backups that this host has asked for went, by database (C(runs)), each with
    C(tried), its C(age) in seconds, C(error), C(drops), C(lost), C(holds) and C(success).
  type: dict
  returned: with O(databases), without O(intent), where there are any to look after
newest:
  description: Of the newest set with each component, C(set), its size in C(bytes), by which share that has grown since
    the set before (C(change)), what it holds less of than those before (C(suspect), nothing once it was promoted), and
    how it was C(verified), with C(level), C(age) (seconds), C(seconds) that it took and the C(host); the same of the
    last C(rehearsal), which may be one of an older C(set). What is not known is null; one that is damaged was not
    verified.
  type: dict
  returned: with C(sets)
unanswered:
  description: Why the object storage could not be asked for its sets.
  type: str
  returned: instead of C(sets)
beginning:
  description: What the site begins with. C(action) is one of V(start), V(fresh) and V(restore); for the last there are
    also C(set), C(lineage), C(generation), C(level), C(age) and C(components).
  type: dict
  returned: with O(intent)
"""

import time

from ansible.module_utils.basic import AnsibleModule
from ansible_collections.metalstack.autonomous.plugins.module_utils._backup import (
    catalogue,
    disk,
    gate,
    keys,
    newest,
    results,
    settings,
)
from ansible_collections.metalstack.autonomous.plugins.module_utils._backup.errors import BackupError, Unreachable
from ansible_collections.metalstack.autonomous.plugins.module_utils._backup.sets import Sets
from ansible_collections.metalstack.autonomous.plugins.module_utils._backup.site import Site, now
from ansible_collections.metalstack.autonomous.plugins.module_utils._k3s.client import Unreachable as NoCluster
from ansible_collections.metalstack.autonomous.plugins.module_utils._metal_databases import noted, watch
from ansible_collections.metalstack.autonomous.plugins.module_utils._metal_databases.own_cluster import OwnCluster


def described(site, known):
    moment = now()
    return [
        {
            "set": one.name,
            "lineage": one.lineage,
            "generation": one.generation,
            "level": one.level(site.settings.set_components),
            "age": round((moment - keys.made(one.name)).total_seconds()),
            "components": {
                name: {"level": part.level, "promoted": part.promoted, "damaged": part.damaged}
                for name, part in sorted(one.parts.items())
            },
        }
        for one in known
    ]


def of_newest(site, known, record):
    """Of the data on this host; of the only lineage there is where it knows of none."""
    lineages = {record.lineage} if record else {one.lineage for one in known}
    if len(lineages) != 1:
        return {}
    ours = [one for one in known if one.lineage in lineages]
    # Also what other hosts back up, such as their share of the metrics.
    return newest.tell(
        site, ours, dict.fromkeys((*site.settings.watched, *(name for one in ours for name in one.parts)))
    )


def of_databases(given):
    moment = time.time()
    runs = {name: {**one, "age": moment - one["tried"]} for name, one in noted.read(given.state).items()}
    found = {"runs": runs}
    try:
        return {**found, "seen": watch.look(OwnCluster(given.databases), given.databases_expected)}
    except NoCluster as error:
        return {**found, "unanswered": str(error)}


def look(site, params):
    record = disk.read_record(site.settings.state)
    sets = Sets(site)
    found = {
        "record": record._asdict() if record else {},
        "restoring": sets.restoring(),
        "due": sets.due(),
        "holding": sets.holding(),
        "runs": results.read_own(site.settings),
        "copied": results.read_copy(site.settings),
    }
    if not params["intent"]:
        if params["databases"] and site.settings.databases:
            found["databases"] = of_databases(site.settings)
        if params["catalogue"]:
            try:
                known = catalogue.sets(site.listed())
                found["unconfirmed"] = sorted(site.unconfirmed().get(record.lineage, ())) if record else []
                found["newest"] = of_newest(site, known, record)
                found["sets"] = described(site, known)
            except Unreachable as error:
                found["unanswered"] = str(error)
        return found
    wanted = {"name": params["set"], **{one: params[one] for one in ("lineage", "level", "components")}}
    beginning = site.beginning(params["data"], params["intent"], **wanted)
    if beginning["action"] == gate.RESTORE:
        sets.fits(beginning)
    return {**found, "beginning": beginning}


def main():
    module = AnsibleModule(
        argument_spec={
            "intent": {"type": "str", "choices": ["none", "fresh", "restore"]},
            "data": {"type": "bool", "default": False},
            "catalogue": {"type": "bool", "default": True},
            "databases": {"type": "bool", "default": False},
            "set": {"type": "str", "default": ""},
            "components": {"type": "list", "elements": "str", "default": []},
            "lineage": {"type": "str", "default": ""},
            "level": {"type": "int", "default": 1},
        },
        supports_check_mode=True,
    )
    try:
        module.exit_json(changed=False, **look(Site(settings.load()), module.params))
    except BackupError as error:
        module.fail_json(msg=str(error))


if __name__ == "__main__":
    main()
