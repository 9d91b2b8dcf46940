"""What a garden of metal-stack has before its first shoot, and a shoot such as metal-stack describes them."""

from __future__ import annotations

import copy
import urllib.error
from typing import Any, NamedTuple

from garden import Garden, Object, collection

CORE, SECURITY = "core.gardener.cloud/v1beta1", "security.gardener.cloud/v1alpha1"
PROFILE, REGION, SEED, BINDING = "metal", "fra", "seed", "provider"
# Of each minor version one is supported, as the API server demands it.
KUBERNETES = {
    "1.35.4": "supported", "1.35.3": "deprecated", "1.34.6": "supported", "1.34.5": "deprecated",
    "1.33.9": "supported",
}  # fmt: skip
IMAGE, IMAGES = "debian", {"12.0.20260301": "supported", "12.0.20260201": "deprecated", "12.0.20260101": "deprecated"}
MACHINES = ("n1-medium-x86", "c1-xlarge-x86")
EXTENSIONS = {
    "provider-metal": ("metal", ("ControlPlane", "Infrastructure", "Worker")),
    "networking-calico": ("calico", ("Network",)),
    "os-metal": (IMAGE, ("OperatingSystemConfig",)),
    "dns-powerdns": ("powerdns", ("DNSRecord",)),
    "backup-s3": ("S3", ("BackupBucket", "BackupEntry")),
}


class Project(NamedTuple):
    """A project with credentials, in which shoots can be made."""

    name: str
    namespace: str


def prepare(garden: Garden) -> None:
    """What the operator of a garden makes once: extensions, the cloud profile and a seed."""
    for name, (kind, resources) in EXTENSIONS.items():
        spec: Object = {"resources": [{"kind": one, "type": kind} for one in resources]}
        garden.apply(_made(CORE, "ControllerRegistration", name, spec), "controllerregistrations")
    garden.apply(_made(CORE, "CloudProfile", PROFILE, profile()), "cloudprofiles")
    _namespace(garden, "garden", {"gardener.cloud/role": "garden"})
    for name in ("dns", "backup"):
        garden.apply(_secret("garden", name), "secrets")
    # Its extensions have to be known first, which the caches of gardener-apiserver take a moment for.
    garden.until(lambda: accepted(garden, seed(), "seeds"), "a seed is taken")
    garden.apply(seed(), "seeds")


def project(garden: Garden, name: str, namespace: str = "") -> Project:
    """Make a project; the first shoot in it is taken at once. namespace: without it, one of its own."""
    made = Project(name, namespace or f"garden-{name}")
    labels = {"gardener.cloud/role": "project", "project.gardener.cloud/name": name}
    _namespace(garden, made.namespace, labels)
    owner = {"apiGroup": "rbac.authorization.k8s.io", "kind": "User", "name": "admin"}
    # Whatever is in the namespace garden is given it.
    tolerations = {"whitelist": [{"key": "seed.gardener.cloud/protected"}]}
    spec = {"namespace": made.namespace, "owner": owner, "tolerations": tolerations}
    garden.apply(_made(CORE, "Project", name, spec), "projects")
    garden.apply(_secret(made.namespace, BINDING), "secrets")
    binding = {
        "apiVersion": SECURITY, "kind": "CredentialsBinding",
        "metadata": {"name": BINDING, "namespace": made.namespace}, "provider": {"type": "metal"},
        "credentialsRef": {"apiVersion": "v1", "kind": "Secret", "name": BINDING, "namespace": made.namespace},
    }  # fmt: skip
    garden.until(lambda: accepted(garden, binding, "credentialsbindings"), f"credentials of {name} are taken")
    garden.apply(binding, "credentialsbindings")
    garden.until(lambda: accepted(garden, shoot(made, "first"), "shoots"), f"a shoot of {name} is taken")
    return made


def accepted(garden: Garden, wanted: Object, plural: str) -> bool:
    """Whether it would be taken now. What is named in it may not be in a cache yet, which is said as any refusal is."""
    try:
        garden.request(f"{collection(wanted, plural)}?dryRun=All", "POST", wanted)
    except urllib.error.HTTPError as error:
        garden.refused = error.read().decode()
        return False
    return True


