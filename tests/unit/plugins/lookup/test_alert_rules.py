"""The lookup gives the files that the collection has."""

from __future__ import annotations

import pytest
import yaml
from ansible.errors import AnsibleLookupError
from ansible.plugins.loader import lookup_loader


@pytest.fixture
def lookup():
    return lookup_loader.get("metalstack.autonomous.alert_rules")


def test_all_files_are_rules(lookup):
    (files,) = lookup.run([], {}, scale=0.1, runbooks="https://docs.example.org/")
    assert {"etcd.yml", "monitoring.yml"} <= set(files)
    for text in files.values():
        (group,) = yaml.safe_load(text)["groups"]
        for rule in group["rules"]:
            assert rule["annotations"]["runbook"].startswith("https://docs.example.org/docs/")
            assert rule.get("for", "1s").endswith("s")


def test_some_can_be_chosen_and_others_are_refused(lookup):
    assert list(lookup.run(["etcd"], {})[0]) == ["etcd.yml"]
    with pytest.raises(AnsibleLookupError, match="no rules etc, only acme, backups"):
        lookup.run(["etc"], {})
    with pytest.raises(AnsibleLookupError, match="expected more than 0"):
        lookup.run([], {}, scale=0)
