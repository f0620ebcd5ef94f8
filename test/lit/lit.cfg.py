"""How lit runs the tests of irfuse: `lit test/lit`. Needs irfuse, lit and filecheck installed in one environment."""

# ruff: noqa: F821  (lit puts `config` here)

import os
import shlex
import shutil
import sys

import lit.formats

config.name = "irfuse"
config.test_format = lit.formats.ShTest()
config.suffixes = [".mlir"]
config.test_source_root = os.path.dirname(os.path.abspath(__file__))
config.test_exec_root = os.path.join(config.test_source_root, "Output")
config.excludes = ["Output"]

paths = [os.path.dirname(sys.executable), os.environ.get("PATH", "")]
config.environment["PATH"] = os.pathsep.join(paths)
config.environment["TRITON_CACHE_DIR"] = os.path.join(config.test_exec_root, "triton")
config.environment["IRFUSE_CACHE_DIR"] = os.path.join(config.test_exec_root, "irfuse")

config.substitutions.append(("%{python}", shlex.quote(sys.executable)))

# %fails COMMAND...: passes where COMMAND fails as irfuse-opt should, and prints the one line of it; see fails.py.
fails = [sys.executable, os.path.join(config.test_source_root, "fails.py")]
config.substitutions.append(("%fails", shlex.join(fails)))

# mlir-opt is that of LLVM, under its own name or Debian's.
mlir_opt = shutil.which("mlir-opt") or shutil.which("mlir-opt-22")
if mlir_opt:
    config.available_features.add("mlir-opt")
    config.substitutions.append(("%mlir-opt", shlex.quote(mlir_opt)))
