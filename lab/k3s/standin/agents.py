"""Agents' certificates: requested with the agent token, approved where the node password fits, signed by Kubernetes."""

from __future__ import annotations

import base64
import time
from typing import Any

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from . import nodes, pki
from .api import Client
from .bootstrap_data import GROUPS
from .errors import Refusal
from .paths import write
from .settings import Settings

REQUESTS = "/apis/certificates.k8s.io/v1/certificatesigningrequests"
NODE, PASSWORD = "k3s.standin/node", "k3s.standin/node-password"
CLIENT_USES, SERVER_USES = ["digital signature", "client auth"], ["digital signature", "server auth"]


def request_certificates(settings: Settings, cluster: Client) -> None:
    node = f"system:node:{settings.node}"
    names = [settings.node, "localhost", "127.0.0.1", settings.address]
    for file, common_name, organisation, signer, uses, sans in (
        ("client-kubelet", node, "system:nodes", "kube-apiserver-client-kubelet", CLIENT_USES, []),
        ("serving-kubelet", node, "system:nodes", "kubelet-serving", SERVER_USES, names),
        ("client-kube-proxy", "system:kube-proxy", "", "kube-apiserver-client", CLIENT_USES, []),
    ):
        key = ec.generate_private_key(ec.SECP256R1())
        request = {
            "metadata": {
                "generateName": f"{settings.node}-{file}-",
                "annotations": {NODE: settings.node, PASSWORD: nodes.fingerprint(nodes.own_password())},
            },
            "spec": {
                "request": base64.b64encode(_request(key, common_name, organisation, sans)).decode(),
                "signerName": f"kubernetes.io/{signer}", "usages": uses,
                "expirationSeconds": pki.leaf_days() * 24 * 3600,
            },
        }  # fmt: skip
        certificate = _await(cluster, cluster.call("POST", REQUESTS, request)["metadata"]["name"])
        target = settings.paths.agent / file
        write(target.with_suffix(".key"), pki.key_pem(key))
        write(target.with_suffix(".crt"), certificate)


def _request(key: ec.EllipticCurvePrivateKey, common_name: str, organisation: str, names: list[str]) -> bytes:
    subject = [x509.NameAttribute(NameOID.ORGANIZATION_NAME, organisation)] if organisation else []
    subject.append(x509.NameAttribute(NameOID.COMMON_NAME, common_name))
    builder = x509.CertificateSigningRequestBuilder().subject_name(x509.Name(subject))
    if names:
        builder = builder.add_extension(pki.alternative(names), critical=False)
    return builder.sign(key, hashes.SHA256()).public_bytes(serialization.Encoding.PEM)


def _await(cluster: Client, name: str) -> bytes:
    deadline = time.monotonic() + 30
    while time.monotonic() < deadline:
        status = cluster.get(f"{REQUESTS}/{name}").get("status", {})
        if any(condition["type"] == "Denied" for condition in status.get("conditions", [])):
            raise Refusal(f"Failed to retrieve agent configuration: {nodes.REJECTED}")
        if status.get("certificate"):
            cluster.call("DELETE", f"{REQUESTS}/{name}")
            return base64.b64decode(status["certificate"])
        time.sleep(0.2)
    raise Refusal(f"Failed to retrieve agent configuration: nobody answered certificate request {name}")


def answer_requests(api: Client) -> None:
    """On the server whose etcd leads: approve agents with the right node password, deny the others."""
    for request in api.get(REQUESTS)["items"]:
        ours = GROUPS["agent"] in request["spec"].get("groups", [])
        if ours and not request.get("status", {}).get("conditions"):
            said = request["metadata"].get("annotations", {})
            accepted = nodes.password_accepted(api, said.get(NODE, ""), said.get(PASSWORD, ""))
            _decide(api, request, "Approved" if accepted else "Denied")


def _decide(api: Client, request: dict[str, Any], verdict: str) -> None:
    condition = {"type": verdict, "status": "True", "reason": "NodePassword", "message": "node password checked"}
    request["status"] = {"conditions": [condition]}
    api.call("PUT", f"{REQUESTS}/{request['metadata']['name']}/approval", request)
