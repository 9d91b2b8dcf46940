"""Sources of time in one form."""

from __future__ import annotations

import pytest
from ansible.errors import AnsibleFilterError
from ansible_collections.metalstack.autonomous.plugins.filter.ntp_sources import ntp_sources


def test_each_source_is_a_dictionary_with_options() -> None:
    own = {"address": "time.example.org", "type": "pool", "options": ["nts"]}
    assert ntp_sources(["192.0.2.1", {"address": "192.0.2.2"}, own]) == [
        {"address": "192.0.2.1", "options": ["iburst"]},
        {"address": "192.0.2.2", "options": ["iburst"]},
        own,
    ]
    assert ntp_sources(["192.0.2.1"], options=["nts"]) == [{"address": "192.0.2.1", "options": ["nts"]}]


@pytest.mark.parametrize("source", [{}, {"type": "pool"}, ""])
def test_a_source_without_an_address_is_refused(source) -> None:
    with pytest.raises(AnsibleFilterError, match="expected an address"):
        ntp_sources([source])
