from __future__ import annotations

import threading

import pytest
from ansible_collections.metalstack.autonomous.plugins.module_utils._k3s.client import Unreachable
from ansible_collections.metalstack.autonomous.plugins.module_utils._kube.deadline import within


def test_what_ends_in_time_is_returned():
    assert within(10, "it", lambda: 7) == 7
    assert within(10, "it", lambda: None) is None


def test_what_it_raises_is_raised():
    with pytest.raises(KeyError):
        within(10, "it", lambda: {}["x"])


def test_what_does_not_end_is_an_error():
    held = threading.Event()
    with pytest.raises(Unreachable, match=r"it did not end within 0\.05 s"):
        within(0.05, "it", held.wait)
    held.set()
