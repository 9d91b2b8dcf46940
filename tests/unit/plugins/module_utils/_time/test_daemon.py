"""What is asked of chronyd, in which order, and for how long; its answers are given beforehand."""

from __future__ import annotations

import pytest
from ansible_collections.metalstack.autonomous.plugins.module_utils._time import daemon

GOOD = "C6336415,198.51.100.21,3,1795399999.1,0.0,0.0,0.0,-1.5,0.001,0.02,0.0005,0.0003,64.2,Normal"
NOTHING = "00000000,,0,0.0,0.0,0.0,0.0,0.0,0.0,0.0,1.0,1.0,0.0,Not synchronised"
ANSWERS, LIES, MUTE = "^,*,{},2,6,377,12,0.0,0.0,0.0", "^,x,{},2,6,377,12,5.0,5.0,0.0", "^,?,{},0,6,0,0,0.0,0.0,0.0"
OPEN, LOCKED = "{},-,0,0,0,0,0,0,0,0", "{},NTS,0,0,0,0,3,0,0,0"


class Chronyd:
    """Answers as chronyc, one state a second, the last one for ever; None is one that is not there yet."""

    def __init__(self, *states):
        self.states, self.now, self.reloads = states, 0.0, []
        self.path = None

    def run(self, command):
        state = self.states[min(int(self.now), len(self.states) - 1)]
        if state is None:
            return 1, "506 Cannot talk to daemon\n", ""
        if command[-1] == "sources" and "reload" in command:
            self.reloads.append(self.path.read_text() if self.path else "")
        tracking, *sources = state
        lines = {
            "tracking": [tracking],
            "sources": [line.format(f"s{n}") for n, (line, _) in enumerate(sources)],
            "authdata": [line.format(f"s{n}") for n, (_, line) in enumerate(sources)],
        }
        return 0, "".join(f"{line}\n" for line in lines[command[-1]]), ""

    def sleep(self, seconds):
        self.now += seconds

    def client(self):
        return daemon.Daemon(self.run, sleep=self.sleep, clock=lambda: self.now)


def given(tmp_path, *names):
    return daemon.Sources(tmp_path / "sources.d" / "site.sources", {name: f"server {name}" for name in names})


def settle(chronyd, names=("s0", "s1"), timeout=60):
    facts, problems, doubts = chronyd.client().settle(names, names, 0.1, timeout)
    assert facts["tracking"]
    return problems, doubts


def test_a_good_time_is_taken_at_once():
    chronyd = Chronyd((GOOD, (ANSWERS, OPEN), (ANSWERS, OPEN)))
    assert settle(chronyd) == ([], [])
    assert chronyd.now == 0


def test_a_problem_is_waited_for_to_the_end():
    chronyd = Chronyd((GOOD, (ANSWERS, OPEN), (LIES, OPEN)))
    problems, doubts = settle(chronyd, timeout=30)
    assert problems == ["source s1 tells a time of its own, 5.000 s behind"] and doubts == []
    assert chronyd.now == 30


@pytest.mark.parametrize(("timeout", "waited"), [(60, daemon.PATIENCE), (3, 3)])
def test_a_doubt_is_waited_for_with_patience_only(timeout, waited):
    chronyd = Chronyd((GOOD, (ANSWERS, OPEN), (MUTE, OPEN)))
    assert settle(chronyd, timeout=timeout) == ([], ["source s1 does not answer"])
    assert chronyd.now == waited


def test_what_passes_is_waited_for():
    chronyd = Chronyd((NOTHING, (MUTE, OPEN)), (NOTHING, (MUTE, OPEN)), (GOOD, (ANSWERS, OPEN)))
    assert settle(chronyd, ["s0"]) == ([], [])
    assert chronyd.now == 2


def test_sources_are_written_and_read_once(tmp_path):
    chronyd = Chronyd((NOTHING,))
    chronyd.path = tmp_path / "sources.d" / "site.sources"
    chronyd.client().give(given(tmp_path, "s0", "s1"), 10)
    assert chronyd.reloads == ["server s0\nserver s1\n"]
    assert chronyd.path.stat().st_mode & 0o777 == 0o644


def test_the_same_again_is_read_and_not_written(tmp_path):
    """An interrupted run may have written it and not had it read."""
    chronyd = Chronyd((NOTHING,))
    chronyd.path = tmp_path / "sources.d" / "site.sources"
    chronyd.client().give(given(tmp_path, "s0"), 10)
    before = chronyd.path.stat().st_ino
    chronyd.client().give(given(tmp_path, "s0"), 10)
    assert len(chronyd.reloads) == 2 and chronyd.path.stat().st_ino == before


def test_a_source_that_has_refused_keys_is_forgotten_and_asked_again(tmp_path):
    chronyd = Chronyd((NOTHING, (ANSWERS, OPEN), (MUTE, LOCKED)))
    chronyd.path = tmp_path / "sources.d" / "site.sources"
    chronyd.client().give(given(tmp_path, "s0", "s1"), 10)
    assert chronyd.reloads == ["server s0\n", "server s0\nserver s1\n"]


def test_a_daemon_that_has_only_just_started_is_waited_for(tmp_path):
    chronyd = Chronyd(None, None, (NOTHING,))
    chronyd.client().give(given(tmp_path, "s0"), 10)
    assert 2 <= chronyd.now < 3


def test_one_that_never_answers_is_an_error(tmp_path):
    with pytest.raises(daemon.ChronyError, match="chronyc -c tracking: 506 Cannot talk"):
        Chronyd(None).client().give(given(tmp_path, "s0"), 3)


def test_nothing_is_written_to_tell_what_would_change(tmp_path):
    before, after = given(tmp_path, "s0").difference()
    assert (before, after) == ("", "server s0\n")
    assert not (tmp_path / "sources.d").exists()
