"""What ends the sidecar, or a request of it."""

from __future__ import annotations


class Failure(Exception):
    """In words for its log."""
