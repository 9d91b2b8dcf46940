# Copyright: (c) 2026, metal-stack authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

DOCUMENTATION = r"""
module: k3s_authority
short_description: Exchange the certificate authorities of a k3s cluster
version_added: 0.1.0
description:
  - Makes new authorities that the present ones sign, too, and has k3s (C(certificate rotate-ca)) exchange them. Servers
    and agents take them over when they are restarted, one after the other; meanwhile both are trusted.
  - A second exchange (O(former=true)) takes the trust in the former ones back. All certificates have to be new by then.
  - No key leaves the server, and none is part of a command line. It has to have C(openssl).
  - Interrupted, the same calls go on.
extends_documentation_fragment:
  - metalstack.autonomous.k3s_attributes
attributes:
  diff_mode:
    support: none
    description: There is nothing to show of a key.
options:
  state:
    description:
      - V(kept) keeps a client's certificate of the present authority, which is to be refused in the end.
      - V(prepared) lays out what is to be exchanged, below C(/var/lib/rancher/k3s/authorities).
      - V(exchanged) has the datastore hold it.
      - V(verified) fails unless all certificates of this server are of the present authorities; with O(former=true)
        also unless the API here refuses the certificate that was kept.
      - V(settled) removes what was laid out; with O(former=true) also what was kept.
    type: str
    choices: [kept, prepared, exchanged, verified, settled]
    required: true
  former:
    description: Whether former authorities are dropped, or new ones made.
    type: bool
    default: false
  accept_pods:
    description:
      - Whether former authorities are dropped although pods run that began before the present ones were there. What has
        read its authorities at its start and never again, as many clients of the API do, does not trust the API any
        more once its certificates no longer lead to a former authority.
    type: bool
    default: false
author:
  - metal-stack authors (@metal-stack)
seealso:
  - module: metalstack.autonomous.k3s_info
"""

EXAMPLES = r"""
- name: Lay out new authorities
  metalstack.autonomous.k3s_authority:
    state: prepared

- name: Have the datastore hold them
  metalstack.autonomous.k3s_authority:
    state: exchanged
"""

RETURN = r"""
digest:
  description: SHA-256 of the bundle that hosts will have; empty in check mode, where there is none yet.
  returned: O(state=prepared)
  type: str
refused:
  description: Whether a certificate of a former authority was tried and refused.
  returned: O(state=verified)
  type: bool
"""

from ansible.module_utils.basic import AnsibleModule
from ansible_collections.metalstack.autonomous.plugins.module_utils._k3s import authorities, client, former_clients

KINDS = {False: "crossed", True: "alone"}


def kept(module):
    return {"changed": False if module.check_mode else former_clients.keep()}


def prepared(module):
    kind = KINDS[module.params["former"]]
    if module.check_mode:
        return {"changed": True, "digest": ""}
    elders = authorities.elders() if module.params["former"] else []
    if elders and not module.params["accept_pods"]:
        raise authorities.Failed(
            f"{len(elders)} pods began before this server had the present authorities, and may trust the former ones"
            f" alone: {', '.join(elders[:10])} -> restart them, or accept it with -e rotate_accept_pods=true"
        )
    changed = authorities.prepare(kind, module.params["former"])
    return {"changed": changed, "digest": authorities.digest(kind)}


def exchanged(module):
    if not module.check_mode:
        authorities.exchange(KINDS[module.params["former"]])
    return {"changed": True}


def verified(module):
    former = module.params["former"]
    authorities.prove(former)
    return {"changed": False, "refused": former and former_clients.prove()}


def settled(module):
    if module.check_mode:
        return {"changed": False}
    forgotten = [authorities.forget(), *([former_clients.forget()] if module.params["former"] else [])]
    return {"changed": any(forgotten)}


STATES = {"kept": kept, "prepared": prepared, "exchanged": exchanged, "verified": verified, "settled": settled}


def main():
    module = AnsibleModule(
        argument_spec={
            "state": {"type": "str", "choices": list(STATES), "required": True},
            "former": {"type": "bool", "default": False},
            "accept_pods": {"type": "bool", "default": False},
        },
        supports_check_mode=True,
    )
    try:
        result = STATES[module.params["state"]](module)
    except client.Unreachable as error:
        module.fail_json(msg=f"the API does not answer on this host: {error}")
    except authorities.Failed as error:
        module.fail_json(msg=str(error))
    except OSError as error:
        module.fail_json(msg=f"cannot write {error.filename or 'a file'}: {error.strerror or error}")
    module.exit_json(**result)


if __name__ == "__main__":
    main()