def shoot(project: Project, name: str, **spec: Any) -> Object:
    """A shoot as its owner describes it. spec: instead of what is here, by the names of its first level."""
    worker: Object = {
        "name": "group-0", "cri": {"name": "containerd"}, "minimum": 1, "maximum": 2, "maxSurge": 1,
        "maxUnavailable": 0,
        "machine": {"type": MACHINES[0], "image": {"name": IMAGE, "version": "12.0.20260201"}},
    }  # fmt: skip
    metal = "metal.provider.extensions.gardener.cloud/v1alpha1"
    infrastructure: Object = {
        "apiVersion": metal, "kind": "InfrastructureConfig", "partitionID": "fra-1",
        "projectID": "51d1a0f5-1d3f-4b3f-9f1a-6f6f6d6c6b6a",
        "firewall": {"image": "firewall-ubuntu-3.0", "size": MACHINES[0], "networks": ["internet"]},
    }  # fmt: skip
    given: Object = {
        "cloudProfile": {"kind": "CloudProfile", "name": PROFILE}, "credentialsBindingName": BINDING,
        "region": REGION, "purpose": "production",
        "kubernetes": {"version": "1.35.3"},
        "networking": {"type": "calico", "nodes": "10.0.0.0/16", "pods": "10.1.0.0/16", "services": "10.2.0.0/16"},
        "provider": {"type": "metal", "infrastructureConfig": infrastructure, "workers": [worker]},
        "maintenance": {
            "autoUpdate": {"kubernetesVersion": False, "machineImageVersion": False},
            "timeWindow": {"begin": "220000+0100", "end": "230000+0100"},
        },
        **spec,
    }  # fmt: skip
    made = _made(CORE, "Shoot", name, copy.deepcopy(given))
    made["metadata"]["namespace"] = project.namespace
    return made


def seed(name: str = SEED) -> Object:
    """A seed that takes shoots of metal-stack."""
    return _made(
        CORE, "Seed", name,
        {
            "provider": {"type": "metal", "region": REGION},
            "dns": {
                "provider": {"type": "powerdns", "credentialsRef": _reference("dns")},
                "internal": {"type": "powerdns", "domain": "internal.test", "credentialsRef": _reference("dns")},
            },
            "backup": {"provider": "S3", "region": REGION, "credentialsRef": _reference("backup")},
            "ingress": {"domain": f"ingress.{name}.test", "controller": {"kind": "nginx"}},
            "networks": {"nodes": "10.240.0.0/16", "pods": "10.241.0.0/16", "services": "10.242.0.0/16"},
            "settings": {"scheduling": {"visible": True}, "verticalPodAutoscaler": {"enabled": True}},
        },
    )  # fmt: skip


def profile() -> Object:
    images = [
        {
            "version": version, "classification": one, "architectures": ["amd64"], "cri": [{"name": "containerd"}],
            "inPlaceUpdates": {"supported": True, "minVersionForUpdate": min(IMAGES)},
        }
        for version, one in IMAGES.items()
    ]  # fmt: skip
    kubernetes = [{"version": version, "classification": one} for version, one in KUBERNETES.items()]
    machines = [
        {
            "name": name, "cpu": "4", "gpu": "0", "memory": "8Gi", "architecture": "amd64", "usable": True,
            "storage": {"class": "standard", "type": "ssd", "size": "100Gi"},
        }
        for name in MACHINES
    ]  # fmt: skip
    return {
        "type": "metal", "kubernetes": {"versions": kubernetes}, "machineTypes": machines,
        "machineImages": [{"name": IMAGE, "versions": images}], "regions": [{"name": REGION}],
    }  # fmt: skip


def _reference(name: str) -> Object:
    return {"apiVersion": "v1", "kind": "Secret", "name": name, "namespace": "garden"}


def _secret(namespace: str, name: str) -> Object:
    return {
        "apiVersion": "v1", "kind": "Secret", "metadata": {"name": name, "namespace": namespace},
        "stringData": {"key": "of the test"},
    }  # fmt: skip


def _namespace(garden: Garden, name: str, labels: dict[str, str]) -> None:
    metadata = {"name": name, "labels": labels}
    garden.apply({"apiVersion": "v1", "kind": "Namespace", "metadata": metadata}, "namespaces")


def _made(version: str, kind: str, name: str, spec: Object) -> Object:
    return {"apiVersion": version, "kind": kind, "metadata": {"name": name}, "spec": spec}
