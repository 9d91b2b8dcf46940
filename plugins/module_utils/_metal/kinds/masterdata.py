# Copyright: (c) 2026, metal-stack authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What projects and tenants have in common: masterdata-api keeps them for API v1, its successor for v2."""

from __future__ import annotations

from ansible_collections.metalstack.autonomous.plugins.module_utils._metal import forms
from ansible_collections.metalstack.autonomous.plugins.module_utils._metal.kind import Field, Labels, V1Api, Wire
from ansible_collections.metalstack.autonomous.plugins.module_utils._metal.settings import V1, V2

NO_QUOTAS = "API v2 has no quotas"
NAME_KEPT = {V1: "it is found by its name", V2: "API v2 wants 2 to 128 characters"}


def _tags(given: Labels) -> list[str]:
    """One without a value is written as users of API v1 do, without the sign."""
    return [f"{key}={value}" if value else key for key, value in sorted(given.items())]


TAGS = forms.Form(read=forms.labels, write=_tags, given=dict)


def v1_api(path: str) -> V1Api:
    return V1Api(
        path=path,
        labels=Wire("meta.labels", TAGS),
        id="meta.id",
        created="meta.created_time",
        changed="meta.updated_time",
        generation="meta.version",
        replaced=True,
        # A GET of a project has usage among its quotas.
        searched=True,
    )


def quota(name: str) -> Field:
    """Such as ``quotas.machine``, which is at the same place in API v1."""
    return Field(name, v1=Wire(name, forms.LIMIT), v2=NO_QUOTAS, limits={V1: (forms.from_none,)})
