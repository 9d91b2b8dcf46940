from __future__ import annotations

import socket

import pytest
from ansible_collections.metalstack.autonomous.plugins.module_utils._kube.tunnel import HOST, Tunnel


@pytest.fixture
def ends():
    """Give the far end, and a connection to the near one."""
    far, ours = socket.socketpair()
    tunnel = Tunnel(ours)
    with socket.create_connection((HOST, tunnel.port), 10) as near, far:
        far.settimeout(10)
        yield far, near, tunnel


def test_what_is_sent_arrives_on_the_other_side(ends):
    far, near, _ = ends
    near.sendall(b"question")
    assert far.recv(100) == b"question"
    far.sendall(b"x" * 100_000)
    far.shutdown(socket.SHUT_WR)
    assert b"".join(iter(lambda: near.recv(65536), b"")) == b"x" * 100_000


def test_when_one_side_ends_the_other_is_told(ends):
    far, near, _ = ends
    near.close()
    assert far.recv(100) == b""


def test_when_the_far_side_ends_the_near_one_is_told(ends):
    far, near, _ = ends
    far.close()
    assert near.recv(100) == b""


def test_a_second_connection_is_refused(ends):
    _, near, tunnel = ends
    near.sendall(b"first")
    assert ends[0].recv(100) == b"first"
    with pytest.raises(ConnectionRefusedError):
        socket.create_connection((HOST, tunnel.port), 10)


def test_nobody_listens_once_it_is_closed():
    far, ours = socket.socketpair()
    tunnel = Tunnel(ours)
    tunnel.close()
    with far, pytest.raises(ConnectionRefusedError):
        socket.create_connection((HOST, tunnel.port), 10)
