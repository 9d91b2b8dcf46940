"""A target that may be, for tests that make one of its fields wrong."""

from __future__ import annotations

import copy
from typing import Any

from ansible.module_utils.common.arg_spec import ArgumentSpecValidator
from ansible_collections.metalstack.autonomous.plugins.module_utils._target import options

S3 = "https://s3.example.net"
WORKER: dict[str, Any] = {
    "name": "group-0", "minimum": 3, "maximum": 4,
    "machine": {"type": "c1-large-x86", "image": {"name": "debian", "version": "12.0"}},
}  # fmt: skip


def shoot(name: str, *carries: str, **more: Any) -> dict[str, Any]:
    return {
        "name": name, "carries": list(carries), "kubernetes_version": "1.35", "region": "fra",
        "partition": "fra-equ01", "project_id": "51d1a0f5", "nodes": "10.128.0.0/14", "pods": "10.244.0.0/18",
        "services": "10.244.64.0/18", "workers": [copy.deepcopy(WORKER)],
        "firewall": {"size": "c1-large-x86", "image": "firewall-ubuntu-3.0", "networks": ["internet"]}, **more,
    }  # fmt: skip


def target(**more: Any) -> dict[str, Any]:
    """As C(options.TARGET) has it. more: instead of what is here, mappings field by field."""
    initial = {
        "stage": "initial", "cluster_identity": "initial", "domains": ["metal.one.example.org"],
        "buckets": [{"endpoint": S3, "bucket": "initial-stack"}],
        "networks": {"nodes": "192.0.2.0/24", "pods": "198.18.0.0/16", "services": "198.19.0.0/16",
                     "load_balancers": "203.0.113.10-203.0.113.19", "virtual_garden": ["100.64.0.0/13"]},
    }  # fmt: skip
    second = {
        "stage": "prod", "cluster_identity": "prod", "domains": ["metal.two.example.org"],
        "buckets": [{"endpoint": S3, "bucket": "prod-stack"}], "networks": {"virtual_garden": "100.72.0.0/13"},
    }  # fmt: skip
    given: dict[str, Any] = {
        "project": "target", "shoots": [shoot("stack", "metal_stack"), shoot("garden", "gardener")],
        "initial": initial, "second": second,
    }  # fmt: skip
    for key, value in more.items():
        given[key] = {**given[key], **value} if isinstance(given.get(key), dict) else value
    found = ArgumentSpecValidator(options.TARGET).validate(given)
    assert not found.error_messages, found.error_messages
    return dict(found.validated_parameters)
