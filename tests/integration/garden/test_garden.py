"""Having a garden: what is written, what is told, and what a second run does."""

from __future__ import annotations

import json
import threading
from collections.abc import Callable
from typing import Any

import described
import pytest
from operator_stand_in import MERGE, Operator
from runtime import SPACE, Runtime

Have = Callable[..., dict[str, Any]]
AT_ONCE = {"timeout": 0}
KUBECTL, APPLIED = "kubectl-client-side-apply", "kubectl.kubernetes.io/last-applied-configuration"
EVERYTHING = [
    "Secret/garden/dns", "Secret/garden/etcd-backup", *(f"Extension/{one['name']}" for one in described.EXTENSIONS),
    "ConfigMap/garden/seed-api-server", "Garden/garden",
]  # fmt: skip


def test_a_garden_is_made_and_a_second_run_changes_nothing(have: Have, operator: Operator, runtime: Runtime) -> None:
    first = have()
    assert not first.get("failed"), first
    assert first["changes"] == EVERYTHING and first["changed"] and first["validated"]
    assert (first["operation"]["state"], first["gardener"]) == ("Succeeded", operator.version)
    before = runtime.garden()
    second = have()
    assert (second["changed"], second["changes"], second["diff"]) == (False, [], {"before": {}, "after": {}})
    after = runtime.garden()
    assert before and after and before["metadata"]["resourceVersion"] == after["metadata"]["resourceVersion"]


def test_the_traps_of_a_cluster_that_is_not_gardeners_are_closed(
    have: Have, operator: Operator, runtime: Runtime
) -> None:
    have()
    garden = runtime.garden() or {}
    spec = garden["spec"]
    # The provider's name, not its type, is what a domain refers to.
    assert spec["virtualCluster"]["dns"]["domains"] == [{"name": "garden.site-a.example.org", "provider": "primary"}]
    assert spec["virtualCluster"]["gardener"]["clusterIdentity"] == "initial-site-a"
    assert spec["virtualCluster"]["etcd"]["main"]["backup"]["bucketName"] == "garden-site-a"
    assert spec["runtimeCluster"]["networking"]["nodes"] == ["192.0.2.0/24"]
    found = runtime.request(f"{SPACE}/configmaps/seed-api-server")
    assert found["data"] == {"url": "https://api.site-a.example.org:6443"}


def test_check_mode_writes_nothing_and_tells_the_same(have: Have, operator: Operator, runtime: Runtime) -> None:
    told = have(check=True)
    assert told["changes"] == EVERYTHING and told["written"] == {} and told["validated"]
    assert runtime.garden() is None and not runtime.extensions() and runtime.secret("dns") is None
    have()
    assert have(check=True)["changed"] is False


def test_secrets_are_told_to_differ_and_never_shown(have: Have, operator: Operator) -> None:
    have()
    changed = [{"name": "dns", "data": {"apiKey": "another-key", "server": "https://dns.example.org"}}]
    told = have(options={"secrets": [*changed, described.SECRETS[1]]})
    assert told["changes"] == ["Secret/garden/dns"]
    assert told["diff"]["after"]["Secret/garden/dns"]["data"] == {"apiKey": "(another secret)", "server": "(secret)"}
    for text in ("another-key", "key-of-the-test", "YW5vdGhlci1rZXk="):
        assert text not in str(told)


def test_what_others_have_set_stays_and_what_they_manage_is_theirs(
    have: Have, operator: Operator, runtime: Runtime
) -> None:
    have()
    garden = runtime.garden() or {}
    window = {"begin": "010000+0000", "end": "020000+0000"}
    runtime.put(
        {
            "apiVersion": garden["apiVersion"], "kind": "Garden", "metadata": {"name": "garden"},
            "spec": {
                "runtimeCluster": garden["spec"]["runtimeCluster"],
                "virtualCluster": {**garden["spec"]["virtualCluster"], "maintenance": {"timeWindow": window}},
            },
        },
        manager="somebody",
    )  # fmt: skip
    refused = have()
    assert refused["failed"] and "somebody" in refused["msg"] and "maintenance.timeWindow.begin" in refused["msg"]
    assert have(options={"force": True})["changes"] == ["Garden/garden"]


def test_a_garden_of_kubectl_is_taken_over_without_what_is_described_no_more(
    have: Have, operator: Operator, runtime: Runtime
) -> None:
    """As metal-stack's own roles apply it: what they have noted goes once nobody describes it."""
    have(spec={"virtualCluster": {"gardener": {"gardenerDashboard": {"logLevel": "debug"}}}})
    garden = runtime.garden() or {}
    assert "gardenerDashboard" in garden["spec"]["virtualCluster"]["gardener"]
    metadata = {"name": "garden"}
    applied = {key: garden[key] for key in ("apiVersion", "kind", "spec")} | {"metadata": metadata}
    path = "/apis/operator.gardener.cloud/v1alpha1/gardens/garden"
    noted = {"metadata": {"annotations": {APPLIED: json.dumps(applied)}}}
    runtime.request(f"{path}?fieldManager={KUBECTL}", "PATCH", noted, MERGE)
    managed = [one for one in runtime.request(path)["metadata"]["managedFields"] if one.get("subresource")]
    theirs = {"manager": KUBECTL, "operation": "Update", "apiVersion": garden["apiVersion"], "fieldsType": "FieldsV1"}
    fields = {"f:metadata": {"f:annotations": {".": {}, f"f:{APPLIED}": {}}}, "f:spec": {}}
    handed = [{"op": "replace", "path": "/metadata/managedFields", "value": [*managed, {**theirs, "fieldsV1": fields}]}]
    runtime.request(path, "PATCH", handed, "application/json-patch+json")
    for check in (True, False):
        told = have(check=check)
        assert told["changes"] == ["Garden/garden"], told
    found = runtime.garden() or {}
    assert "gardenerDashboard" not in found["spec"]["virtualCluster"]["gardener"]
    assert APPLIED not in (found["metadata"].get("annotations") or {})
    assert have()["changed"] is False


