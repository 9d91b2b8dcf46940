"""What a Secret shall hold, from texts and from files."""

from __future__ import annotations

import base64

import pytest
from ansible_collections.metalstack.autonomous.plugins.module_utils._gardener.errors import GardenError
from ansible_collections.metalstack.autonomous.plugins.module_utils._gardener_landscape import secret


def test_texts_and_files_are_held_as_they_are(tmp_path):
    file = tmp_path / "key"
    file.write_bytes(b"\xff\n")
    held = secret.read("Secret a", {"b": "ä"}, {"c": str(file)})
    made = secret.manifest("garden", "a", held, {})
    assert {key: base64.b64decode(value) for key, value in made["data"].items()} == {"b": "ä".encode(), "c": b"\xff\n"}


@pytest.mark.parametrize(
    ("data", "files", "said"),
    [
        ({"a": 1}, {}, "data.a has what is no text"),
        ({"a": "1"}, {"a": "/dev/null"}, "a is in data and in data_files"),
        ({}, {"a": "/dev/null"}, "/dev/null is empty"),
        ({}, {"a": "/none/b"}, "/none/b cannot be read"),
    ],
)
def test_what_cannot_be_held_is_refused_without_a_value(data, files, said):
    with pytest.raises(GardenError, match=said):
        secret.read("Secret a", data, files)


def test_all_forms_of_a_secret_are_masked():
    assert secret.texts_of({"a": b"hidden\n", "b": b""}) == {"hidden", base64.b64encode(b"hidden\n").decode()}
