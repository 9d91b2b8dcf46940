"""Values as tasks and APIs write them."""

from __future__ import annotations

import pytest
from ansible_collections.metalstack.autonomous.plugins.module_utils._metal import forms

RECORDS = forms.records(
    {
        "number": ("theNumber", forms.NUMBER),
        "text": ("text", forms.TEXT),
        "texts": ("texts", forms.ORDERED),
        "ours": (None, forms.FLAG),
    }
)


@pytest.mark.parametrize(
    ("form", "wire", "canonical"),
    [
        (forms.TEXT, "a", "a"),
        (forms.NUMBER, 7, 7),
        (forms.ORDERED, ["b", "a"], ["b", "a"]),
        (forms.SORTED, ["a", "b"], ["a", "b"]),
        (forms.ONE, "a:1", ["a:1"]),
        (forms.objects("ip"), [{"ip": "::1"}], ["::1"]),
        (forms.enum("X_"), "X_FIRST", "first"),
        (forms.enum("X_"), "X_FIRST_OF_ALL", "first-of-all"),
        (forms.enum("X_", {"ef00": "BOOT"}), "X_BOOT", "ef00"),
        (forms.enum("X_", {"ef00": "BOOT"}), "X_OTHER", "other"),
        (forms.enums("X_"), ["X_FIRST", "X_SECOND"], ["first", "second"]),
        (forms.MAP, {"a": "b"}, {"a": "b"}),
        (RECORDS, [{"theNumber": 0, "texts": ["a"]}], [{"number": 0, "text": "", "texts": ["a"], "ours": False}]),
        (RECORDS, [{"theNumber": 1, "text": "a"}], [{"number": 1, "text": "a", "texts": [], "ours": False}]),
        (forms.TIME, "2027-01-31T12:00:00Z", "2027-01-31T12:00:00Z"),
    ],
)
def test_what_is_read_is_written_back(form, wire, canonical):
    assert form.read(wire) == canonical
    assert form.write(canonical) == wire


@pytest.mark.parametrize(
    ("form", "wire", "canonical"),
    [
        (forms.TEXT, None, ""),
        (forms.NUMBER, "18446744073709551615", 2**64 - 1),
        (forms.NUMBER, None, 0),
        (forms.ORDERED, None, []),
        (forms.SORTED, ["b", "a"], ["a", "b"]),
        (forms.ONE, "", []),
        (forms.objects("ip"), None, []),
        (forms.enum("X_"), "X_UNSPECIFIED", ""),
        (forms.enum("X_"), None, ""),
        (forms.enums("X_"), ["X_B", "X_A"], ["a", "b"]),
        (forms.TIME, "2027-01-31T12:00:00.123Z", "2027-01-31T12:00:00Z"),
        (forms.TIME, "2027-01-31T13:00:00.123456789+01:00", "2027-01-31T12:00:00Z"),
        (forms.TIME, "0001-01-01T00:00:00Z", "0001-01-01T00:00:00Z"),
        (forms.TIME, None, ""),
        (forms.MAP, None, {}),
        (RECORDS, None, []),
        (RECORDS, [{"theNumber": "7"}], [{"number": 7, "text": "", "texts": [], "ours": False}]),
    ],
)
def test_what_is_absent_or_written_otherwise_is_canonical(form, wire, canonical):
    assert form.read(wire) == canonical


@pytest.mark.parametrize(
    ("given", "canonical"),
    [
        ("2027-01-31", "2027-01-31T00:00:00Z"),
        ("2027-01-31 12:00", "2027-01-31T12:00:00Z"),
        ("2027-01-31T12:00:00+02:00", "2027-01-31T10:00:00Z"),
    ],
)
def test_a_time_may_be_given_in_several_ways(given, canonical):
    assert forms.TIME.given(given) == canonical


def test_what_is_no_time_is_refused_with_an_example():
    with pytest.raises(ValueError, match="expected a time such as 2027-01-31T12:00:00Z, found 'soon'"):
        forms.TIME.given("soon")


@pytest.mark.parametrize(
    ("limit", "value", "expected"),
    [
        (forms.at_most(2), [1, 2], None),
        (forms.at_most(2), [1, 2, 3], "expected at most 2, found 3"),
        (forms.not_empty, [1], None),
        (forms.not_empty, [], "expected at least one, found none"),
        (forms.addresses, ["192.0.2.1", "2001:db8::1"], None),
        (forms.addresses, ["192.0.2.1", "host", "1.2.3"], "expected IP addresses, found host, 1.2.3"),
        (forms.addresses_or_names, ["192.0.2.1", "a.b-c.example", "a_b", "host."], None),
        (forms.addresses_or_names, ["-a", "a b"], "expected IP addresses or host names, found -a, a b"),
        (forms.in_future, "2999-01-01T00:00:00Z", None),
        (forms.in_future, "2000-01-01T00:00:00Z", "expected a time in the future, found 2000-01-01T00:00:00Z"),
    ],
)
def test_a_limit_says_what_it_expects_and_finds(limit, value, expected):
    assert limit(value) == expected


def test_a_record_of_a_task_is_filled_up():
    assert RECORDS.given([{"number": 1, "text": None, "ours": True}]) == [
        {"number": 1, "text": "", "texts": [], "ours": True}
    ]


def test_more_than_nothing_and_each_once():
    assert (forms.positive(1), forms.positive(0)) == (None, "expected more than 0, found 0")
    assert forms.each_once(["a", "b"]) is None
    assert forms.each_once(["b", "a", "b"]) == "expected each once, found b more than once"


def test_a_set_has_each_once():
    assert forms.enums("X_").given(["b", "a", "b"]) == ["a", "b"]
