"""Run a command that must fail as irfuse-opt fails: exit status 1, one line on stderr, nothing on stdout.

The line is written to stdout, for filecheck. A limit in seconds may come first: ``fails.py --within 20 COMMAND...``.
"""

import subprocess
import sys


def main(arguments: list[str]) -> str:
    """What is wrong with how the command fails, or nothing; its one line goes to stdout."""
    limit = 60.0
    if arguments[0] == "--within":
        limit, arguments = float(arguments[1]), arguments[2:]
    try:
        ran = subprocess.run(arguments, capture_output=True, text=True, timeout=limit)
    except subprocess.TimeoutExpired:
        return f"it still ran after {limit:g} s"
    lines = ran.stderr.splitlines()
    sys.stdout.write(ran.stderr)
    if ran.returncode != 1:
        return f"exit status {ran.returncode}, not 1"
    if len(lines) != 1:
        return f"{len(lines)} lines on stderr, not 1"
    return f"output on stdout: {ran.stdout[:200]!r}" if ran.stdout else ""


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]) or None)
