# Copyright: (c) 2026, metal-stack authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Which objects a task that reads asks for, besides their ids. Pure."""

from __future__ import annotations

import typing as t

from ansible_collections.metalstack.autonomous.plugins.module_utils._metal import ownership
from ansible_collections.metalstack.autonomous.plugins.module_utils._metal.errors import BadInput
from ansible_collections.metalstack.autonomous.plugins.module_utils._metal.kind import Kind, holds
from ansible_collections.metalstack.autonomous.plugins.module_utils._metal.store import Found

Parameters = t.Mapping[str, t.Any]


def chosen(kind: Kind, version: str, found: t.Mapping[str, Found], parameters: Parameters) -> dict[str, Found]:
    """Those that fit every option, by id. BadInput where labels are asked for and the API has none."""
    marks = {name: parameters[name] for name in ("owner", "labels") if parameters.get(name) is not None}
    if marks and (reason := kind.labels_missing(version)):
        raise BadInput([f"{name}: {reason}" for name in marks])
    asked = {field: parameters[name] for name, field in kind.filters.items() if parameters[name] is not None}

    def fits(one: Found) -> bool:
        return (
            all(holds(one.fields[field], value) for field, value in asked.items())
            and ("owner" not in marks or ownership.owner(one.labels) == marks["owner"])
            and holds(one.labels, texts(marks.get("labels", {})))
        )

    return {name: one for name, one in found.items() if fits(one)}


def texts(labels: t.Mapping[str, t.Any]) -> dict[str, str]:
    """As the servers keep them."""
    return {str(key): str(value) for key, value in labels.items()}
