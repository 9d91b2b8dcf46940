"""The role target_shoot on a real garden: created, looked at again, changed, cut off, and removed."""

from __future__ import annotations

import datetime
import stat
from collections.abc import Iterator

import pytest
from garden import Garden
from shoot_clusters import IGNORE
from target_site import Site, described

CARRIED = "metalstack.autonomous/carries-"


@pytest.fixture(scope="module")
def site(garden: Garden, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    """A target that stands, of two clusters."""
    shoots = {"stack": described("stack", "metal_stack"), "garden": described("garden", "gardener")}
    made = Site(tmp_path_factory.mktemp("target"), garden, "target", shoots)
    try:
        assert made.play("--check").changed > 0
        assert made.all() == [] and not made.state.exists()
        assert made.play().changed > 0
        yield made
    finally:
        made.stop()


@pytest.fixture
def alone(garden: Garden, tmp_path_factory: pytest.TempPathFactory, names: Iterator[str]) -> Iterator[Site]:
    """A target of one cluster that nobody has made yet."""
    name = next(names)
    made = Site(tmp_path_factory.mktemp(name), garden, name, {"stack": described("stack", "metal_stack")})
    try:
        yield made
    finally:
        made.stop()


def test_clusters_are_made_for_what_they_carry(site: Site) -> None:
    assert site.all() == ["project", "garden", "stack"]
    found = site.shoot("stack").read()
    assert found["metadata"]["labels"][f"{CARRIED}metal-stack"] == "true"
    assert found["metadata"]["annotations"]["cluster.metal-stack.io/partition"] == "fra-1"
    infrastructure = found["spec"]["provider"]["infrastructureConfig"]
    assert infrastructure["firewall"]["networks"] == ["internet"]
    binding = f"/apis/security.gardener.cloud/v1alpha1/namespaces/{site.namespace}/credentialsbindings/metal"
    assert site.garden.request(binding)["provider"]["type"] == "metal"


@pytest.mark.parametrize("name", ["stack", "garden"])
def test_a_kubeconfig_is_handed_on_that_lets_in(site: Site, name: str) -> None:
    nodes = site.asked(name, "/api/v1/nodes")["items"]
    assert len(nodes) == 2
    assert stat.S_IMODE(site.kubeconfig(name).stat().st_mode) == 0o600
    assert stat.S_IMODE(site.state.stat().st_mode) == 0o700


def test_each_cluster_lets_in_by_its_own_kubeconfig_alone(site: Site) -> None:
    one, other = (site.kubeconfig(name).read_text() for name in ("stack", "garden"))
    assert site.gardenlet.clusters["stack"].url in one and site.gardenlet.clusters["stack"].url not in other


def test_a_second_run_changes_nothing(site: Site) -> None:
    before = {name: site.kubeconfig(name).read_text() for name in ("stack", "garden")}
    assert site.play().changed == 0
    assert site.play("--check").changed == 0
    assert {name: site.kubeconfig(name).read_text() for name in ("stack", "garden")} == before


def test_a_change_is_told_by_check_mode_and_then_made(site: Site) -> None:
    before = site.shoot("stack").read()["metadata"]["generation"]
    site.shoots["stack"]["workers"][0]["maximum"] = 4
    told = site.play("--check", "--diff")
    assert told.changed == 1 and site.shoot("stack").read()["metadata"]["generation"] == before
    assert site.play().changed == 1
    assert site.shoot("stack").read()["spec"]["provider"]["workers"][0]["maximum"] == 4
    assert site.play().changed == 0


def test_all_mistakes_are_told_at_once_and_nothing_is_changed(site: Site) -> None:
    before = site.shoot("stack").read()
    wrong = {
        **site.shoots,
        "stack": described("stack", "metal_stack", pods="198.18.0.0/17"),
        "long": described("a-name-that-is-too-long"),
    }
    site.shoots, right = wrong, site.shoots
    try:
        run = site.play(fails=True)
    finally:
        site.shoots = right
    assert "shoots.stack.pods (198.18.0.0/17) and initial.networks.pods (198.18.0.0/16) overlap" in run.output
    assert "have 29 characters together, expected 21 at most" in run.output
    assert site.shoot("stack").read() == before


def test_an_immutable_field_is_refused_with_the_gardens_own_reason(site: Site) -> None:
    before = site.shoots["stack"]["services"]
    site.shoots["stack"]["services"] = "10.3.0.0/16"
    run = site.play(fails=True)
    site.shoots["stack"]["services"] = before
    assert "spec.networking.services" in run.output and "immutable" in run.output


def test_a_run_that_was_killed_is_gone_on_with(alone: Site) -> None:
    """Once while it waits for Gardener, and once while it hands kubeconfigs on."""
    alone.gardenlet.works.clear()
    with alone.begun():
        alone.garden.until(alone.shoot("stack").there, "the shoot is described")
    assert not alone.state.exists()
    alone.gardenlet.works.set()
    with alone.begun():
        alone.garden.until(alone.state.exists, "the kubeconfigs have a place")
    alone.play()
    assert len(alone.asked("stack", "/api/v1/nodes")["items"]) == 2
    assert alone.play().changed == 0


def test_a_restored_target_is_held_until_it_has_come_back_whole(site: Site) -> None:
    """The garden's own cluster is its seed here, as that of a site is."""
    seed = {"seed_kubeconfig": str(site.garden.kubeconfig), "seed_api_url": "https://api.initial.test:6443"}
    site.more = seed
    # A task counts once, whatever it has gone over.
    assert site.play(entry="hold").changed == 1
    assert site.play(entry="hold").changed == 0
    assert "so no gardenlet reconciles it" in site.play(fails=True).output
    refused = site.play(entry="adopt", fails=True).output
    for why in ("the seed has no authority of it", "there is no ShootState", "firewalls call the seed's API"):
        assert why in refused
    site.come_back("https://api.initial.test:6443")
    assert site.play("--check", entry="adopt").changed == 1
    assert IGNORE in site.shoot("stack").annotations
    site.play(entry="adopt")
    assert not any(IGNORE in site.shoot(name).annotations for name in ("stack", "garden"))
    assert site.play(entry="adopt").changed == 0
    site.more = {}


def asleep(site: Site) -> dict[str, bool]:
    return {name: bool(site.shoot(name).status.get("hibernated")) for name in ("garden", "stack")}


def test_clusters_hibernate_once_that_is_confirmed_and_wake_up_again(site: Site) -> None:
    refused = site.play(entry="hibernate", fails=True).output
    assert "garden, stack would stop, with gardener, metal_stack, which is not confirmed" in refused
    site.more = {"confirm_hibernation": "target", "chosen": "garden"}
    assert site.play("--check", entry="hibernate").changed == 1
    assert asleep(site) == {"garden": False, "stack": False}
    assert site.play(entry="hibernate").changed == 1
    assert site.play(entry="hibernate").changed == 0
    assert asleep(site) == {"garden": True, "stack": False}
    # It is left as it is by whoever says nothing of that.
    site.more = {}
    assert site.play().changed == 0 and asleep(site)["garden"]
    assert site.play(entry="wake").changed == 1
    assert asleep(site) == {"garden": False, "stack": False}
    assert site.play(entry="wake").changed == 0


def test_an_authority_is_rotated_in_two_steps_each_of_which_may_be_repeated(site: Site) -> None:
    since = f"{datetime.datetime.now(datetime.UTC):%Y-%m-%dT%H:%M:%SZ}"
    rotation = {"operations": "rotate-ca", "operations_since": since, "operations_timeout": 300}
    for phase, told in (("prepared", "Prepared"), ("completed", "Completed")):
        site.more = {**rotation, "operations_phase": phase}
        assert site.play(entry="operate").changed >= 1
        for name in ("garden", "stack"):
            assert site.shoot(name).status["credentials"]["rotation"]["certificateAuthorities"]["phase"] == told
        assert site.play(entry="operate").changed == 0
    site.more = {"operations": ["rotate-ca"]}
    assert "phase is missing" in site.play(entry="operate", fails=True).output
    site.more = {}


def test_nothing_is_removed_that_nobody_has_confirmed(site: Site) -> None:
    before = site.all()
    run = site.play(entry="remove", fails=True)
    assert "is not confirmed -> set target_shoot_confirm_removal to the name of the project, target" in run.output
    assert "nobody has said which shoots the garden has of garden" in run.output
    assert site.all() == before


def test_a_cluster_whose_garden_has_shoots_is_not_removed(site: Site) -> None:
    """The garden of the rig stands for that of the second stage, since both are the same program."""
    site.more = {"confirm_removal": "target", "second_garden_kubeconfig": str(site.garden.kubeconfig)}
    run = site.play(entry="remove", fails=True)
    assert "the garden on garden has shoots yet: " in run.output
    assert site.all() == ["project", "garden", "stack"]


def test_all_is_removed_in_the_right_order(site: Site) -> None:
    """The last test of this site."""
    site.more = {"confirm_removal": "target", "second_garden_discard": True, "removed": ["garden"]}
    assert site.play("--check", entry="remove").changed > 0
    assert site.all() == ["project", "garden", "stack"]
    assert "its credentials stay, since stack of it stay" in site.play(entry="remove").output
    assert site.all() == ["project", "stack"] and not site.kubeconfig("garden").exists()
    site.more = {"confirm_removal": "target"}
    assert site.play(entry="remove").changed > 0
    assert site.all() == [] and not site.kubeconfig("stack").exists()
    assert site.play(entry="remove").changed == 0
