"""validate.yml as an operator runs it: every row of the inventory pass, and that nothing is touched."""

from __future__ import annotations

import re
import sys
from collections.abc import Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest
import yaml

sys.path.insert(0, str(Path(__file__).parent))

from runner import NAMES, TREE, Judged, judge

CASES = yaml.safe_load((Path(__file__).parent / "cases.yml").read_text())
NAMED = [(f"{number:02}-{case['row']}", case) for number, case in enumerate(CASES)]
ROW = re.compile(r"^\| (V\d\d) \| (inventory|hosts|both) \|", re.MULTILINE)
# judged by the controller's own state, which no inventory can spoil
OF_THE_CONTROLLER = {"V24"}


@pytest.fixture(scope="session")
def judged(tmp_path_factory: pytest.TempPathFactory) -> Iterator[dict[str, Future[Judged]]]:
    """Judge all cases, two at a time, while the tests look at those that are done."""
    with ThreadPoolExecutor(max_workers=2) as pool:
        yield {name: pool.submit(judge, tmp_path_factory.mktemp(name), case) for name, case in NAMED}


@pytest.mark.parametrize(("name", "case"), NAMED, ids=[name for name, _case in NAMED])
def test_a_bad_inventory_is_refused_before_any_connection(
    name: str, case: dict[str, Any], judged: dict[str, Future[Judged]]
) -> None:
    found = judged[name].result()
    assert found.returncode != 0
    assert found.ids == [case["row"]], found.output
    assert case.get("says", case["row"]) in re.sub(r"\s+", " ", found.output)
    assert found.changed == 0
    assert found.connections == []
    assert found.files_untouched


def test_the_inventory_pass_has_a_case_for_every_row() -> None:
    documented = dict(ROW.findall((TREE / "docs/playbooks/validate.md").read_text()))
    wanted = {row for row, which in documented.items() if which != "hosts"} - OF_THE_CONTROLLER
    assert {case["row"] for case in CASES} == wanted


@pytest.mark.parametrize("example", ["three_nodes", "two_sites"])
def test_a_good_inventory_leads_to_the_hosts(tmp_path: Path, example: str) -> None:
    """The same recorder that saw no connection above sees one for each host here."""
    found = judge(tmp_path, {"example": example})
    assert found.returncode != 0
    assert found.ids == ["V46"], found.output
    assert found.changed == 0
    assert "WARNING" not in found.output, found.output
    for address in ("198.51.100.11", "198.51.100.12", "198.51.100.13"):
        assert any(address in connection for connection in found.connections)


@pytest.mark.parametrize(
    ("places", "accepts"), [(("a", "b", "c"), False), (("a", "a", "b"), True)], ids=["three", "two on request"]
)
def test_servers_may_be_spread(tmp_path: Path, places: tuple[str, ...], accepts: bool) -> None:
    servers = {
        f"server{number}": {"ansible_host": f"198.51.100.{10 + number}", "site_location": place}
        for number, place in enumerate(places, 1)
    }
    found = judge(tmp_path, {"servers": servers, "site": {"site_allow_stretched": True} if accepts else {}})
    assert found.ids == ["V46"], found.output


def test_a_site_without_upstreams_is_warned_of_its_time(tmp_path: Path) -> None:
    found = judge(tmp_path, {"example": "three_nodes", "site": {"site_upstream_ntp": []}})
    assert found.ids == ["V46"], found.output
    assert "[WARNING]: site_upstream_ntp is empty" in re.sub(r"\s+", " ", found.output)


def test_several_mistakes_are_reported_at_once(tmp_path: Path) -> None:
    case = {"servers": {}, "site": {"site_k3s_version": "latest", "site_cluster_cidr": "x", "site_nmae": "y"}}
    found = judge(tmp_path, case)
    assert found.ids == ["V01", "V14", "V19", "V40"], found.output


def test_a_host_is_looked_at_and_left_as_it_is(tmp_path: Path) -> None:
    host = {
        "ansible_host": "198.51.100.11",
        "ansible_connection": "local",
        "ansible_python_interpreter": sys.executable,
    }
    case = {"servers": {"server1": host}, "site": {"site_interface": "nosuch0", "site_api_vip": None}}
    found = judge(tmp_path, case)
    assert found.returncode != 0
    assert "V16" in found.ids, found.output
    assert found.changed == 0
    assert found.connections == []


def test_no_secret_is_in_the_output(tmp_path: Path) -> None:
    secret = "canary-5f2d8c1b9e"
    found = judge(
        tmp_path,
        {
            "secrets": {name: f"{name}: {secret}\n" for name in (*NAMES, "site_ca")},
            "site": {
                "site_dns_api_clients": {"reader": {"key": secret, "zones": [secret]}},
                "site_dns_update_keys": {"cert-manager": secret},
            },
        },
        "-vvv",
        "--diff",
    )
    assert set(found.ids) == {"V26", "V30", "V50", "V51"}, found.output
    assert secret not in found.output
