"""The real cosign: what it signs is taken, and what the other tests sign it takes, too.

With an empty cache it is built first, which takes four minutes.
"""

from __future__ import annotations

import os
import subprocess
from pathlib import Path

import pytest
from published import Publisher, vector
from registry import ListingRegistry, Server
from stages import CACHE

from lab import build

# A key is used without Sigstore's services, of which nothing is reached here.
OFFLINE = ("--tlog-upload=false", "--use-signing-config=false")
FORMATS = {"simple signing": ("--new-bundle-format=false",), "bundles": ("--new-bundle-format=true",)}


class Cosign:
    """The program, with a key pair of its own."""

    def __init__(self, program: Path, directory: Path) -> None:
        self.program, self._directory = program, directory
        directory.mkdir()
        self.run("generate-key-pair")
        self.public = (directory / "cosign.pub").read_text()

    def run(self, *arguments: str) -> subprocess.CompletedProcess[str]:
        environment = {**os.environ, "COSIGN_PASSWORD": "of a test", "HOME": str(self._directory)}
        return subprocess.run(
            [str(self.program), *arguments],
            cwd=self._directory,
            env=environment,
            capture_output=True,
            text=True,
            check=True,
            stdin=subprocess.DEVNULL,
            timeout=120,
        )

    def sign(self, reference: str, *options: str) -> None:
        self.run("sign", "--yes", "--key", "cosign.key", *OFFLINE, *options, reference)


@pytest.fixture
def cosign(tmp_path: Path) -> Cosign:
    return Cosign(build.ensure("cosign", CACHE) / "cosign", tmp_path / "cosign")


def published(registry: Server) -> dict[str, str]:
    """Publish a release and its roles without signatures; return their references."""
    publisher = Publisher(registry, None)
    publisher.release("v0.22.18", vector(registry.address, "v1.137.7"))
    publisher.roles()
    names = ("releases:v0.22.18", "metal-roles:v0.28.1", "ansible-common:v0.9.0")
    return {name: f"{registry.address}/metal-stack/{name}" for name in names}


@pytest.fixture
def unsigned(registry) -> dict[str, str]:
    return published(registry)


@pytest.mark.parametrize("options", FORMATS.values(), ids=FORMATS)
def test_what_cosign_signs_is_taken(cosign, unsigned, stage, key, options):
    for reference in unsigned.values():
        cosign.sign(reference, *options)
    strange = stage.install()
    assert "a signature is by another key" in strange["msg"]
    stage.key = f"{key.public}{cosign.public}"
    assert stage.install()["release"]["vectors"][0]["trusted_by"] == "key"


def test_bundles_are_found_where_the_registry_lists_them(cosign, stage, tmp_path):
    registry = ListingRegistry(build.ensure("oci-registry", CACHE) / "oci-registry", tmp_path / "log")
    try:
        stage.address, stage.key = registry.address, cosign.public
        for reference in published(registry).values():
            assert "is not signed" in stage.install()["msg"]
            cosign.sign(reference, *FORMATS["bundles"])
        assert stage.install()["release"]["vectors"][0]["trusted_by"] == "key"
    finally:
        registry.stop()


def test_one_signature_of_several_is_enough(cosign, unsigned, stage, tmp_path):
    stranger = Cosign(cosign.program, tmp_path / "stranger")
    for reference in unsigned.values():
        for options in FORMATS.values():
            stranger.sign(reference, *options)
            cosign.sign(reference, *options)
    stage.key = cosign.public
    assert stage.install()["changed"]


def test_an_attestation_by_the_same_key_is_no_signature(cosign, unsigned, stage, tmp_path):
    """It says how something was made, not that somebody released it."""
    (tmp_path / "predicate.json").write_text("{}")
    predicate = ("--predicate", str(tmp_path / "predicate.json"), "--type", "https://example.org/made")
    for reference in unsigned.values():
        cosign.run("attest", "--yes", "--key", "cosign.key", *OFFLINE, *FORMATS["bundles"], *predicate, reference)
    stage.key = cosign.public
    message = stage.install()["msg"]
    assert "a bundle is a https://example.org/made; expected a https://sigstore.dev/cosign/sign/v1" in message


@pytest.mark.parametrize("bundles", [False, True], ids=FORMATS)
def test_what_the_other_tests_sign_is_as_cosign_wants_it(cosign, registry, key, bundles, tmp_path):
    Publisher(registry, key, bundles).roles()
    (tmp_path / "public.pem").write_text(key.public)
    form = f"--new-bundle-format={str(bundles).lower()}"
    reference = f"{registry.address}/metal-stack/metal-roles:v0.28.1"
    cosign.run("verify", "--key", str(tmp_path / "public.pem"), "--insecure-ignore-tlog=true", form, reference)


def test_cosign_is_asked_by_digest_where_there_is_no_key(cosign, unsigned, stage, tmp_path):
    """A stand-in that keeps what it was asked, for certificates need Sigstore's services."""
    program, asked = tmp_path / "stand-in", tmp_path / "asked"
    program.write_text(
        f'#!/bin/sh\necho "$@" >> {asked}\ntest ! -e {tmp_path}/refuse || {{ echo no match >&2; exit 1; }}\n'
    )
    program.chmod(0o755)
    identity = {
        "oci_cosign_verify_key": None,
        "oci_cosign_verify_certificate_identity": "https://ci.example.org/release",
        "oci_cosign_verify_certificate_oidc_issuer": "https://issuer.example.org",
    }
    vectors = [stage.vector("v0.22.18", **identity)]
    result = stage.install(vectors=vectors, cosign=str(program))
    first = result["release"]["vectors"][0]
    assert first["trusted_by"] == "certificate"
    lines = asked.read_text().splitlines()
    assert len(lines) == 3
    assert lines[0] == (
        "verify --certificate-identity https://ci.example.org/release --certificate-oidc-issuer "
        f"https://issuer.example.org {stage.address}/metal-stack/releases@{first['digest']}"
    )
    (tmp_path / "refuse").touch()
    message = stage.install(vectors=vectors, cosign=str(program))["msg"]
    assert (
        "is not signed by https://ci.example.org/release of https://issuer.example.org: cosign says no match" in message
    )


def test_the_real_cosign_refuses_what_has_no_certificate(cosign, unsigned, stage):
    for reference in unsigned.values():
        cosign.sign(reference, *FORMATS["simple signing"])
    identity = {
        "oci_cosign_verify_key": None,
        "oci_cosign_verify_certificate_identity": "https://ci.example.org/release",
        "oci_cosign_verify_certificate_oidc_issuer": "https://issuer.example.org",
    }
    result = stage.install(vectors=[stage.vector("v0.22.18", **identity)], cosign=str(cosign.program))
    assert "is not signed by https://ci.example.org/release" in result["msg"]
    assert not stage.path.exists()
