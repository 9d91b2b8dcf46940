from __future__ import annotations

from lab.k3s.standin.bootstrap_data import Passwords
from lab.k3s.standin.token_command import renewed


def test_agents_follow_where_they_have_no_token_of_their_own() -> None:
    assert renewed(Passwords("old", "old"), "new", shared=True) == Passwords("new", "new")


def test_a_token_of_the_agents_own_stays() -> None:
    assert renewed(Passwords("old", "theirs"), "new", shared=False) == Passwords("new", "theirs")
    assert renewed(Passwords("old", "old"), "new", shared=False) == Passwords("new", "old")
