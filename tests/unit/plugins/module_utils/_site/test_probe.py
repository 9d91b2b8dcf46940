"""What is read of a host."""

from __future__ import annotations

import pytest
from ansible_collections.metalstack.autonomous.plugins.module_utils._site import clock, probe


def test_global_addresses_are_listed_with_their_lengths() -> None:
    listed = [
        {"ifname": "lo", "addr_info": [{"local": "127.0.0.1", "prefixlen": 8, "scope": "host"}]},
        {"ifname": "eth0", "addr_info": [{"local": "198.51.100.11", "prefixlen": 24, "scope": "global"}]},
        {},
    ]
    assert probe.interfaces(listed) == {"lo": [], "eth0": ["198.51.100.11/24"]}


def test_memory_is_read() -> None:
    assert probe.memory_bytes("MemTotal:        2048 kB\nMemFree: 1 kB\n") == 2 << 20
    assert probe.memory_bytes("") == 0


@pytest.mark.parametrize(("reading", "offset"), [(100.5, 0.0), (100.0, 0.0), (99.0, -1.0), (101.0, 0.0), (103.5, 2.5)])
def test_an_offset_is_the_least_that_explains_a_reading(reading: float, offset: float) -> None:
    assert clock.offset(reading, before=100.0, after=101.0) == offset
