"""The one exception that ends the stand-in with a message instead of a traceback."""


class Refusal(Exception):
    """What was asked for is wrong, or outside the contract of the stand-in."""


class Withdrawn(Refusal):
    """k3s gives up in good order, with exit status 0."""


def outside(what: str) -> Refusal:
    return Refusal(f"{what} is outside the contract of the stand-in: use a real k3s (LAB_K3S_DIR)")
