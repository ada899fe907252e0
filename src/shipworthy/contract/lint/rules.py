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


_HEAD = """\
# The rules of `shipworthy lint`

{count} rules. This page is written by `shipworthy lint --rules --markdown`; do not edit it.

`shipworthy lint [PATH...]` reads contracts/, or the directories and files that are named, and reports every
problem of every file with line, column, code and what to do. It exits with 2 where there is one. A file
alone is held against the rules that need no other.

## What `--against REV` compares

Every change since a git revision is a tightening, a loosening or neutral; what cannot be told is
incomparable and counts as a loosening. A loosening exits with 1 unless a new line of the file's changelog
names a reason and an approver; of a contract the line must be of a new version. Where the old criterion was
red in a bundle of the evidence, it stays red until a later bundle has measured the new one. Tightening is
free. A criterion whose hash changed needs a new version and a changelog line of it, whatever its direction.

| change | loosening | tightening |
|---|---|---|
| expectation | a value newly passes | a value newly fails and none newly passes |
| falsifier, planted defect, expected quantity, member, `needs` | dropped | added |
| `accept` | a quantity added | a quantity dropped |
| parameter that the probe counts as samples | fewer | more |
| any other parameter, `statement`, `subject`, probe, bytes of data | always: incomparable | never |
| `limits` | raised or dropped | lowered or added |
| `applies`, host | wider | narrower |
| state | ACTIVE to another | another to ACTIVE |
| parameter band of a registration | wider, or moved | narrower |
| constant, licence, registration of a release | always: incomparable | never |
| weight in a release | lower, or dropped | higher, or added |
| file | removed while it bound something | a new ACTIVE contract |

Title, why, notes, message, and everything of a contract that is ACTIVE neither then nor now are neutral.
"""


def markdown() -> str:
    """The text of docs/lint.md."""
    lines = [_HEAD.format(count=len(RULES)).rstrip("\n")]
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
