"""Statements that match the requests of some operations: their methods, and their paths as WAF sees them."""

import re
from collections.abc import Iterator, Sequence

from aws_cdk import aws_wafv2 as wafv2

from stacks.openapi import InvalidDocument, Operation

LONGEST_PATTERN = 200
"""Characters: the most that WAF takes in one regular expression."""

_PARAMETER = re.compile(r"({\w+})")
_Statement = wafv2.CfnWebACL.StatementProperty


def path_patterns(paths: Sequence[str]) -> tuple[str, ...]:
    """Return regular expressions that together match the paths, each as short as WAF demands.

    On the gateway's own address a path begins with the stage's name, on a domain of one's own with
    whatever the API is mapped to there, or with nothing: all of these match.
    """
    # A slash at the end matches too, whether or not the gateway forgives it.
    start, end = "^(?:/[^/]+)?(?:", ")/?$"
    room = LONGEST_PATTERN - len(start) - len(end)
    patterns: list[str] = []
    taken: list[str] = []
    for path in paths:
        alternative = _as_pattern(path)
        if len(alternative) > room:
            raise InvalidDocument(f"{path}: too long for a pattern of the firewall")
        if len("|".join((*taken, alternative))) > room:
            patterns.append(f"{start}{'|'.join(taken)}{end}")
            taken = []
        taken.append(alternative)
    return (*patterns, f"{start}{'|'.join(taken)}{end}")


def requests_of(operations: Sequence[Operation]) -> wafv2.CfnWebACL.StatementProperty:
    """Return the statement that matches every request of the operations, and of no other."""
    return _any_of(list(_by_method(operations)))


def _by_method(operations: Sequence[Operation]) -> Iterator[wafv2.CfnWebACL.StatementProperty]:
    # With the method: a preflight of the same path is the browser's, not a try of the user's.
    for method in sorted({operation.method for operation in operations}):
        paths = [operation.path for operation in operations if operation.method == method]
        matching = _any_of([_path(pattern) for pattern in path_patterns(paths)])
        both = wafv2.CfnWebACL.AndStatementProperty(statements=[_method(method), matching])
        yield _Statement(and_statement=both)


def _as_pattern(path: str) -> str:
    parts = _PARAMETER.split(path)
    # A full stop is the only character of a path that means something else in a pattern.
    return "".join("[^/]+" if _PARAMETER.fullmatch(part) else part.replace(".", r"\.") for part in parts)


def _any_of(statements: list[wafv2.CfnWebACL.StatementProperty]) -> wafv2.CfnWebACL.StatementProperty:
    # WAF refuses an OR of one.
    if len(statements) == 1:
        return statements[0]
    return _Statement(or_statement=wafv2.CfnWebACL.OrStatementProperty(statements=statements))


def _method(method: str) -> wafv2.CfnWebACL.StatementProperty:
    return _Statement(
        byte_match_statement=wafv2.CfnWebACL.ByteMatchStatementProperty(
            field_to_match=wafv2.CfnWebACL.FieldToMatchProperty(method={}),
            positional_constraint="EXACTLY",
            search_string=method,
            text_transformations=_transformed("NONE"),
        )
    )


def _path(pattern: str) -> wafv2.CfnWebACL.StatementProperty:
    # As the gateway reads a path before it routes: otherwise %6cogin or //login would not be counted.
    return _Statement(
        regex_match_statement=wafv2.CfnWebACL.RegexMatchStatementProperty(
            field_to_match=wafv2.CfnWebACL.FieldToMatchProperty(uri_path={}),
            regex_string=pattern,
            text_transformations=_transformed("URL_DECODE", "NORMALIZE_PATH"),
        )
    )


def _transformed(*kinds: str) -> list[wafv2.CfnWebACL.TextTransformationProperty]:
    return [
        wafv2.CfnWebACL.TextTransformationProperty(priority=priority, type=kind)
        for priority, kind in enumerate(kinds)
    ]
