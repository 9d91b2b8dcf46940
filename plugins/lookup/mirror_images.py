# Copyright: (c) 2026, metal-stack authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Lookup of the archives of images that an offline site brings to its hosts."""

from __future__ import annotations

DOCUMENTATION = r"""
name: mirror_images
short_description: Archives of container images in a site's mirror
version_added: 0.1.0
author:
  - metal-stack authors (@metal-stack)
description:
  - Tells where a mirror has the archives that k3s imports, in the form that M(metalstack.autonomous.k3s_images) takes.
options:
  _terms:
    description: The directory of the mirror, as M(metalstack.autonomous.mirror_collect) makes it.
    type: list
    elements: string
    required: true
  given:
    description: Archives that the inventory names, each with C(src), C(sha256) and maybe C(name).
    type: list
    elements: dict
    default: []
  version:
    description: Version of k3s whose own archive is taken where O(given) is empty.
    type: string
    required: true
  architecture:
    description: The host's, as V(x86_64) or V(amd64). It may be empty for a mirror of one architecture.
    type: string
    default: ''
"""

EXAMPLES = r"""
- name: Bring the container images
  metalstack.autonomous.k3s_images:
    images: "{{ query('metalstack.autonomous.mirror_images', '/srv/mirror', version='v1.35.4+k3s1') }}"
"""

RETURN = r"""
_raw:
  description: One dictionary for each archive, with C(name), C(src) and C(sha256).
  type: list
  elements: dict
"""

from pathlib import Path

from ansible.errors import AnsibleLookupError
from ansible.plugins.lookup import LookupBase
from ansible_collections.metalstack.autonomous.plugins.module_utils._mirror import offline, tree
from ansible_collections.metalstack.autonomous.plugins.module_utils._mirror.errors import MirrorError
from ansible_collections.metalstack.autonomous.plugins.module_utils._site.versions import ARCHITECTURES


class LookupModule(LookupBase):
    """Finds archives of images."""

    def run(self, terms, variables=None, **kwargs):
        self.set_options(var_options=variables, direct=kwargs)
        given, version, arch = (self.get_option(key) for key in ("given", "version", "architecture"))
        arch = ARCHITECTURES.get(arch, arch)
        try:
            found = [offline.images(tree.read(Path(term)), Path(term), given, version, arch) for term in terms]
        except MirrorError as error:
            raise AnsibleLookupError(str(error)) from error
        return [one for images in found for one in images]
