# Copyright: (c) 2026, metal-stack authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What gitlab-runner's config.toml says of its GitLab."""

from __future__ import annotations

import tomllib
import typing as t

FILE = "config.toml"


class GitLab(t.NamedTuple):
    """C(cafile) is empty where the system's authorities count."""

    url: str
    token: str
    cafile: str


def read(text: str) -> GitLab | None:
    """The GitLab of the first runner, None where there is none."""
    try:
        runners = tomllib.loads(text).get("runners") or []
    except tomllib.TOMLDecodeError:
        return None
    first = runners[0] if isinstance(runners, list) and runners else {}
    url, token = str(first.get("url") or ""), str(first.get("token") or "")
    return GitLab(url, token, str(first.get("tls-ca-file") or "")) if url and token else None
