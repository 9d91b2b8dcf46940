"""What is recorded of a component, and what of it is another one."""

from __future__ import annotations

import pytest
from ansible_collections.metalstack.autonomous.plugins.module_utils._metal_stack import record

ROLES = {"metal-roles": {"version": "v0.31.0", "digest": "sha256:1", "repository": "local"}}
VARIABLES = {"nsq_log_level": "info", "nsq_certs_client_key": "a key"}


def entry(release="v0.22.18", roles=ROLES, variables=VARIABLES, key="k"):
    return record.entry("nsq", release, roles, variables, key)


def test_what_is_as_it_was_is_no_reason():
    written = record.parse({"nsq": record.encode(entry())})["nsq"]
    assert record.reasons(written, entry()) == []
    # Another release of the same roles and variables deploys the same.
    assert record.reasons(written, entry(release="v0.22.19")) == []


@pytest.mark.parametrize(
    ("before", "after", "expected"),
    [
        (None, entry(), ["it was never deployed"]),
        (entry(), entry(variables={**VARIABLES, "nsq_log_level": "debug"}), ["variables: nsq_log_level"]),
        (entry(), entry(variables={}), ["variables: nsq_certs_client_key, nsq_log_level"]),
        (
            entry(),
            entry(roles={"metal-roles": {"version": "v0.32.0", "digest": "sha256:2"}}),
            ["role metal-roles: v0.31.0 -> v0.32.0"],
        ),
        (entry(), entry(roles={}), ["role metal-roles: v0.31.0 -> none"]),
        ({**entry(), record.UNFINISHED: True}, entry(), ["its last deployment did not come to its end"]),
        ({**entry(), "format": 0}, entry(), ["what is done around its roles has changed"]),
    ],
)
def test_why_a_component_is_deployed(before, after, expected):
    assert record.reasons(before, after) == expected


def test_values_are_not_in_a_record_and_cannot_be_guessed_without_its_key():
    text = record.encode(entry())
    assert "a key" not in text
    assert "debug" not in text
    assert entry(key="k")["variables"] != entry(key="another")["variables"]


def test_what_nobody_could_have_written_is_no_entry():
    assert record.parse({"nsq": "{", "metal": "[]"}) == {}
    assert record.parse(None) == {}


def test_a_diff_shows_versions():
    assert record.shown(entry()) == "release: v0.22.18\nrole metal-roles: v0.31.0\n"
    assert record.shown(None) == ""
