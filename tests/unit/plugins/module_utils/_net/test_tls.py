"""Whom clients believe: an authority made by hand too, as curl and Go do, whatever Python; and nobody else."""

from __future__ import annotations

import base64
import importlib.util
import shutil
import socket
import ssl
import sys
import typing as t
import urllib.error
import urllib.request
from collections.abc import Iterator
from pathlib import Path

import pytest
import yaml
from ansible_collections.metalstack.autonomous.plugins.module_utils._artifact import transport
from ansible_collections.metalstack.autonomous.plugins.module_utils._backup import plain_store
from ansible_collections.metalstack.autonomous.plugins.module_utils._backup.settings import Storage
from ansible_collections.metalstack.autonomous.plugins.module_utils._k3s import agent_token, client, layout
from ansible_collections.metalstack.autonomous.plugins.module_utils._kube import client as kube
from ansible_collections.metalstack.autonomous.plugins.module_utils._metal import v1
from ansible_collections.metalstack.autonomous.plugins.module_utils._metal.settings import V1, Endpoint
from ansible_collections.metalstack.autonomous.plugins.module_utils._net import https, tls
from ansible_collections.metalstack.autonomous.plugins.module_utils._pdns import client as pdns
from ansible_collections.metalstack.autonomous.tests.unit.plugins.module_utils._net import bare_certificates
from ansible_collections.metalstack.autonomous.tests.unit.plugins.module_utils._net.bare_certificates import Site

# In the words of each client.
REFUSED = r"(?i)certificate.verify.failed"
ROLES = Path(__file__).resolve().parents[5] / "roles"


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Site:
    return bare_certificates.site(tmp_path_factory.mktemp("site"))


@pytest.fixture(scope="module")
def stranger(tmp_path_factory: pytest.TempPathFactory) -> Site:
    """Somebody else's, of the same names."""
    return bare_certificates.site(tmp_path_factory.mktemp("stranger"))


@pytest.fixture(scope="module")
def port(site: Site) -> Iterator[int]:
    with bare_certificates.served(site) as found:
        yield found


class Asking(t.NamedTuple):
    """Where to ask, with the authority that is believed, as whom, and a directory for what else is needed."""

    port: int
    authority: Path
    own: Site
    directory: Path
    monkeypatch: pytest.MonkeyPatch


def program(name: str) -> t.Any:
    """One that a role gives to hosts, as a module."""
    spec = importlib.util.spec_from_file_location(Path(name).stem, ROLES / name)
    assert spec and spec.loader
    found = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(found)
    return found


def kubeconfig(asking: Asking) -> Path:
    def data(file: Path) -> str:
        return base64.b64encode(file.read_bytes()).decode()

    cluster = {"server": url(asking), "certificate-authority-data": data(asking.authority)}
    user = {"client-certificate-data": data(asking.own.certificate), "client-key-data": data(asking.own.key)}
    whole = {
        "current-context": "c",
        "contexts": [{"name": "c", "context": {"cluster": "c", "user": "u"}}],
        "clusters": [{"name": "c", "cluster": cluster}],
        "users": [{"name": "u", "user": user}],
    }
    file = asking.directory / "kubeconfig"
    file.write_text(yaml.safe_dump(whole, width=10**6))
    return file


def url(asking: Asking) -> str:
    return f"https://127.0.0.1:{asking.port}"


def by_the_context(asking: Asking) -> None:
    for given in ({"cafile": str(asking.authority)}, {"cadata": asking.authority.read_text()}):
        urllib.request.urlopen(url(asking), timeout=5, context=tls.context(**given)).close()


def of_a_service(asking: Asking) -> None:
    """As roles do until it answers."""
    assert https.ask(url(asking), [200], str(asking.authority)) == (200, {})


def of_powerdns(asking: Asking) -> None:
    endpoint = pdns.Endpoint(url(asking), "key", str(asking.authority), 5.0)
    pdns.Client(endpoint).request("GET", "/zones", attempts=1)


def of_kubernetes(asking: Asking) -> None:
    own = (str(asking.own.certificate), str(asking.own.key))
    client.Client(url(asking), str(asking.authority), *own, client.Deadline(5.0)).find("/")


def of_an_object_storage(asking: Asking) -> None:
    storage = Storage(url(asking), "r", "b", True, "", "access", "secret")
    plain_store.PlainStore(storage, asking.authority.read_text()).get("key")


def with_an_agents_token(asking: Asking) -> None:
    shutil.copy(asking.authority, asking.directory / "server-ca.crt")
    asking.monkeypatch.setattr(layout, "TLS_DIR", str(asking.directory))
    asking.monkeypatch.setattr(layout, "API_PORT", asking.port)
    assert agent_token.answer("token") == (200, "{}")


