# Copyright: (c) 2026, metal-stack authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The Python packages that only those need who ask a cluster, or RethinkDB."""

from __future__ import annotations

import importlib
import typing as t

from .._k3s.client import Unreachable

_PACKAGES = {"websocket": "kubernetes"}


def load(name: str) -> t.Any:
    """A module of a package, such as C(kubernetes.client)."""
    try:
        return importlib.import_module(name)
    except ImportError as error:
        top = name.partition(".")[0]
        package = _PACKAGES.get(top, top)
        raise Unreachable(
            f"the Python package {package} is needed where the module runs (pip install {package}): {error}"
        ) from error
