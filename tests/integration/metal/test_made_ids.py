"""Projects and tenants: found by name, since servers make their ids, and kept by a server that compares little."""

from __future__ import annotations

from typing import Any

import pytest
from ansible_collections.metalstack.autonomous.plugins.module_utils._metal.kinds.tenant import PROVIDER
from ansible_collections.metalstack.autonomous.plugins.module_utils._metal.plan import MANAGER
from ansible_collections.metalstack.autonomous.plugins.modules import metal_project, metal_project_info, metal_tenant
from fake import world
from fake.world import Fault
from metalstack.api.v2 import common_pb2, project_pb2, tenant_pb2

ONE, TWO = "00000000-0000-0000-0000-00000000000a", "00000000-0000-0000-0000-00000000000b"


def put_tenant(server: Any, name: str = "acme", **labels: str) -> None:
    if server.version == "v1":
        row: Any = {"meta": {"id": name, "labels": [f"{key}={value}" for key, value in labels.items()]}, "name": name}
    else:
        row = tenant_pb2.Tenant(login=name, name=name, meta=_meta(labels))
    server.tables["tenant"].put(row)


def put_project(server: Any, name: str, called: str = "shop", tenant: str = "acme", **labels: str) -> None:
    if server.version == "v1":
        tags = [f"{key}={value}" for key, value in labels.items()]
        row: Any = {
            "meta": {"id": name, "labels": tags, "annotations": {"by": "them"}},
            "name": called,
            "tenant_id": tenant,
            "quotas": {"cluster": {"quota": 7}},
        }
    else:
        row = project_pb2.Project(uuid=name, name=called, tenant=tenant, meta=_meta(labels))
    server.tables["project"].put(row)


def _meta(labels: dict[str, str]) -> Any:
    return common_pb2.Meta(labels=common_pb2.Labels(labels=labels))


def row(server: Any, name: str = ONE) -> tuple[str, str]:
    """Name and description."""
    found = server.tables["project"].rows[name]
    if server.version == "v1":
        return found["name"], found.get("description", "")
    return found.name, found.description


def theirs(server: Any, name: str = ONE) -> None:
    """Somebody else changes it."""
    table = server.tables["project"]
    if server.version == "v1":
        table.rows[name]["description"] = "theirs"
    else:
        table.rows[name].description = "theirs"
    table.touch(table.rows[name])


def shop(**fields: Any) -> dict[str, Any]:
    return {"name": "shop", "tenant": "acme", **fields}


def test_the_id_that_the_server_made_is_told(server: Any, call: Any) -> None:
    put_tenant(server)
    result = call(server, metal_project, projects=[shop()])
    made = next(iter(server.tables["project"].rows))
    assert (result["created"], result["projects"][0]["id"]) == ([made], made)


def test_in_check_mode_there_is_none_yet(server: Any, call: Any) -> None:
    put_tenant(server)
    result = call(server, metal_project, check=True, projects=[shop()])
    assert result["created"] == ["acme/shop"]
    assert "id" not in result["projects"][0]
    assert result["diff"]["after"] == {"acme/shop": {"name": "shop", "tenant": "acme"}}


def test_one_that_is_there_is_found_by_name_and_tenant(server: Any, call: Any) -> None:
    put_project(server, ONE)
    put_project(server, TWO, tenant="other")
    result = call(server, metal_project, projects=[shop(description="ours")])
    assert (result["updated"], row(server), row(server, TWO)) == ([ONE], ("shop", "ours"), ("shop", ""))


def test_one_of_several_of_a_name_is_not_chosen(server: Any, call: Any) -> None:
    put_project(server, ONE)
    put_project(server, TWO)
    for state in ("present", "absent"):
        result = call(server, metal_project, projects=[shop(state=state)])
        assert f"project acme/shop: there are 2 of this name ({ONE}, {TWO}): give id" in result["msg"]
    assert server.world.writes() == []
    assert call(server, metal_project, projects=[{"id": TWO, "state": "absent"}])["removed"] == [TWO]


def test_one_is_renamed_by_its_id(server: Any, call: Any) -> None:
    put_project(server, ONE)
    result = call(server, metal_project, projects=[{"id": ONE, "name": "store"}])
    assert (result["updated"], row(server)) == ([ONE], ("store", ""))


def test_one_is_not_given_the_name_of_another(server: Any, call: Any) -> None:
    put_project(server, ONE)
    put_project(server, TWO, "store")
    result = call(server, metal_project, projects=[{"id": ONE, "name": "store"}])
    assert f"project {ONE}: expected another name than acme/store, which {TWO} has" in result["msg"]
    assert server.world.writes() == []


def test_one_is_not_given_twice_by_id_and_by_name(server: Any, call: Any) -> None:
    put_project(server, ONE)
    result = call(server, metal_project, projects=[{"id": ONE, "description": "a"}, shop(description="b")])
    assert f"project {ONE}: given more than once" in result["msg"]


def test_a_project_of_no_tenant_is_told(server: Any, call: Any) -> None:
    result = call(server, metal_project, projects=[shop()])
    assert "project acme/shop was not made: " in result["msg"]
    assert "unable to find tenant:acme for project" in result["msg"]
    assert "run again" not in result["msg"]


