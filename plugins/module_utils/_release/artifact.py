# Copyright: (c) 2026, metal-stack authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""An artifact of a registry: its tag is resolved once, and everything after goes by digest.

Source of the media types: metal-stack's guide to OCI artifacts, and what C(metal_stack_release_vector) reads.
"""

from __future__ import annotations

import typing as t
from pathlib import Path

from .._artifact.files import ChecksumError
from .._artifact.registry import Access, ImageError, Registry, descriptors
from .._artifact.transport import NotFound, Transport, Unreachable
from .errors import ReleaseError
from .reference import Mirror, Reference, asked
from .trust import Trust
from .versions import is_release, number

VECTOR_TYPE = "application/vnd.metal-stack.release-vector.v1.tar+gzip"
ROLE_TYPE = "application/vnd.metal-stack.ansible-role.v1.tar+gzip"
SHOWN = 5


class Artifact:
    """What a reference names, verified; nothing of it is downloaded yet."""

    def __init__(
        self, reference: Reference, access: Access, trust: Trust, mirrors: t.Sequence[Mirror], transport: Transport
    ) -> None:
        self.name, self.repository = str(reference), reference.repository
        self._repository, access = asked(reference, mirrors, access)
        self._registry = Registry(self._repository, transport, access)
        try:
            self.digest = reference.digest or self._registry.resolve(reference.tag)
            self.trusted_by = trust.check(self.name, self._registry, self._repository, self.digest, access)
        except NotFound as error:
            raise ReleaseError(f"{self.name} is unknown to {self._repository}: {error}{self._known()}") from error
        except Unreachable as error:
            raise ReleaseError(f"{self.name} can't be had: {error}") from error
        except (ChecksumError, ImageError) as error:
            raise ReleaseError(str(error)) from error

    def download(self, media_type: str, target: Path) -> None:
        """Write the layer of this type to a file that there is not yet."""
        try:
            listed = descriptors(self._registry.document(self.digest), "layers")
            layers = [one for one in listed if one.get("mediaType") == media_type]
            if len(layers) != 1:
                raise ReleaseError(
                    f"{self.name} has {len(layers)} layers of the type {media_type}; expected one, so it is "
                    "something else than a release uses"
                )
            self._registry.blob(layers[0]["digest"], target)
        except NotFound as error:
            raise ReleaseError(
                f"{self._repository} has only a part of {self.name}: {error}. Copy the whole artifact to it, by "
                f"digest {self.digest}; nothing was changed"
            ) from error
        except Unreachable as error:
            raise ReleaseError(f"{self.name} can't be had: {error}; nothing was changed") from error
        except (ChecksumError, ImageError) as error:
            raise ReleaseError(f"{self.name}: {error}; nothing was changed") from error

    def releases(self) -> list[str]:
        """The final releases beside this one, oldest first."""
        try:
            return sorted(filter(is_release, self._registry.tags()), key=number)
        except (Unreachable, ImageError) as error:
            raise ReleaseError(f"the releases beside {self.name} can't be listed: {error}") from error

    def _known(self) -> str:
        """The newest releases, for whoever mistyped one; nothing if they can't be told."""
        try:
            newest = self.releases()[-SHOWN:]
        except ReleaseError:
            return ""
        return f"; its newest are {', '.join(newest)}" if newest else ""
