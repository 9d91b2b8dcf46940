from __future__ import annotations

from pathlib import Path

from lab.k3s.standin import images


def test_only_new_and_changed_archives_are_imported(tmp_path: Path) -> None:
    for name in ("a.tar", "b.tar.zst", "readme.txt"):
        (tmp_path / name).write_text(name)
    first = images.pending(tmp_path, {})
    assert list(first) == ["a.tar", "b.tar.zst"]
    assert images.pending(tmp_path, first) == {}
    (tmp_path / "a.tar").write_text("changed")
    assert list(images.pending(tmp_path, first)) == ["a.tar"]


def test_no_directory_is_no_image(tmp_path: Path) -> None:
    assert images.pending(tmp_path / "none", {}) == {}


def test_a_mirror_is_tried_before_its_registry(tmp_path: Path) -> None:
    source = tmp_path / "registries.yaml"
    source.write_text(
        'mirrors: {registry.example: {endpoint: ["https://mirror.example:5000"]}, "*": {endpoint: [any.example]}}\n'
        "configs: {'mirror.example:5000': {auth: {username: a, password: b}, tls: {ca_file: /ca.crt}}}\n"
    )
    images.registries(source, tmp_path / "out")
    assert (tmp_path / "out/registry.example/hosts.toml").read_text().splitlines() == [
        'server = "https://registry.example/v2"',
        "",
        '[host."https://mirror.example:5000/v2"]',
        '  capabilities = ["pull", "resolve"]',
        '  ca = ["/ca.crt"]',
        '  [host."https://mirror.example:5000/v2".header]',
        '    Authorization = "Basic YTpi"',
    ]
    assert '[host."https://any.example/v2"]' in (tmp_path / "out/_default/hosts.toml").read_text()
