"""Every panel of a dashboard asks what a real store understands, and shows something of a site that is well."""

from __future__ import annotations

import base64
import json
import os
import re
import ssl
import sys
import time
import urllib.error
import urllib.parse
import urllib.request
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import playing
import pytest
import store
import yaml
from playing import READER, VERSIONS, inputs, installed
from running import Host, wait

from lab import debian, settings

ROOT = Path(__file__).resolve().parents[3]
sys.path.insert(0, str(ROOT / "tests/check"))

from test_dashboards import DASHBOARDS, PROGRAMS, read, targets  # noqa: E402

ADDRESS, LOCAL = (f"127.{os.getpid() // 256 % 254 + 1}.{os.getpid() % 256}.{last}" for last in (30, 130))
JOBS = 6
STEP_SECONDS, STEPS = 15, 24
UNITS = {"m": 60, "h": 3600, "d": 86400}
ASKED = [
    pytest.param(target, id=f"{path.stem}: {title}, {target['refId']}")
    for path in DASHBOARDS
    for title, target in targets(read(path))
]


@pytest.fixture(scope="module")
def host(tmp_path_factory: pytest.TempPathFactory, site: str) -> Iterator[Host]:
    """A host with a store and all that tells metrics, as the role has made it."""
    tree = debian.tree(settings.from_environment().cache, "trixie", store.PACKAGES)
    directory = tmp_path_factory.mktemp("dashboards")
    given = {
        **playing.hurried(site),
        "site": "lab",
        "host": "server1",
        "servers": {"server1": ADDRESS},
    }
    one = {**inputs(given), **installed(VERSIONS["trixie"]), "place": str(directory / "server1"), "local": LOCAL}
    made, _said = playing.play(directory, {"server1": one}, tree)
    found = playing.host("server1", made["server1"], tree, ADDRESS, LOCAL, site)
    try:
        found.start_all()
        # Of less than two samples nothing tells how fast it grows.
        wait(lambda: found.stored('count(sum_over_time(up{site="lab"}[1m]) >= 3)') == JOBS, found.ended, 60)
        wait(lambda: found.stored("count(ALERTS)") > 0, found.ended, 60)
        yield found
    finally:
        found.stop_all()


@pytest.fixture(scope="module")
def told(host: Host) -> set[str]:
    """The names of all that the programs tell, before anything is told in place of others."""
    return set(host.own(8428, "/api/v1/label/__name__/values")["data"])


@pytest.fixture(scope="module")
def well(host: Host, told: set[str]) -> Host:
    """The host with samples of those that do not run here, for the last minutes."""
    lines: list[str] = []
    for file in (ROOT / "tests/integration/alerts/well.yml", Path(__file__).parent / "panels.yml"):
        for name, value in yaml.safe_load(file.read_text()).items():
            # Of these there are real ones, of the same jobs.
            if name.split()[0] not in PROGRAMS - {"ALERTS"}:
                lines += samples(name, str(value))
    for path, body in (("/api/v1/import/prometheus", "\n".join(lines).encode()), ("/internal/force_flush", b"")):
        urllib.request.urlopen(f"http://{LOCAL}:8428{path}", data=body, timeout=20).read()
    return host


def samples(series: str, value: str) -> list[str]:
    name, *labels = series.split()
    pairs = {"site": "lab", **dict(label.split("=", 1) for label in labels)}
    text = ",".join(f'{key}="{one}"' for key, one in pairs.items())
    now = int(time.time())
    moments = range(now - STEP_SECONDS * STEPS, now + 1, STEP_SECONDS)
    return [f"{name}{{{text}}} {number(value, at, n)} {at * 1000}" for n, at in enumerate(moments)]


def number(value: str, moment: int, count: int) -> float:
    """A value of well.yml at a moment, or that of a counter after so many steps."""
    if found := re.fullmatch(r"now([+-]\d+)([mhd])", value):
        return moment + int(found[1]) * UNITS[found[2]]
    return float(value) * count if value.startswith("+") else float(value)


def ask(authority: str, path: str, **words: str) -> Any:
    """As Grafana asks: by TLS, as the reader, and in the body of a POST what is asked at a moment."""
    request = urllib.request.Request(f"https://{ADDRESS}:8427{path}", urllib.parse.urlencode(words).encode() or None)
    request.add_header("Authorization", f"Basic {base64.b64encode(f'reader:{READER}'.encode()).decode()}")
    context = ssl.create_default_context(cadata=authority)
    try:
        with urllib.request.urlopen(request, timeout=10, context=context) as answer:
            return json.load(answer)
    except urllib.error.HTTPError as error:
        raise AssertionError(f"{path}: {error.code} {error.read().decode()}") from error


@pytest.mark.parametrize("name", sorted(PROGRAMS))
def test_the_scraped_programs_tell_what_is_shown(told: set[str], name: str) -> None:
    assert name in told


@pytest.mark.parametrize("target", ASKED)
def test_a_panel_shows_something_of_a_site_that_is_well(well: Host, ca: str, target: dict[str, Any]) -> None:
    words = {"query": target["expr"], "nocache": "1", "latency_offset": "1ms"}
    result = ask(ca, "/api/v1/query", **words)["data"]["result"]
    assert result, target["expr"]
    for label in re.findall(r"\{\{(\w+)\}\}", target["legendFormat"]):
        assert all(label in one["metric"] for one in result), label


def test_what_grafana_asks_of_a_data_source_is_the_readers_to_ask(well: Host, ca: str) -> None:
    for path in ("/api/v1/labels", "/api/v1/label/instance/values", "/api/v1/status/buildinfo", "/api/v1/metadata"):
        assert ask(ca, path)["status"] == "success", path
