# Copyright: (c) 2026, metal-stack authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The client libraries, each of which only those need who speak its API."""

from __future__ import annotations

import importlib
import typing as t

from ansible_collections.metalstack.autonomous.plugins.module_utils._metal.errors import MissingLibrary
from ansible_collections.metalstack.autonomous.plugins.module_utils._metal.settings import V1, V2

PACKAGES = {V1: "metal-python", V2: "metal-stack-api"}


def load(version: str, name: str) -> t.Any:
    """A module of the API's library, or of what that brings along."""
    try:
        return importlib.import_module(name)
    except ImportError as error:
        package = PACKAGES[version]
        raise MissingLibrary(
            f"API {version} needs the Python package {package} where the module runs (pip install {package}): {error}"
        ) from error
