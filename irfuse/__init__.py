"""irfuse."""


def explain(*a, **k):
    from irfuse.api import explain as e
    return e(*a, **k)
