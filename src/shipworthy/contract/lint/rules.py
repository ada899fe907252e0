"""The catalogue of rules by code: those that the loader refuses by, and those that only lint looks at."""

from __future__ import annotations

from collections.abc import Mapping

from .catalogue_rules import CATALOGUE_RULES
from .contract_rules import CONTRACT_RULES
from .form_rules import FORM_RULES
from .rule import Rule

GROUPS: Mapping[str, tuple[Rule, ...]] = {
    "The form of a file": FORM_RULES,
    "What a contract says": CONTRACT_RULES,
    "What files say of each other, and said before": CATALOGUE_RULES,
}

RULES: Mapping[str, Rule] = {rule.code: rule for group in GROUPS.values() for rule in group}


def markdown() -> str:
    """The text of docs/lint.md."""
    lines = [
        "# The rules of `shipworthy lint`",
        "",
        f"{len(RULES)} rules. This page is written by `shipworthy lint --rules --markdown`; do not edit it.",
        "",
        "`shipworthy lint [PATH...]` reads contracts/, or the directories and files that are named, and",
        "reports every problem with file, line, column, code and what to do. It exits with 2 where there is",
        "one. `--against REV` compares with contracts/ at a git revision and exits with 1 where a bar became",
        "looser without an approver and a reason. A file alone is held against the rules that need no other.",
    ]
    for title, rules in GROUPS.items():
        lines += [
            "",
            f"## {title}",
            "",
            "| code | what is wrong | why it matters | what is looked at | what to do |",
        ]
        lines += ["|---|---|---|---|---|"]
        lines += [f"| `{r.code}` | {r.title} | {r.why} | {r.looks_at} | {r.fix} |" for r in rules]
    return "\n".join(lines) + "\n"
