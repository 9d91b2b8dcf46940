"""A plan, carried out on a server that refuses, fails, or is changed by others."""

from __future__ import annotations

import pytest
from ansible_collections.metalstack.autonomous.plugins.module_utils._metal import apply, errors, retry
from ansible_collections.metalstack.autonomous.plugins.module_utils._metal.kind import Kind, V1Api, V2Api
from ansible_collections.metalstack.autonomous.plugins.module_utils._metal.plan import Plan
from ansible_collections.metalstack.autonomous.plugins.module_utils._metal.store import Found, Update


def kind(together=False):
    return Kind("thing", "things", (), V1Api("/v1/thing"), V2Api("thing", "thing", "things"), together=together)


class Store:
    """Raises what is scripted for an object, once for each time that it is in the list."""

    def __init__(self, **script):
        self.script = script
        self.asked = []

    def _do(self, verb, found):
        self.asked.append(f"{verb} {found.id}")
        if self.script.get(found.id):
            raise self.script[found.id].pop(0)
        return found

    def create(self, wanted):
        return self._do("create", wanted)

    def update(self, update):
        return self._do("update", update.before)

    def delete(self, found):
        self._do("delete", found)


def plan():
    return Plan(create=[Found("c", {}), Found("d", {})], update=[Update(Found("b", {}), {})], delete=[Found("a", {})])


def test_removals_go_first_and_new_ones_last():
    store = Store()
    done = apply.carry_out(kind(), plan(), store)
    assert store.asked == ["delete a", "update b", "create c", "create d"]
    assert (done.removed, done.updated, done.created, done.errors) == (["a"], ["b"], ["c", "d"], [])


@pytest.mark.parametrize(
    ("error", "said"),
    [
        (errors.Refused("no"), "thing b was not changed: no"),
        (
            errors.Conflict("no"),
            "thing b was not changed: no: somebody else changed it meanwhile; run again",
        ),
        (errors.NotFound("no"), "thing b was not changed: no: somebody else removed it meanwhile; run again"),
    ],
)
def test_what_one_object_meets_does_not_keep_the_others(error, said):
    done = apply.carry_out(kind(), plan(), Store(b=[error]))
    assert (done.removed, done.updated, done.created, done.errors) == (["a"], [], ["c", "d"], [said])


@pytest.mark.parametrize(
    ("error", "said"),
    [
        (errors.ServerFailed("no"), "thing b: no; whether it was changed is not known: run again"),
        (errors.Unreachable("no"), "thing b: no; whether it was changed is not known: run again"),
        (errors.Forbidden("no"), "thing b was not changed: no"),
        (errors.Unauthenticated("no"), "thing b was not changed: no"),
        (errors.Throttled("no"), "thing b was not changed: no"),
        (errors.NoSuchApi("no"), "thing b was not changed: no"),
    ],
)
def test_what_the_next_one_would_meet_too_ends_it(error, said):
    store = Store(b=[error])
    done = apply.carry_out(kind(), plan(), store)
    assert store.asked[-1] == "update b"
    assert (done.removed, done.updated, done.created, done.errors) == (["a"], [], [], [said])


def test_objects_that_depend_on_each_other_get_another_turn():
    store = Store(b=[errors.Refused("wait"), errors.Refused("wait")], c=[errors.Refused("wait")])
    done = apply.carry_out(kind(together=True), plan(), store)
    assert store.asked == ["delete a", "update b", "create c", "create d", "update b", "create c", "update b"]
    assert done.errors == []


def test_another_turn_ends_when_nothing_gets_further():
    store = Store(b=[errors.Refused("no")] * 9)
    done = apply.carry_out(kind(together=True), plan(), store)
    assert store.asked.count("update b") == 2
    assert done.errors == ["thing b was not changed: no"]


@pytest.mark.parametrize(("failures", "pauses"), [(0, []), (1, [0.5]), (3, [0.5, 1.0, 2.0])])
def test_a_read_has_four_attempts(failures, pauses):
    script = [errors.ServerFailed("x"), errors.Unreachable("x"), errors.ServerFailed("x")][:failures]
    slept = []

    def once():
        if script:
            raise script.pop()
        return "read"

    assert retry.reading(once, slept.append) == "read"
    assert slept == pauses


@pytest.mark.parametrize(("error", "attempts"), [(errors.ServerFailed, 4), (errors.Refused, 1), (errors.Forbidden, 1)])
def test_a_read_that_goes_on_failing_ends_with_the_error(error, attempts):
    asked = []

    def once():
        asked.append(1)
        raise error("no")

    with pytest.raises(error, match="no"):
        retry.reading(once, lambda _seconds: None)
    assert len(asked) == attempts


def test_what_was_not_done_is_no_part_of_the_plan():
    done = apply.carry_out(kind(), plan(), Store(a=[errors.Refused("no")], c=[errors.Refused("no")]))
    part = done.part_of(plan())
    assert ([one.id for one in part.create], [one.before.id for one in part.update], part.delete) == (["d"], ["b"], [])
