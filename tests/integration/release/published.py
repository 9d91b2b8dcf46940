"""Releases as metal-stack publishes them: vectors and roles in a registry, signed in both of cosign's formats."""

from __future__ import annotations

import base64
import gzip
import io
import json
import tarfile
from collections.abc import Mapping
from typing import Any

from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from registry import INDEX, Descriptor, Server

VECTOR = "application/vnd.metal-stack.release-vector.v1.tar+gzip"
ROLE = "application/vnd.metal-stack.ansible-role.v1.tar+gzip"
SIMPLE = "application/vnd.dev.cosign.simplesigning.v1+json"
BUNDLE = "application/vnd.dev.sigstore.bundle.v0.3+json"
MAPPING = {
    "metal_api_image_tag": "docker-images.metal-stack.control-plane.metal-api.tag",
    "metal_api_image_name": "docker-images.metal-stack.control-plane.metal-api.name",
    "gardener_operator_image_tag": "docker-images.third-party.gardener.operator.tag",
}
DEFAULTS = "metal-roles/common/roles/defaults/defaults/main.yaml"


class Key:
    """A key of a publisher."""

    def __init__(self) -> None:
        self._key = ec.generate_private_key(ec.SECP256R1())
        encoding, kind = serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo
        self.public = self._key.public_key().public_bytes(encoding, kind).decode()

    def sign(self, message: bytes) -> str:
        return base64.b64encode(self._key.sign(message, ec.ECDSA(hashes.SHA256()))).decode()


def packed(files: Mapping[str, bytes], links: Mapping[str, str] | None = None) -> bytes:
    """A tar file, gzip."""
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w") as tar:
        for name, content in files.items():
            member = tarfile.TarInfo(name)
            member.size = len(content)
            tar.addfile(member, io.BytesIO(content))
        for name, target in (links or {}).items():
            member = tarfile.TarInfo(name)
            member.type, member.linkname = tarfile.SYMTYPE, target
            tar.addfile(member)
    return gzip.compress(buffer.getvalue(), mtime=0)


def role(name: str, version: str, mapping: Mapping[str, str] = MAPPING) -> bytes:
    """A packed role; metal-roles has the mapping."""
    files = {f"{name}/README.md": f"{name} {version}\n".encode(), f"{name}/meta/main.yml": b"---\n"}
    if name == "metal-roles":
        files[DEFAULTS] = json.dumps({"metal_stack_release": {"mapping": mapping}}).encode()
    return packed(files)


def vector(host: str, gardener: str, metal_api: str = "v0.45.0", roles: str = "v0.28.1") -> dict[str, Any]:
    """A vector with the parts that the tests look at, of the form of the real one."""
    core = ("operator", "api-server", "controller-manager", "scheduler", "admission-controller", "gardenlet")
    return {
        "ansible-roles": {
            "ansible-common": {"oci": f"{host}/metal-stack/ansible-common", "version": "v0.9.0"},
            "metal-roles": {"oci": f"{host}/metal-stack/metal-roles", "version": roles},
        },
        "docker-images": {
            "metal-stack": {
                "control-plane": {"metal-api": {"name": "ghcr.io/metal-stack/metal-api", "tag": metal_api}}
            },
            "third-party": {"gardener": {name: {"name": f"gardener/{name}", "tag": gardener} for name in core}},
        },
    }


class Publisher:
    """Pushes to one registry below a prefix, and signs what it pushes unless it has no key."""

    def __init__(self, registry: Server, key: Key | None, bundles: bool = False) -> None:
        self.registry, self.key, self._bundles = registry, key, bundles

    def release(self, tag: str, document: Mapping[str, Any]) -> Descriptor:
        layer = packed({"release.yaml": json.dumps(document).encode()})
        return self.artifact("metal-stack/releases", tag, {VECTOR: layer})

    def roles(self, version: str = "v0.28.1") -> None:
        self.artifact("metal-stack/metal-roles", version, {ROLE: role("metal-roles", version)})
        self.artifact("metal-stack/ansible-common", "v0.9.0", {ROLE: role("ansible-common", "v0.9.0")})

    def artifact(self, repository: str, tag: str, layers: Mapping[str, bytes]) -> Descriptor:
        described = self.registry.push(repository, tag, layers)
        if self.key:
            (self._bundle if self._bundles else self._simple)(repository, described, described["digest"])
        return described

    def _simple(self, repository: str, subject: Descriptor, claimed: str) -> None:
        """As cosign 2 does: a payload and its signature, below a tag made of the digest."""
        assert self.key
        critical = {
            "identity": {"docker-reference": f"ghcr.io/{repository}"},
            "image": {"docker-manifest-digest": claimed},
            "type": "cosign container image signature",
        }
        payload = json.dumps({"critical": critical, "optional": None}).encode()
        layer = self.registry._blob(repository, payload, SIMPLE)
        layer["annotations"] = {"dev.cosignproject.cosign/signature": self.key.sign(payload)}
        self.registry.push_manifest(repository, f"{subject['digest'].replace(':', '-')}.sig", layers=[layer])

    def _bundle(self, repository: str, subject: Descriptor, claimed: str) -> None:
        """As cosign 3 does where the registry does not list referrers: an index below a tag made of the digest."""
        assert self.key
        statement = {
            "_type": "https://in-toto.io/Statement/v1",
            "subject": [{"digest": {"sha256": claimed.removeprefix("sha256:")}}],
            "predicateType": "https://sigstore.dev/cosign/sign/v1",
            "predicate": {},
        }
        payload, kind = json.dumps(statement).encode(), "application/vnd.in-toto+json"
        message = b" ".join([b"DSSEv1", b"28", kind.encode(), str(len(payload)).encode(), payload])
        envelope = {
            "payload": base64.b64encode(payload).decode(),
            "payloadType": kind,
            "signatures": [{"sig": self.key.sign(message)}],
        }
        material = {"publicKey": {"hint": "key of a test"}}
        document = {"mediaType": BUNDLE, "verificationMaterial": material, "dsseEnvelope": envelope}
        bundle = json.dumps(document).encode()
        referrer = self.registry.push(repository, "", {BUNDLE: bundle}, artifactType=BUNDLE, subject=subject)
        listed = [{**referrer, "artifactType": BUNDLE}]
        self.registry.push_manifest(repository, subject["digest"].replace(":", "-"), kind=INDEX, manifests=listed)
