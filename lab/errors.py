"""The one exception that verbs raise for what a person can put right."""

from __future__ import annotations


class LabError(Exception):
    """What is wrong, in one line, and what to do about it."""

    def __init__(self, problem: str, remedy: str = "") -> None:
        super().__init__(f"{problem}: {remedy}" if remedy else problem)
        self.problem = problem
        self.remedy = remedy
