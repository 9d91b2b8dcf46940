# Copyright: (c) 2026, metal-stack authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: mirror_collect
short_description: Collect what a site installs, for a place without a way out
version_added: 0.1.0
author: metal-stack authors (@metal-stack)
description:
  - Brings programs, container images, Debian's packages and Python's into one directory, with C(manifest.json), the
    list of all files with their checksums, and C(manifest.json.sig), a signature of OpenSSH.
  - Run again, it fetches what is missing or not as it was, and goes on where it was cut off. While what is there is
    exchanged there is no manifest, so that a mirror is whole or says that it is none.
  - Of Debian there are its own signed indices and, of the packages, those that apt would install on an empty system.
    Hosts verify them with Debian's keys. It takes a machine with apt.
  - Nothing is ever removed without O(prune).
  - This is an action plugin; it runs on the controller.
options:
  path:
    description: Directory of the mirror. It is made; one that holds something else is refused.
    type: path
    required: true
  architectures:
    description: Architectures of the hosts.
    type: list
    elements: str
    choices: [amd64, arm64]
    default: [amd64]
  artifacts:
    description: Programs, as the P(metalstack.autonomous.artifact#lookup) lookup describes them.
    type: list
    elements: dict
    default: []
  airgap_images:
    description: Archives of images on this machine, as O(metalstack.autonomous.k3s_images#module:images).
    type: list
    elements: dict
    default: []
  images:
    description:
      - Images, and any other artifact that a registry has, as V(registry.example.org/name:tag), with or instead of the
        tag C(@sha256:...). They come with all their platforms and the digests that they were published with, into one
        OCI image layout.
    type: list
    elements: str
    default: []
  debian_releases:
    description: Releases of Debian by their names, such as V(trixie).
    type: list
    elements: str
    default: []
  debian_packages:
    description: Packages, by name, which are there with all that they depend on. What they recommend is not.
    type: list
    elements: str
    default: []
  debian_uri:
    description: Debian's archive. Without it, it is the one that this machine's own apt has, with its security archive.
    type: str
    default: ''
  debian_security_uri:
    description: Debian's archive of security updates, which is left out if O(debian_uri) alone is given.
    type: str
    default: ''
  debian_keyring:
    description: File with the keys that have signed the archive.
    type: path
    default: /usr/share/keyrings/debian-archive-keyring.gpg
  requirements:
    description:
      - Files as C(pip install --requirement) reads them, of what the controller inside runs on. All that they need
        comes as wheels, for the version of Python and the platform that this is run with, from the index that pip is
        configured with; beside them C(python/requirements-3.11.txt), which pins each with its checksum.
    type: list
    elements: path
    default: []
  files:
    description: Any other files, such as charts or archives of collections. They are kept as C(files/NAME).
    type: list
    elements: dict
    default: []
    suboptions:
      name:
        description: What it is called in the mirror.
        type: str
        required: true
      sha256:
        description: Its checksum.
        type: str
        required: true
      url:
        description: Where it is; or O(files[].src).
        type: str
        default: ''
      src:
        description: Where it is on this machine; or O(files[].url).
        type: path
        default: ''
  key:
    description:
      - Key of OpenSSH that signs the manifest, a private one without a passphrase or a public one of which an agent has
        the private. Without it a warning says that nobody vouches for the mirror.
    type: path
  prune:
    description: Whether files of the mirror that nothing asks for any more are removed.
    type: bool
    default: false
attributes:
  check_mode:
    description: Tells what it would fetch, for which it reads Debian's indices. Nothing is written to the mirror.
    support: full
  diff_mode:
    description: Lists the files.
    support: full
  idempotent:
    description: The second run fetches nothing, as long as Debian has released nothing.
    support: full
seealso:
  - module: metalstack.autonomous.mirror_verify
  - module: metalstack.autonomous.mirror_import
"""

EXAMPLES = r"""
- name: Collect k3s and chrony
  metalstack.autonomous.mirror_collect:
    path: /srv/mirror
    artifacts: "{{ query('metalstack.autonomous.artifact', 'k3s', version='v1.35.4+k3s1') }}"
    debian_releases: [trixie]
    debian_packages: [chrony]
    key: /root/.ssh/mirror
"""

RETURN = r"""
added:
  description: Files that came, or would come, by their path in the mirror.
  type: list
  elements: str
  returned: success
replaced:
  description: Files that have another content now.
  type: list
  elements: str
  returned: success
removed:
  description: Files that were removed.
  type: list
  elements: str
  returned: success
idle:
  description: Files that nothing asks for any more, and that are kept.
  type: list
  elements: str
  returned: success
foreign:
  description: Files in the directory that are not the mirror's.
  type: list
  elements: str
  returned: success
signed:
  description: Whether the manifest was signed anew.
  type: bool
  returned: success
"""
