"""Who asks whom: credentials, clocks, versions, time-outs, certificates; and nothing secret is ever told."""

from __future__ import annotations

import re
import sys
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from ansible_collections.metalstack.autonomous.plugins.module_utils._metal import retry
from ansible_collections.metalstack.autonomous.plugins.modules import metal_partition, metal_partition_info
from ansible_collections.metalstack.autonomous.plugins.plugin_utils._pki import certificate
from ansible_collections.metalstack.autonomous.plugins.plugin_utils._site import authority
from conftest import SERVERS, credentials
from fake.world import HMAC_KEY, Fault, token
from objects import partition, put_partition

ENVIRONMENT = (
    *("METAL_APIV2_URL", "METAL_APIV2_TOKEN", "METALCTL_URL", "METALCTL_API_URL"),
    *("METALCTL_HMAC", "METALCTL_APITOKEN", "METALCTL_API_TOKEN"),
)
LIST = {"v1": "GET /v1/partition", "v2": "PartitionService/List"}
TIMES_OUT = 0.2
FAILS = {"v1": 503, "v2": "unavailable"}


@pytest.fixture(autouse=True)
def bare_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ENVIRONMENT:
        monkeypatch.delenv(name, raising=False)


# credentials


@pytest.mark.parametrize("server", ["v1"], indirect=True)
def test_clocks_that_differ_are_told_as_such(server: Any, call: Any) -> None:
    server.world.clock_ahead = timedelta(seconds=120)
    said = call(server, metal_partition_info)["msg"]
    assert "the timestamp in your header is too old" in said
    assert re.search(
        "this host's clock is 1[12][0-9] s behind the server's: have both follow the same time servers", said
    )


@pytest.mark.parametrize("server", ["v1"], indirect=True)
def test_a_wrong_key_is_told_as_such(server: Any, call: Any) -> None:
    result = call(server, metal_partition_info, api_hmac="another-hmac-key")
    assert "Wrong HMAC found (HTTP 403); is api_hmac the key of the server" in result["msg"]


def test_an_expired_token_is_told_with_its_time(server: Any, call: Any) -> None:
    result = call(server, metal_partition_info, api_token=token(lifetime=timedelta(hours=-1)))
    day = (datetime.now(UTC) - timedelta(hours=1)).strftime("%Y-%m-%d")
    assert f"the token expired at {day}T" in result["msg"]
    assert result["msg"].endswith(": get a new one")
    assert len(server.world.requests) == 1


def test_a_token_that_may_only_read_is_told_and_reads(server: Any, call: Any) -> None:
    viewer = token("viewer")
    if server.version == "v2":
        assert call(server, metal_partition_info, api_token=viewer)["partitions"] == []
    result = call(server, metal_partition, api_token=viewer, partitions=[partition(), partition("muc")])
    assert result["failed"]
    assert ("not allowed" if server.version == "v2" else "you are not member in one of") in result["msg"]
    assert len(server.world.writes()) <= 1


def test_a_token_works_on_both(server: Any, call: Any) -> None:
    assert call(server, metal_partition, api_token=token(), partitions=[partition()])["created"] == ["fra"]


# nothing secret


@pytest.mark.parametrize(
    "fault",
    [None, 500, 403, 400, "time-out"],
)
def test_no_secret_is_told_or_printed(
    server: Any, call: Any, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str], fault: Any
) -> None:
    """With DEBUG=1 the SDK of v1 would print every header."""
    monkeypatch.setenv("DEBUG", "1")
    codes = {500: "internal", 403: "unauthenticated", 400: "invalid_argument", None: None}
    if fault == "time-out":
        server.world.faults.append(Fault("artition", times=20, hangs=True))
    elif fault:
        status = fault if server.version == "v1" else codes[fault]
        server.world.faults.append(Fault("artition", times=20, status=status))
    for given in (credentials(server), {"api_token": token()}):
        secret = next(iter(given.values()))
        result = call(
            server,
            metal_partition,
            api_timeout=TIMES_OUT if fault == "time-out" else 30,
            **given,
            partitions=[partition()],
        )
        printed = capfd.readouterr()
        assert secret not in f"{result}{printed.out}{printed.err}"
        assert "Authorization" not in f"{printed.out}{printed.err}"


