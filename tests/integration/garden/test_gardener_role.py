"""The role on a real API server, with the operator's own chart."""

from __future__ import annotations

import os
import signal
import subprocess
import time

import pytest
from operator_stand_in import Operator
from role import Site
from runtime import CHART, Runtime, version


@pytest.fixture(scope="module")
def site(bare: Runtime, tmp_path_factory: pytest.TempPathFactory) -> Site:
    return Site(tmp_path_factory.mktemp("site"), bare)


def test_1_a_garden_that_cannot_be_is_refused_before_the_chart_is_installed(site: Site, bare: Runtime) -> None:
    _changed, said = site.play(fails=True, cluster_identity="", kubernetes_version="1.36.1")
    assert "garden.cluster_identity is missing" in said and "supports Kubernetes 1.30 to 1.35" in said, said[-4000:]
    for more, told in (
        ({"operator_chart": ""}, "gardener_operator_chart is missing"),
        ({"seed": True}, "gardener_seed_name, gardener_gardenlet_chart"),
        ({"runtime": False}, "is no file"),
    ):
        assert told in site.play(fails=True, **more)[1]
    assert bare.find("/api/v1/namespaces/garden") is None and not site.kubeconfig.exists()


def test_2_check_mode_tells_of_a_bare_cluster_and_changes_nothing(site: Site, bare: Runtime) -> None:
    changed, said = site.play("--check", "--diff")
    assert changed and "not everything was validated by the API" in said
    assert bare.find("/api/v1/namespaces/garden") is None and not site.kubeconfig.exists()


def test_3_a_run_that_is_killed_is_gone_on_with(site: Site, bare: Runtime) -> None:
    """While it waits for an operator that does not run yet."""
    running = subprocess.Popen(
        site.command(),
        env=site.environment,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        start_new_session=True,
    )
    bare.until(lambda: bare.find(CHART), "the chart is installed")
    time.sleep(1)
    os.killpg(running.pid, signal.SIGKILL)
    running.wait()
    assert bare.find("/apis/operator.gardener.cloud/v1alpha1/gardens/garden") is None


def test_4_a_garden_is_brought_about_whose_state_is_kept_before_anybody_has_access(
    site: Site, bare: Runtime, virtual: Runtime, beside: Operator
) -> None:
    _changed, said = site.play("--diff", fails=True, virtual_server="https://127.0.0.1:1", access_timeout=1)
    assert "the virtual garden answers at https://127.0.0.1:1" in said, said[-4000:]
    assert (bare.garden() or {})["status"]["lastOperation"]["state"] == "Succeeded"
    for secret in ("key-of-the-test", "key-of-the-store", virtual.token):
        assert secret not in said
    image = bare.request(CHART)["spec"]["template"]["spec"]["containers"][0]["image"]
    assert image.endswith(f":{version()}")
    assert sorted(one.name for one in site.state.iterdir()) == ["configmaps.json", "gardens.json", "secrets.json"]
    assert not site.kubeconfig.exists()


def test_5_access_is_had_by_the_certificate_of_its_own_name(site: Site, virtual: Runtime, beside: Operator) -> None:
    changed, said = site.play("--diff", virtual_server=f"https://127.0.0.1:{virtual.port}")
    assert changed and virtual.token not in said
    assert site.kubeconfig.stat().st_mode & 0o777 == 0o600


def test_6_a_second_run_changes_nothing(site: Site, virtual: Runtime, beside: Operator) -> None:
    server = f"https://127.0.0.1:{virtual.port}"
    assert site.play(virtual_server=server)[0] == 0
    assert site.play("--check", virtual_server=server)[0] == 0


def test_7_what_can_never_be_changed_is_refused(site: Site, bare: Runtime, beside: Operator) -> None:
    before = (bare.garden() or {})["metadata"]["resourceVersion"]
    _changed, said = site.play(fails=True, cluster_identity="another")
    assert "garden.cluster_identity is another, and Garden garden has initial-site-a" in said
    assert (bare.garden() or {})["metadata"]["resourceVersion"] == before


def test_8_credentials_are_rotated_and_the_state_of_each_phase_is_kept(
    site: Site, virtual: Runtime, beside: Operator
) -> None:
    more = {"virtual_server": f"https://127.0.0.1:{virtual.port}", "entry": "rotate"}
    for phase, told in (("prepared", "Prepared"), ("completed", "Completed")):
        assert site.play(rotation_phase=phase, **more)[0]
        assert f'"phase": "{told}"' in (site.state / "gardens.json").read_text()
        assert site.play(rotation_phase=phase, **more)[0] == 0
