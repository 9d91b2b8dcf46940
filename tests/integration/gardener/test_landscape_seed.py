"""Seeds on the real API server of a garden: the Gardenlet and its Secrets, and the wait for the Seed."""

from __future__ import annotations

import base64
import copy
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import landscape
import pytest
from ansible_collections.metalstack.autonomous.plugins.modules import gardener_seed, gardener_seed_info
from garden import Garden, Object
from gardenlet import Shoot
from landscape import Project
from landscapers import Seed, playing
from shoots import Run, differences

Have = Callable[..., dict[str, Any]]
CONFIRMED = {"state": "absent", "confirm_deletion": True}
SECRET = "not to be told"
CHART = "registry.test/charts/gardener/gardenlet"


@pytest.fixture
def name(names: Iterator[str]) -> str:
    return f"seed-{next(names)}"


@pytest.fixture
def seed(garden: Garden, name: str) -> Seed:
    return Seed(garden, name)


@pytest.fixture
def described(name: str) -> Object:
    """What gardener_seed is given."""
    spec = landscape.seed(name)["spec"]
    for one in (spec["dns"]["provider"], spec["dns"]["internal"]):
        one["credentialsRef"] = {**one["credentialsRef"], "name": f"dns-{name}"}
    return {
        "deployment": {"helm": {"ociRepository": {"ref": f"{CHART}:v1.138.3"}}},
        "config": {"controllers": {"shootState": {"syncPeriod": "1h"}}},
        "seed": spec, "seed_labels": {"role": "initial"},
        "secrets": [{"name": f"dns-{name}", "data": {"server": "https://dns.test", "apiKey": SECRET}}],
    }  # fmt: skip


@pytest.fixture
def have(run: Run, name: str, described: Object) -> Have:
    def have(check: bool = False, **options: Any) -> dict[str, Any]:
        given = {} if options.get("state") == "absent" else described
        return run(gardener_seed, check, **{"name": name, "timeout": 30, **given, **options})

    return have


@pytest.fixture
def ours(have: Have, seed: Seed) -> Seed:
    with playing(seed.run):
        told = have()
    assert told["changed"] and not told.get("failed"), told["msg"]
    return seed


def changed(described: Object, *steps: str, value: Any) -> Object:
    """The Seed's spec as described, but for one field."""
    spec = copy.deepcopy(described["seed"])
    place = spec
    for step in steps[:-1]:
        place = place[step]
    place[steps[-1]] = value
    return dict(spec)


def test_a_seed_is_made_waited_for_and_then_no_difference(garden: Garden, have: Have, seed: Seed, name: str) -> None:
    previewed = have(check=True)
    assert previewed["changed"] and not seed.gardenlet.there()
    assert list(previewed["diff"]["after"]) == [f"Secret garden/dns-{name}", f"Gardenlet garden/{name}"]
    with playing(seed.run):
        told = have()
    assert told["changed"] and not told.get("failed"), told.get("msg")
    assert (told["version"], told["operation"]["state"]) == ("v1.138.3", "Succeeded")
    assert set(told["conditions"].values()) == {"True"} and told["seed"]["metadata"]["labels"]["role"] == "initial"
    again = have()
    assert not again["changed"] and not again.get("failed") and again["diff"] == {"before": {}, "after": {}}
    for one in (previewed, told, again):
        assert SECRET not in str(one)