@pytest.mark.parametrize("given", ["option", "environment"])
def test_a_secret_that_the_server_repeats_is_masked(
    server: Any, run: Any, monkeypatch: pytest.MonkeyPatch, given: str
) -> None:
    secret = token()
    status = {"v1": 400, "v2": "invalid_argument"}[server.version]
    server.world.faults.append(Fault(LIST[server.version], status=status, message=f"what is {secret}?"))
    options = {"api_token": secret} if given == "option" else {}
    monkeypatch.setenv({"v1": "METALCTL_APITOKEN", "v2": "METAL_APIV2_TOKEN"}[server.version], secret)
    result = run(metal_partition_info, api_url=server.url, api_version=server.version, **options)
    assert "what is " in result["msg"]
    assert secret not in str(result)


def test_a_secret_with_blanks_is_refused_and_not_repeated(server: Any, call: Any) -> None:
    result = call(server, metal_partition_info, api_token="two words")
    assert "api_token: expected one word of printable ASCII, found more" in result["msg"]
    assert "two words" not in result["msg"]


# attempts


def test_a_read_is_tried_again(server: Any, call: Any) -> None:
    server.world.faults.append(Fault(LIST[server.version], times=3, status=FAILS[server.version]))
    assert call(server, metal_partition_info)["partitions"] == []
    assert len(server.world.requests) == 4


def test_a_read_is_not_tried_for_ever(server: Any, call: Any) -> None:
    server.world.faults.append(Fault(LIST[server.version], times=9, status=FAILS[server.version]))
    result = call(server, metal_partition_info)
    assert "out of order" in result["msg"]
    assert len(server.world.requests) == retry.ATTEMPTS


def test_a_write_is_never_tried_again(server: Any, call: Any) -> None:
    where = {"v1": "PUT ", "v2": "/Create"}[server.version]
    server.world.faults.append(Fault(where, times=9, status=FAILS[server.version]))
    result = call(server, metal_partition, partitions=[partition()])
    assert "whether it was made is not known: run again" in result["msg"]
    assert len(server.world.writes()) == 1


def test_a_refusal_is_not_tried_again(server: Any, call: Any) -> None:
    status = {"v1": 400, "v2": "invalid_argument"}[server.version]
    server.world.faults.append(Fault(LIST[server.version], times=9, status=status))
    assert call(server, metal_partition_info)["failed"]
    assert len(server.world.requests) == 1


def test_a_server_that_does_not_answer_in_time_is_told(server: Any, call: Any) -> None:
    server.world.faults.append(Fault(LIST[server.version], times=9, hangs=True))
    result = call(server, metal_partition_info, api_timeout=TIMES_OUT)
    assert "no answer within 0.2 s (api_timeout)" in result["msg"]


def test_a_write_that_is_not_answered_in_time_is_told_as_unknown(server: Any, call: Any) -> None:
    where = {"v1": "PUT ", "v2": "/Create"}[server.version]
    server.world.faults.append(Fault(where, times=9, hangs=True))
    call(server, metal_partition_info)  # so that reading is quick
    result = call(server, metal_partition, api_timeout=2, partitions=[partition()])
    assert "no answer within 2 s (api_timeout); whether it was made is not known: run again" in result["msg"]


def test_a_port_where_nobody_listens_is_told_with_its_url(call: Any, run: Any) -> None:
    for version, secret in (("v1", {"api_hmac": HMAC_KEY}), ("v2", {"api_token": token()})):
        result = run(metal_partition_info, api_url="http://127.0.0.1:1", api_version=version, **secret)
        assert "http://127.0.0.1:1" in result["msg"]


def test_a_path_where_there_is_no_api_is_told(server: Any, call: Any) -> None:
    result = call(server, metal_partition_info, api_url=f"{server.url}/elsewhere")
    assert result["failed"]
    assert "/elsewhere" in result["msg"]
    assert "is api_url" in result["msg"]


