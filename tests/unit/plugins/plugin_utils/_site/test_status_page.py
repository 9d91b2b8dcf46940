"""The page that shows a site."""

from __future__ import annotations

import datetime
import re
import typing as t
from html.parser import HTMLParser
from pathlib import Path

import pytest
from ansible_collections.metalstack.autonomous.plugins.plugin_utils._site import (
    page_tables,
    page_tiles,
    page_words,
    status_page,
)
from ansible_collections.metalstack.autonomous.tests.unit.plugins.plugin_utils._site import page_states

RUNBOOKS = "https://docs.example.org/"
NOW = datetime.datetime(2026, 3, 1, 13, 5, tzinfo=datetime.timezone(datetime.timedelta(hours=1)))


class Page(HTMLParser):
    """Texts, tags and links of a page."""

    def __init__(self, source: str) -> None:
        super().__init__()
        self.tags: list[str] = []
        self.links: list[str] = []
        self.ids: set[str] = set()
        self.texts: list[str] = []
        self.feed(source)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = dict(attrs)
        self.tags.append(tag)
        self.links += [str(given[name]) for name in ("href", "src", "action") if name in given]
        self.ids |= {str(given["id"])} if "id" in given else set()

    def handle_data(self, data: str) -> None:
        if data.strip():
            self.texts.append(data.strip())


def shown(state: dict[str, t.Any]) -> tuple[str, Page]:
    source = status_page.render(state, NOW)
    return source, Page(source)


def verdicts(state: dict[str, t.Any]) -> dict[str, tuple[str, str]]:
    return {tile.title: (tile.value, tile.verdict) for tile in page_tiles.tiles(state)}


def test_a_good_site_is_said_to_be_well() -> None:
    source, page = shown(page_states.good())
    assert "All is well" in page.texts and "as of 2026-03-01 12:05 UTC, lineage uid" in page.texts
    assert "What does not hold" not in source
    assert {verdict for _value, verdict in verdicts(page_states.good()).values()} == {"good", "warning"}
    assert verdicts(page_states.good()) == {
        "Nodes": ("3 of 3", "good"),
        "etcd": ("3 of 3", "good"),
        "Certificates": ("364 d", "good"),
        "API address": ("198.51.100.10", "good"),
        "Name servers": ("3 of 3", "good"),
        "Clocks": ("3 of 3", "good"),
        "Backups": ("6 min", "good"),
        # Nothing of this site was rehearsed yet.
        "Restore": ("never", "warning"),
        "Alerts": ("1", "good"),
        "Monitoring": ("3 of 3", "good"),
        "k3s": ("v1.35.4+k3s1", "good"),
    }


def test_what_does_not_hold_comes_first_with_what_to_do() -> None:
    state = page_states.bad()
    source, page = shown(state)
    problems = [*state["gate"]["failures"], *state["services"]["findings"]]
    assert len(problems) > 3 and f"{len(problems)} things do not hold" in page.texts
    for problem in problems:
        assert f"{problem['host']}: {problem['condition']}" in page.texts
        assert problem["remedy"] in page.texts
    assert source.index("What does not hold") < source.index("<table>")
    said = verdicts(state)
    assert said["Nodes"] == ("2 of 3", "bad") and said["etcd"] == ("2 of 3", "bad")
    assert said["Name servers"][1] == said["Clocks"][1] == "bad"
    assert said["Alerts"] == ("3", "bad") and said["Monitoring"] == ("2 of 3", "bad")
    assert said["k3s"] == ("v1.36.3+k3s1", "warning")


def _skewed(state: dict[str, t.Any]) -> None:
    state["time"]["servers"][0].update(offset=0.5, well=False)


def _damaged(state: dict[str, t.Any]) -> None:
    state["backups"]["components"][0]["damaged"] = True


def _suspect(state: dict[str, t.Any]) -> None:
    state["backups"]["components"][0]["suspect"] = ["the number of objects is 0"]


def _overdue(state: dict[str, t.Any]) -> None:
    for row in state["backups"]["components"]:
        row.update(rehearsed=20 * 86400, rehearsal_overdue=True)


def _unrestorable(state: dict[str, t.Any]) -> None:
    for row in state["backups"]["components"]:
        row["rehearsed"] = 3600
    state["backups"]["components"][0]["rehearsal_error"] = "it holds less than its manifest names"