def test_the_success_before_is_not_taken_for_that_of_a_change(have: Have, ours: Seed, described: Object) -> None:
    visible = changed(described, "settings", "scheduling", "visible", value=False)
    told = have(seed=visible, timeout=0)
    assert told["failed"] and told["changed"] and not told["over"]
    assert "generation 2 is deployed: seen generation 1 was seen last" in told["msg"]
    # Gardenlet says that it has deployed itself before it starts anew and registers its Seed as described.
    ours.deploy()
    told = have(seed=visible, timeout=0)
    assert not told["changed"] and "as described: seen spec.settings.scheduling.visible differ" in told["msg"]
    ours.register()
    told = have(seed=visible, timeout=0)
    assert "gardenlet has begun with generation 2: seen generation 1 was seen last" in told["msg"]
    ours.start()
    ours.progress(42, "Deploying istio")
    told = have(seed=visible, timeout=0)
    assert "seen Reconcile Processing 42 %: Deploying istio, expected Succeeded" in told["msg"]
    ours.fail("no StorageClass.")
    told = have(seed=visible, timeout=0)
    assert "Reconcile Error 0 %: no StorageClass." in told["msg"] and not told["over"]
    ours.start()
    ours.succeed(SeedSystemComponentsHealthy="Progressing")
    told = have(seed=visible, timeout=0)
    assert told["failed"] and "SeedSystemComponentsHealthy Progressing" in told["msg"]
    assert not have(seed=visible, timeout=0, healthy=False).get("failed")
    ours.succeed()
    assert not have(seed=visible, timeout=0).get("failed")


def test_an_upgrade_waits_until_the_new_version_acts_and_a_lower_one_is_refused(have: Have, ours: Seed) -> None:
    later = {"helm": {"ociRepository": {"ref": f"{CHART}:v1.139.0"}}}
    have(deployment=later, timeout=0)
    ours.run()
    told = have(deployment=later, timeout=0)
    assert told["failed"] and "gardenlet runs v1.139.0: seen v1.138.3" in told["msg"]
    ours.version = "v1.139.0"
    ours.start()
    ours.succeed()
    told = have(deployment=later)
    assert not told["changed"] and not told.get("failed") and told["version"] == "v1.139.0"
    told = have(check=True)
    assert told["failed"] and "gardenlet runs v1.139.0, and v1.138.3 is lower" in told["msg"]


def test_what_gardenlet_and_the_operator_say_is_told_while_they_deploy(have: Have, seed: Seed) -> None:
    told = have(timeout=0)
    assert "see whether gardenlet of this seed runs, or gardener-operator where there is no seed yet" in told["msg"]
    seed.operate()
    told = have(timeout=0)
    assert "SeedRegistered Progressing: Test: Waiting for seed registration" in told["msg"] and not told["changed"]
    seed.deploy("failed pulling Helm chart")
    told = have(timeout=0)
    assert "GardenletReconciled False: Test: failed pulling Helm chart" in told["msg"]


@pytest.mark.parametrize(
    ("steps", "value", "said"),
    [
        (("networks", "pods"), "10.99.0.0/16", "networks.pods: Invalid value: field is immutable"),
        (("networks", "services"), "10.99.0.0/16", "networks.services"),
        (("networks", "nodes"), "10.99.0.0/16", "networks.nodes"),
        (("ingress", "domain"), "other.test", "ingress.domain"),
        (("backup", "region"), "muc", "backup.region"),
        (("backup", "provider"), "other", "backup.provider"),
    ],
)
def test_what_is_immutable_is_refused_with_its_field(
    have: Have, ours: Seed, described: Object, steps: tuple[str, ...], value: str, said: str
) -> None:
    before = ours.gardenlet.read()
    for check in (True, False):
        told = have(check=check, seed=changed(described, *steps, value=value))
        assert told["failed"] and f"spec.config.seedConfig.spec.{said.split(':', 1)[0]}" in told["msg"], told["msg"]
        assert "is immutable" in told["msg"] and "Nothing was changed" in told["msg"]
    assert ours.gardenlet.read() == before


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"config": {"controllers": {"shootstate": {"syncPeriod": "1h"}}}}, "spec.config.controllers.shootstate"),
        ({"config": {"controllers": {"shootState": {"concurrentSyncs": 0}}}}, "no state of a shoot would be saved"),
        ({"config": {"seedConfig": {}}}, "config.seedConfig: this is what seed"),
        ({"config": {"logLevel": "loud"}}, 'logLevel: Unsupported value: "loud"'),
        ({"deployment": {"helm": {"ociRepository": {}}}}, "ociRepository"),
        ({"annotations": {"gardener.cloud/operation": "force-redeploy"}}, "it is taken away once it is done"),
        ({"name": "Seed"}, "name has 'Seed'"),
    ],
)
def test_bad_input_is_refused_before_anything_is_written(
    garden: Garden, have: Have, seed: Seed, name: str, change: Object, said: str
) -> None:
    for check in (True, False):
        told = have(check=check, **change)
        assert told["failed"] and said in told["msg"] and not told.get("changed"), told["msg"]
    assert not seed.gardenlet.there() and garden.find(f"/api/v1/namespaces/garden/secrets/dns-{name}") is None


