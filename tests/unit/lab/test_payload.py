"""What hosts see as /opt/lab."""

from __future__ import annotations

import pytest

from lab import build, payload
from lab.payload import link_tree


def test_what_hosts_see_is_replaced_only_if_it_differs(tmp_path):
    source, target = tmp_path / "build", tmp_path / "payload/etcd/v1"
    source.mkdir()
    (source / "etcd").write_text("one")
    link_tree(source, target)
    inode = target.stat().st_ino
    link_tree(source, target)
    assert target.stat().st_ino == inode
    (source / "etcd").unlink()
    (source / "etcd").write_text("two")
    link_tree(source, target)
    assert (target / "etcd").read_text() == "two"
    assert [path.name for path in target.parent.iterdir()] == ["v1"]


@pytest.mark.parametrize(
    ("name", "program", "shown"),
    [
        ("versitygw", "versitygw", "versitygw/v1.8.0"),
        # Builds of one product lie side by side.
        ("kubernetes-1.34", "kubelet", "kubernetes/v1.34.4+k3s1"),
    ],
)
def test_a_build_is_shown_by_its_product_and_version(tmp_path, monkeypatch, name, program, shown):
    made = tmp_path / f"builds/{name}-0123"
    made.mkdir(parents=True)
    (made / program).write_text("program")
    monkeypatch.setattr(build, "ensure", lambda name, cache: made)
    payload.provide(name, tmp_path, tmp_path / "payload")
    assert (tmp_path / "payload" / shown / program).read_text() == "program"
