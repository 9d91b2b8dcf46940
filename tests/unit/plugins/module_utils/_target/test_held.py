"""What keeps a restored shoot from being let go."""

from __future__ import annotations

import base64
from typing import Any

import pytest
from ansible_collections.metalstack.autonomous.plugins.module_utils._target import held

PEM = "-----BEGIN CERTIFICATE-----\nours\n-----END CERTIFICATE-----\n"
OTHER = PEM.replace("ours", "anew")
API = "https://api.stack.target.example.org"
SEED = "https://api.initial.example.org:6443"


def secret(pem: str) -> dict[str, Any]:
    return {"data": {"ca.crt": base64.b64encode(pem.encode()).decode()}}


def found(**more: Any) -> held.Found:
    state = {
        "spec": {"gardener": [{"name": "ca-1", "type": "secret", "labels": {**held.AUTHORITY, "persist": "true"}}]}
    }
    whole = held.Found({"external": API}, {"external": API}, PEM, state, [secret(PEM)], f"{SEED}/", SEED)
    return whole._replace(**more)


@pytest.mark.parametrize(
    ("of", "expected"),
    [
        (found(trusted=""), "the garden publishes no authority of it"),
        (found(secrets=[]), "gardenlet would make new ones for a cluster that runs"),
        (found(secrets=[secret(OTHER)]), "another authority than the garden publishes"),
        (found(secrets=[{}]), "another authority than the garden publishes"),
        (found(state=None), "there is no ShootState"),
        (found(state={"spec": {}}), "its ShootState has no authority"),
        (found(servers={}), f"its address external was {API} and is none"),
        (found(servers={"external": "https://elsewhere"}), "and is https://elsewhere"),
        (found(seed_url=""), f"firewalls call the seed's API {SEED}, and ConfigMap garden/seed-api-server has none"),
        (found(seed_url="https://192.0.2.1:6443"), "has https://192.0.2.1:6443"),
        (found(seed_url=SEED.replace("6443", "443")), "firewalls call the seed's API"),
    ],
)
def test_it_stays_held(of: held.Found, expected: str) -> None:
    (said,) = held.complaints(of)
    assert expected in said and " -> " in said


@pytest.mark.parametrize(
    "of",
    [
        found(),
        # While an authority is rotated there are two, and both are published.
        found(trusted=OTHER + PEM, secrets=[secret(OTHER), secret(PEM)]),
        found(before={}),
        found(expected="", seed_url=""),
        found(seed_url=f"{SEED.replace('.org', '.org.')}/"),
    ],
)
def test_it_is_let_go(of: held.Found) -> None:
    assert held.complaints(of) == []


def test_all_is_told_at_once() -> None:
    assert len(held.complaints(found(secrets=[], state=None, seed_url="", servers={}))) == 4
