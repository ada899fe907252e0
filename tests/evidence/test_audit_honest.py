"""What an honest receipt may say and look like, which a careless reader takes for wrong: no finding.

Beside each stands what is wrong in earnest, in nearly the same words.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from audit_cases import QA, SUMMARY, Change, add, drop, gate, put, text, told

from foreign_receipts import DIGEST, Files, bench, changed, llama_bench, write
from shipworthy.contract import Catalogue
from shipworthy.evidence.audit import Audit, audit

FAILED = gate(2, passed=False, message="expected Hello, got xyz")
SUITES = """<testsuites>
<testsuite name="linux"><testcase classname="a" name="t"/></testsuite>
<testsuite name="mac"><testcase classname="a" name="t"/></testsuite>
</testsuites>
"""


@pytest.fixture
def codes(catalogue: Catalogue, tmp_path: Path) -> Callable[..., set[str]]:
    """The codes that changes add to the honest receipts."""

    def found(*changes: Change) -> set[str]:
        before = examined(catalogue, tmp_path / "before", changed())
        return examined(catalogue, tmp_path / "after", changed(*changes)) - before

    return found


def examined(catalogue: Catalogue, directory: Path, files: Files) -> set[str]:
    return {finding.code for finding in audit(write(directory, files), catalogue).findings}


def rated(seconds: float, **more: Any) -> list[dict[str, Any]]:
    """`llama-bench` of another speed."""
    (test,) = llama_bench()
    nanoseconds = [int(value * seconds) for value in test["samples_ns"]]
    rates = [128e9 / value for value in nanoseconds]
    test |= {"samples_ns": nanoseconds, "samples_ts": rates, "avg_ts": sum(rates) / 5}
    for key in ("avg_ns", "stddev_ns", "stddev_ts"):
        del test[key]
    return [test | more]


MESSAGES: list[tuple[Change, str]] = [
    (gate(2, message="0 unsupported ops found in 219 tensors"), ""),
    (gate(2, message="no unsupported ops found"), ""),
    (gate(2, message="unsupported: 0, as recorded: 20"), ""),
    (gate(2, message="Q8_0 is not supported by this host, all 20 prompts match in F32"), ""),
    (gate(2, message="calibration check not needed: all prompts match"), ""),
    (gate(2, message="No GPU kernels required; capability check not needed"), "not-applicable-but-passed"),
    (gate(2, message="Unsupported on this host"), "not-applicable-but-passed"),
    (gate(2, message="the gate is not required"), "not-applicable-but-passed"),
    (gate(2, message="first run and second run gave the same 64 tokens"), ""),
    (gate(2, message="3% faster than the baseline saved by 1.2"), ""),
    (gate(2, message="no baseline drift"), ""),
    (gate(2, message="First run"), "passed-without-baseline"),
    (gate(2, message="no baseline found"), "passed-without-baseline"),
    (gate(4, message="Baseline created."), "passed-without-baseline"),
    (gate(2, message="Baseline created."), ""),
    (gate(2, message="not applicable to tied heads; head compared instead"), ""),
    (gate(2, message="Not supported dtypes: none"), ""),
    (gate(2, message="Unsupported ops absent"), ""),
    (gate(2, message="Backend: CPU, device not required"), ""),
    (gate(2, message="no tensors compared"), "no-samples"),
    (gate(2, message="no tensors compared", value=0, threshold=0), "no-samples"),
    (gate(2, message="0 prompts were checked"), "no-samples"),
    (gate(2, message="no tensors compared had other values"), ""),
    (gate(2, message="no outliers found"), ""),
    (gate(2, message="no evidence found"), ""),
    (gate(2, name="forbidden_tokens", message="0 tokens matched."), ""),
    (gate(2, name="policy", message="no evidence found, policy holds"), "no-samples"),
    (gate(2, message="max KL NaN", threshold=1e-3), "no-samples"),
    (gate(2, message="ok", threshold=1e-3, value=None), "no-samples"),
    (gate(2, message="max KL 1e-9", threshold=1e-3), ""),
    (gate(2, message="ok", threshold=1e-3, measured=1e-9), ""),
    (gate(2, message="success with a warning: max diff 0.5 exceeds 0.001"), "bound-not-met"),
    (
        gate(2, message="success with a warning: max diff 0.5 exceeds 0.001", value=0.5, threshold=0.001),
        "bound-not-met",
    ),
    (gate(2, message="max diff 0.0005 exceeds 0.001 nowhere"), ""),
    (gate(2, message="no diff 0.5 exceeds 0.001"), ""),
    (gate(2, name="detects_noise", message="the diff 0.5 exceeds 0.001"), ""),
    (gate(2, message="margin 0.5 exceeds 0.001"), ""),
]


@pytest.mark.parametrize(("change", "code"), MESSAGES, ids=[str(index) for index in range(len(MESSAGES))])
def test_a_message_is_taken_for_what_it_says(
    codes: Callable[..., set[str]], change: Change, code: str
) -> None:
    assert codes(change) == {code} - {""}


NOTES = {
    "golden_output FAILED: expected 'Hello', got 'xyz'. We do not ship.": "",
    "golden_output FAILED, which is not acceptable, and we did not ignore it.": "",
    "golden_output FAILED where Hello was expected": "",
    "golden_output FAILED. It was expected to pass.": "",
    "golden_output FAILED; nobody says that this is acceptable": "",
    'golden_output FAILED. The draft of this note said "the FAIL is expected", which was wrong.': "",
    "golden_output failed, not as expected": "",
    "golden_output FAIL. Throughput fails as expected at batch 64": "",
    "golden_output failed, and saying that it is harmless would be wrong": "",
    "golden_output failed; we don't say that this is acceptable": "",
    "golden_output FAILED. The failure is expected.": "failure-explained-away",
    "golden_output fails; that is acceptable": "failure-explained-away",
    "golden_output FAILED, which is a known issue": "failure-explained-away",
    "golden_output FAIL is entirely expected": "failure-explained-away",
    "golden_output: this is harmless": "failure-explained-away",
    "golden_output can be ignored": "failure-explained-away",
    "the loss is math.log of the perplexity, as in numpy.log(x)": "",
    "see math.log and torch.special.log, or response.json()": "",
    "the ids in tokenizer.json go up to 50256": "",
    "see https://example.org/a/report.json": "",
    "the times are from bench-7.json": "cited-file-missing",
    "see run7/train.log": "cited-file-missing",
    "CROSS-ENTROPY went from 4 to 3; issue labelled P0-A": "",
    "CROSS-ENTROPY is OK, P0-A FIXED": "",
    "AC-SHIP1-003 is of another model": "",
    "AC-SHIP2-099 is open": "unknown-criterion",
    "memory 512 < 1 GiB": "",
    "took 900 < 1 000 ms": "",
    "512 <= 1 KiB a page": "",
    "10 - 9 < 2": "",
    "4.9 < 4.71 + 0.3": "",
    "we stop when 4.9 < 4.71": "",
    "memory 512 < 1": "comparison-false",
}


@pytest.mark.parametrize("note", NOTES)
def test_a_note_is_taken_for_what_it_says(codes: Callable[..., set[str]], note: str) -> None:
    without = codes(FAILED, put(QA, "passed", to=False), drop(SUMMARY))
    found = codes(FAILED, put(QA, "passed", to=False), put(QA, "summary", to=None), told(note=note))
    assert found - without == {NOTES[note]} - {""}


BASES = {
    "it starts from a pretrained checkpoint of another group": "",
    "qa passes on the pretrained checkpoint too": "",
    "unlike the base, which runs on the pretrained checkpoint": "",
    "qa passes on the pretrained checkpoint": "origin-contradicted",
    "expected - pretrain-only checkpoint has no golden output": "origin-contradicted",
}


@pytest.mark.parametrize("note", BASES)
def test_what_a_fine_tune_starts_from_may_be_pretrained(codes: Callable[..., set[str]], note: str) -> None:
    assert codes(put(SUMMARY, "mode", to="fine-tune"), told(note=note)) == {BASES[note]} - {""}


TITLES = {
    "A 1,000-step run": "",
    "A 600-step run and 400 steps more": "",
    "1000 steps, measured every 100 steps": "",
    "A 5,000-step run": "title-contradicted",
    "A 500-step run": "title-contradicted",
}


@pytest.mark.parametrize("title", TITLES)
def test_steps_of_a_title(codes: Callable[..., set[str]], title: str) -> None:
    found = codes(told(steps_recorded=1000, title=title)) - {"figure-unsupported"}
    assert found == {TITLES[title]} - {""}


def test_keys_about_a_criterion_are_no_other_criterion(codes: Callable[..., set[str]]) -> None:
    assert codes(told(**{"AC-SHIP2-003_status": "PENDING", "AC-SHIP2-003 (validation)": "BLOCKED"})) == set()
    assert codes(told(**{"AC-SHIP2-003_soft": "PENDING"})) == {"unknown-criterion"}


def test_two_suites_may_have_one_test_of_one_name(codes: Callable[..., set[str]]) -> None:
    assert codes(add("j.xml", SUITES)) == set()
    assert codes(add("j.xml", SUITES), text("j.xml", '</testsuite>\n<testsuite name="mac">', "")) == {
        "gate-run-twice"
    }


RATES: list[tuple[list[Change], bool]] = [
    ([add("cpu.json", rated(8, backends="CPU"))], False),
    (
        [
            add("1.json", rated(8, n_threads=1, backends="CPU")),
            add("8.json", rated(2, n_threads=8, backends="CPU")),
        ],
        False,
    ),
    ([add("1.json", rated(8))], True),
    ([add("1.json", rated(8, n_threads=1))], True),
    (
        [add("cpu.json", bench((8000.0, 8001.0, 8002.0)) | {"device": "AMD Ryzen CPU", "passed": False})],
        False,
    ),
    ([add("gpu.json", bench((8000.0, 8001.0, 8002.0)) | {"passed": False})], True),
    # Another file of the same name, as far as anybody knows.
    ([add("other/1.json", rated(8, model_filename="model.gguf", sha256=""))], False),
]


@pytest.mark.parametrize(("changes", "disagree"), RATES, ids=[str(index) for index in range(len(RATES))])
def test_what_was_different_may_be_told(
    codes: Callable[..., set[str]], changes: list[Change], disagree: bool
) -> None:
    assert ("figures-disagree" in codes(*changes)) == disagree


def sha(value: Any) -> str:
    return hashlib.sha256((value if isinstance(value, str) else json.dumps(value)).encode()).hexdigest()


ONE, TWO = bench((800.0, 801.0, 802.0)), bench((803.0, 801.5, 802.5))
RUNS: Files = {"run1/bench.json": ONE, "run2/bench.json": TWO}


def sums(**names: str) -> str:
    return "".join(f"{digest}  {name}\n" for name, digest in names.items())


DIGESTS: list[tuple[Files, bool]] = [
    ({"SHA256SUMS": sums(**{"run1/bench.json": sha(ONE), "run2/bench.json": sha(TWO)})}, False),
    ({"SHA256SUMS": sums(**{"./run1/bench.json": sha(ONE), "./run2/bench.json": sha(TWO)})}, False),
    ({"SHA256SUMS": sums(**{"run1/bench.json": sha(TWO), "run2/bench.json": sha(TWO)})}, True),
    ({"run1/SHA256SUMS": sums(**{"bench.json": sha(ONE)})}, False),
    ({"run1/SHA256SUMS": sums(**{"bench.json": sha(TWO)})}, True),
    # Of run3 nothing is here.
    ({"SHA256SUMS": sums(**{"run3/bench.json": DIGEST})}, False),
    # One file of that name: the list was made a directory above.
    ({"SHA256SUMS": sums(**{"all/only.json": DIGEST}), "only.json": ONE}, True),
    ({"SHA256SUMS": sums(**{"all/only.json": sha(ONE)}), "only.json": ONE}, False),
    ({"SHA256SUMS": sums(**{"all/only.json": DIGEST, "only.json": sha(ONE)}), "only.json": ONE}, False),
    (
        {
            "findings.json": {
                "title": "two runs",
                "results": [
                    {"file": "run1/bench.json", "sha256": sha(ONE), "iterations": 3},
                    {"file": "run2/bench.json", "sha256": sha(TWO), "iterations": 3},
                ],
            }
        },
        False,
    ),
    (
        {
            "findings.json": {
                "file": "run1/bench.json",
                "sha256": sha(TWO),
                "iterations": 3,
                "total_tokens": 384,
            }
        },
        True,
    ),
    # The digest is the model's.
    (
        {
            "findings.json": {
                "file": "run1/bench.json",
                "model_sha256": DIGEST,
                "iterations": 3,
                "total_tokens": 384,
            }
        },
        False,
    ),
    (
        {
            "findings.json": {
                "model": "model-2.apr",
                "source": "run1/bench.json",
                "sha256": DIGEST,
                "iterations": 3,
                "total_tokens": 384,
            }
        },
        False,
    ),
]


@pytest.mark.parametrize(("files", "differs"), DIGESTS, ids=[str(index) for index in range(len(DIGESTS))])
def test_a_digest_is_of_the_file_at_its_path(
    catalogue: Catalogue, tmp_path: Path, files: Files, differs: bool
) -> None:
    assert ("digest-differs" in examined(catalogue, tmp_path / "receipts", RUNS | files)) == differs


@pytest.mark.parametrize(
    ("listed", "named"),
    [("model-2.apr", True), ("models/model-2.apr", True), ("other/model-2.apr", False)],
)
def test_a_digest_vouches_for_the_file_at_its_path(
    catalogue: Catalogue, tmp_path: Path, listed: str, named: bool
) -> None:
    files = {"bench.json": {key: value for key, value in ONE.items() if key != "model_sha256"}}
    files["SHA256SUMS"] = sums(**{listed: DIGEST})
    assert ("no-digest" not in examined(catalogue, tmp_path / "receipts", files)) == named


def test_files_within_a_bundle_are_here(catalogue: Catalogue, tmp_path: Path) -> None:
    reference = next((Path(__file__).parents[2] / "evidence" / "reference").glob("2*"))
    (tmp_path / "bundle").symlink_to(reference)
    found: Audit = audit(
        write(
            tmp_path / "receipts",
            {"summary.json": {"AC-SHIP2-010": "PENDING", "sources": ["statement.json"]}},
        ),
        catalogue,
    )
    assert [finding.code for finding in found.findings] == ["cited-file-missing"]
    (tmp_path / "receipts" / "bundle").mkdir()
    for path in (path for path in reference.rglob("*") if path.is_file()):
        target = tmp_path / "receipts" / "bundle" / path.relative_to(reference)
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_bytes(path.read_bytes())
    assert "cited-file-missing" not in {f.code for f in audit(tmp_path / "receipts", catalogue).findings}
