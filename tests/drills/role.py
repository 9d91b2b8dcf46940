"""Run one role of the collection on the lab's servers."""

from __future__ import annotations

from playbook import Run, play_file


def run_role(role: str, *arguments: str, timeout: float = 300) -> Run:
    """Run the role with the site's variables; C(arguments) are those of ansible-playbook."""
    return play_file(f"tests/drills/{role}.yml", *arguments, timeout=timeout)
