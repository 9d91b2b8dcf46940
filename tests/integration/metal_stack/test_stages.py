"""Two stages in one run, in two clusters, with roles of their own."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from playing import NAMESPACE, Stage, play
from upstream import Upstream


def test_two_stages_share_nothing(stage: Stage, other: Callable[[Upstream], Stage], tmp_path: Path):
    second = other(Upstream(tmp_path / "upstream-of-target"))
    second.tag = "v2.0.0"
    # The cache of a release vector is one file in the temporary directory, whoever asks.
    fail = {"name": "Refuse a cache of others", "ansible.builtin.assert": {"that": "from_cache is not defined"}}
    for upstream, name in ((stage.upstream, "first"), (second.upstream, "second")):
        template = upstream.template("nsq")
        upstream.role("nsq", [fail], template.replace("info", name), {"nsq_log_level": name})
    run = play(stage, second)
    assert run.output.count("nsq: it was never deployed") == 2
    for one, level, tag in ((stage, "first", "v1.0.0"), (second, "second", "v2.0.0")):
        found = one.cluster.request(f"/apis/apps/v1/namespaces/{NAMESPACE}/statefulsets/nsqd")
        container = found["spec"]["template"]["spec"]["containers"][0]
        assert container["env"] == [{"name": "LEVEL", "value": level}]
        assert container["image"] == f"registry.example/nsq:{tag}"
    assert stage.secret() and second.secret()
    assert not set(stage.secret().values()) & set(second.secret().values())
    assert play(stage, second).changed == 0
