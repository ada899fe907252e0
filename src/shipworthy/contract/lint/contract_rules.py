"""Rules about what one contract says: its falsifiers, expectations and planted defects.

Those about probes, quantities and defects bind from ACTIVE on.
"""

from __future__ import annotations

from .rule import Rule

_CONTRACT = "a contract"
_FALSIFIER = "a falsifier beside its probe"
_EXPECT = "each constraint beside what its quantity can take, and those of hosts"
_PLANTED = "a planted defect beside the table of defects"

CONTRACT_RULES = (
    Rule(
        "kind-missing",
        "all_of without kind",
        "A reader should see at the top whose verdicts are read.",
        _CONTRACT,
        "add kind: compound, or kind: battery where it measures too",
    ),
    Rule(
        "battery-of-nothing",
        "A battery that measures nothing, or cites nothing",
        "What it lacks would count as passed.",
        _CONTRACT,
        "add falsifiers and all_of, or take kind away",
    ),
    Rule(
        "compound-empty",
        "A compound of nothing",
        "Of no members every one is DISCHARGED.",
        _CONTRACT,
        "add all_of: [IDS]",
    ),
    Rule(
        "compound-with-falsifiers",
        "A compound that measures",
        "It would count again what its members count.",
        _CONTRACT,
        "remove falsifiers or all_of, or make it a battery",
    ),
    Rule(
        "compound-of-itself",
        "A compound that names itself",
        "It could never have a verdict, or would always have one.",
        _CONTRACT,
        "remove its own id from all_of",
    ),
    Rule(
        "unknown-scope",
        "A format or an architecture in applies that no subject can have",
        "Misspelt, it puts every subject out of scope, and the gate is red for none.",
        "applies of an ACTIVE contract",
        "spell it as a subject states it",
    ),
    Rule(
        "no-falsifier",
        "An ACTIVE contract without a falsifier",
        "It can never be red.",
        _CONTRACT,
        "add falsifiers, or make it DRAFT",
    ),
    Rule(
        "unknown-probe",
        "A probe that is not installed",
        "Nothing would be measured.",
        _FALSIFIER,
        "name an installed probe with its version, or make the contract DRAFT",
    ),
    Rule(
        "unknown-parameter",
        "A parameter that the probe, or the defect, does not have",
        "A misspelt number of runs leaves the number at whatever it is.",
        _FALSIFIER,
        "spell it as the probe does",
    ),
    Rule(
        "missing-parameter",
        "A parameter that must be given is not",
        "A default is a bar that nobody set.",
        _FALSIFIER,
        "add the parameter to with",
    ),
    Rule(
        "bad-parameter",
        "A parameter that is not of its schema",
        "The probe would refuse it in the dispatch, hours later.",
        _FALSIFIER,
        "write a value that the probe admits",
    ),
    Rule(
        "unknown-quantity",
        "A quantity that the probe does not derive",
        "A gate once read a key that its tool never wrote, and could never pass.",
        _FALSIFIER,
        "name a quantity of the probe",
    ),
    Rule(
        "not-expected",
        "accept or red names a quantity of which nothing is expected",
        "It can neither fail nor turn red.",
        _FALSIFIER,
        "expect something of it, or name another",
    ),
    Rule(
        "accept-covers-all",
        "accept names every quantity that is expected",
        "Whatever fails, the criterion is FUNCTIONAL.",
        _FALSIFIER,
        "leave out of accept what must hold",
    ),
    Rule(
        "artifact-not-needed",
        "The probe reads an artifact that needs does not name",
        "Where it is absent the outcome would be ERROR in place of UNMEASURABLE.",
        _FALSIFIER,
        "add it to needs",
    ),
    Rule(
        "bad-message",
        "A message that reaches for more than quantities",
        "A template must not run code, nor break when it is needed.",
        _FALSIFIER,
        "use {quantity} or {quantity[0]}",
    ),
    Rule(
        "empty-constraint",
        "A constraint that constrains nothing",
        "A type alone accepts every value that the quantity can take.",
        _EXPECT,
        "add a bound or a value",
    ),
    Rule(
        "accepts-everything",
        "An expectation that every possible value meets",
        "A count of 0 or more is always 0 or more: the gate passes without looking.",
        _EXPECT,
        "set a bound that some value of the quantity misses",
    ),
    Rule(
        "impossible-constraint",
        "An expectation that no possible value meets",
        "A gate that can never pass is waived, and with it what it guards.",
        _EXPECT,
        "set bounds that some value of the quantity meets",
    ),
    Rule(
        "bound-out-of-range",
        "A bound or value that the quantity can never reach",
        "A bound of 5 on a probability disarms the gate; -1 on a count blocks for ever.",
        _EXPECT,
        "set a bound inside what the quantity can take",
    ),
    Rule(
        "constraint-cannot-apply",
        "A keyword that does not apply to the quantity's type",
        "JSON Schema ignores minimum on a list, and passes.",
        _EXPECT,
        "use a keyword of the quantity's type",
    ),
    Rule(
        "bad-constraint",
        "A constraint whose value is of no use: null, not finite, of another type",
        "A NaN threshold disarmed a gate: nothing compares to it.",
        _EXPECT,
        "write a finite value of the quantity's type, or a reference to the registration",
    ),
    Rule(
        "unknown-registered",
        "A reference to something that registrations do not have",
        "It resolves to nothing, and the outcome is ERROR in every dispatch.",
        _EXPECT,
        "name a key of the registration",
    ),
    Rule(
        "vacuous-items",
        "items without minItems: 1",
        "It holds of the empty list: all of no tensors match.",
        _EXPECT,
        "add minItems: 1",
    ),
    Rule(
        "zero-of-zero",
        "An upper bound on a count without a lower bound on what was counted",
        "Of 0 prompts 0 differ: the gate passes without looking.",
        "expectations beside what the probe says a quantity is counted among",
        "expect some of what is counted, as in prompts: {const: 100}",
    ),
    Rule(
        "no-planted-defect",
        "An ACTIVE falsifier without a planted defect",
        "A gate that has never been seen red may be unable to.",
        _PLANTED,
        "add planted",
    ),
    Rule(
        "unknown-defect",
        "A planted defect that does not exist",
        "Nothing would be planted.",
        _PLANTED,
        "name an installed defect",
    ),
    Rule(
        "defect-not-of",
        "A defect that cannot be made of this",
        "There would be nothing to try the gate on.",
        _PLANTED,
        "name what the defect is made of",
    ),
    Rule(
        "idle-defect",
        "A planted defect that no ACTIVE contract names (a note, no problem)",
        "What nothing plants, no gate has been seen to notice.",
        "the table of defects beside the contracts of a directory that has every fixture",
        "plant it where a quantity shows it, or write the probe that would",
    ),
    Rule(
        "never-red",
        "An expectation that no planted defect has turned red (a note, no problem)",
        "The gate can fail; that this part of it can, nobody has seen.",
        "expect beside the quantities that failed in a valid proof",
        "plant a defect that it must show, or say in notes why none can",
    ),
    Rule(
        "unknown-fixture",
        "A defect that starts from a fixture that is not there",
        "A defect that cannot apply to any fixture kills nothing.",
        "a planted defect beside contracts/models/ and contracts/data/",
        "name a fixture that is registered",
    ),
    Rule(
        "fixture-out-of-scope",
        "A defect that starts from a fixture to which the contract does not apply",
        "The gate is out of scope there, and never red.",
        "a planted defect beside applies",
        "start it from a fixture in scope, with on:",
    ),
    Rule(
        "duplicate-planted",
        "The same defect planted twice alike",
        "Two kills of one defect are one.",
        _PLANTED,
        "keep one",
    ),
)
