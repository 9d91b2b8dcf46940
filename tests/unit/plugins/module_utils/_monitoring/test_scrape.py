"""What a host measures, and whose it says that it is."""

from __future__ import annotations

import pytest
from ansible_collections.metalstack.autonomous.plugins.module_utils._monitoring import scrape
from ansible_collections.metalstack.autonomous.tests.unit.plugins.module_utils._monitoring.plan_cases import settings


def test_every_series_tells_whose_it_is() -> None:
    jobs = [
        {"job_name": "etcd", "static_configs": [{"targets": ["127.0.0.1:2381"], "labels": {"ring": "a"}}]},
        {"job_name": "switch", "static_configs": [{"targets": ["192.0.2.1:9100"], "labels": {"instance": "leaf1"}}]},
        {"job_name": "found", "dns_sd_configs": [{"names": ["x"]}]},
    ]
    config = scrape.config(settings(scrape_configs=jobs))
    assert config["global"]["external_labels"] == {"site": "example"}
    found = {job["job_name"]: job for job in config["scrape_configs"]}
    assert list(found)[:6] == ["node", "vmagent", "victoria_metrics", "vmauth", "vmalert", "alertmanager"]
    labels = {name: job["static_configs"][0].get("labels") for name, job in found.items() if "static_configs" in job}
    assert labels["node"] == {"instance": "server1"}
    assert labels["etcd"] == {"instance": "server1", "ring": "a"}
    assert labels["switch"] == {"instance": "leaf1"}
    assert found["found"] == jobs[2]


@pytest.mark.parametrize(("interval", "timeout"), [("15s", "10000ms"), ("1s", "1000ms"), ("500ms", "500ms")])
def test_a_scrape_ends_before_the_next(interval: str, timeout: str) -> None:
    assert scrape.config(settings(scrape_interval=interval))["global"]["scrape_timeout"] == timeout


@pytest.mark.parametrize("count", [0, 1, 2, 3, 4, 7])
@pytest.mark.parametrize("servers", [["server1"], ["server1", "server2", "server3"]])
def test_every_agents_kubelet_is_asked_by_one_server(count: int, servers: list[str]) -> None:
    agents = {f"agent{number}": f"198.51.100.{30 + number}" for number in range(count)}
    asked = [scrape.kubelets(agents, servers, server) for server in servers]
    assert max(map(len, asked)) - min(map(len, asked)) <= 1
    found = {one["labels"]["instance"]: one["targets"] for listed in asked for one in listed}
    assert sum(map(len, asked)) == len(agents)
    assert found == {name: [f"{address}:10250"] for name, address in agents.items()}


def test_an_agent_keeps_its_name_beside_the_server_that_asks() -> None:
    targets = scrape.kubelets({"agent1": "2001:db8::1"}, ["server1"], "server1")
    job = {"job_name": "kubelet", "static_configs": [{"targets": ["127.0.0.1:10250"]}, *targets]}
    (found,) = [
        one for one in scrape.config(settings(scrape_configs=[job]))["scrape_configs"] if one["job_name"] == "kubelet"
    ]
    assert found["static_configs"] == [
        {"targets": ["127.0.0.1:10250"], "labels": {"instance": "server1"}},
        {"targets": ["[2001:db8::1]:10250"], "labels": {"instance": "agent1"}},
    ]


def test_who_is_no_server_asks_no_kubelet() -> None:
    with pytest.raises(ValueError, match="agent1 is none of the servers"):
        scrape.kubelets({}, ["server1"], "agent1")
