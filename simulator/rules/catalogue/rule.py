"""What the catalogue says of a rule; its example is computed when it is shown, never typed."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, fields, is_dataclass
from typing import Any


@dataclass(frozen=True, slots=True)
class Call:
    """One call of a rule: how it is written, and what makes its answer."""

    text: str
    answer: Callable[[], Any]

    def shown(self) -> str:
        """Write the call with the answer the rule gives now.

        >>> Call("2 + 2", lambda: 2 + 2).shown()
        '2 + 2 = 4'
        """
        return f"{self.text} = {self.answer()!r}"


@dataclass(frozen=True, slots=True)
class Rule:
    """One decision of the rule book.

    Parameters
    ----------
    id : str
        Module and function, such as ``healthy_hosts.required``.
    title : str
        In a few words.
    statement : str
        The rule, in one or two sentences.
    source : str
        Who says so, with the page; or what it was derived from.
    case : str
        AWS's own case where there is one, in words.
    calls : tuple of Call
        The case as calls of the rule.
    """

    id: str
    title: str
    statement: str
    source: str
    case: str
    calls: tuple[Call, ...]

    @property
    def example(self) -> str:
        """The case and what the rule answers to it, computed now."""
        return "\n".join([self.case, *(f"  {call.shown()}" for call in self.calls)])


def call(function: Callable[..., Any], *arguments: Any, attribute: str = "", **named: Any) -> Call:
    """Call a rule with plain data, written as it is called; `attribute` of the answer is shown if given."""
    given = [_written(value) for value in arguments] + [f"{name}={_written(value)}" for name, value in named.items()]

    def answer() -> Any:
        made = function(*arguments, **named)
        return getattr(made, attribute) if attribute else made

    return Call(f"{function.__name__}({', '.join(given)}){f'.{attribute}' if attribute else ''}", answer)


def _written(value: Any) -> str:
    """Write plain data as it is given: of a data class only what differs from its defaults."""
    if isinstance(value, list):
        return f"[{', '.join(_written(item) for item in value)}]"
    if not is_dataclass(value):
        return repr(value)
    told = [
        (each.name, getattr(value, each.name)) for each in fields(value) if getattr(value, each.name) != each.default
    ]
    return f"{type(value).__name__}({', '.join(f'{name}={item!r}' for name, item in told)})"


def rule(function: Callable[..., Any], title: str, statement: str, source: str, case: str, *calls: Call) -> Rule:
    """Write the entry of a function of the rule book."""
    module = function.__module__.rsplit(".", 1)[-1]
    return Rule(f"{module}.{function.__name__}", title, statement, source, case, calls)


def guide(*pages: str) -> str:
    """Name pages of the CodeDeploy user guide."""
    return "CodeDeploy user guide: " + ", ".join(
        f"{page} (https://docs.aws.amazon.com/codedeploy/latest/userguide/{page}.html)" for page in pages
    )


def api(*names: str) -> str:
    """Name entries of the CodeDeploy API reference."""
    return "CodeDeploy API reference: " + ", ".join(
        f"{name} (https://docs.aws.amazon.com/codedeploy/latest/APIReference/API_{name}.html)" for name in names
    )


def balancer(*pages: str) -> str:
    """Name pages of the Application Load Balancer guide."""
    return "Application Load Balancer guide: " + ", ".join(
        f"{page} (https://docs.aws.amazon.com/elasticloadbalancing/latest/application/{page}.html)" for page in pages
    )


def watch(*pages: str) -> str:
    """Name pages of the CloudWatch user guide."""
    return "CloudWatch user guide: " + ", ".join(
        f"{page} (https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/{page}.html)" for page in pages
    )