@pytest.mark.parametrize(
    ("trouble", "title", "value", "detail"),
    [
        (_skewed, "Clocks", "3 of 3", "are synchronised, off by +500.0 ms at most"),
        (_damaged, "Backups", "6 min", "since the last backup of k3s, 60 min at most, the newest of k3s is damaged"),
        (_suspect, "Backups", "6 min", "since the last backup of k3s, 60 min at most, the newest of k3s holds less"),
        (_overdue, "Restore", "20 d", "since all of it was rehearsed"),
        (_unrestorable, "Restore", "60 min", "since all of it was rehearsed, the last of k3s failed"),
    ],
)
def test_a_tile_is_bad_where_what_it_is_about_does_not_hold(
    trouble: t.Callable[[dict[str, t.Any]], None], title: str, value: str, detail: str
) -> None:
    state = page_states.good()
    trouble(state)
    assert {tile.title: tile[1:4] for tile in page_tiles.tiles(state)}[title] == (value, detail, "bad")


def test_a_version_that_is_newer_than_the_inventory_is_no_good_one() -> None:
    state = page_states.good()
    state["versions"]["newer"] = ["server1", "server2"]
    (tile,) = [tile for tile in page_tiles.tiles(state) if tile.title == "k3s"]
    assert (tile.detail, tile.verdict) == ("is wanted, 2 hosts have a newer one", "warning")


def test_an_upgrade_is_shown_before_somebody_runs_it() -> None:
    [table] = [one for one in page_tables.tables(page_states.bad()) if one.anchor == "upgrade"]
    assert [[cell.text for cell in row] for row in table.rows] == [
        ["server3", "v1.35.4+k3s1", "v1.36.3+k3s1"],
        ["server1", "v1.35.4+k3s1", "v1.36.3+k3s1"],
    ]


@pytest.mark.parametrize(
    ("state", "rows"),
    [
        (
            page_states.good,
            [
                ("kube-vip", "v1.2.2", "v1.2.2", ""),
                ("PowerDNS", "4.9.17", "what Debian has", ""),
                ("VictoriaMetrics", "1.112.0+ds1-2", "what Debian has", ""),
                ("Grafana", "12.4.3", "12.4.3", ""),
            ],
        ),
        (page_states.bad, [("kube-vip", "v1.2.2 on server1; v1.2.1 on server3", "v1.2.2", "warning")]),
        (page_states.unknown, [("kube-vip", "-", "v1.2.2", ""), ("Grafana", "-", "12.4.3", "")]),
        (
            page_states.unmonitored,
            [("kube-vip", "v1.2.2", "v1.2.2", ""), ("PowerDNS", "4.9.17", "what Debian has", "")],
        ),
    ],
    ids=["good", "bad", "unknown", "unmonitored"],
)
def test_versions_of_other_programs_are_shown_beside_those_that_are_wanted(
    state: t.Callable[[], dict[str, t.Any]], rows: list[tuple[str, ...]]
) -> None:
    [table] = [one for one in page_tables.tables(state()) if one.anchor == "programs"]
    told = [(*(cell.text for cell in row), row[1].verdict) for row in table.rows]
    assert told[: len(rows)] == rows
    assert set(rows[0]) <= set(shown(state())[1].texts) | {""}


@pytest.mark.parametrize("state", [page_states.good, page_states.bad, page_states.unknown])
def test_a_page_needs_nothing_else_and_its_parts_fit(state: t.Callable[[], dict[str, t.Any]]) -> None:
    source, page = shown(state())
    assert not {"script", "link", "img", "iframe", "object"} & set(page.tags)
    assert not re.search(r"url\(|@import|https?:|\bon[a-z]+=", source.replace(RUNBOOKS, ""))
    tables = [table for table in page_tables.tables(state()) if table.rows]
    assert tables and all(len(row) == len(table.columns) for table in tables for row in table.rows)
    # Runbooks are for who wants to read on.
    assert all(link.startswith(("#", f"{RUNBOOKS}docs/")) for link in page.links)
    hosts = {"server1", "server2", "server3"}
    assert hosts <= set(page.texts)


@pytest.mark.parametrize("state", [page_states.good, page_states.bad])
def test_every_tile_leads_to_a_table_that_is_there(state: t.Callable[[], dict[str, t.Any]]) -> None:
    _source, page = shown(state())
    assert {link.removeprefix("#") for link in page.links if link.startswith("#")} <= page.ids


