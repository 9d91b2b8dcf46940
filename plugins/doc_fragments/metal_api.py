# Copyright: (c) 2026, metal-stack authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations


class ModuleDocFragment:
    DOCUMENTATION = r"""
options:
  api_url:
    description:
      - Where the API listens, such as V(https://v2.metal.example.org) for API v2 (metal-apiserver) or
        V(https://api.metal.example.org/metal) for API v1 (metal-api).
      - Without it the environment counts, E(METAL_APIV2_URL) for API v2, E(METALCTL_URL) or E(METALCTL_API_URL) for v1.
    type: str
  api_token:
    description:
      - Token of a user. To change anything API v2 wants the admin role editor, API v1 a member of the administrators.
      - Without it and O(api_hmac) the environment counts, E(METAL_APIV2_TOKEN) for API v2, E(METALCTL_APITOKEN) or
        E(METALCTL_API_TOKEN) for v1.
    type: str
  api_hmac:
    description:
      - Key that API v1 shares with its users; API v2 has none. Its requests are good for 30 to 90 seconds, so that the
        clocks of both hosts have to agree.
      - Without it and O(api_token) the environment counts, E(METALCTL_HMAC).
    type: str
  api_hmac_user:
    description: Whose key O(api_hmac) is; V(Metal-Edit) and V(Metal-View) may not change what this module changes.
    type: str
    default: Metal-Admin
  api_version:
    description:
      - Which API is spoken. With V(auto) O(api_hmac) means V(v1), else the server at O(api_url) is asked what it
        speaks, without a credential; without a URL the environment tells, first that of API v2.
    type: str
    choices: [auto, v1, v2]
    default: auto
  api_timeout:
    description: Seconds to wait for one answer, more than 0 and at most a day. What only reads is tried again, four
      times in all; what changes something never is. That API v2 takes no more calls of a token in a minute, by default
      100, is waited for besides, 150 seconds at most for each call, and told by a warning.
    type: float
    default: 30
  ca_path:
    description: File with the authorities that may have issued the API's certificate; the system's if not given.
    type: path
attributes:
  check_mode:
    description: Runs in check mode and tells what it would change.
    support: full
  diff_mode:
    description: Shows what is different when run with C(--diff).
    support: full
  idempotent:
    description: Run twice with the same input, it changes nothing the second time.
    support: full
requirements:
  - metal-stack-api 0.8.4 or newer for API v2, where the module runs
  - metal-python 0.45.0 or newer for API v1, where the module runs
"""

    LIST = r"""
options:
  mode:
    description: >-
      V(merge) leaves alone what is not given. V(exact) removes objects that are not given, those of O(owner) alone if
      it is given, and labels of an object that gives some, but those by which metal-stack itself works (below
      C(metal-stack.io) and C(*.metal-stack.io)). What is still in use is not removed. Without O(owner) an empty list is
      refused.
    type: str
    choices: [merge, exact]
    default: merge
  owner:
    description:
      - Whose the objects are; not empty. It is kept in the label C(ci.metal-stack.io/manager), which is not given with
        the labels. metal-stack's own modules write V(ansible) there.
      - An object that has an owner is not changed or removed by a task of another owner, nor by one without, whatever
        O(mode) and state it is asked for with; the task is refused and nothing of it is done. One that would stay as it
        is, is no reason to refuse. Objects without an owner are everybody's, and become those of the task's owner.
    type: str
  take_over:
    description: Whether objects of another owner are changed and removed all the same. With O(owner) those that are not
      removed become that one's; without it they keep the owner that they have.
    type: bool
    default: false
"""

    INFO = r"""
options:
  ids:
    description: Ids of the objects to read; all that fit the other options if not given.
    type: list
    elements: str
  usage:
    description: Whether to tell what needs each object, so that it would not be removed. It costs some requests for
      each.
    type: bool
    default: false
attributes:
  diff_mode:
    support: N/A
    description: Changes nothing.
"""

    MARKED = r"""
options:
  owner:
    description: Read those of this owner only (label C(ci.metal-stack.io/manager)); with an empty one those that have
      none.
    type: str
  labels:
    description: Read those only that have all of these labels, with these values.
    type: dict
"""

    VIEW = r"""
options:
  ids:
    description: Ids of the objects to read; all that fit the other options if not given.
    type: list
    elements: str
  limit:
    description: How many objects to return at most. Neither API has pages here, so that the server is asked for all
      that fit.
    type: int
    default: 1000
attributes:
  diff_mode:
    support: N/A
    description: Changes nothing.
"""
