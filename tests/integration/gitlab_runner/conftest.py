"""A GitLab, and a host that the role has made its runner."""

from __future__ import annotations

import datetime
import ssl
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from ansible.utils.collection_loader import _collection_finder

ROOT = Path(__file__).resolve().parents[3]
sys.path[:0] = [str(ROOT), str(Path(__file__).parent), str(ROOT / "tests/standing")]
_collection_finder._AnsibleCollectionFinder(paths=[str(ROOT / ".ansible/collections")])._install()

import job_host  # noqa: E402
from ansible_collections.metalstack.autonomous.plugins.plugin_utils._pki import certificate  # noqa: E402
from ansible_collections.metalstack.autonomous.plugins.plugin_utils._site import authority  # noqa: E402
from ansible_collections.metalstack.autonomous.tests.unit.plugins.module_utils._gitlab import (  # noqa: E402
    gitlab_stand_in,
)

from lab import build, debian, settings  # noqa: E402
from plugins.module_utils._artifact.files import sha256_of  # noqa: E402

YEAR = datetime.timedelta(days=365)


@pytest.fixture(scope="session")
def ca() -> str:
    """Return the authority of GitLab's certificate."""
    return authority.generate("gitlab")


@pytest.fixture(scope="module")
def gitlab(ca: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[gitlab_stand_in.GitLab]:
    """Return a GitLab on loopback."""
    subject = certificate.Subject((), ("127.0.0.1",))
    text, key = certificate.issue(certificate.authority(ca), subject, YEAR, datetime.datetime.now(datetime.UTC))
    pair = tmp_path_factory.mktemp("tls") / "pair.pem"
    pair.write_text(key + text)
    tls = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    tls.load_cert_chain(pair)
    with gitlab_stand_in.Served(tls) as served:
        yield served


@pytest.fixture(scope="session")
def program() -> dict[str, object]:
    """Describe gitlab-runner, built from its Go module."""
    path = build.ensure("gitlab-runner", settings.from_environment().cache) / "gitlab-runner"
    found = {"kind": "path", "source": str(path), "path": str(path), "sha256": sha256_of(path), "origin": "built"}
    return {
        "name": "gitlab-runner",
        "version": "v19.4.0",
        "archs": {build.machine_arch(): found},
        "provenance": "built",
    }


@pytest.fixture(scope="module")
def bare(gitlab: gitlab_stand_in.GitLab, ca: str, program: dict[str, object]) -> Iterator[job_host.Host]:
    """Return a host with nothing but packages, and the variables that would make it a runner."""
    tree = debian.tree(settings.from_environment().cache, job_host.RELEASE, job_host.PACKAGES)
    with job_host.host(tree) as host:
        host.variables = {
            "gitlab_runner_site": "example",
            "gitlab_runner_artifact": program,
            "gitlab_runner_url": gitlab.url,
            "gitlab_runner_token": gitlab.token,
            "gitlab_runner_ca": ca[ca.index("-----BEGIN CERTIFICATE") :],
            "gitlab_runner_repository": f"file://{job_host.UPSTREAM}",
            "gitlab_runner_playbooks": ["bootstrap", "validate"],
            "gitlab_runner_requirements": ["telling==1.0"],
            "gitlab_runner_wheels": "/srv/wheels",
            **job_host.SECRETS,
        }
        yield host
