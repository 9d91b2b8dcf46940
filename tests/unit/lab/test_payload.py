"""What hosts see as /opt/lab."""

from __future__ import annotations

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


def test_a_build_is_shown_by_its_name_and_version(tmp_path, monkeypatch):
    made = tmp_path / "builds/versitygw-0123"
    made.mkdir(parents=True)
    (made / "versitygw").write_text("program")
    monkeypatch.setattr(build, "ensure", lambda name, cache: made)
    payload.provide("versitygw", tmp_path, tmp_path / "payload")
    assert (tmp_path / "payload/versitygw/v1.8.0/versitygw").read_text() == "program"


def test_builds_of_one_product_lie_side_by_side(tmp_path, monkeypatch):
    made = tmp_path / "builds/kubernetes-1.34-0123"
    made.mkdir(parents=True)
    (made / "kubelet").write_text("program")
    monkeypatch.setattr(build, "ensure", lambda name, cache: made)
    payload.provide("kubernetes-1.34", tmp_path, tmp_path / "payload")
    assert (tmp_path / "payload/kubernetes/v1.34.4+k3s1/kubelet").read_text() == "program"
