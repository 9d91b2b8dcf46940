# Copyright: (c) 2026, metal-stack authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Whether an artifact of a registry is signed by whom the inventory trusts."""

from __future__ import annotations

import base64
import json
import os
import subprocess
import tempfile
import typing as t
from dataclasses import dataclass
from pathlib import Path

from .._artifact.files import ChecksumError
from .._artifact.registry import Access, Document, ImageError, Registry, descriptors
from .._artifact.transport import NotFound
from .errors import ReleaseError
from .signature import Unsigned, Verifier, check_bundle, check_simple, verifier

SIMPLE_TYPE = "application/vnd.dev.cosign.simplesigning.v1+json"
SIGNATURE = "dev.cosignproject.cosign/signature"
BUNDLE_TYPE = "application/vnd.dev.sigstore.bundle.v0.3+json"
# More than anybody signs one artifact with; who may push may push any number of them.
MOST = 32
COSIGN_SECONDS = 120


@dataclass(frozen=True)
class Trust:
    """By a key; or by a certificate's identity and issuer with the program cosign; or, said aloud, by nobody."""

    key: str = ""
    identity: str = ""
    issuer: str = ""
    cosign: str = ""
    required: bool = True

    def refusals(self, name: str) -> list[str]:
        """Why an artifact can't be verified at all."""
        if self.key and (self.identity or self.issuer):
            return [f"{name} has a key and a certificate's identity; expected one of them"]
        if bool(self.identity) != bool(self.issuer):
            return [
                f"{name} has only one of oci_cosign_verify_certificate_identity and "
                "oci_cosign_verify_certificate_oidc_issuer; expected both"
            ]
        if self.identity and not self.cosign:
            return [
                f"{name} is to be verified without a key, which takes the certificates and logs of Sigstore, and so "
                "the program cosign; give its path in cosign, or the publisher's key in oci_cosign_verify_key"
            ]
        if self.required and not self.key and not self.identity:
            return [
                f"nothing says who must have signed {name}; give oci_cosign_verify_key, or verify: false for what is "
                "not signed"
            ]
        return []

    def check(self, name: str, registry: Registry, repository: str, digest: str, access: Access) -> str:
        """Raise unless the digest is signed as asked for; return by what it is trusted."""
        if self.key:
            _check_key(name, registry, digest, self.key)
            return "key"
        if self.identity:
            _check_certificate(self, name, f"{repository}@{digest}", access)
            return "certificate"
        return "nothing"


def _check_key(name: str, registry: Registry, digest: str, key: str) -> None:
    verify = verifier(key)
    referrers = registry.referrers(digest)
    reasons = []
    for check in _signatures(registry, digest, referrers.listed):
        try:
            if check(digest, verify):
                return
        except (Unsigned, NotFound, ChecksumError, ImageError) as error:
            reasons.append(str(error))
    if not reasons:
        unlisted = f", as far as it can be listed ({'; '.join(referrers.problems)})" if referrers.problems else ""
        raise ReleaseError(
            f"{name} ({digest}) is not signed: its repository has no signature of cosign for it{unlisted}. A mirror "
            "needs the signatures, too; nothing was changed"
        )
    raise ReleaseError(
        f"{name} ({digest}) is not signed by the key that oci_cosign_verify_key has: "
        f"{'; '.join(dict.fromkeys([*reasons, *referrers.problems]))}. "
        "Do not use it before its publisher has explained this; nothing was changed"
    )


Check = t.Callable[[str, Verifier], bool]
"Whether this was a signature at all; raises if it was a wrong one."


def _signatures(registry: Registry, digest: str, referrers: list[Document]) -> t.Iterator[Check]:
    """What may be a signature, read only when it is its turn."""
    # Registries do not agree on what they list as a type: what says that it is a bundle comes first, and all are read.
    listed = sorted(referrers, key=lambda one: one.get("artifactType") != BUNDLE_TYPE)
    for descriptor in listed[:MOST]:
        yield _bundle(registry, descriptor["digest"])
    try:
        manifest = registry.document(f"{digest.replace(':', '-')}.sig")
    except NotFound:
        return
    for layer in [one for one in descriptors(manifest, "layers") if one.get("mediaType") == SIMPLE_TYPE][:MOST]:
        yield _simple(registry, layer)


def _bundle(registry: Registry, reference: str) -> Check:
    def check(digest: str, verify: Verifier) -> bool:
        layers = descriptors(registry.document(reference), "layers")
        if not layers or layers[0].get("mediaType") != BUNDLE_TYPE:
            return False
        check_bundle(registry.small_blob(layers[0]["digest"]), digest, verify)
        return True

    return check


def _simple(registry: Registry, layer: dict[str, t.Any]) -> Check:
    def check(digest: str, verify: Verifier) -> bool:
        signature = str((layer.get("annotations") or {}).get(SIGNATURE, ""))
        check_simple(registry.small_blob(layer["digest"]), signature, digest, verify)
        return True

    return check


def _check_certificate(trust: Trust, name: str, reference: str, access: Access) -> None:
    command = [trust.cosign, "verify", "--certificate-identity", trust.identity]
    command += ["--certificate-oidc-issuer", trust.issuer]
    command += ["--allow-http-registry"] if access.plain_http else []
    with tempfile.TemporaryDirectory(prefix="release-") as directory:
        environment = {**os.environ, **_docker_config(Path(directory), reference.partition("/")[0], access)}
        try:
            done = subprocess.run(
                [*command, reference], env=environment, capture_output=True, text=True, timeout=COSIGN_SECONDS,
                check=False, stdin=subprocess.DEVNULL,
            )  # fmt: skip
        except subprocess.TimeoutExpired as error:
            raise ReleaseError(
                f"cosign did not verify {name} within {COSIGN_SECONDS} s; nothing was changed"
            ) from error
        except OSError as error:
            raise ReleaseError(f"cosign can't be run: {error}; correct its path in cosign") from error
    if done.returncode:
        said = (done.stderr.strip().splitlines() or ["nothing"])[-1]
        raise ReleaseError(
            f"{name} ({reference}) is not signed by {trust.identity} of {trust.issuer}: cosign says {said}; "
            "nothing was changed"
        )


def _docker_config(directory: Path, host: str, access: Access) -> dict[str, str]:
    """A login for cosign, which reads it from a file alone."""
    if not access.username:
        return {}
    login = base64.b64encode(f"{access.username}:{access.password}".encode()).decode()
    file = directory / "config.json"
    file.touch(mode=0o600)
    file.write_text(json.dumps({"auths": {host: {"auth": login}}}), encoding="utf-8")
    return {"DOCKER_CONFIG": str(directory)}
