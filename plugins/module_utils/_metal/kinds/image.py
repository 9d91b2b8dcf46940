# Copyright: (c) 2026, metal-stack authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Images: operating systems that machines and firewalls are installed with."""

from __future__ import annotations

import re
import typing as t

from ansible_collections.metalstack.autonomous.plugins.module_utils._metal import forms, uses
from ansible_collections.metalstack.autonomous.plugins.module_utils._metal.kind import (
    BOTH,
    Field,
    Fields,
    Kind,
    V1Api,
    V2Api,
    Wire,
)
from ansible_collections.metalstack.autonomous.plugins.module_utils._metal.settings import V1, V2

# metal-lib's GetOsAndSemverFromImage: what follows the last hyphen is a version of one to three numbers.
ID = re.compile(r".+-v?[0-9]+(\.[0-9]+){0,2}(\+[0-9A-Za-z.]+)?")
EMPTY_IS_UNCHANGED = "to both APIs an empty list means no change"


def named(_version: str, _objects: t.Mapping[str, Fields], touched: t.Mapping[str, Fields]) -> list[str]:
    """The id tells operating system and version."""
    return [
        f"image {name}: expected an id such as ubuntu-24.04 or ubuntu-24.04.20261101"
        for name in touched
        if not ID.fullmatch(name)
    ]


def used_by(client: t.Any, version: str, name: str) -> list[str]:
    if version == V1:
        listed = client.read("GET", "/v1/image?show-usage=true")
        return uses.told("machine", next((one.get("usedby") or [] for one in listed if one["id"] == name), []))
    usage = client.read("admin", "image", "Usage", {"query": {"id": name}}).get("image_usage", [])
    return uses.told("machine", next((one.get("used_by", []) for one in usage if one["image"]["id"] == name), []))


IMAGE = Kind(
    name="image",
    plural="images",
    fields=(
        Field("name", v1=Wire("name"), v2=Wire("name")),
        Field("description", v1=Wire("description"), v2=Wire("description")),
        Field("url", v1=Wire("url"), v2=Wire("url"), required=BOTH, kept={V1: "the server looks whether it is there"}),
        Field(
            "features",
            v1=Wire("features", forms.SORTED),
            v2=Wire("features", forms.enums("IMAGE_FEATURE_")),
            required=BOTH,
            kept=dict.fromkeys(BOTH, EMPTY_IS_UNCHANGED),
        ),
        Field(
            "classification",
            v1=Wire("classification"),
            v2=Wire("classification", forms.enum("IMAGE_CLASSIFICATION_")),
        ),
        Field(
            "expires_at",
            v1=Wire("expirationDate", forms.TIME),
            v2=Wire("expires_at", forms.TIME),
            limits={V2: (forms.in_future,)},
        ),
    ),
    v1=V1Api(path="/v1/image", always=("expires_at",), labels="images have no labels in API v1"),
    v2=V2Api(service="image", one="image", many="images"),
    uses=used_by,
    rule=named,
    filters={"classification": "classification", "feature": "features"},
)
