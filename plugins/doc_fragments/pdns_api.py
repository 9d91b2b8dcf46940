# Copyright: (c) 2026, metal-stack authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations


class ModuleDocFragment:
    DOCUMENTATION = r"""
options:
  api_url:
    description:
      - Where the API listens, such as V(https://dns-api.example.org), or the path of a unix socket (PowerDNS 5.0 and
        newer).
    type: str
    default: http://127.0.0.1:8081
  api_key:
    description: Key of the API. Exactly one of O(api_key) and O(api_key_file) is required.
    type: str
  api_key_file:
    description: File with the key, on the host on which the module runs.
    type: path
  api_timeout:
    description: Seconds to wait for one answer. A lost connection and an error of the server are tried again, five
      times in all.
    type: float
    default: 60
  ca_path:
    description: File with the authorities that may have issued the API's certificate; the system's if not given.
    type: path
  server_id:
    description: Name of the server inside the API.
    type: str
    default: localhost
attributes:
  check_mode:
    description: Runs in check mode and tells what it would change.
    support: full
  diff_mode:
    description: Shows what is different when run with C(--diff), without secrets.
    support: full
  idempotent:
    description: Run twice with the same input, it changes nothing the second time.
    support: full
requirements:
  - PowerDNS Authoritative Server 4.7 or newer, with gsqlite3 or LMDB as the backends that are tested
"""

    INFO = r"""
attributes:
  diff_mode:
    support: N/A
    description: Changes nothing.
"""
