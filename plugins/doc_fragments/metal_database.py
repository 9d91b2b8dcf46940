# Copyright: (c) 2026, metal-stack authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What the modules have in common that look at metal-stack's databases and their backups."""

from __future__ import annotations


class ModuleDocFragment:
    """Where the backups are and as whom they are looked at, and which databases they are of."""

    DOCUMENTATION = r"""
options:
  storage:
    description: The object storage that the backup-restore-sidecars back up to. It is asked with the standard library
      alone, over https.
    type: dict
    required: true
    suboptions:
      endpoint:
        description: URL, https.
        type: str
        required: true
      region:
        description: Region that requests are signed for.
        type: str
        default: us-east-1
      bucket:
        description: Bucket.
        type: str
        required: true
      path_style:
        description: Whether the bucket is named in the path rather than in the host's name. The sidecar always does so.
        type: bool
        default: true
      ca:
        description: Authority of the endpoint's certificate in PEM; the system's without it.
        type: str
        default: ""
      access_key:
        description: Access key of the sidecars, so that what they see is seen. It has to be shown the bucket by
          ListBuckets and needs no right to create one; the sidecar needs to set versioning and lifecycle rules.
        type: str
        required: true
      secret_key:
        description: Its secret.
        type: str
        required: true
"""

    LOOKED_AT = r"""
options:
  stage:
    description: Name of the stage (C(metal_control_plane_stage_name)). The prefixes of backups have it in them.
    type: str
    required: true
  databases:
    description: The databases.
    type: list
    elements: dict
    required: true
    suboptions:
      name:
        description: Its name in metal-roles, such as V(metal-db) or V(ipam-db).
        type: str
        required: true
      engine:
        description: What it is.
        type: str
        choices: [postgres, rethinkdb, valkey]
        required: true
      prefix:
        description: What its role is given as C(object_prefix); what metal-roles writes below without it.
        type: str
        default: ""
"""
