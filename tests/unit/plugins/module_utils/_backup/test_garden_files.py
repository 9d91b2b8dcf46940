"""The files of a Garden in a set: in order, and damage is seen."""

from __future__ import annotations

import itertools

import pytest
from ansible_collections.metalstack.autonomous.plugins.module_utils._backup import garden_state
from ansible_collections.metalstack.autonomous.plugins.module_utils._backup.errors import Damaged
from ansible_collections.metalstack.autonomous.tests.unit.plugins.module_utils._backup import garden_cases as cases


@pytest.mark.parametrize(
    ("file", "spoil", "words"),
    [
        ("secrets", None, r"secrets.json cannot be read \(FileNotFoundError\)"),
        ("gardens", lambda _text: "{", "gardens.json cannot be read"),
        ("gardens", lambda _text: '{"items": []}', "other Gardens or Secrets than the manifest says"),
        ("configmaps", lambda _text: "[]", "configmaps.json cannot be read"),
        ("secrets", lambda text: text.replace("kube-apiserver-etcd-encryption-configuration", "else"),
         "there is no Secret kube-apiserver-etcd-encryption-configuration"),
        ("secrets", lambda text: text.replace(cases.encoded(x=f"ca-1f2e3d4c {cases.WORD}")["x"], "QUFB"),
         "other Gardens or Secrets"),
    ],
)  # fmt: skip
def test_damage_is_seen_at_once(collected, component, file, spoil, words):
    stage, facts = collected
    path = stage / f"{file}.json"
    content = path.read_text()
    path.unlink()
    if spoil:
        path.write_text(spoil(content))
    with pytest.raises(Damaged, match=words) as error:
        component.check(stage, facts, 1)
    assert cases.WORD not in str(error.value)


def test_the_secrets_of_a_set_are_in_the_order_in_which_they_are_applied_by_hand(collected):
    """One after the other, as docs/playbooks/restore.md has it: of one name the older first, the state before all."""
    stage, _facts = collected
    found = [one["metadata"]["name"] for one in cases.items(stage, "secrets")]
    for one_round, next_round in itertools.pairwise(garden_state.rounds(cases.items(stage, "secrets"))):
        newer = {garden_state.purpose(one): one["metadata"]["name"] for one in next_round}
        for one in one_round:
            if later := newer.get(garden_state.purpose(one)):
                assert found.index(one["metadata"]["name"]) < found.index(later)
    assert found[-2:] == ["bucket", "dns"]