# versions


def test_what_the_server_speaks_is_found_out_without_a_credential(server: Any, call: Any) -> None:
    result = call(server, metal_partition_info, api_version="auto", api_token=token())
    assert result["api_version"] == server.version
    assert server.world.requests[0] == {"v1": "GET /v1/version", "v2": "api.v2.VersionService/Get"}[server.version]


def test_a_server_that_speaks_neither_is_told_with_both_reasons(run: Any) -> None:
    result = run(metal_partition_info, api_url="http://127.0.0.1:1", api_token=token())
    assert "neither API answers; give api_version if one should" in result["msg"]
    assert "v2: " in result["msg"]
    assert "v1: " in result["msg"]


@pytest.mark.parametrize("version", ["auto", "as is"])
def test_the_environment_counts_where_nothing_is_given(
    server: Any, run: Any, monkeypatch: pytest.MonkeyPatch, version: str
) -> None:
    names = {"v1": ("METALCTL_URL", "METALCTL_HMAC", HMAC_KEY), "v2": ("METAL_APIV2_URL", "METAL_APIV2_TOKEN", token())}
    url, credential, secret = names[server.version]
    monkeypatch.setenv(url, server.url)
    monkeypatch.setenv(credential, secret)
    asked = "auto" if version == "auto" else server.version
    result = run(metal_partition_info, api_version=asked)
    assert (result["api_version"], result["partitions"]) == (server.version, [])


# libraries


@pytest.mark.parametrize(
    ("version", "package", "module"),
    [
        ("v1", "metal-python", "metal_python.driver"),
        ("v1", "metal-python", "metal_python.rest"),
        ("v2", "metal-stack-api", "connectrpc.errors"),
        ("v2", "metal-stack-api", "metalstack.api.v2.partition_pb2"),
    ],
)
def test_a_library_that_is_missing_is_named(
    run: Any, monkeypatch: pytest.MonkeyPatch, version: str, package: str, module: str
) -> None:
    monkeypatch.setitem(sys.modules, module, None)
    result = run(metal_partition_info, api_url="http://127.0.0.1:1", api_version=version, api_token=token())
    assert f"API {version} needs the Python package {package} where the module runs (pip install" in result["msg"]


# certificates


@pytest.fixture(scope="module")
def issued(tmp_path_factory: pytest.TempPathFactory) -> tuple[str, tuple[str, str]]:
    """An authority's certificate, and a server's with its key."""
    directory = tmp_path_factory.mktemp("tls")
    issuer = certificate.authority(authority.generate("site"))
    text, key = certificate.issue(
        issuer, certificate.Subject((), ("127.0.0.1",)), timedelta(days=30), datetime.now(UTC) - timedelta(days=1)
    )
    for name, content in (("ca", issuer.pem), ("crt", text), ("key", key)):
        (directory / name).write_text(content)
    return str(directory / "ca"), (str(directory / "crt"), str(directory / "key"))


@pytest.fixture(params=SERVERS)
def secured(request: pytest.FixtureRequest, issued: Any) -> Iterator[Any]:
    with SERVERS[request.param](issued[1]) as server:
        yield server


def test_an_authority_of_ones_own_is_trusted_when_it_is_given(secured: Any, issued: Any, call: Any) -> None:
    assert call(secured, metal_partition_info, ca_path=issued[0])["partitions"] == []


def test_a_certificate_of_somebody_unknown_is_refused(secured: Any, call: Any) -> None:
    result = call(secured, metal_partition_info)
    assert result["failed"]
    assert secured.world.requests == []


def test_an_authority_that_is_not_there_is_told(secured: Any, tmp_path: Path, call: Any) -> None:
    assert f"ca_path {tmp_path}/none: " in call(secured, metal_partition_info, ca_path=f"{tmp_path}/none")["msg"]


# what is not the API


