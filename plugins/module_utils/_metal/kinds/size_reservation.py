# Copyright: (c) 2026, metal-stack authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Size reservations: machines of a size that are kept for a project."""

from __future__ import annotations

from ansible_collections.metalstack.autonomous.plugins.module_utils._metal import forms
from ansible_collections.metalstack.autonomous.plugins.module_utils._metal.kind import (
    BOTH,
    Field,
    Kind,
    V1Api,
    V2Api,
    Wire,
)
from ansible_collections.metalstack.autonomous.plugins.module_utils._metal.settings import V2

FIXED = dict.fromkeys(BOTH, "both APIs take it of a new one only; give the other one another id")

# Needed by nothing: both servers remove it without a look.
SIZE_RESERVATION = Kind(
    name="size reservation",
    plural="size_reservations",
    fields=(
        Field("name", v1=Wire("name"), v2=Wire("name"), required=(V2,)),
        Field("description", v1=Wire("description"), v2=Wire("description")),
        Field("size", v1=Wire("sizeid"), v2=Wire("size"), required=BOTH, fixed=FIXED),
        Field("project", v1=Wire("projectid"), v2=Wire("project"), required=BOTH, fixed=FIXED),
        Field(
            "partitions",
            v1=Wire("partitionids", forms.SORTED),
            v2=Wire("partitions", forms.SORTED),
            required=BOTH,
            kept=dict.fromkeys(BOTH, "to both APIs an empty list means no change"),
            limits=dict.fromkeys(BOTH, (forms.each_once,)),
        ),
        Field(
            "amount",
            v1=Wire("amount", forms.NUMBER),
            v2=Wire("amount", forms.NUMBER),
            required=BOTH,
            limits=dict.fromkeys(BOTH, (forms.positive,)),
        ),
    ),
    v1=V1Api(path="/v1/size/reservations", always=("partitions", "amount")),
    v2=V2Api(
        service="size_reservation",
        one="size_reservation",
        many="size_reservations",
        readers=("admin",),
        # Its description takes no request without one.
        always=("partitions",),
    ),
    made_ids=BOTH,
    filters={"size": "size", "project": "project", "partition": "partitions"},
)
