"""Whose tokens the API takes."""

from __future__ import annotations

import json
from typing import Any

import pytest
from ansible_collections.metalstack.autonomous.plugins.module_utils._k3s import authentication, config, layout
from found import SETTINGS

ISSUER: dict[str, Any] = {"url": "https://id.example.net", "audiences": ["k3s"]}
PEM = "-----BEGIN CERTIFICATE-----\nMIIB\n-----END CERTIFICATE-----\n"


def test_an_issuer_that_says_little_gets_names_that_nobody_else_has() -> None:
    document = json.loads(authentication.render([ISSUER]))
    assert document["apiVersion"] == "apiserver.config.k8s.io/v1"
    assert document["jwt"] == [
        {
            "issuer": {"url": "https://id.example.net", "audiences": ["k3s"]},
            "claimMappings": {
                "username": {"claim": "sub", "prefix": "oidc:"},
                "groups": {"claim": "groups", "prefix": "oidc:"},
            },
        }
    ]


def test_an_issuer_that_says_all_has_all_of_it() -> None:
    more = {"audiences": ["k3s", "status"], "ca": PEM, "groups_claim": "", "required_claims": {"hd": "example.net"}}
    (jwt,) = json.loads(authentication.render([{**ISSUER, **more}]))["jwt"]
    assert jwt["issuer"]["audienceMatchPolicy"] == "MatchAny" and jwt["issuer"]["certificateAuthority"] == PEM
    assert "groups" not in jwt["claimMappings"]
    assert jwt["claimValidationRules"] == [{"claim": "hd", "requiredValue": "example.net"}]


def test_no_issuer_is_no_file_and_no_argument() -> None:
    settings = {**SETTINGS, "role": "server"}
    assert authentication.render([]) == ""
    arguments = config.cluster_config(settings)["kube-apiserver-arg"]
    assert not any("authentication" in one for one in arguments)
    given = config.cluster_config({**settings, "oidc_issuers": [ISSUER]})["kube-apiserver-arg"]
    assert given == [*arguments, f"authentication-config={layout.AUTHENTICATION_FILE}"]


def test_the_file_asks_for_no_restart() -> None:
    assert layout.AUTHENTICATION_FILE not in layout.RESTART_FILES


@pytest.mark.parametrize(
    ("more", "said"),
    [
        ({"url": "http://id.example.net"}, "url is 'http://id.example.net', expected https://HOST"),
        ({"url": ""}, "an issuer: url is ''"),
        ({"url": "https://id.example.net?x=1"}, "expected https://HOST"),
        ({"url": "https://user@id.example.net"}, "expected https://HOST"),
        ({"audiences": []}, "audiences is empty"),
        ({"audiences": [""]}, "audiences is empty"),
        ({"username_prefix": ""}, "username_prefix is ''"),
        ({"username_prefix": "system:"}, "username_prefix is 'system:'"),
        ({"groups_prefix": ""}, "groups_prefix is ''"),
        ({"username_claim": ""}, "username_claim is empty"),
        ({"ca": "/etc/ssl/ca.pem"}, "ca has no certificate"),
    ],
)
def test_what_lets_in_more_than_is_meant_is_named(more: dict[str, Any], said: str) -> None:
    (wrong,) = authentication.faults([{**ISSUER, **more}])
    assert said in wrong


def test_groups_that_are_not_taken_need_no_prefix() -> None:
    assert authentication.faults([{**ISSUER, "groups_claim": "", "groups_prefix": ""}]) == []


def test_one_issuer_is_given_once() -> None:
    assert authentication.faults([ISSUER, ISSUER]) == ["https://id.example.net is there twice"]
