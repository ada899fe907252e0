"""The table of rules: what each code means, how it is derived, and why it matters."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Rule:
    """`wrong` is what a finding of this code says, `derived` how it is found, `why` why it matters."""

    wrong: str
    derived: str
    why: str


_NOTHING = "nothing was measured, and the result counts as good"

RULES: dict[str, Rule] = {
    # What can be read.
    "not-strict-json": Rule(
        "a .json file is no strict JSON",
        "UTF-8, one value, no duplicate key, NaN, half surrogate, or number beyond float64 or 64 bits",
        "two readers see two receipts in it, or none",
    ),
    "not-plain-xml": Rule(
        "an .xml file is no XML without a DTD",
        "read without any DTD, 32 levels deep at most",
        "entities make a file say what is not in it",
    ),
    "bundle-does-not-verify": Rule(
        "a bundle's files are not those of its manifest",
        "every file's size and SHA-256 against manifest.json",
        "it was changed after the dispatch",
    ),
    "bundle-contradicts-itself": Rule(
        "a bundle states what its raw samples do not give",
        "verified as `shipworthy verify` does",
        "a verdict that does not follow was written, not measured",
    ),
    "bundle-stale": Rule(
        "a bundle was made with other contracts than the installed ones",
        "criterion hashes, planted defects, limits, registration and release, as `shipworthy verify` does",
        "a bound that is looser in the bundle, or a gate that was tried less, proves another criterion",
    ),
    "bundle-of-another-model": Rule(
        "a bundle is of another model than the claimed release",
        "its registration against that of the release",
        "what a demo proves of its model, it proves of no other",
    ),
    # What it is of.
    "no-digest": Rule(
        "a checkpoint, run or data set is named by its path alone",
        "no 64 hex digits beside it, nor in a list of digests under its path",
        "another file may lie at that path by now, and nobody could tell",
    ),
    "no-subject": Rule(
        "a receipt names no checkpoint", "no key names a file", "a receipt whose model was `default` passed"
    ),
    "digest-differs": Rule(
        "a digest is not that of the file it names",
        "SHA-256 of the file at that path; else of the one file of that name, which the finding then says",
        "the file was changed, or is another",
    ),
    "sources-not-named": Rule(
        "a summary names none of the files it quotes",
        "no text in it is the name of a file",
        "who checks a figure must guess where it is from",
    ),
    "cited-file-missing": Rule(
        "a cited file is not here", "by the last part of its name", "logs that were cited were not kept"
    ),
    "device-not-stated": Rule(
        "a bench does not say on what it ran, and the criterion names a device",
        "no key of it names a device",
        "a CPU's figure was shown under a GPU's name",
    ),
    # Numbers.
    "wrong-arithmetic": Rule(
        "a figure does not follow from those beside it",
        "computed again; a rounding or a millionth apart is the same",
        "one of them is wrong, and nobody knows which",
    ),
    "stated-twice": Rule("one figure has two values in a file", "compared", "one of them is wrong"),
    "figure-not-in-raw": Rule(
        "a quoted figure is no rounding of the raw one",
        "against every raw file's figure of that quantity, at the precision of the quote",
        "the summary is of another run, or was typed by hand",
    ),
    "figure-unsupported": Rule(
        "no raw file has the quoted figure or message",
        "looked for in every raw file",
        "nothing here supports it",
    ),
    "figures-disagree": Rule(
        "two receipts of one checkpoint differ by more than a tenth",
        "the same path or digest, and tool; no device, thread or token count is told by which they differ",
        "device or parameters differ and are not told: one of the two is not what it is taken for",
    ),
    "percentile-without-information": Rule(
        "a percentile of too few samples",
        "by nearest rank p95 takes 20 samples and p99 100 to differ from the greatest",
        "it is the maximum under another name",
    ),
    "first-token-not-measured": Rule(
        "the time to the first token is the time of all over their number",
        "the median or mean time / tokens, to a millionth",
        "the prompt is in the first token's time, so the quotient says nothing of it",
    ),
    "samples-not-kept": Rule(
        "totals without samples", "no list in the receipt", "nothing can be derived again"
    ),
    "no-samples": Rule("no samples, or impossible ones", "counted; or its own message says so", _NOTHING),
    "constant-samples": Rule(
        "all samples are the same number",
        "compared",
        "no clock gives that twice: they were copied or made up",
    ),
    "not-all-scored": Rule(
        "fewer documents were scored than there are",
        "n-samples",
        "a limit chooses the easy ones, or the lucky",
    ),
    "estimate-not-measured": Rule(
        "an estimate among measurements", "by its key", "it is read as a measurement by whoever comes next"
    ),
    # Gates.
    "skipped-but-passed": Rule(
        "a skipped gate is passed", "passed, and skipped by its flag or its own message", _NOTHING
    ),
    "not-applicable-but-passed": Rule(
        "a gate that does not apply is passed", "its own message says so", _NOTHING
    ),
    "passed-without-baseline": Rule(
        "a comparison passed without anything to compare with",
        "its own message says so",
        "a regression is what it would not have seen",
    ),
    "bound-asks-nothing": Rule(
        "a threshold of 0 for a count, or of 0 or less for a rate",
        "value and threshold",
        "it cannot fail on anything that exists",
    ),
    "bound-not-met": Rule(
        "a passed gate is on the wrong side of its threshold",
        "value against threshold, where the gate's name says which way is better; or its message says so",
        "the verdict was written, not computed",
    ),
    "flag-not-boolean": Rule(
        "`passed` or `skipped` is neither true nor false",
        "by its type",
        'one reader takes "false" for true, another for nothing',
    ),
    "bound-looser": Rule(
        "a bound below the criterion's",
        "the bound in our contract of the claimed release",
        "the bar was moved",
    ),
    "bound-not-stated": Rule(
        "passed, and no bound beside it", "no key names one", "it may have been judged by any bound, or none"
    ),
    "gate-failed": Rule("a gate or test did not pass", "its own result", "nothing but a pass passes"),
    "test-skipped": Rule("a test was skipped", "its own result", "nothing but a pass passes"),
    "gate-run-twice": Rule(
        "one gate stands there twice", "by name, within its suite", "run until it was green, or counted twice"
    ),
    "no-gates": Rule("a battery or suite of none", "counted", "of none, all pass"),
    "verdict-contradicts-gates": Rule(
        "the whole's verdict is not that of its gates", "computed again", "who reads only the top reads wrong"
    ),
    "status-contradicts-gates": Rule(
        "a status says pass above something that failed",
        "in the same object",
        "who reads only the status reads wrong",
    ),
    "failure-explained-away": Rule(
        "a failed gate is called expected, or no matter",
        "the battery's result beside the summary's words",
        "a gate that may fail when it is convenient is none",
    ),
    "comparison-false": Rule(
        "a written comparison is false",
        "computed again, where both sides are of one unit",
        "the conclusion rests on it",
    ),
    # Criteria.
    "other-parameters": Rule(
        "measured with other parameters than the criterion's",
        "our contract of the claimed release",
        "a shorter run is another measurement, mostly a kinder one",
    ),
    "another-criterion": Rule(
        "a result is told under another criterion's number",
        "the words of the claim against the probe of that criterion",
        "one benchmark once discharged two criteria, and an export that did not load none",
    ),
    "unknown-criterion": Rule(
        "a criterion is named that does not exist",
        "our contracts; only numbers such as AC-SHIP2-099 can be of no other thing",
        "a `strict` one beside it makes a lenient one",
    ),
    "not-proven": Rule(
        "credit for a criterion that is BLOCKED", "the table of criteria", "the release counts on it"
    ),
    "not-the-registered-model": Rule(
        "a figure of the model is not the registered one's",
        "the registration of the claimed release",
        "the criteria are of another model: this one discharges none",
    ),
    "percentage-not-derived": Rule(
        "a ship percentage that the proven criteria do not give",
        "the weights of the claimed release, over what is DISCHARGED here",
        "79 % that no formula gives",
    ),
    "two-bars": Rule("one bar has two values", "keys that name the same bar", "the one that was met is told"),
    # The model.
    "label-contradicted": Rule(
        "the architecture's label is not that of its tensors",
        "the tensor counts of all families, by layers",
        "the loader leaves tensors out, or the next tool refuses the file",
    ),
    "size-unexplained": Rule(
        "an export's size fits no registered parameter count",
        "bytes a parameter of F32, F16 and Q8_0, with 64 MiB for metadata",
        "what was exported is another model, or holds tensors twice",
    ),
    "file-too-small": Rule(
        "a file cannot hold its parameters", "half a byte each at least", "it was cut, and is called valid"
    ),
    "origin-contradicted": Rule(
        "called pretrained here and fine-tuned there",
        "what was tried, by the words of it, against the run's mode",
        "it is one of the two",
    ),
    # Logs.
    "refusals-in-a-wave": Rule(
        "one refusal appeared once another was repaired",
        "the order in which a loader checks",
        "each tool checks its own invariants one by one: waves are four to six deep",
    ),
    "refusal-left-out": Rule(
        "a summary leaves out a refusal of the logs",
        "its text and its invariant",
        "the next release meets it",
    ),
    "option-refused": Rule(
        "a tool did not take an option", "its own message", "another run than the one intended"
    ),
    # Training.
    "loss-not-finite": Rule(
        "a loss that is none", "NaN, infinite or not above 0", "training had failed by then"
    ),
    "placeholder-loss": Rule(
        "the loss pair (1.0, 1.0)", "both equal 1", "an exhausted corpus returns it in place of losses"
    ),
    "epochs-not-in-order": Rule("epochs are missing or repeated", "counted", "what is left out is not told"),
    "tokens-do-not-grow": Rule("an epoch saw no new tokens", "compared", "the corpus was exhausted"),
    "initial-loss-after-training": Rule(
        "a loss is called initial and is not", "tokens seen in that row", "improvement is counted from it"
    ),
    "title-contradicted": Rule(
        "a title tells of steps that were not made", "the recorded steps", "the title is what is remembered"
    ),
}
