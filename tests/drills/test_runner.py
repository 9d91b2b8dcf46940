"""The host that runs jobs of GitLab is lost, and GitLab is; the latter is a stand-in, gitlab-runner the real one."""

from __future__ import annotations

import base64
import datetime
import json
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from cluster import TREE, Cluster, lab, wait_until
from gitlab_served import ADDRESS, TOKEN, Served
from playbook import play
from scenario import scenario

from plugins.module_utils._gitlab import system_id
from plugins.plugin_utils._pki import certificate

sys.path.insert(0, str(TREE / "tests/integration/gitlab_runner"))

import job_host

DAY = datetime.timedelta(days=1)
WHEELS = "/srv/runner-wheels"
UNIT = "systemctl is-active metalstack-runner.service"
LEFT = "ls -d /etc/metalstack-runner /etc/systemd/system/metalstack-runner.service 2>/dev/null; true"


@pytest.fixture(scope="module")
def gitlab(cluster: Cluster, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    """Return a GitLab whose certificate is of the site's authority, and give the hosts wheels."""
    issuer = certificate.authority(cluster.site["site_ca"])
    text, key = certificate.issue(issuer, certificate.Subject((), (ADDRESS,)), DAY, datetime.datetime.now(datetime.UTC))
    directory = tmp_path_factory.mktemp("gitlab")
    (directory / "pair.pem").write_text(key + text)
    (directory / "pair.pem").chmod(0o600)
    job_host.wheel(directory)
    bring(cluster, next(directory.glob("*.whl")))
    with Served(directory / "pair.pem") as served:
        yield served
    play("bootstrap").succeeded()
    assert {host: cluster.on(host, LEFT) for host in cluster.servers} == dict.fromkeys(cluster.servers, "")
    for host in cluster.servers:
        cluster.on(host, f"rm -rf {WHEELS}")


def bring(cluster: Cluster, wheel: Path) -> None:
    for host in cluster.servers:
        encoded = base64.b64encode(wheel.read_bytes()).decode()
        cluster.on(host, f"mkdir -p {WHEELS} && base64 -d > {WHEELS}/{wheel.name}", stdin=encoded)


def runner(cluster: Cluster, host: str, url: str = Served.url) -> tuple[str, str]:
    """Say which host runs jobs."""
    authority = str(cluster.site["site_ca"])
    given: dict[str, Any] = {
        "host": host,
        "url": url,
        "token": TOKEN,
        "ca": authority[authority.index("-----BEGIN CERTIFICATE") :],
        "repository": f"{url}/group/site.git",
        "requirements": ["telling==1.0"],
        "wheels": WHEELS,
    }
    return "-e", json.dumps({"site_gitlab_runner": given})


def name(cluster: Cluster, host: str) -> str:
    return system_id.of_host(str(cluster.site["site_name"]), host)


@scenario(
    id="G1",
    title="The host that runs jobs of GitLab is lost",
    initial_cluster="none of its own; that of a lost server besides",
    target_cluster="none",
    end_users="none; whoever changes the site by GitLab waits",
    detection="GitLab shows the runner as offline, and jobs wait for it",
    remedy="name another `host` in `site_gitlab_runner`, and run the playbook `bootstrap` from a checkout: GitLab"
    " forgets the one that is gone. One that is a server is replaced first, by the playbook `replace_node`",
)
@pytest.mark.long
def test_another_host_runs_the_jobs_once_the_first_is_lost(cluster: Cluster, gitlab: Served) -> None:
    first, other = cluster.servers[-1], cluster.servers[0]
    play("bootstrap", *runner(cluster, first)).succeeded()
    assert play("bootstrap", *runner(cluster, first)).succeeded().changed() == 0
    assert cluster.on(first, UNIT).strip() == "active"
    wait_until("GitLab knows the host", lambda: gitlab.machines == [name(cluster, first)])

    lab("wipe", first)
    site = str(cluster.site["site_name"])
    play("replace_node", "-e", f"replace_node={first}", "-e", f"replace_confirm={site}").succeeded()
    play("bootstrap", *runner(cluster, other)).succeeded()
    assert cluster.on(other, UNIT).strip() == "active"
    wait_until("GitLab knows the other host alone", lambda: gitlab.machines == [name(cluster, other)])
    assert play("bootstrap", *runner(cluster, other)).succeeded().changed() == 0
    assert cluster.on(first, LEFT) == ""


@scenario(
    id="G2",
    title="GitLab is lost",
    initial_cluster="none",
    target_cluster="none",
    end_users="none",
    detection="it does not answer; `bootstrap` warns of it",
    remedy="run playbooks by hand from a checkout of the repository, with the vault's password out of the escrow. The"
    " runner goes on by itself once GitLab is back; a new GitLab has a new token, with which the playbook `bootstrap`"
    " is run",
)
@pytest.mark.long
def test_the_site_is_seen_to_from_a_checkout_while_gitlab_is_lost(cluster: Cluster, gitlab: Served) -> None:
    host = cluster.servers[0]
    lost = runner(cluster, host, f"https://{ADDRESS}:9497")
    run = play("bootstrap", *lost).succeeded()
    assert "GitLab could not be asked" in " ".join(run.output.split())
    assert play("bootstrap", *lost).succeeded().changed() == 0
    assert cluster.on(host, UNIT).strip() == "active"
    play("status").succeeded()
    play("bootstrap", *runner(cluster, host)).succeeded()
    wait_until("GitLab knows the host again", lambda: name(cluster, host) in gitlab.machines)
