"""What is told of a server, as far as its API alone does not tell it."""

from __future__ import annotations

import pytest
from ansible_collections.metalstack.autonomous.plugins.module_utils._pdns import information
from ansible_collections.metalstack.autonomous.plugins.module_utils._pdns.names import BadName


class Server:
    """A server that has some zones, and answers for some of them by DNS."""

    def __init__(self, zones, answers):
        self.zones, self.answers, self.asked = zones, answers, []

    def get(self, path):
        assert path == "/zones"
        return [{"name": name} for name in self.zones]

    def ask(self, server, zone):
        self.asked.append((server, zone))
        return self.answers.get(zone)


@pytest.mark.parametrize(
    ("zones", "answers", "wanted", "found", "asked"),
    [
        ("a", {"a.example.": 7}, ["a.example"], {"a.example.": 7}, 1),
        ("a", {"a.example.": 0}, ["A.example."], {"a.example.": 0}, 1),
        ("ab", {"a.example.": 7}, ["a.example"], {"a.example.": 7}, 1),
        ("a", {"a.example.": 7}, ["b.example"], {}, 0),
        (
            "abc",
            {"a.example.": 7, "c.example.": 7},
            ["a.example", "b.example", "c.example"],
            {"a.example.": 7, "b.example.": None, "c.example.": None},
            2,
        ),
    ],
    ids=["answered", "written otherwise", "another one is not asked for", "not there yet", "one is silent"],
)
def test_a_server_is_asked_for_the_zones_that_it_has(zones, answers, wanted, found, asked):
    server = Server([f"{name}.example." for name in zones], answers)
    assert information.served(server, "198.51.100.11", wanted, server.ask) == found
    assert server.asked == [("198.51.100.11", name) for name in found][:asked]


def test_what_is_no_name_is_refused():
    server = Server([], {})
    with pytest.raises(BadName):
        information.served(server, "198.51.100.11", ["a..example"], server.ask)