@pytest.mark.parametrize(
    ("steps", "value", "said"),
    [
        (("dns",), {"provider": {"type": "powerdns"}}, "spec.dns.internal: Required value"),
        (("networks", "pods"), "10.242.0.0/24", "must not overlap"),
        (("provider", "region"), "", "region"),
        (("dns", "provider", "type"), "route53", "given Seed uses non-registered extension type"),
    ],
)
def test_what_gardenlet_could_not_register_is_refused(
    have: Have, seed: Seed, described: Object, steps: tuple[str, ...], value: Any, said: str
) -> None:
    told = have(seed=changed(described, *steps, value=value))
    assert told["failed"] and said in told["msg"] and not told.get("changed"), told["msg"]
    assert not seed.gardenlet.there()


@pytest.fixture
def kubeconfig(tmp_path: Path) -> Path:
    path = tmp_path / "cluster"
    path.write_text(f"token: {SECRET}")
    return path


def lent(garden: Garden, name: str) -> str:
    """The kubeconfig of another cluster that the garden has."""
    found = garden.find(f"/api/v1/namespaces/garden/secrets/{name}-kubeconfig")
    return base64.b64decode(found["data"]["kubeconfig"]).decode() if found else ""


def test_another_cluster_is_lent_to_the_operator_until_its_seed_is_registered(
    garden: Garden, have: Have, seed: Seed, name: str, kubeconfig: Path
) -> None:
    elsewhere = {"cluster_kubeconfig": str(kubeconfig)}
    previewed = have(check=True, **elsewhere)
    assert f"Secret garden/{name}-kubeconfig" in previewed["diff"]["after"] and lent(garden, name) == ""
    told = have(timeout=0, **elsewhere)
    assert told["changed"] and seed.gardenlet.read()["spec"]["kubeconfigSecretRef"] == {"name": f"{name}-kubeconfig"}
    # One that has ended before anybody has used it is replaced.
    kubeconfig.write_text(f"token: new, {SECRET}")
    told = have(timeout=0, **elsewhere)
    assert told["changed"] and lent(garden, name) == f"token: new, {SECRET}"
    seed.operate()
    seed.register()
    seed.start()
    seed.succeed()
    seed.deploy()
    kubeconfig.write_text("another one, which nobody needs")
    told = have(timeout=0, **elsewhere)
    assert told["failed"] and not told["changed"] and f"seen Secret {name}-kubeconfig, expected none" in told["msg"]
    seed.let_go()
    seed.deploy()
    for check in (True, False):
        told = have(check=check, **elsewhere)
        assert not told["changed"] and not told.get("failed"), told.get("msg")
    assert lent(garden, name) == "" and "kubeconfigSecretRef" not in seed.gardenlet.read()["spec"]
    assert SECRET not in str([previewed, told])


def test_a_seed_that_was_never_registered_leaves_no_kubeconfig(
    garden: Garden, have: Have, seed: Seed, name: str, kubeconfig: Path
) -> None:
    have(timeout=0, cluster_kubeconfig=str(kubeconfig))
    assert lent(garden, name)
    told = have(**CONFIRMED)
    assert told["changed"] and not told.get("failed"), told.get("msg")
    assert lent(garden, name) == "" and not seed.gardenlet.there()


