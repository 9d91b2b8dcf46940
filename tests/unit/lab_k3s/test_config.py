from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from lab.k3s.standin import config


@pytest.mark.parametrize(
    ("documents", "merged"),
    [
        ([{"a": 1}, {"a": 2}], {"a": 2}),
        ([{"a": [1]}, {"a": [2]}], {"a": [2]}),
        ([{"a": [1]}, {"a+": [2]}], {"a": [1, 2]}),
        ([{"a": "x"}, {"a+": "y"}], {"a": ["x", "y"]}),
        ([{"a": None}, {"a+": "y"}], {"a": ["y"]}),
        ([{"a+": ["y"]}], {"a": ["y"]}),
        ([None, {"a": 1}, {}], {"a": 1}),
    ],
)
def test_later_documents_win_and_a_plus_appends(documents: list[Any], merged: dict[str, Any]) -> None:
    assert config.merge(documents) == merged


def test_values_become_arguments_in_the_order_of_their_keys() -> None:
    merged = {"cluster-init": True, "tls-san": ["a", "b"], "t": "word", "v": 2, "empty": None}
    assert config.arguments(merged) == [
        "--cluster-init=true",
        "--tls-san=a",
        "--tls-san=b",
        "-t=word",
        "-v=2",
        "--empty=",
    ]


@pytest.mark.parametrize(
    ("argv", "environ", "place"),
    [
        ([], {}, config.DEFAULT),
        (["--config", "/a"], {}, "/a"),
        (["--config=/a"], {}, "/a"),
        (["-c=/a"], {"K3S_CONFIG_FILE": "/b"}, "/b"),
    ],
)
def test_the_environment_places_the_configuration_before_the_command_line(
    argv: list[str], environ: dict[str, str], place: str
) -> None:
    assert config.location(argv, environ) == Path(place)


def test_drop_ins_follow_the_main_file_by_name_and_need_not_have_one(tmp_path: Path) -> None:
    base = tmp_path / "config.yaml"
    dropins = tmp_path / "config.yaml.d"
    dropins.mkdir()
    (dropins / "20-b.yml").write_text("node-name: b\nnode-label+: [x=2]\n")
    (dropins / "10-a.yaml").write_text("node-name: a\nnode-label: [x=1]\n")
    (dropins / "30-c.txt").write_text("node-name: c\n")
    assert config.read([f"--config={base}"], {}) == ["--node-name=b", "--node-label=x=1", "--node-label=x=2"]
