"""The playbook that backs up a site now."""

from __future__ import annotations

import pytest
from playbook_tasks import ENVIRONMENT, included


def database_task():
    play = next(one for one in included("backup.yml") if one.get("name") == "Back up the site now")
    block = next(one for one in play["tasks"] if one["name"] == "Back up")["block"]
    return next(one for one in block if "metalstack.autonomous.backup_databases" in one)


@pytest.mark.parametrize(
    ("hosts", "chosen"),
    [(["ns1", "s1", "s2"], ["s1"]), (["ns1", "s2"], ["s2"]), (["ns1"], []), (["s2", "s1"], ["s2"])],
)
def test_databases_are_backed_up_by_one_server_of_the_run_whichever_it_is_limited_to(hosts, chosen):
    (condition,) = [one for one in database_task()["when"] if "inventory_hostname" in one]
    given = {"ansible_play_hosts": hosts, "groups": {"k3s_servers": ["s1", "s2"]}}
    asked = ENVIRONMENT.compile_expression(condition)
    assert [host for host in hosts if asked(inventory_hostname=host, **given)] == chosen


def test_databases_are_asked_for_as_long_as_the_site_says():
    module = database_task()["metalstack.autonomous.backup_databases"]
    timeout = ENVIRONMENT.from_string(module["timeout"])
    assert (timeout.render(), timeout.render(backup_databases_timeout=900)) == ("300", "900")
    assert module["expected"] == "{{ backup_databases_expected }}"
