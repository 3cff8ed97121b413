"""What the Python clients check with: a line per expectation, and the end at the first that fails."""

import asyncio
import re
import sys

# Seconds for one answer.
TIMEOUT = 15


class Failed(Exception):
    """An expectation that was not met."""


def redact(text):
    """No token, code or secret belongs in a log, even when they are a mock's."""
    text = re.sub(r"eyJ[\w-]+(\.[\w-]*)*", "<token>", str(text))
    return re.sub(
        r"(code|code_verifier|state|\w*token|\w*secret)(=|['\"]: ?['\"])[\w.~+/-]+",
        r"\1\2<redacted>",
        text,
    )


def expect(what, got, expected):
    if got != expected:
        raise Failed(f"{what}: expected {expected!r}, got {got!r}")
    print(f"  ok {what}")


def expect_that(what, holds, expected, got):
    if not holds:
        raise Failed(f"{what}: expected {expected}, got {got!r}")
    print(f"  ok {what}")


def description(cause, late):
    """What is printed of a failure. `late` are the types of those for which no answer came in time."""
    if isinstance(cause, Failed):
        return str(cause)
    if isinstance(cause, late):
        return f"expected an answer within {TIMEOUT} s, got none: {cause!r}"
    return f"{type(cause).__name__}: {cause}"


def causes(error):
    """The leaves of exception groups: what went wrong, not that something did."""
    if isinstance(error, BaseExceptionGroup):
        return [cause for inner in error.exceptions for cause in causes(inner)]
    return [error]


def run_checks(checks, late=(TimeoutError,)):
    """Runs the coroutine; what fails is printed, and ends the program with exit code 1."""
    try:
        asyncio.run(checks)
    except Exception as error:
        for cause in causes(error):
            print(f"  FAILED {redact(description(cause, late))}")
        sys.exit(1)
