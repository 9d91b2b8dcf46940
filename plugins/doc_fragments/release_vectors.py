# Copyright: (c) 2026, metal-stack authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What the modules for releases of metal-stack have in common."""

from __future__ import annotations


class ModuleDocFragment:
    """Where vectors come from, who must have signed them, and what the inventory changes of them."""

    DOCUMENTATION = r"""
options:
  path:
    description: Directory on the controller below which each stage has one of its own.
    type: path
  stage:
    description: Name of the stage. Stages share nothing, neither roles nor what is known of a release.
    type: str
  vectors:
    description:
      - Release vectors. Of a variable, role or component that several have, the one of the first is taken.
      - Everything but O(vectors[].sha256) and O(vectors[].variable_mapping) is called as metal-stack's own action
        C(metal_stack_release_vector) calls it, so that a variable for that one can be handed over.
    type: list
    elements: dict
    suboptions:
      url:
        description:
          - C(oci://HOST/REPOSITORY:TAG), with a digest instead of the tag or after it (C(@sha256:...)), which then
            decides; the C(https://) URL, or the path on the controller, of a C(release.yaml) or of a tar file that has
            one.
          - A tag is resolved to a digest once; what is verified and downloaded goes by that.
        type: str
        required: true
      nested:
        description: Vectors that this one names.
        type: list
        elements: dict
        default: []
        suboptions:
          url_path:
            description: Dotted path in the vector around it at which its URL is. Only a file may name a file.
            type: str
            required: true
          <<: &each
            sha256:
              description: Checksum of the file. What is of a registry is pinned in its URL instead.
              type: str
            variable_mapping:
              description: Dotted paths in the vector by the name of a variable, in addition to those of
                O(vectors[].variable_mapping_path).
              type: dict
              default: {}
            variable_mapping_path:
              description: Dotted path of such a mapping in the defaults of O(vectors[].include_role_defaults).
              type: str
            include_role_defaults:
              description: Path of a role below one of the release's roles, such as
                V(metal-roles/common/roles/defaults).
              type: str
            install_roles:
              description: Whether the vector's roles are installed.
              type: bool
              default: true
            ansible_roles_path:
              description: Dotted path of the roles in the vector.
              type: str
              default: ansible-roles
            role_aliases:
              description: Other names under which roles are installed.
              type: list
              elements: dict
              default: []
              suboptions:
                name:
                  description: Name in the vector.
                  type: str
                  required: true
                alias:
                  description: Name of the directory.
                  type: str
                  required: true
            replace:
              description: Parts of values that are exchanged wherever their key is, such as the host of all images.
              type: list
              elements: dict
              default: []
              suboptions:
                key:
                  description: Key of the values.
                  type: str
                  required: true
                old:
                  description: What is exchanged.
                  type: str
                  required: true
                new:
                  description: What is there instead.
                  type: str
                  required: true
            oci_registry_scheme:
              description: How the vector's registry is asked; one on loopback always is by HTTP.
              type: str
              choices: [https, http]
              default: https
            oci_registry_username:
              description: Login at the host that the vector is at or, with a file, at the registries of its roles.
                Roles at another host are read anonymously and by HTTPS, unless O(registry_mirrors) has that host with a
                login or scheme, as a mirror of itself.
              type: str
            oci_registry_password:
              description: Password of O(vectors[].oci_registry_username).
              type: str
            oci_cosign_verify_key:
              description:
                - PEM text of the public key, or of one of several, with which cosign must have signed the vector and
                  its roles. No program is needed for that, and the transparency log is not asked.
                - Both ways in which cosign stores signatures are read, that of cosign 2 and the bundles of cosign 3.
              type: str
            oci_cosign_verify_certificate_identity:
              description: Who must have signed instead, without a key; needs O(cosign), and the network for it.
              type: str
            oci_cosign_verify_certificate_oidc_issuer:
              description: Who vouches for O(vectors[].oci_cosign_verify_certificate_identity).
              type: str
      <<: *each
  replacements:
    description: Single values of the release that the inventory wants otherwise, by their dotted path in a vector. A
      path that no vector has is refused.
    type: dict
    default: {}
  registry_mirrors:
    description: Registries that are asked in the place of others, such as one inside a site without a way out.
      Signatures have to be mirrored, too.
    type: list
    elements: dict
    default: []
    suboptions:
      registry:
        description: Host, or host and a part of the repository, that is not asked.
        type: str
        required: true
      location:
        description: What it is exchanged for.
        type: str
        required: true
      scheme:
        description: How the mirror is asked.
        type: str
        choices: [https, http]
        default: https
      username:
        description: Login at the mirror.
        type: str
      password:
        description: Password of O(registry_mirrors[].username).
        type: str
  verify:
    description:
      - Whether whatever comes from the network has to be signed by somebody named, or to have a given checksum.
      - If not, what names a signer is verified all the same.
    type: bool
    default: true
  cosign:
    description: The program cosign on the controller, for signatures without a key.
    type: path
  allow_downgrade:
    description: Whether the release may be older than the one before, because a set of that time was restored.
    type: bool
    default: false
requirements:
  - cryptography and PyYAML for the Python that the module runs with, which C(ansible_playbook_python) is on a
    controller
"""
