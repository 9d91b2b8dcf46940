"""Who may not talk to whom, as an nftables ruleset. Pure."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from itertools import permutations

from lab.errors import LabError
from lab.topology import Host

TABLES = ("bridge lab", "ip lab")


def parse(words: Sequence[str], all_names: Sequence[str]) -> list[list[str]]:
    """`a,b c` cuts {a, b} from {c}; a single group is cut from everyone else."""
    groups = [[name for name in word.split(",") if name] for word in words]
    named = [name for group in groups for name in group]
    for name in named:
        if name not in all_names:
            raise LabError(f"{name} is not a host of this lab", f"it has {', '.join(all_names)}")
        if named.count(name) > 1:
            raise LabError(f"{name} is in two groups", "a host can be on one side only")
    if len(groups) == 1:
        groups.append([name for name in all_names if name not in named])
    return [group for group in groups if group]


def ruleset(groups: Sequence[Sequence[Host]], ports: Mapping[str, str], with_controller: bool) -> str:
    """Hosts of one site meet in the bridge, whatever the protocol; those of two sites where the namespace routes."""
    forward, routed = [], []
    for here, there in permutations(groups, 2):
        forward.append(f"iifname {_set(ports[a.name] for a in here)} oifname {_set(ports[b.name] for b in there)} drop")
        routed += [f"ip saddr {a.address} ip daddr {b.address} drop" for a in here for b in there if a.site != b.site]
    cut = _set(ports[host.name] for host in groups[0])
    local_in = [f"iifname {cut} drop"] if with_controller else []
    local_out = [f"oifname {cut} drop"] if with_controller else []
    return cleared() + (
        f"table bridge lab {{\n{_chain('forward', forward)}{_chain('input', local_in)}{_chain('output', local_out)}}}\n"
        f"table ip lab {{\n{_chain('forward', routed)}}}\n"
    )


def cut_off(listing: str) -> dict[str, set[str]]:
    """nft's listing of the ruleset → which ports each port cannot reach."""
    cut: dict[str, set[str]] = {}
    for line in listing.splitlines():
        source, both, target = line.partition(" oifname ")
        if both and line.endswith(" drop"):
            for port in _ports(source):
                cut.setdefault(port, set()).update(_ports(target))
    return cut


def _ports(text: str) -> list[str]:
    return re.findall(r'"(vb-[^"]+)"', text)


def cleared() -> str:
    """Adding a table that exists is no error, deleting one that does not is."""
    return "".join(f"add table {table}\ndelete table {table}\n" for table in TABLES)


def _set(names: Iterable[str]) -> str:
    return "{ " + ", ".join(f'"{name}"' for name in names) + " }"


def _chain(hook: str, rules: Sequence[str]) -> str:
    body = "".join(f"    {rule}\n" for rule in rules)
    return f"  chain {hook} {{\n    type filter hook {hook} priority 0; policy accept;\n{body}  }}\n"
