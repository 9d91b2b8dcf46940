# Copyright: (c) 2026, metal-stack authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Whether a mirror is of somebody whom the site trusts."""

from __future__ import annotations

import typing as t
from pathlib import Path

from . import signature, tree
from .errors import MirrorError
from .manifest import FILE, SIGNATURE, Manifest

UNSIGNED = (
    "nobody has signed for this mirror: whoever could write to it could have changed it together with its manifest. "
    "Collect it with mirror_key, and name the public key in site_mirror_signers"
)


def trusted(directory: Path, signers: t.Sequence[str]) -> tuple[Manifest, str]:
    """The manifest, and the fingerprint of who has signed it, which is nobody where C(signers) are not given.

    Raises MirrorError where a signature is asked for and there is none, or a wrong one.
    """
    manifest = tree.read(directory)
    if not signers:
        return manifest, ""
    try:
        text = (directory / SIGNATURE).read_text(encoding="utf-8", errors="replace")
    except FileNotFoundError as error:
        raise MirrorError(
            f"{directory} has no {SIGNATURE}, and site_mirror_signers asks for a signature; collect it with"
            " mirror_key, the private key of one of them"
        ) from error
    return manifest, signature.verify((directory / FILE).read_bytes(), text, signers)
