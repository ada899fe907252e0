"""Rules about what files say of each other, of themselves in other words, and of what they said before."""

from __future__ import annotations

from .rule import Rule

_TOGETHER = "the files of a directory beside each other"
_CHANGELOG = "version beside changelog"
_REGISTRATION = "a registration's constants beside its band"
_AGAINST = "contracts/ beside contracts/ at the revision of --against"

CATALOGUE_RULES = (
    Rule(
        "duplicate-id",
        "One id twice: contract, falsifier, host, registration, release or data file",
        "One result once discharged two criteria, because two documents number them differently.",
        _TOGETHER,
        "rename one",
    ),
    Rule(
        "unknown-host",
        "A host that contracts/hosts/ does not have",
        "The measurement could be made anywhere, or nowhere.",
        _TOGETHER,
        "write the host, or name another",
    ),
    Rule(
        "unknown-data",
        "A data file that contracts/data/ does not have",
        "Its digest is part of the criterion.",
        _TOGETHER,
        "add the file, or name another",
    ),
    Rule(
        "unknown-criterion",
        "A compound of a criterion that has no contract",
        "It could never be DISCHARGED, nor say why.",
        _TOGETHER,
        "write the contract, or name another",
    ),
    Rule(
        "compound-of-compound",
        "A compound of compounds",
        "Verdicts are read once, from what was measured.",
        _TOGETHER,
        "name its members",
    ),
    Rule(
        "compound-weight",
        "A compound with a weight in a release",
        "It would count its members a second time.",
        _TOGETHER,
        "make its weight 0",
    ),
    Rule(
        "unknown-registration",
        "A release for a model that is not registered",
        "Nothing says what the subject must be.",
        _TOGETHER,
        "write the registration, or name another",
    ),
    Rule(
        "weights-sum",
        "Weights of a release that do not sum to 100",
        "A ship-% that no formula gives.",
        "a release",
        "make them sum to 100",
    ),
    Rule(
        "release-without-contract",
        "A criterion in a release that has no contract",
        "It is PENDING for ever, and nobody wrote what it demands.",
        _TOGETHER,
        "write the contract, DRAFT if it cannot be measured yet",
    ),
    Rule(
        "empty-band",
        "A parameter band whose low end is above its high end",
        "No model is inside.",
        "a registration",
        "swap low and high",
    ),
    Rule(
        "band-contradicts-constants",
        "Constants that give a parameter count outside the registered band",
        "370 M and tied embeddings contradict each other: the count is 322 M.",
        _REGISTRATION,
        "correct the constants or the band, and say in notes which was meant",
    ),
    Rule(
        "unknown-architecture",
        "An architecture of which no table is known",
        "Neither its tensors nor its parameters can be told.",
        "a registration's constants",
        "name a known architecture in llama.cpp's spelling",
    ),
    Rule(
        "implausible-constants",
        "Constants that no decoder has, such as heads that the key/value heads do not divide",
        "A subject with these constants could not be built.",
        "a registration's constants",
        "correct the constant that is named",
    ),
    Rule(
        "version-differs",
        "A version that is not that of the newest changelog line",
        "The line that approves a change must be of the version that has it.",
        _CHANGELOG,
        "write the same version in both",
    ),
    Rule(
        "changelog-missing",
        "A version after 1.0.0 without a changelog",
        "Something changed, and nobody said what.",
        _CHANGELOG,
        "add a changelog line of this version",
    ),
    Rule(
        "changelog-twice",
        "Two changelog lines of one version",
        "An approval of one change would cover another.",
        _CHANGELOG,
        "give the second change a version of its own",
    ),
    Rule(
        "approval-incomplete",
        "A changelog line with an approver and no reason, or the reverse, or one such as none or -",
        "A bound that loosens needs both.",
        "changelog",
        "add what is missing",
    ),
    Rule(
        "schema-differs",
        "contracts/schema.json is not what this version writes",
        "Editors check contracts by it, and would check by other rules.",
        "contracts/schema.json",
        "write it again: shipworthy lint --schema > contracts/schema.json",
    ),
    Rule(
        "proof-without-contract",
        "A proof in proofs/ of a contract that is not there",
        "It proves nothing, and looks as though it did.",
        "contracts/proofs/",
        "remove the proof, or bring the contract back",
    ),
    Rule(
        "version-not-raised",
        "A criterion that changed without a new version and a changelog line of it",
        "Evidence binds to the hash; the id came back with another, and nobody was told.",
        _AGAINST,
        "raise version and add a changelog line of that version",
    ),
    Rule(
        "loosened",
        "A bar that became looser, or cannot be compared, without an approver and a reason",
        "2.2 became 4.7 after a run gave 4.62.",
        _AGAINST,
        "add a changelog line of a new version with reason and approver",
    ),
    Rule(
        "loosened-after-red",
        "A bar that became looser after it was red, and was not measured since",
        "Whoever moves the bar must jump again.",
        "the revision of --against beside the evidence",
        "dispatch a subject under the new version",
    ),
)
