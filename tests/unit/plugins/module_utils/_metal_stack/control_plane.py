"""A control plane as its options have it once they were validated."""

from __future__ import annotations

from typing import Any

from ansible.module_utils.common.arg_spec import ArgumentSpecValidator
from ansible_collections.metalstack.autonomous.plugins.module_utils._metal_stack import options
from ansible_collections.metalstack.autonomous.plugins.module_utils._metal_stack.components import DATABASES

STORAGE = {
    "endpoint": "https://s3.example.net",
    "bucket": "metal-stack-prod",
    "access_key": "an access key",
    "secret_key": "its secret key",
}


def wanted(**more: Any) -> dict[str, Any]:
    """One with nothing wrong with it, and what a test wants otherwise."""
    given = {
        "stage": "prod",
        "gateway_dns": "metal.example.org",
        "gateway_parents": {"https": [{"name": "https", "namespace": "gateways"}]},
        "node_network": "192.0.2.0/24",
        "pod_network": "198.18.0.0/16",
        "service_network": "198.19.0.0/16",
        "storage": STORAGE,
        "databases": [{"name": name, "intent": "keep"} for name in DATABASES if name != "auditing-timescaledb"],
        **more,
    }
    validated = ArgumentSpecValidator(options.CONTROL_PLANE).validate(given)
    assert not validated.error_messages
    found: dict[str, Any] = validated.validated_parameters
    return {**found, "storage": found["storage"] if found["storage"]["bucket"] else None}
