"""irfuse-opt: xdsl-opt with the irfuse dialect, one flag per pass, and errors of one line."""

from __future__ import annotations

import argparse
import re
import sys
from collections.abc import Sequence
from io import BytesIO
from typing import IO, NoReturn

from xdsl.dialects.builtin import ModuleOp
from xdsl.parser import Parser
from xdsl.utils.arg_spec import ArgSpecParseError
from xdsl.utils.exceptions import DiagnosticException, ParseError, VerifyException
from xdsl.xdsl_opt_main import xDSLOptMain

from irfuse.errors import IrfuseError, UnterminatedStringError
from irfuse.extend.plugins import load_plugins
from irfuse.passes import PASSES
from irfuse.tool.universe import UNIVERSE

_STRING = re.compile(r'"(?:[^"\\\n]|\\.)*"|//[^\n]*')


class IrfuseOptMain(xDSLOptMain):
    """The tool: everything of xdsl-opt, and a flag for each pass of irfuse."""

    version_format = "irfuse-opt built on xdsl version {xdsl_version}"

    def register_all_dialects(self) -> None:
        """Add irfuse's dialect where no entry point has brought it."""
        super().register_all_dialects()
        for name, factory in UNIVERSE.all_dialects.items():
            if name not in self.ctx.registered_dialect_names:
                self.ctx.register_dialect(name, factory)

    def register_all_frontends(self) -> None:
        """Read MLIR with the place of every error, and saved torch.export programs."""
        super().register_all_frontends()
        self.available_frontends["mlir"] = self._parse_mlir
        self.available_frontends["pt2"] = _parse_pt2

    def get_input_stream(self) -> tuple[IO[bytes], str]:
        """The input and what reads it: the frontend of -f, else that of the file's extension."""
        stream, extension = super().get_input_stream()
        return stream, self.args.frontend or extension

    def _parse_mlir(self, text: IO[bytes]) -> ModuleOp:
        """Parse a text; a type that an op does not take is an error at its place, like any other."""
        content = text.read().decode()
        parser = Parser(self.ctx, content, self.get_input_name())
        try:
            return parser.parse_module(not self.args.no_implicit_module)
        except VerifyException as error:
            read = content[: parser.pos].rstrip()
            parser.raise_error(" ".join(str(error).split()), max(0, len(read) - 1), len(read))

    def register_all_passes(self) -> None:
        """Add irfuse's passes."""
        super().register_all_passes()
        for name, factory in UNIVERSE.all_passes.items():
            self.register_pass(name, factory)

    def register_all_targets(self) -> None:
        """Add irfuse's targets."""
        super().register_all_targets()
        self.available_targets.update(UNIVERSE.all_targets)

    def register_all_arguments(self, arg_parser: argparse.ArgumentParser) -> None:
        """Add a flag for each pass of irfuse; flags run in their order, behind the passes of -p."""
        super().register_all_arguments(arg_parser)
        arg_parser.error = lambda message: _fail(f"{message}; see irfuse-opt --help")  # type: ignore[method-assign]
        flags = arg_parser.add_argument_group("irfuse passes", "each flag appends its pass to the pipeline of -p")
        for name in PASSES:
            flags.add_argument(f"--{name}", action="append_const", dest="pass_flags", const=name, help=f"run {name}")

    def setup_pipeline(self) -> None:
        """The pipeline of -p, then the flags."""
        flags = getattr(self.args, "pass_flags", None) or []
        self.args.passes = ",".join(filter(None, (self.args.passes, *flags)))
        super().setup_pipeline()

    def parse_chunk(self, chunk: IO[bytes], file_extension: str, start_offset: int = 0) -> ModuleOp | None:
        """Parse a chunk, after a look for an open string: xDSL's lexer is not made for one, and may not come back."""
        if file_extension != "mlir":
            return super().parse_chunk(chunk, file_extension, start_offset)
        text = chunk.read().decode()
        chunk.close()
        check_strings(text, self.get_input_name(), start_offset)
        module = super().parse_chunk(BytesIO(text.encode()), file_extension, start_offset)
        if module is not None and not self.args.disable_verify:
            _verify_each(module)
        return module


def _verify_each(module: ModuleOp) -> None:
    """Verify op by op, so that the error names the op: xDSL's own gives the reason alone."""
    for op in module.walk():
        try:
            op.verify(verify_nested_ops=False)
        except VerifyException as error:
            reason = " ".join(str(error).split())
            raise VerifyException(reason if op.name in reason else f"{op.name}: {reason}") from error


def _parse_pt2(program: IO[bytes]) -> ModuleOp:
    """Import a saved torch.export program. Raises NotAProgramError."""
    from irfuse.import_fx import load_pt2

    return load_pt2(program)


def check_strings(text: str, name: str, line_offset: int = 0) -> None:
    """Raise UnterminatedStringError at the first string literal that its line does not close."""
    for number, line in enumerate(text.splitlines(), start=1 + line_offset):
        column = _STRING.sub(lambda match: " " * len(match.group()), line).find('"')
        if column >= 0:
            raise UnterminatedStringError(file=name, line=number, column=column + 1)


def main(args: Sequence[str] | None = None) -> None:
    """Run the tool. A mistake of the user's ends it with one line on stderr and exit status 1."""
    tool: IrfuseOptMain | None = None
    load_plugins()
    try:
        tool = IrfuseOptMain("The irfuse optimizer: xdsl-opt with the passes and targets of irfuse", args)
        tool.run()
    except ParseError as error:
        _fail(_of_parse_error(error, tool))
    except ArgSpecParseError as error:
        _fail(f"in the options of -p or -t: {str(error).splitlines()[-1].strip('^ ')}")
    except (IrfuseError, DiagnosticException, ValueError, OSError, UnicodeError) as error:
        _fail(_one_line(error))
    except RecursionError:
        _fail("the input nests too deeply to be parsed")


def _of_parse_error(error: ParseError, tool: IrfuseOptMain | None) -> str:
    """``file:line:column: message`` for an error in the text."""
    span = error.span
    before = span.input.content[: span.start]
    text = before.decode() if isinstance(before, bytes) else before
    line = text.count("\n") + 1 + getattr(span, "line_offset", 0)
    missing = re.search(r"not defined: \[(%[^\],]+)", error.msg)
    if missing is not None:
        whole = span.input.content
        whole = whole.decode() if isinstance(whole, bytes) else whole
        code = re.sub(r"//[^\n]*", lambda comment: " " * len(comment.group()), whole)
        text = whole[: max(0, code.find(missing.group(1)))]
        line = text.count("\n") + 1 + getattr(span, "line_offset", 0)
    column = len(text) - (text.rfind("\n") + 1) + 1
    name = span.input.name if tool is None else tool.get_input_name()
    return f"{name}:{line}:{column}: {_one_line(error.msg)}"


def _one_line(error: object) -> str:
    """The first line that says something; xDSL puts the whole module before the message of a verifier."""
    lines = [line.strip() for line in (str(error) or getattr(error, "message", "")).splitlines()]
    said = [line.strip("^- ") for line in lines if line.startswith("^")] or [line for line in lines if line]
    verified = [line.removeprefix("Operation does not verify: ") for line in said if "does not verify" in line]
    return (verified or [line for line in said if line] or [type(error).__name__])[0]


def _fail(message: str) -> NoReturn:
    print(f"irfuse-opt: error: {message}", file=sys.stderr)
    raise SystemExit(1)
