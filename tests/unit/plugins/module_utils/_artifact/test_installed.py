"""Versions of programs, by links and processes."""

from __future__ import annotations

from pathlib import Path

from ansible_collections.metalstack.autonomous.plugins.module_utils._artifact import installed


def test_versions_are_those_that_are_linked_and_those_that_run() -> None:
    linked = ["/opt/kube-vip/v1.2.2/kube-vip", "/opt/k3s/v1.35.4+k3s1/k3s", "/usr/bin/python3", "/opt/etcd/etcd"]
    assert installed.versions(linked) == {"k3s": ["v1.35.4+k3s1"], "kube-vip": ["v1.2.2"]}
    runs = ["/opt/kube-vip/v1.2.1/kube-vip", "/opt/kube-vip/v1.2.2/kube-vip", "/opt/k3s/v1/other"]
    assert installed.versions([*linked, *runs])["kube-vip"] == ["v1.2.1", "v1.2.2"]


def test_a_link_says_what_it_names_and_a_file_says_nothing(tmp_path: Path) -> None:
    (tmp_path / "kube-vip").symlink_to("/opt/kube-vip/v1.2.2/kube-vip")
    (tmp_path / "script").touch()
    assert list(installed.linked(str(tmp_path))) == ["/opt/kube-vip/v1.2.2/kube-vip"]
    assert list(installed.linked(str(tmp_path / "away"))) == []


def test_a_process_runs_its_file_even_if_that_was_replaced(tmp_path: Path) -> None:
    for pid, target in (("7", "/opt/vmstorage/v1/vmstorage (deleted)"), ("8", "/usr/bin/victoria-metrics")):
        (tmp_path / pid).mkdir()
        (tmp_path / pid / "exe").symlink_to(target)
    # A thread of the kernel.
    (tmp_path / "2").mkdir()
    (tmp_path / "self").symlink_to("7")
    assert sorted(installed.running(str(tmp_path))) == ["/opt/vmstorage/v1/vmstorage", "/usr/bin/victoria-metrics"]