def alerts(state: dict[str, t.Any]) -> list[list[tuple[str, str, str]]]:
    (table,) = [one for one in page_tables.tables(state) if one.anchor == "alerts"]
    return [[tuple(cell) for cell in row] for row in table.rows]


def test_alerts_are_shown_worst_first_with_their_runbooks() -> None:
    rows = alerts(page_states.bad())
    assert [[text for text, _verdict, _link in row[:5]] for row in rows] == [
        ["HostDown", "critical", "server3", "2026-03-01 12:22 UTC", "server1, server3"],
        ["DnsServerDown", "warning", "server2", "2026-03-01 12:21 UTC", "server1, server3"],
        ["Homemade", "page", "the site", "2026-03-01 12:23 UTC", "server1, server3"],
    ]
    assert [row[1][1] for row in rows] == ["bad", "warning", "warning"]
    assert rows[0][6] == ("N1", "", f"{RUNBOOKS}docs/failure-scenarios/N1.md")
    source, page = shown(page_states.bad())
    assert rows[0][6][2] in page.links
    # They come before everything that is merely measured.
    assert source.index("Alerts that fire") < source.index("<h2>Hosts</h2>")


def test_an_alert_that_somebody_has_silenced_is_shown_without_a_colour() -> None:
    (soon, silenced) = alerts(page_states.good())
    assert (soon[1][:2], silenced[1][:2]) == (("info", ""), ("warning, silenced", ""))


@pytest.mark.parametrize("runbook", ["docs/failure-scenarios/N1.md", "javascript:alert(1)", ""])
def test_a_runbook_that_is_no_url_is_text(runbook: str) -> None:
    state = page_states.bad()
    state["monitoring"]["alerts"][0]["runbook"] = runbook
    _source, page = shown(state)
    assert alerts(state)[0][6] == (runbook or "-", "", "") and runbook not in page.links


def test_a_warning_alone_is_said_to_be_one() -> None:
    state = page_states.good()
    state["services"]["warnings"] = [dict.fromkeys(("host", "condition", "seen", "expected", "remedy"), "x")]
    source, page = shown(state)
    assert "All holds, with 1 warning" in page.texts and 'class="verdict warning"' in source
    assert "What warns" in page.texts


def test_alerts_that_nobody_can_tell_are_unknown() -> None:
    said = verdicts(page_states.unknown())
    assert said["Alerts"] == ("unknown", "bad") and said["Monitoring"] == ("0 of 3", "bad")


def test_a_site_without_monitoring_says_so_in_one_line() -> None:
    state = page_states.unmonitored()
    source, page = shown(state)
    assert "Nobody monitors the site: site_monitoring is off." in page.texts
    assert "All is well" in page.texts and not {"Alerts", "Monitoring"} & verdicts(state).keys()
    assert "Nobody monitors" not in shown(page_states.good())[0] and source.count("onitor") == 2


def test_what_a_host_says_is_text() -> None:
    state = page_states.bad()
    state["gate"]["failures"][0]["seen"] = "<script>alert(1)</script>"
    source, page = shown(state)
    assert "script" not in page.tags and "&lt;script&gt;" in source


def test_whoever_serves_the_page_finds_where_to_say_that_it_is_old() -> None:
    config = (Path(__file__).resolve().parents[5] / "roles/status_page/templates/nginx.conf.j2").read_text()
    (mark,) = re.findall(r"sub_filter '(.*)' ", config)
    assert shown(page_states.good())[0].count(mark) == 1


@pytest.mark.parametrize(
    ("seconds", "text"),
    [(None, "never"), (0, "0 s"), (119, "119 s"), (120, "2 min"), (7199, "119 min"), (7200, "2 h"), (200000, "2 d")],
)
def test_a_time_span_is_said_in_its_largest_unit(seconds: float | None, text: str) -> None:
    assert page_words.ago(seconds) == text


@pytest.mark.parametrize(
    ("seconds", "text"), [(0.0, "+0 µs"), (-0.0000021, "-2 µs"), (0.0034, "+3.4 ms"), (-2.5, "-2.5 s")]
)
def test_an_offset_is_said_in_its_largest_unit(seconds: float, text: str) -> None:
    assert page_words.small(seconds) == text
