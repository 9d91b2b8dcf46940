from __future__ import annotations

import struct

import pytest
from ansible_collections.metalstack.autonomous.plugins.module_utils._net.arp import Answer, answer, holders, request

OWN = "02:00:00:00:00:01"
OTHER = "02:00:00:00:00:02"
STRANGER = "02:00:00:00:00:99"


def reply(mac: str, address: str) -> bytes:
    """The answer that a host with this MAC would send."""
    hardware = bytes.fromhex(mac.replace(":", ""))
    sender = bytes(int(part) for part in address.split("."))
    return (
        struct.pack("!6s6sH", b"\2" * 6, hardware, 0x0806)
        + struct.pack("!HHBBH", 1, 0x0800, 6, 4, 2)
        + hardware
        + sender
        + b"\2" * 6
        + b"\0" * 4
        + b"\0" * 18
    )


def test_a_probe_has_no_sender_address_that_a_cache_could_learn() -> None:
    frame = request(OWN, "198.51.100.10")
    assert frame[:6] == b"\xff" * 6
    assert frame[28:32] == b"\0\0\0\0"
    assert frame[38:42] == bytes([198, 51, 100, 10])


def test_an_answer_is_read() -> None:
    assert answer(reply(OTHER, "198.51.100.10")) == Answer("198.51.100.10", OTHER)


@pytest.mark.parametrize("frame", [b"", b"\0" * 60, request(OWN, "198.51.100.10")])
def test_other_frames_are_no_answers(frame: bytes) -> None:
    assert answer(frame) is None


@pytest.mark.parametrize(
    ("answers", "peers", "strangers"),
    [
        (set(), [], []),
        ({Answer("198.51.100.10", OTHER), Answer("198.51.100.12", OTHER)}, ["198.51.100.12"], []),
        ({Answer("198.51.100.10", STRANGER), Answer("198.51.100.12", OTHER)}, [], [STRANGER]),
        (
            {
                Answer("198.51.100.10", OTHER),
                Answer("198.51.100.12", OTHER),
                Answer("198.51.100.10", OWN),
                Answer("198.51.100.11", OWN),
            },
            ["198.51.100.11", "198.51.100.12"],
            [],
        ),
    ],
)
def test_nodes_are_told_from_strangers(answers: set[Answer], peers: list[str], strangers: list[str]) -> None:
    assert holders("198.51.100.10", answers, ["198.51.100.11", "198.51.100.12"]) == (peers, strangers)
