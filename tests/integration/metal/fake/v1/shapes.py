"""Documents against the API's published description, from which the SDK's models are made."""

from __future__ import annotations

import json
from types import SimpleNamespace
from typing import Any

from metal_python.api_client import ApiClient

CLIENT = ApiClient()


def check(model: str, document: Any) -> str | None:
    """What is not as the description has it: a required field that is missing, a value of another type."""
    try:
        CLIENT.deserialize(SimpleNamespace(data=json.dumps(document)), model)
    except (ValueError, TypeError, AttributeError) as error:
        return f"{model}: {error}"
    return None
