"""What a run of ansible-playbook is given, and what it does not see."""

from __future__ import annotations

from pathlib import Path

import pytest
import yaml
from ansible_collections.metalstack.autonomous.plugins.module_utils._metal_stack import workspace
from ansible_collections.metalstack.autonomous.plugins.module_utils._metal_stack.errors import StackError


class Loader(yaml.SafeLoader):
    """Reads what Ansible takes literally as its text."""


Loader.add_constructor("!unsafe", lambda loader, node: ("unsafe", node.value))


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        ("plain", "plain"),
        ("{{ a }}", ("unsafe", "{{ a }}")),
        ("a {% b", ("unsafe", "a {% b")),
        ("lines\nof: it\n", "lines\nof: it\n"),
        (["{{ a }}", 1], [("unsafe", "{{ a }}"), 1]),
        ({"a": {"b": "{# c"}}, {"a": {"b": ("unsafe", "{# c")}}),
        (True, True),
        (None, None),
        (1.5, 1.5),
        ("0123", "0123"),
        ("yes", "yes"),
        ("2026-11-29", "2026-11-29"),
    ],
)
def test_variables_arrive_as_they_are_and_no_template_is_seen_in_them(value, expected):
    assert yaml.load(workspace.document({"name": value}), Loader) == {"name": expected}


def test_a_run_is_given_its_own_place_for_all_that_roles_share(tmp_path):
    space = workspace.Workspace(tmp_path, "prod")
    with space.held():
        work = space.prepare(["metal-roles/control-plane/roles/nsq"], {"a": "b"})
    held = yaml.safe_load((work / "inventory/group_vars/all.yml").read_text())
    assert held == {"a": "b", "helm_chart_remote_temp": f"{work}/helm-chart"}
    files = [path for path in work.rglob("*") if path.is_file()]
    assert {path.stat().st_mode & 0o777 for path in files} == {0o600}
    assert {path.stat().st_mode & 0o077 for path in (work, *work.rglob("*")) if path.is_dir()} == {0}
    outside = {
        "PATH": "/bin",
        "KUBECONFIG": "/theirs",
        "ANSIBLE_ROLES_PATH": "/theirs",
        "HOME": "/root",
        "TMPDIR": "/t",
    }
    found = workspace.environment(work, Path("/roles"), Path("/ours"), ["/collections"], outside)
    assert "/theirs" not in found.values()
    assert found["PATH"] == "/bin"
    assert found["KUBECONFIG"] == found["K8S_AUTH_KUBECONFIG"] == "/ours"
    assert found["ANSIBLE_ROLES_PATH"] == "/roles"
    assert found["HOME"].startswith(str(work)) and found["TMPDIR"].startswith(str(work))


def test_one_run_at_a_time_and_what_one_has_left_goes(tmp_path):
    space = workspace.Workspace(tmp_path, "prod")
    with space.held():
        left = space.prepare([], {})
        with pytest.raises(StackError, match="another run deploys stage prod"), space.held():
            pass
        # Another stage is none of its business.
        with workspace.Workspace(tmp_path, "test").held():
            pass
    assert left.exists()
    with space.held():
        assert not left.exists()