def test_an_extension_that_is_not_described_stays_and_is_told(have: Have, operator: Operator, runtime: Runtime) -> None:
    more = described.extension("shoot-networking-filter", ("Extension", "shoot-networking-filter"))
    have(extensions=[*described.EXTENSIONS, more])
    told = have()
    assert told["changed"] is False and told["unlisted_extensions"] == ["shoot-networking-filter"]
    assert any("shoot-networking-filter are there and not described" in one for one in told["warned"])


def test_the_success_of_the_operation_before_is_not_taken_for_its_own(
    have: Have, operator: Operator, runtime: Runtime
) -> None:
    have()
    operator.stop()
    told = have(options=AT_ONCE, maintenance={"begin": "010000+0000", "end": "020000+0000"})
    assert told["failed"] and told["changed"] and "generation 1 was seen last" in told["msg"]
    assert not told["over"]
    operator.start()
    assert have(maintenance={"begin": "010000+0000", "end": "020000+0000"})["changed"] is False


def test_errors_that_the_operator_tries_again_are_waited_through(have: Have, operator: Operator) -> None:
    operator.fails = ["task waitUntilEtcdsReady failed: etcd is not ready.", "task deployIstio failed."]
    told = have()
    assert not told.get("failed") and told["operation"]["state"] == "Succeeded"


def test_what_is_still_to_come_is_told_when_the_time_is_over(have: Have, operator: Operator, runtime: Runtime) -> None:
    operator.broken = "task waitUntilEtcdsReady failed: etcd is not ready."
    have(options={"wait": False})
    runtime.told("Error")
    told = have(options=AT_ONCE)
    assert told["failed"] and "etcd is not ready" in told["msg"] and not told["over"]
    assert told["failures"][0]["condition"] == "Garden garden is reconciled"


def test_a_zone_that_is_missing_ends_the_wait_at_once(have: Have, operator: Operator, runtime: Runtime) -> None:
    operator.blocked = "ERR_CONFIGURATION_PROBLEM"
    told = have()
    assert told["failed"] and told["over"]
    assert "no zone for api.garden.site-a.example.org [ERR_CONFIGURATION_PROBLEM]" in told["msg"]
    assert "see that its zone is there" in told["msg"]
    operator.blocked = ""
    # An error of the second in which a run begins counts as its own.
    runtime.told("Succeeded")
    assert not have().get("failed")


def test_an_extension_that_is_not_healthy_is_waited_for(have: Have, operator: Operator, runtime: Runtime) -> None:
    operator.unhealthy = {"backup-s3"}
    have(options={"wait": False})
    runtime.told("Succeeded")
    told = have(options=AT_ONCE)
    assert told["failed"] and "Extension backup-s3 has Installed: seen False" in told["msg"]
    assert not have(options={"healthy": False}).get("failed")


def test_an_operator_that_is_killed_half_way_goes_on(have: Have, operator: Operator, runtime: Runtime) -> None:
    operator.halted = True
    have(options={"wait": False})
    runtime.told("Processing")
    told = have(options=AT_ONCE)
    assert told["failed"] and "Processing 0 %" in told["msg"]
    operator.stop()
    operator.halted = False
    operator.start()
    assert have()["changed"] is False


def test_an_operator_that_does_not_run_is_told(have: Have, runtime: Runtime) -> None:
    runtime.run_operator(0)
    told = have(options=AT_ONCE)
    assert told["failed"] and "gardener-operator runs: seen 0 of 1 pods are ready" in told["msg"]


def test_a_new_version_is_waited_for_although_nothing_else_changes(
    have: Have, operator: Operator, runtime: Runtime
) -> None:
    have()
    operator.stop()
    runtime.operator("v1.139.1")
    told = have(options=AT_ONCE, version="v1.139.1")
    assert told["failed"] and f"{operator.version} has acted on it last" in told["msg"] and not told["changed"]
    operator.version = "v1.139.1"
    operator.start()
    told = have(version="v1.139.1")
    assert (told["changed"], told["gardener"]) == (False, "v1.139.1")


def test_a_garden_that_goes_while_it_is_waited_for_ends_the_wait(have: Have, runtime: Runtime) -> None:
    remover = threading.Timer(2.0, lambda: runtime.remove("/apis/operator.gardener.cloud/v1alpha1/gardens/garden"))
    remover.start()
    told = have()
    remover.join()
    assert told["failed"] and told["over"] and "it is gone" in told["msg"]


@pytest.mark.parametrize("tag", ["v1.137.4", "v1.139.1"])
def test_an_operator_of_another_version_is_refused(have: Have, runtime: Runtime, tag: str) -> None:
    runtime.operator(tag)
    told = have(version="v1.138.3")
    assert told["failed"] and runtime.garden() is None and runtime.secret("dns") is None
    assert (f"gardener-operator is {tag}" if tag < "v1.138" else "goes back to none") in told["msg"]
