# Copyright: (c) 2026, metal-stack authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Which version of the API a server speaks, by what it answers to everybody."""

from __future__ import annotations

from dataclasses import replace

from ansible_collections.metalstack.autonomous.plugins.module_utils._metal.errors import (
    BadInput,
    MetalError,
    Throttled,
    Unauthenticated,
)
from ansible_collections.metalstack.autonomous.plugins.module_utils._metal.settings import V1, V2, Endpoint
from ansible_collections.metalstack.autonomous.plugins.module_utils._metal.v1 import ClientV1
from ansible_collections.metalstack.autonomous.plugins.module_utils._metal.v2 import ClientV2


def spoken(endpoint: Endpoint) -> str:
    """``v2`` if its VersionService answers, else ``v1`` if /v1/version does; no credential is sent for either.

    One attempt each: who does not answer is reported at once, with both reasons.
    """
    nobody = replace(endpoint, token=None, hmac=None)
    try:
        ClientV2(nobody).once("api", "version", "Get")
        return V2
    except Throttled:
        return V2  # only a metal-apiserver says so, by default to the 21st call of an address within a minute
    except MetalError as error:
        not_v2 = error
    try:
        # The SDK wants a credential; this one is none, and the path is open to all.
        ClientV1(replace(nobody, hmac="none", hmac_user="Nobody")).call("GET", "/v1/version")
        return V1
    except Unauthenticated:
        return V1
    except MetalError as error:
        raise BadInput(
            [f"api_url {endpoint.url}: neither API answers; give api_version if one should. v2: {not_v2}. v1: {error}"]
        ) from error
