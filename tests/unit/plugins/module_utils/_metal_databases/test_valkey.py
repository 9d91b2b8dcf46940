from __future__ import annotations

import pytest
from ansible_collections.metalstack.autonomous.plugins.module_utils._kube.done import Done
from ansible_collections.metalstack.autonomous.plugins.module_utils._metal_databases import valkey
from ansible_collections.metalstack.autonomous.plugins.module_utils._metal_databases.errors import (
    DatabaseError,
    NotRunning,
)
from ansible_collections.metalstack.autonomous.plugins.module_utils._metal_databases.sentinels import Counted

INFO = "PONG\n# Persistence\r\nloading:{loading}\r\nasync_loading:1\r\n"
COUNTED = (
    '{"table":"db0/tokenstore_/string","rows":3,"passing":2}\n{"counted":0}\n'
    '{"rows":1,"passing":0,"table":"db2/other/hash"}\n{"counted":2}\n'
)


def test_keys_are_counted_by_what_they_are():
    found = valkey.counted(Done(0, COUNTED, ""))
    assert found == Counted({"db0/tokenstore_/string": 3, "db2/other/hash": 1}, {}, {"db0/tokenstore_/string": 2})


@pytest.mark.parametrize("output", ["", COUNTED[:56], '{"counted":0}\n', '{"counted":2}\n{"counted":0}\n'])
def test_an_output_that_ends_early_is_an_error(output):
    with pytest.raises(DatabaseError, match="before all databases were counted"):
        valkey.counted(Done(0, output, ""))


@pytest.mark.parametrize(
    ("output", "kind", "said"),
    [
        (INFO.format(loading=1), NotRunning, "still loads"),
        ("PONG\n", DatabaseError, "does not tell whether it loads"),
        ("NOPE\nloading:0\n", DatabaseError, "answered 'NOPE'"),
    ],
)
def test_one_that_has_not_its_data_does_not_run(output, kind, said):
    valkey.answers(Done(0, INFO.format(loading=0), ""))
    with pytest.raises(DatabaseError, match=said) as caught:
        valkey.answers(Done(0, output, ""))
    assert type(caught.value) is kind


@pytest.mark.parametrize(
    ("output", "errors", "kind"),
    [
        ("", "Could not connect to Valkey at 127.0.0.1:6379: Connection refused", NotRunning),
        ("", "LOADING Valkey is loading the dataset in memory", NotRunning),
        ("", "NOAUTH Authentication required.", DatabaseError),
        ("", "sh: valkey-cli: not found", DatabaseError),
    ],
)
@pytest.mark.parametrize("ask", [valkey.answers, valkey.counted])
def test_one_that_is_down_is_told_from_one_that_refuses(ask, output, errors, kind):
    with pytest.raises(DatabaseError) as caught:
        ask(Done(1, output, errors))
    assert type(caught.value) is kind and errors in str(caught.value)