def test_a_cluster_without_a_kubeconfig_is_refused(have: Have, seed: Seed, tmp_path: Path) -> None:
    told = have(cluster_kubeconfig=str(tmp_path / "none"))
    assert told["failed"] and "none cannot be read" in told["msg"] and not seed.gardenlet.there()


def test_a_seed_goes_after_its_gardenlet_once_that_is_confirmed(garden: Garden, have: Have, ours: Seed) -> None:
    told = have(state="absent")
    assert told["failed"] and "set 'confirm_deletion: true'" in told["msg"] and ours.gardenlet.there()
    previewed = have(**CONFIRMED, check=True)
    names = [f"Gardenlet garden/{ours.name}", f"Seed {ours.name}"]
    assert previewed["changed"] and list(previewed["diff"]["before"]) == names and ours.gardenlet.there()
    told = have(**CONFIRMED, timeout=0)
    assert told["failed"] and told["changed"] and not ours.gardenlet.there() and ours.there()
    assert any("the Deployment of gardenlet stays" in one for one in told["warned"])
    assert have(timeout=0)["failed"], "one that goes cannot be described"
    with playing(ours.run):
        told = have(state="absent")
    assert not told.get("failed") and not told["changed"] and not ours.there()
    assert not have(state="absent")["changed"]


def test_a_seed_with_shoots_stays(
    garden: Garden, have: Have, ours: Seed, project: Project, name: str, run: Run
) -> None:
    wanted = landscape.shoot(project, "user")
    garden.apply(wanted, "shoots")
    Shoot(garden, project.namespace, "user").bind(name)
    told = have(**CONFIRMED)
    assert told["failed"] and f"it is used by Shoot {project.namespace}/user" in told["msg"] and ours.gardenlet.there()
    (one,) = run(gardener_seed_info, name=name)["seeds"]
    assert one["shoots"] == [f"Shoot {project.namespace}/user"] and one["ready"] and one["version"] == "v1.138.3"
    assert one["uid"] == ours.read()["metadata"]["uid"] and one["cluster_identity"] == "test-seed"


def test_a_domain_that_shoots_use_is_refused_by_what_the_seed_would_say(
    garden: Garden, have: Have, ours: Seed, project: Project, name: str, described: Object
) -> None:
    wanted = landscape.shoot(project, "user")
    garden.apply(wanted, "shoots")
    Shoot(garden, project.namespace, "user").bind(name)
    other = changed(described, "dns", "internal", "domain", value="other.test")

    def refused() -> bool:
        told = have(check=True, seed=other)
        return "failed" in told and "the garden would refuse its Seed" in told["msg"]

    garden.until(refused, "the change of the internal domain is refused")


def test_what_a_seed_lacks_is_told_by_the_info_of_it(run: Run, ours: Seed) -> None:
    ours.succeed(ExtensionsReady="False")
    (one,) = run(gardener_seed_info, name=ours.name)["seeds"]
    assert not one["ready"] and one["conditions"]["ExtensionsReady"] == "False"
    assert [failure["condition"] for failure in one["failures"]] == ["ExtensionsReady"]
    assert run(gardener_seed_info, name="none")["seeds"] == []
    assert ours.name in [one["name"] for one in run(gardener_seed_info, labels="role=initial")["seeds"]]


def test_a_secret_of_a_seed_is_renewed_from_its_file(
    garden: Garden, have: Have, ours: Seed, name: str, tmp_path: Path
) -> None:
    file = tmp_path / "key"
    file.write_text("another secret of the test")
    given = [{"name": f"dns-{name}", "data": {"server": "https://dns.test"}, "data_files": {"apiKey": str(file)}}]
    told = have(secrets=given)
    assert told["changed"] and differences(told["diff"]) == {f"Secret garden/dns-{name}.data.apiKey"}
    assert "another secret of the test" not in str(told) and not have(secrets=given)["changed"]
