"""Secrets are told apart from those whose copy is kept elsewhere, and never shown."""

from __future__ import annotations

from pathlib import Path

import yaml
from ansible_collections.metalstack.autonomous.plugins.filter.escrow_confirmed import escrow_confirmed
from ansible_collections.metalstack.autonomous.plugins.module_utils._site.secrets import fingerprint
from ansible_collections.metalstack.autonomous.plugins.module_utils._site.variables import SECRETS

ROLES = Path(__file__).resolve().parents[4] / "playbooks/roles/site/vars/main/monitoring.yml"


def test_a_copy_of_an_older_value_confirms_nothing() -> None:
    kept = {"a": fingerprint("one"), "b": fingerprint("two"), "d": fingerprint("")}
    assert escrow_confirmed({"a": "one\n", "b": "three", "c": "four", "d": ""}, kept) == {
        "a": True,
        "b": False,
        "c": False,
    }
    assert escrow_confirmed({"a": "one"}) == {"a": False}


def test_playbooks_ask_for_all_secrets_that_are_generated() -> None:
    assert tuple(yaml.safe_load(ROLES.read_text())["escrowed_secrets"]) == SECRETS