def test_a_change_between_reading_and_writing_is_not_overwritten(server: Any, call: Any) -> None:
    put_project(server, ONE)
    where = {"v1": "POST /v1/project/find", "v2": "ProjectService/Get"}[server.version]
    server.world.faults.append(Fault(where, meanwhile=lambda: theirs(server)))
    result = call(server, metal_project, projects=[shop(description="ours")])
    assert "somebody else changed it meanwhile; run again" in result["msg"]
    assert row(server) == ("shop", "theirs")


def test_a_change_within_the_servers_own_update_is_told(server: Any, call: Any) -> None:
    """API v2 reads and writes once more itself; that of v1 compares with the count that was sent."""
    put_project(server, ONE)
    where = "in the server's own handler"
    if server.version == "v1":
        server.world.faults.append(Fault(where, meanwhile=lambda: theirs(server)))
    else:
        text = "optimistic lock error updating project with id x"
        server.world.faults.append(Fault(where, status="failed_precondition", message=text))
    result = call(server, metal_project, projects=[shop(description="ours")])
    assert "optimistic lock error" in result["msg"]
    assert "somebody else changed it meanwhile; run again" in result["msg"]
    assert row(server) != ("shop", "ours")


def test_an_update_that_replaces_loses_nothing(server: Any, call: Any) -> None:
    """API v1 forgets what an update does not name; usage among the quotas is not of the object."""
    put_project(server, ONE, stage="test")
    call(server, metal_project, projects=[shop(description="ours")])
    assert row(server) == ("shop", "ours")
    if server.version == "v2":
        assert dict(server.tables["project"].rows[ONE].meta.labels.labels) == {"stage": "test"}
        return
    kept = server.tables["project"].rows[ONE]
    assert kept["quotas"] == {"cluster": {"quota": 7}}
    assert (kept["meta"]["labels"], kept["meta"]["annotations"]) == (["stage=test"], {"by": "them"})


@pytest.mark.parametrize("server", ["v1"], indirect=True)
def test_a_limit_is_taken_away(server: Any, call: Any) -> None:
    put_project(server, ONE)
    result = call(server, metal_project, projects=[shop(quotas={"cluster": -1, "machine": 3})])
    assert result["projects"][0]["quotas"] == {"cluster": -1, "machine": 3, "ip": -1}
    assert call(server, metal_project, projects=[shop(quotas={"cluster": -1, "machine": 3})])["changed"] is False


@pytest.mark.parametrize(("module", "plural"), [(metal_project, "projects"), (metal_tenant, "tenants")])
def test_exact_needs_an_owner(server: Any, call: Any, module: Any, plural: str) -> None:
    put_tenant(server)
    put_tenant(server, "mine", **{MANAGER: "site-a"})
    put_project(server, ONE)
    put_project(server, TWO, "old", **{MANAGER: "site-a"})
    result = call(server, module, mode="exact", **{plural: []})
    assert "mode exact without an owner: users " in result["msg"]
    assert server.world.writes() == []
    result = call(server, module, mode="exact", owner="site-a", **{plural: []})
    assert result["removed"] == [{"projects": TWO, "tenants": "mine"}[plural]]


def test_the_providers_own_tenant_is_not_removed(server: Any, call: Any) -> None:
    put_tenant(server, "metal-stack", **{PROVIDER: "true"})
    result = call(server, metal_tenant, tenants=[{"id": "metal-stack", "state": "absent"}])
    assert (
        "tenant metal-stack: not removed while it is used by the control plane, whose provider it is" in result["msg"]
    )
    assert server.world.writes() == []


@pytest.mark.parametrize("server", ["v2"], indirect=True)
def test_whose_tenant_it_is_cannot_remove_it(server: Any, call: Any) -> None:
    put_tenant(server, "tests")
    result = call(server, metal_tenant, tenants=[{"id": "tests", "state": "absent"}])
    assert "the personal tenant (default-tenant) cannot be deleted" in result["msg"]


@pytest.mark.parametrize("server", ["v2"], indirect=True)
def test_who_is_no_administrator_manages_the_own_projects(server: Any, call: Any) -> None:
    put_tenant(server, "mine")
    put_project(server, ONE, tenant="mine")
    put_project(server, TWO)
    token = world.token(role="")
    assert [one["id"] for one in call(server, metal_project_info, api_token=token)["projects"]] == [ONE]
    entry = {"name": "shop", "tenant": "mine"}
    changed = call(server, metal_project, api_token=token, projects=[{**entry, "description": "ours"}])
    assert changed["updated"] == [ONE]
    assert call(server, metal_project, api_token=token, projects=[{**entry, "state": "absent"}])["removed"] == [ONE]


def test_info_reads_those_of_a_name_or_tenant(server: Any, call: Any) -> None:
    put_project(server, ONE)
    put_project(server, TWO, tenant="other")
    for asked, expected in (({"name": "shop"}, [ONE, TWO]), ({"tenant": "other"}, [TWO]), ({"name": "x"}, [])):
        assert [one["id"] for one in call(server, metal_project_info, **asked)["projects"]] == expected


def test_labels_without_values_stay_as_api_v1_writes_them(server: Any, call: Any) -> None:
    put_tenant(server)
    call(server, metal_project, projects=[shop(labels={"plain": "", "stage": "test"})])
    call(server, metal_project, projects=[shop(labels={"stage": None, "more": "1"})])
    found = next(iter(server.tables["project"].rows.values()))
    if server.version == "v1":
        assert found["meta"]["labels"] == ["more=1", "plain"]
    else:
        assert dict(found.meta.labels.labels) == {"more": "1", "plain": ""}
