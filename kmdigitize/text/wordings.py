"""Words that tell what kind of text a piece of text is: a number, a statistic, a table header, a mark's meaning."""

from __future__ import annotations

import re

_STATISTIC = re.compile(
    r"""(?ix) \b(?:p|P)\s*(?:value)?\s*[=<>≤≥]\s*[.\d] | \bp[-\s]?value\b | log[-\s]?rank | \bhazard\s+ratio
    | \bHR\b | \baHR\b
    | \b9[05]\s?%\s*C[Il1] | \bC[Il1]\b.*\d | ^\s*median\b | \bmedian\b.*\d
    | \bwilcoxon\b | \bgehan\b | \bbreslow\b | \bcox\b
    | \d\s*\(\s*\d+[.,·]?\d*\s*[-–—,;]\s*\d
    | ^\s*\S{0,2}\s*[<≤]\s*0?[.,·]0\d+\s*$"""
)
_HEADER = re.compile(
    r"(?i)\b(?:no\.?|nr\.?|number|numbers|n|patients|subjects|participants|persons|women|men)\s*(?:of\s+\w+\s+)?\(?\s*(?:still\s+)?at[\s-]*risk"
    r"|^\s*at[\s-]*risk|\bat[\s-]*risk\b|\brisk\s+set|^\s*(?:no\.?|number)\s+(?:of\s+)?(?:events|censored|patients)"
)
_NO_ARM = re.compile(r"(?i)^\W*(?:censored|censor|censoring|cens\.?|95\s?%.*|confidence.*|median|strata|legend)\W*$")


def is_number(text: str) -> bool:
    """Whether the text is one number, with percent sign or bracketed second number at most."""
    return (
        re.fullmatch(
            r"[<>≤≥]?\s*[-−–]?[\d.][\d.,·\s]*(?:%\W?\w?)?\s*[+]?(?:\([\d.,·\s%]*\))?", text.strip(" -–—_|'`~:;.")
        )
        is not None
    )


def is_row_of_counts(text: str) -> bool:
    """Whether the text is nothing but numbers, some perhaps in brackets: cells of a table."""
    return re.fullmatch(r"[\d\s()\[\]%.,]*\d[\d\s()\[\]%.,]*", text) is not None


def is_statistic(text: str) -> bool:
    """Whether the text reports a statistic (hazard ratio, P value, median, confidence interval)."""
    return _STATISTIC.search(text) is not None


def is_risk_header(text: str) -> bool:
    """Whether the text is the heading of a table of numbers at risk."""
    return _HEADER.search(text) is not None


def names_no_arm(text: str) -> bool:
    """Whether a legend label explains something other than an arm (a censor mark, a confidence band)."""
    return _NO_ARM.match(text) is not None or not re.search(r"\w", text)
