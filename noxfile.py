"""The whole suite on every version that irfuse supports, each in an environment of its own: `make test-versions`.

`nox -s "tests(torch-2.15)"` runs one of them. Each takes some gigabytes and a quarter of an hour or more; a Python that
is not installed is passed over with a warning. docs/versions.md says what was run when.
"""

from __future__ import annotations

import nox

VERSIONS = [
    nox.param("3.12", "2.11.0", "3.6.0", "0.74.0", id="torch-2.11"),
    nox.param("3.11", "2.13.0", "3.7.1", "0.75.0", id="torch-2.13"),
    nox.param("3.13", "2.14.1", "3.8.0", "0.75.0", id="torch-2.14"),
    nox.param("3.12", "2.15.0", "3.9.0", "0.75.0", id="torch-2.15"),
]


@nox.session(venv_backend="venv")
@nox.parametrize("python,torch,triton,xdsl", VERSIONS)
def tests(session: nox.Session, torch: str, triton: str, xdsl: str) -> None:
    """pytest and lit."""
    session.install(".[test]", f"torch=={torch}", f"triton=={triton}", f"xdsl=={xdsl}")
    session.run("python", "-m", "pytest", "-n", "2", "--dist", "loadfile", *session.posargs)
    session.run("lit", "-v", "-j2", "--order=lexical", "test/lit")
