# Copyright: (c) 2026, metal-stack authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
name: pdns_api_key_hash
short_description: Hash of a PowerDNS API key, for C(api-key) in C(pdns.conf)
version_added: 0.1.0
author: metal-stack authors (@metal-stack)
description:
  - Gives the form that C(pdnsutil hash-password) gives (PowerDNS 4.6 and newer), so that the server's configuration
    does not hold the key itself.
  - The salt comes from the key, so that the same key has the same hash and a second run changes nothing. This needs a
    key that cannot be guessed, of at least 128 bits.
positional: _input
options:
  _input:
    description: The key, of 22 characters at least.
    type: str
    required: true
"""

EXAMPLES = r"""
- name: Configure the API
  ansible.builtin.copy:
    dest: /etc/powerdns/pdns.d/api.conf
    content: "api-key={{ dns_api_key | metalstack.autonomous.pdns_api_key_hash }}"
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

LOG_COST = 10
PARALLEL = 1
BLOCKS = 8


def pdns_api_key_hash(key: str) -> str:
    """``$scrypt$ln=…,p=…,r=…$salt$hash`` (``pdns/credentials.cc``)."""
    salt = derived_salt("pdns_api_key_hash", "the API key", key)
    derived = hashlib.scrypt(key.encode(), salt=salt, n=1 << LOG_COST, r=BLOCKS, p=PARALLEL, dklen=32)
    parts = [base64.b64encode(part).decode() for part in (salt, derived)]
    return f"$scrypt$ln={LOG_COST},p={PARALLEL},r={BLOCKS}${parts[0]}${parts[1]}"


class FilterModule:
    """One filter."""

    def filters(self) -> dict[str, t.Callable[..., t.Any]]:
        return {"pdns_api_key_hash": pdns_api_key_hash}
