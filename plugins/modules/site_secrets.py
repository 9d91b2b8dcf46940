# Copyright: (c) 2026, metal-stack authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

DOCUMENTATION = r"""
module: site_secrets
short_description: Generate the secrets that a site lacks, or replace some
version_added: 0.1.0
author: metal-stack authors (@metal-stack)
description:
  - Adds each missing secret to a file of variables, encrypted with Ansible's vault. What is there stays as it is.
  - Each value is encrypted on its own, so that one can be replaced or added without touching the others, and so that
    M(metalstack.autonomous.validate_site) can say which of them can't be opened.
  - Most are random texts; C(site_ca) is a new certificate authority with its private key, valid for ten years.
  - No secret is returned or printed, only fingerprints.
  - This is an action plugin; it runs on the controller.
options:
  path:
    description: The file of secrets, created with mode 0600.
    type: path
    required: true
  vault_password_file:
    description:
      - The file with the vault's password, generated with mode 0600 when there is none. Needed unless secrets are
        replaced, for which the password that Ansible was given is used.
    type: path
  site:
    description: Name of the site, which its certificate authority is called by.
    type: str
    default: ''
  replace:
    description:
      - Other values for secrets that are there, by name; nothing is generated then. All else in the file stays byte for
        byte as it is.
      - C(site_dns_former_transfer_secret) may be missing, and is removed with an empty value.
      - That the file can't be written is no failure, since the value has to be elsewhere already; RV(unwritten) says
        why.
    type: dict
    default: {}
  present:
    description:
      - What secrets that are to be replaced have to be in that file, by name, unless they are replaced already. Others
        are left as they are, as RV(unwritten) says.
    type: dict
    default: {}
attributes:
  check_mode:
    description: Can run in check mode and tells which secrets it would generate.
    support: full
  diff_mode:
    description: Shows which secrets are added, never their values.
    support: full
  idempotent:
    description: The second run changes nothing.
    support: full
"""

EXAMPLES = r"""
- name: Generate the secrets that are missing
  metalstack.autonomous.site_secrets:
    path: inventory/group_vars/all/secrets.yml
    vault_password_file: ~/.config/metalstack-autonomous/example.vault-password
    site: example

- name: Write down what a server has made
  metalstack.autonomous.site_secrets:
    path: inventory/group_vars/all/secrets.yml
    replace:
      site_k3s_token: "{{ token }}"
"""

RETURN = r"""
created:
  description: Names of the secrets that were generated.
  returned: unless secrets were replaced
  type: list
  elements: str
  sample: [site_k3s_token]
password_created:
  description: Whether the vault's password was generated.
  returned: unless secrets were replaced
  type: bool
unwritten:
  description: Why secrets could not be replaced in the file; empty if they were.
  returned: when secrets were replaced
  type: str
fingerprints:
  description: The first digits of each secret's SHA-256, to compare it with a copy.
  returned: always
  type: dict
  sample:
    site_k3s_token: 9f86d081884c7d65
"""