def strange(server: Any, where: str, status: int, text: str) -> Fault:
    """Something that stands before API v1 answers, or a path of API v2 leads elsewhere."""
    if server.version == "v1":
        return Fault(where, times=9, status=status, text=text)
    return Fault(where, times=9, status="unimplemented")


@pytest.mark.parametrize("text", ["<html>404</html>", '{"message": "no Route matched with those values"}'])
def test_a_removal_that_does_not_reach_the_api_is_not_told_as_done(server: Any, call: Any, text: str) -> None:
    put_partition(server)
    where = {"v1": "DELETE ", "v2": "/Delete"}[server.version]
    server.world.faults.append(strange(server, where, 404, text))
    result = call(server, metal_partition, partitions=[{"id": "fra", "state": "absent"}])
    assert (result["failed"], result["changed"], result["removed"]) == (True, False, [])
    assert "partition fra was not removed" in result["msg"] and "is api_url that of API" in result["msg"]
    assert result["diff"] == {"before": {}, "after": {}}


def test_a_removal_of_what_is_gone_meanwhile_is_done(server: Any, call: Any) -> None:
    put_partition(server)
    where = {"v1": "DELETE ", "v2": "/Delete"}[server.version]
    server.world.faults.append(Fault(where, meanwhile=server.tables["partition"].rows.clear))
    assert call(server, metal_partition, partitions=[{"id": "fra", "state": "absent"}])["removed"] == ["fra"]


@pytest.mark.parametrize("server", ["v1"], indirect=True)
def test_a_page_that_is_answered_with_success_is_not_api_v1(server: Any, call: Any) -> None:
    server.world.faults.append(Fault("GET /v1/partition", status=200, text="<html>hello</html>"))
    result = call(server, metal_partition_info)
    assert "expected JSON, found other text; is api_url that of API v1?" in result["msg"]


@pytest.mark.parametrize("server", ["v1"], indirect=True)
@pytest.mark.parametrize("status", [200, 401, 403])
def test_what_stands_before_a_server_does_not_speak_v1(server: Any, call: Any, status: int) -> None:
    server.world.faults.append(Fault("/v1/version", status=status, text="<html>who are you?</html>"))
    result = call(server, metal_partition_info, api_version="auto", api_token=token())
    assert "neither API answers" in result["msg"]


# too many calls


@pytest.mark.parametrize("server", ["v2"], indirect=True)
def test_who_has_asked_too_often_asks_api_v2(server: Any, call: Any) -> None:
    server.world.faults.append(Fault("VersionService/Get", status="resource_exhausted"))
    assert call(server, metal_partition_info, api_version="auto", api_token=token())["api_version"] == "v2"


@pytest.mark.parametrize("server", ["v2"], indirect=True)
def test_too_many_calls_end_a_list(server: Any, call: Any) -> None:
    server.world.faults.append(Fault("/Create", times=9, status="resource_exhausted"))
    result = call(server, metal_partition, partitions=[partition(), partition("muc")])
    assert "partition fra was not made" in result["msg"] and "muc" not in result["msg"]
    assert len(server.world.writes()) == 1


@pytest.mark.parametrize("server", ["v2"], indirect=True)
def test_a_list_goes_on_in_the_next_minute_of_the_server(
    server: Any, call: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(retry, "BUSY_PAUSE", 0.01)
    limit = "you have reached the per-minute API rate limit (limit: 100)"
    server.world.faults.append(Fault("/List", times=2, status="resource_exhausted", message=limit))
    server.world.faults.append(Fault("/Create", times=3, status="resource_exhausted", message=limit))
    result = call(server, metal_partition, partitions=[partition(), partition("muc")])
    assert "failed" not in result, result
    assert [one["id"] for one in call(server, metal_partition_info)["partitions"]] == ["fra", "muc"]


def test_a_timeout_of_nothing_is_refused(server: Any, call: Any) -> None:
    result = call(server, metal_partition_info, api_version="auto", api_token=token(), api_timeout=0)
    assert "api_timeout: expected more than 0" in result["msg"]
    assert server.world.requests == []
