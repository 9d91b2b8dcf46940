"""The names of metrics: which an expression uses, and which the collection's own programs tell."""

from __future__ import annotations

import ast
import re
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
WORDS = {"max", "min", "sum", "avg", "count", "by", "on", "and", "or", "unless", "group_left", "group_right", "site"}
FUNCTIONS = {
    *("time", "vector", "absent", "increase", "rate", "abs", "max_over_time", "last_over_time"),
    *("label_replace", "histogram_quantile"),
}


def metrics(expression: str) -> set[str]:
    """The metrics that an expression names: all words but labels, strings, durations and those of the language."""
    bare = re.sub(r'"[^"]*"', "", expression)
    bare = re.sub(r"\b(by|on|group_left|group_right) \([^)]*\)", " ", bare)
    bare = re.sub(r"\{[^}]*\}|\[[^\]]*\]", " ", bare)
    return set(re.findall(r"\b[a-zA-Z_]\w*\b", bare)) - WORDS - FUNCTIONS


def keys(file: str, *names: str) -> set[str]:
    """The keys of dictionaries in a file of module_utils, which is not run."""
    tree = ast.parse((ROOT / "plugins/module_utils" / file).read_text())
    found: set[str] = set()
    for node in tree.body:
        targets = node.targets if isinstance(node, ast.Assign) else [getattr(node, "target", None)]
        if any(isinstance(to, ast.Name) and to.id in names for to in targets):
            assert isinstance(node, ast.Assign | ast.AnnAssign) and isinstance(node.value, ast.Dict)
            found |= {ast.literal_eval(key) for key in node.value.keys if key is not None}
    return found


# Of the program of the metrics, all of which its unit tests make of samples; and of that of the backups.
OWN = keys("_metrics/families.py", "FAMILIES")
BACKUPS = {f"metalstack_backup_{name}" for name in keys("_backup/results.py", "_HELP", "_COPY_HELP")}
