# Copyright: (c) 2026, metal-stack authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Lookup that describes an artifact of the collection's artifacts.yml."""

from __future__ import annotations

DOCUMENTATION = r"""
name: artifact
short_description: Source and checksum of a program that the roles install
version_added: 0.1.0
author:
  - metal-stack authors (@metal-stack)
description:
  - Reads the collection's C(artifacts.yml) and describes where a program comes from, per architecture.
  - Nothing is downloaded; hand the result to M(metalstack.autonomous.versioned_binary).
options:
  _terms:
    description: Names of artifacts.
    type: list
    elements: string
    required: true
  version:
    description: The version to describe.
    type: string
    required: true
  overrides:
    description:
      - What the site knows better, by name, version and architecture.
      - Each entry may have C(path) (absolute, on the controller), C(url), C(digest), C(sha256) and C(origin).
    type: dictionary
    default: {}
  mirror:
    description:
      - Directory or URL that is asked before the release, laid out as C(NAME/VERSION/ARCH/NAME).
    type: string
    default: ''
    env:
      - name: METALSTACK_MIRROR
  offline:
    description:
      - Whether the file is taken from O(mirror) and from nowhere else. Then that is a directory as
        M(metalstack.autonomous.mirror_collect) makes it, whose manifest has the checksum of a file that is pinned by
        its image alone. A C(path) of O(overrides) counts for what the mirror lacks.
    type: bool
    default: false
"""

EXAMPLES = r"""
- name: Install k3s from its release
  metalstack.autonomous.versioned_binary:
    name: k3s
    version: v1.35.4+k3s1
    artifact: "{{ lookup('metalstack.autonomous.artifact', 'k3s', version='v1.35.4+k3s1') }}"

- name: Describe a k3s that is already on the controller
  ansible.builtin.debug:
    msg: "{{ lookup('metalstack.autonomous.artifact', 'k3s', version='v1.35.4+k3s1', overrides=site_artifacts) }}"
  vars:
    site_artifacts:
      k3s:
        v1.35.4+k3s1:
          amd64:
            path: /srv/artifacts/k3s
            sha256: 080498ece50acdaf23fe5d736f41c616e276a89a4e5605a3f274f39b0fcee85b
            origin: carried in on a disk
"""

RETURN = r"""
_raw:
  description:
    - One description for each name, with C(name), C(version), C(archs) (C(kind), C(source), C(sha256) and what the
      kind needs, by architecture) and C(provenance), the sources in one line.
  type: list
  elements: dict
"""

from pathlib import Path

import yaml
from ansible.errors import AnsibleLookupError
from ansible.plugins.lookup import LookupBase
from ansible_collections.metalstack.autonomous.plugins.module_utils._artifact.catalog import CatalogError, pick
from ansible_collections.metalstack.autonomous.plugins.module_utils._mirror import offline, tree
from ansible_collections.metalstack.autonomous.plugins.module_utils._mirror.errors import MirrorError

CATALOG = Path(__file__).resolve().parents[2] / "artifacts.yml"


class LookupModule(LookupBase):
    """Describes artifacts."""

    def run(self, terms, variables=None, **kwargs):
        self.set_options(var_options=variables, direct=kwargs)
        catalog = yaml.safe_load(CATALOG.read_text(encoding="utf-8"))
        version, overrides, mirror = (self.get_option(key) for key in ("version", "overrides", "mirror"))
        try:
            picked = [pick(catalog, name, version, overrides, mirror) for name in terms]
            return self._offline(picked, mirror) if self.get_option("offline") else picked
        except (CatalogError, MirrorError) as error:
            raise AnsibleLookupError(str(error)) from error

    def _offline(self, picked, mirror):
        if not mirror:
            raise MirrorError("offline is true and mirror names no directory; give one")
        directory = Path(mirror)
        manifest = tree.read(directory)
        return [offline.taken(artifact, manifest, directory) for artifact in picked]
