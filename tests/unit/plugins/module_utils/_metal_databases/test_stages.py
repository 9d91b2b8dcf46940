from __future__ import annotations

import pytest
from ansible_collections.metalstack.autonomous.plugins.module_utils._metal_databases import stages
from ansible_collections.metalstack.autonomous.plugins.module_utils._metal_databases.stages import Stage

OURS = Stage("prod", "https://s3.example", "one")


@pytest.mark.parametrize(
    ("other", "words"),
    [
        (Stage("initial-prod", "https://s3.example", "another"), []),
        # One mistake in the name of a bucket from being given the other's backups.
        (Stage("prod-initial", "https://s3.example", "another"), ["prod begins the name of stage prod-initial"]),
        (Stage("pro", "https://s3.elsewhere", "one"), ["pro begins the name of stage prod"]),
        (Stage("test", "https://s3.elsewhere", "one"), []),
        (Stage("prod", "https://s3.elsewhere", "another"), ["stage prod is there twice"]),
        (Stage("test", "https://S3.example/", "one"), ["stages prod and test share https://s3.example/one"]),
        (Stage("test", "https://s3.example:443", "one"), ["stages prod and test share https://s3.example/one"]),
        (Stage("test", "https://s3.example:8443", "one"), []),
        (Stage("test", "http://s3.example", "one"), []),
        (Stage("test", "s3.example:443", "one"), []),
        (Stage("prod-initial", "https://s3.example", "one"), ["share", "prod begins the name of stage prod-initial"]),
        (Stage("pro", "https://s3.example", "one"), ["share", "pro begins the name of stage prod"]),
    ],
)
def test_a_stage_shares_neither_name_nor_bucket(other, words):
    found = stages.complaints(OURS, [other])
    assert len(found) == len(words) and all(word in one for word, one in zip(words, found, strict=True))


@pytest.mark.parametrize("name", ["", "Prod", "prod_1", "-prod", "prod/", "prod-"])
def test_a_stage_has_a_name_that_keys_may_have(name):
    assert "expected small letters" in stages.complaints(OURS._replace(name=name), [])[0]


def test_two_that_are_no_urls_are_one_only_if_they_are_the_same():
    assert stages.place("s3.example:443", "one") != stages.place("s3.example:8443", "one")
    assert stages.place("https://[::1", "one") == stages.place("https://[::1", "one")


def test_all_that_is_wrong_is_said_at_once():
    others = [Stage("prod", "", ""), Stage("test", OURS.endpoint, "one"), Stage("demo", OURS.endpoint, "one")]
    assert len(stages.complaints(OURS, others)) == 3
