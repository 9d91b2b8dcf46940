"""Whatever is not an answer is an error that says why, and never a database that holds nothing."""

from __future__ import annotations

from pathlib import Path

import pytest
from ansible_collections.metalstack.autonomous.plugins.modules import metal_database_info
from api import Server
from ask import about, answer, refused
from conftest import Run
from objects import NAMESPACE, World
from servers import Postgres


def test_half_an_output_is_an_error(masterdata: World, run: Run) -> None:
    masterdata.kubelet.cut = True
    assert "was cut off before it ended" in refused(run, "postgres", counts=True)


def test_a_command_that_does_not_end_is_an_error(masterdata: World, run: Run) -> None:
    masterdata.kubelet.hold = True
    assert "did not end within 11 s" in refused(run, "postgres", timeout=1)


def test_one_who_may_not_look_is_told_what_is_missing(masterdata: World, run: Run, server: Server) -> None:
    said = answer(run, "postgres", kubeconfig=str(server.stranger))["msg"]
    assert "refuses to read namespace kube-system" in said and 'User "stranger" cannot get resource' in said


def test_one_who_may_not_run_commands_is_told_so(masterdata: World, run: Run, server: Server) -> None:
    masterdata.allow("stranger", ["pods", "persistentvolumeclaims", "configmaps", "namespaces"])
    said = refused(run, "postgres", kubeconfig=str(server.stranger))
    assert "refuses to run a command in container postgres of pod masterdata-db-0" in said
    assert 'User "stranger" cannot get resource "pods/exec"' in said


def test_a_database_with_a_broken_program_is_an_error(masterdata: World, run: Run, postgres: Postgres) -> None:
    before = postgres.container.environment.pop("POSTGRES_USER")
    try:
        assert "PostgreSQL refuses: sh: " in refused(run, "postgres", counts=True)
    finally:
        postgres.container.environment["POSTGRES_USER"] = before


@pytest.mark.parametrize(
    ("text", "said"),
    [
        (None, "cannot be used"),
        ("{}", "cannot be used"),
        (
            '{"current-context": "a", "contexts": [{"name": "a", "context": {"cluster": "a", "user": "a"}}],'
            ' "clusters": [{"name": "a", "cluster": {"server": "https://127.0.0.1:1"}}],'
            ' "users": [{"name": "a", "user": {}}]}',
            "gives no answer to read namespace kube-system",
        ),
    ],
    ids=["no file", "no cluster", "nobody listens"],
)
def test_a_kubeconfig_that_is_none_is_an_error(run: Run, tmp_path: Path, text: str | None, said: str) -> None:
    file = tmp_path / "kubeconfig"
    if text is not None:
        file.write_text(text)
    assert said in answer(run, "postgres", kubeconfig=str(file))["msg"]


def test_all_that_cannot_be_found_out_is_told_at_once(masterdata: World, run: Run) -> None:
    masterdata.claim("ipam-db", phase="Lost")
    databases = [{"name": name, "engine": "postgres"} for name in ("masterdata-db", "ipam-db", "zitadel-db")]
    told = run(metal_database_info, stage="prod", counts=True, databases=[*databases, databases[0]])
    said = told["msg"]
    assert "database masterdata-db is given twice" in said and "ipam-db: claim ipam-db-ipam-db-0 is Lost" in said
    assert "zitadel-db: pod zitadel-db-0 is not there, so that nothing can be counted" in said
    assert told["databases"][0]["tables"]["projects"] == 2


def test_the_cluster_is_told_by_its_identity(masterdata: World, run: Run) -> None:
    uid = masterdata.core.read_namespace("kube-system").metadata.uid
    assert answer(run, "postgres")["cluster"] == uid
    assert about(run, "postgres", namespace=NAMESPACE)["volume"]["running"]
