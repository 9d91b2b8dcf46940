"""The kubeconfig of a virtual garden, which a real API server answers."""

from __future__ import annotations

import base64
import json
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from ansible_collections.metalstack.autonomous.plugins.modules import gardener_garden_kubeconfig
from garden import CertificateAuthority
from operator_stand_in import GENERIC, TOKEN_SECRET, Operator
from runtime import SPACE, Runtime, version

Have = Callable[..., dict[str, Any]]
Keep = Callable[..., dict[str, Any]]


@pytest.fixture
def operator(runtime: Runtime, virtual: Runtime) -> Iterator[Operator]:
    """It hands out a token of the virtual garden's API server."""
    with Operator(runtime, version(), virtual).running() as running:
        yield running


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "garden.kubeconfig"


@pytest.fixture
def keep(run: Callable[..., dict[str, Any]], virtual: Runtime, operator: Operator, path: Path) -> Keep:
    def keep(check: bool = False, **more: Any) -> dict[str, Any]:
        server = f"https://localhost:{virtual.port}"
        return run(gardener_garden_kubeconfig, check, **{"path": str(path), "server": server, "timeout": 15, **more})

    return keep


def test_a_kubeconfig_is_kept_that_lets_in(have: Have, keep: Keep, path: Path, virtual: Runtime) -> None:
    have()
    told = keep()
    assert not told.get("failed"), told
    assert (told["changed"], told["granted"], told["reason"]) == (True, True, "there is none")
    assert path.stat().st_mode & 0o777 == 0o600 and virtual.token not in str(told)
    config = json.loads(path.read_text())
    assert config["users"][0]["user"]["token"] == virtual.token
    assert config["clusters"][0]["cluster"]["tls-server-name"] == "api.garden.site-a.example.org"
    assert keep()["changed"] is False


def test_a_garden_that_lets_nobody_in_is_told(have: Have, keep: Keep, path: Path) -> None:
    have()
    told = keep(timeout=1, server="https://127.0.0.1:1")
    assert told["failed"] and "the virtual garden answers at https://127.0.0.1:1" in told["msg"] and not path.exists()


def test_a_file_that_others_may_read_is_mended(have: Have, keep: Keep, path: Path) -> None:
    have()
    keep()
    path.chmod(0o644)
    told = keep()
    assert told["changed"] and told["reason"] == "" and path.stat().st_mode & 0o777 == 0o600


def test_check_mode_requests_and_writes_nothing(have: Have, keep: Keep, path: Path, runtime: Runtime) -> None:
    have()
    told = keep(check=True)
    assert told["changed"] and told["granted"] and not path.exists() and runtime.secret(TOKEN_SECRET) is None
    keep()
    assert keep(check=True)["changed"] is False


def test_it_is_written_anew_when_the_authority_is_rotated(
    have: Have, keep: Keep, runtime: Runtime, virtual: Runtime
) -> None:
    have()
    keep()
    name = (runtime.garden() or {})["metadata"]["annotations"][GENERIC]
    # While it is being rotated, the former one and the next one count.
    both = f"{virtual.authority}{CertificateAuthority('next').pem}"
    cluster = {"certificate-authority-data": base64.b64encode(both.encode()).decode()}
    config = json.dumps({"clusters": [{"name": "garden", "cluster": cluster}]})
    data = {"kubeconfig": base64.b64encode(config.encode()).decode()}
    runtime.request(f"{SPACE}/secrets/{name}", "PATCH", {"data": data}, "application/merge-patch+json")
    told = keep()
    assert not told.get("failed") and told["reason"] == "the authority of the garden is rotated", told


def test_a_token_that_never_comes_is_told(have: Have, keep: Keep, operator: Operator) -> None:
    have()
    operator.stop()
    told = keep(timeout=1)
    assert told["failed"] and f"Secret garden/{TOKEN_SECRET} has a token: seen none yet" in told["msg"]
    operator.start()
    assert not keep().get("failed")


def test_without_a_garden_nothing_is_waited_for(keep: Keep, runtime: Runtime) -> None:
    told = keep()
    assert told["failed"] and told["over"] and "Garden garden is there: seen there is none" in told["msg"]


@pytest.mark.parametrize(
    ("more", "said"),
    [
        ({"expiration": 60}, "expected 600 seconds or more"),
        ({"refresh_before": 28800}, "expected fewer seconds than expiration"),
        ({"path": "/nowhere/kubeconfig"}, "there is no directory /nowhere"),
    ],
)
def test_bad_input_changes_nothing(keep: Keep, runtime: Runtime, more: dict[str, Any], said: str) -> None:
    told = keep(**more)
    assert told["failed"] and said in told["msg"] and runtime.secret(TOKEN_SECRET) is None


def test_another_file_is_not_overwritten(have: Have, keep: Keep, path: Path) -> None:
    have()
    path.write_text("kind: something else\n")
    told = keep()
    assert told["failed"] and "so it is not overwritten" in told["msg"]
    assert path.read_text() == "kind: something else\n"
