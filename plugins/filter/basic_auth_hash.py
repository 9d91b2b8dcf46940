# Copyright: (c) 2026, metal-stack authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
name: basic_auth_hash
short_description: Hash of a password, for a file of users of nginx
version_added: 0.1.0
author: metal-stack authors (@metal-stack)
description:
  - Gives the form C({SSHA}) of RFC 2307, which nginx has for C(auth_basic_user_file) beside those of the system.
  - The salt comes from the password, so that the same password has the same hash and a second run changes nothing. This
    needs a password that cannot be guessed, of at least 128 bits. With one a slow hash would add nothing, but would let
    anybody who asks keep a processor of the host busy.
positional: _input
options:
  _input:
    description: The password, of 22 characters at least.
    type: str
    required: true
"""

EXAMPLES = r"""
- name: Let somebody in
  ansible.builtin.copy:
    dest: /etc/nginx/users
    content: "reader:{{ vault_password | metalstack.autonomous.basic_auth_hash }}\n"
    owner: root
    group: www-data
    mode: "0640"
"""

RETURN = r"""
_value:
  description: The hash.
  type: str
"""

import base64
import hashlib
import typing as t

from ansible_collections.metalstack.autonomous.plugins.plugin_utils._site.derived_salt import derived_salt


def basic_auth_hash(password: str) -> str:
    """``{SSHA}`` and, in base64, the SHA-1 of password and salt with the salt behind it."""
    salt = derived_salt("basic_auth_hash", "the password", password)
    digest = hashlib.sha1(password.encode() + salt, usedforsecurity=False).digest()
    return "{SSHA}" + base64.b64encode(digest + salt).decode()


class FilterModule:
    """One filter."""

    def filters(self) -> dict[str, t.Callable[..., t.Any]]:
        return {"basic_auth_hash": basic_auth_hash}
