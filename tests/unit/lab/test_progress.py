from __future__ import annotations

import io

import pytest

from lab.debian import Follow
from lab.progress import Progress, duration, remaining


@pytest.mark.parametrize(("seconds", "text"), [(0, "0s"), (59.4, "59s"), (60, "1m00s"), (192, "3m12s"), (-3, "0s")])
def test_a_duration_is_read_at_a_glance(seconds, text):
    assert duration(seconds) == text


def test_what_remains_is_told_once_there_is_something_to_go_by():
    assert remaining(30, 0.25) == 90
    assert remaining(3, 0.01) is None


def test_off_a_terminal_a_step_says_when_it_begins_and_ends_and_little_between():
    stream = io.StringIO()
    step = Progress("image", stream)
    for part in range(100):
        step.update("unpacking", part / 100)
    step.done("built")

    assert stream.getvalue() == "image …\nimage: built (0.0s)\n"


def test_the_image_build_advances_with_every_package():
    follow = Follow()
    lines = [
        "I: running apt-get update...",
        "I: installing remaining packages inside the chroot...",
        "0 upgraded, 4 newly installed, 0 to remove and 0 not upgraded.",
        "Unpacking a (1) ...",
        "Setting up a (1) ...",
    ]
    told = [follow.read(line) for line in lines]

    assert told[0] == ("reading the package lists", pytest.approx(0.02))
    assert [stage for stage, _ in told[1:]] == ["installing the other packages"] * 4
    assert [done for _, done in told] == sorted(done for _, done in told)
    assert told[-1][1] == pytest.approx(0.40 + 0.58 * 2 / 8)