def for_an_artifact(asking: Asking) -> None:
    """From a server that the system believes, such as a mirror of a company."""
    asking.monkeypatch.setenv("SSL_CERT_FILE", str(asking.authority))
    assert transport.Transport(asking.directory).read(url(asking)) == b"{}"


def for_the_leadership_of_etcd(asking: Asking) -> None:
    for file, name in zip(
        (asking.authority, asking.own.certificate, asking.own.key), ("ca.crt", "own.crt", "own.key"), strict=True
    ):
        shutil.copy(file, asking.directory / name)
    hand_over = program("k3s_cluster/files/hand_over_etcd.py")
    asking.monkeypatch.setattr(hand_over, "TLS", str(asking.directory))
    hand_over.opener_with("ca", "own").open(url(asking), timeout=5).close()


def for_samples(asking: Asking) -> None:
    """What comes would be given to the host's own store, which is not there."""
    (asking.directory / "password").write_text("p")
    catch_up = program("victoria_metrics/files/catch_up.py")
    asking.monkeypatch.setattr(catch_up, "TIMEOUT", 5)
    with pytest.raises(urllib.error.URLError) as ended:
        catch_up.bring(url(asking), "http://127.0.0.1:1", str(asking.authority), asking.directory / "password", (1, 2))
    if not isinstance(ended.value.reason, ConnectionRefusedError):
        raise ended.value


def for_a_lease(asking: Asking) -> None:
    leases = program("kube_vip/files/vip_guard.py").Leases(kubeconfig(asking))
    leases._refresh()
    urllib.request.urlopen(url(asking), timeout=5, context=leases.context).close()


def of_another_cluster(asking: Asking) -> None:
    pytest.importorskip("kubernetes")
    assert kube.Cluster(kubeconfig(asking), seconds=5).find("/") == {}


def of_metal_stack(asking: Asking) -> None:
    pytest.importorskip("metal_python")
    endpoint = Endpoint(V1, url(asking), hmac="secret", timeout=5.0, ca_path=str(asking.authority))
    assert v1.ClientV1(endpoint).call("GET", "/v1/version") == {}


CLIENTS = [
    *(
        by_the_context,
        of_a_service,
        of_powerdns,
        of_kubernetes,
        of_an_object_storage,
        with_an_agents_token,
        for_an_artifact,
    ),
    *(for_the_leadership_of_etcd, for_samples, for_a_lease, of_another_cluster, of_metal_stack),
]


@pytest.mark.parametrize("ask", CLIENTS)
def test_an_authority_that_was_made_by_hand_is_believed(
    ask: t.Callable[[Asking], None], site: Site, port: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    ask(Asking(port, site.authority, site, tmp_path, monkeypatch))


@pytest.mark.parametrize("ask", CLIENTS)
def test_what_another_authority_has_signed_is_not(
    ask: t.Callable[[Asking], None],
    site: Site,
    stranger: Site,
    port: int,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    with pytest.raises(Exception, match=REFUSED):
        ask(Asking(port, stranger.authority, site, tmp_path, monkeypatch))


def test_another_host_of_the_authority_is_not_believed(site: Site, port: int) -> None:
    with (
        socket.create_connection(("127.0.0.1", port), 5) as plain,
        pytest.raises(ssl.SSLCertVerificationError, match="Hostname mismatch"),
    ):
        tls.context(str(site.authority)).wrap_socket(plain, server_hostname="elsewhere.example.org")


@pytest.mark.filterwarnings("ignore:Unverified HTTPS request")
def test_a_kubeconfig_that_verifies_nobody_still_does_not(
    stranger: Site, site: Site, port: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    pytest.importorskip("kubernetes")
    file = kubeconfig(Asking(port, stranger.authority, site, tmp_path, monkeypatch))
    whole = yaml.safe_load(file.read_text())
    whole["clusters"][0]["cluster"] = {"server": f"https://127.0.0.1:{port}", "insecure-skip-tls-verify": True}
    file.write_text(yaml.safe_dump(whole))
    assert kube.Cluster(file, seconds=5).find("/") == {}


@pytest.mark.skipif(sys.version_info < (3, 13), reason="Python is not that strict yet")
def test_python_itself_would_refuse_it(site: Site, port: int) -> None:
    with pytest.raises(urllib.error.URLError, match=REFUSED):
        urllib.request.urlopen(
            f"https://127.0.0.1:{port}", timeout=5, context=ssl.create_default_context(cafile=str(site.authority))
        )
