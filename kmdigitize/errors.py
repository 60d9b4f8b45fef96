"""Exceptions with a remedy: what was looked for, what was seen, what to type next, and the exit code of each kind."""

from __future__ import annotations


class KmdigitizeError(Exception):
    """Base of every error that kmdigitize raises on purpose.

    ``message`` says what was looked for and what was seen, ``remedy`` what to type next. ``exit_code`` belongs to
    the class and is documented in the README.
    """

    exit_code = 1

    def __init__(self, message: str, remedy: str = "") -> None:
        self.message = message
        self.remedy = remedy
        super().__init__(f"{message} {remedy}".strip())


class UnreadableFileError(KmdigitizeError):
    """The input is no picture or drawing that can be decoded (exit code 3)."""

    exit_code = 3


class NoPanelError(KmdigitizeError):
    """No pair of axes that could hold survival curves was found (exit code 4)."""

    exit_code = 4


class AxisError(KmdigitizeError):
    """Axes were found but their scale could not be read (exit code 5)."""

    exit_code = 5


class NoCurveError(KmdigitizeError):
    """The panel holds no step curve (exit code 6)."""

    exit_code = 6


class FactsError(KmdigitizeError):
    """A stated fact, setting or input table cannot be read or contradicts another one (exit code 7)."""

    exit_code = 7


class OutputError(KmdigitizeError):
    """The output folder cannot be written (exit code 8)."""

    exit_code = 8


class TooLargeError(KmdigitizeError):
    """The input exceeds a limit on pixels, pages or nesting (exit code 9)."""

    exit_code = 9


class DisagreementError(KmdigitizeError):
    """``check`` found patients that differ from the paper, or ``validate`` a row outside its limit (exit code 10)."""

    exit_code = 10


class BatchError(KmdigitizeError):
    """Some figures of a batch failed; the others were written (exit code 11)."""

    exit_code = 11
