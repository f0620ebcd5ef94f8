"""Watching what is printed to stderr: a pass of Triton's that fails prints there and may still return a kernel."""

from __future__ import annotations

import os
import sys
import threading

from irfuse.errors import CompileFailedError

MARK = b"irfuse.emulate: everything until here is read\n"


class Watch:
    """Passes on all that is printed to stderr, by Python or C++, and keeps lines that say "error:"."""

    def __init__(self, arch: str) -> None:
        self.arch = arch
        self.errors: list[str] = []
        self._depth = 0

    def start(self) -> None:
        """Begin; what is begun twice ends with the second `stop`."""
        self._depth += 1
        if self._depth > 1:
            return
        sys.stderr.flush()
        self._saved = os.dup(2)
        reads, writes = os.pipe()
        os.dup2(writes, 2)
        os.close(writes)
        self._caught_up = threading.Event()
        self._reader = threading.Thread(target=self._pass_on, args=(reads,), daemon=True)
        self._reader.start()

    def stop(self) -> None:
        """End, once all that was printed has been passed on."""
        self._depth -= 1
        if self._depth:
            return
        sys.stderr.flush()
        os.dup2(self._saved, 2)
        self._reader.join()
        os.close(self._saved)

    def require_no_errors(self, kernel: str) -> None:
        """Raise CompileFailedError with the first error that was printed since the last call."""
        self._caught_up.clear()
        sys.stderr.flush()
        os.write(2, MARK)
        self._caught_up.wait()
        if self.errors:
            reason, self.errors = self.errors[0], []
            raise CompileFailedError(name=kernel, arch=self.arch, reason=reason)

    def _pass_on(self, reads: int) -> None:
        with os.fdopen(reads, "rb") as lines:
            for line in lines:
                if line.endswith(MARK):
                    line = line[: -len(MARK)]
                    self._caught_up.set()
                if b"error:" in line:
                    self.errors.append(line.decode(errors="replace").strip())
                os.write(self._saved, line)
