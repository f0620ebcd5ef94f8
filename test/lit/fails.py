"""Run a command that must fail as irfuse-opt fails: exit status 1, one line on stderr, nothing on stdout.

The line is written to stdout, for filecheck. ``fails.py --each FILE COMMAND...`` does so for every part of FILE between
lines of ``// -----``, which the command gets on stdin.
"""

import subprocess
import sys

LIMIT = 60.0
"""Seconds after which a command counts as one that never returns."""


def fault_of(command: list[str], text: str | None) -> str:
    """Run a command, write what it says on stderr to stdout, and say what is wrong with how it fails."""
    try:
        ran = subprocess.run(command, input=text, capture_output=True, text=True, timeout=LIMIT)
    except subprocess.TimeoutExpired:
        return f"it still ran after {LIMIT:g} s"
    sys.stdout.write(ran.stderr)
    lines = ran.stderr.splitlines()
    if ran.returncode != 1:
        return f"exit status {ran.returncode}, not 1"
    if len(lines) != 1 or not lines[0].startswith("irfuse-opt: error: "):
        return f"{len(lines)} lines on stderr, not one that begins with irfuse-opt: error:"
    return f"output on stdout: {ran.stdout[:200]!r}" if ran.stdout else ""


def main(arguments: list[str]) -> str:
    """What is wrong with the first command that does not fail as it should; nothing where all do."""
    if arguments[0] != "--each":
        return fault_of(arguments, None if sys.stdin.isatty() else sys.stdin.read())
    with open(arguments[1]) as file:
        parts = file.read().split("\n// -----\n")
    for number, part in enumerate(parts, start=1):
        if fault := fault_of(arguments[2:], part):
            return f"part {number}: {fault}"
    return ""


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]) or None)
