"""Waiting for servers, with a clock of its own."""

from __future__ import annotations

import pytest
from ansible_collections.metalstack.autonomous.plugins.module_utils._pdns import serving


class Servers:
    """Answers after so many questions."""

    def __init__(self, **after):
        self.after, self.now, self.asked, self.reminded = after, 0.0, [], []

    def ask(self, address, port, zone):
        self.asked.append((address, port))
        left = self.after[f"at{address.rpartition('.')[2]}"]
        self.after[f"at{address.rpartition('.')[2]}"] = left - 1
        return None if left > 1 else 4 if left == 1 else 5

    def sleep(self, seconds):
        self.now += seconds

    def remind(self):
        self.reminded.append(self.now)

    def wait(self, *servers, timeout=10.0):
        serving.wait(servers, "example.com.", 5, timeout, self.remind, self.ask, self.sleep, lambda: self.now)


def test_it_waits_for_the_last_of_them():
    servers = Servers(at1=0, at2=3)
    servers.wait("192.0.2.1", "192.0.2.2:5300")
    assert servers.asked.count(("192.0.2.1", 53)) == 1 and servers.asked.count(("192.0.2.2", 5300)) == 4
    assert servers.reminded == []


def test_who_lags_is_told_again_now_and_then():
    servers = Servers(at1=0, at2=24)
    servers.wait("192.0.2.1", "192.0.2.2", timeout=60)
    assert servers.reminded == [5.0, 10.0]


def test_it_ends_and_tells_who_lags_and_who_is_silent():
    with pytest.raises(serving.NotServed, match=r"not served by 192.0.2.2 \(no answer\)"):
        Servers(at1=0, at2=99).wait("192.0.2.1", "192.0.2.2", timeout=3)
