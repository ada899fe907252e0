"""Every check, as a table. A check looks at the dossier and yields findings; none knows of a data set."""

from __future__ import annotations

from collections.abc import Callable, Iterator

from ..dossier import Dossier
from ..finding import Finding
from . import (
    bench_figures,
    bundles,
    citations,
    criteria,
    gates,
    provenance,
    quotes,
    refusals,
    same_checkpoint,
    sample_figures,
    statements,
    structure,
    training,
)

Check = Callable[[Dossier], Iterator[Finding]]

CHECKS: tuple[Check, ...] = (
    provenance.subjects,
    provenance.bare_receipts,
    citations.sources,
    citations.citations,
    citations.listed,
    same_checkpoint.same_checkpoint,
    provenance.unknown_criteria,
    bench_figures.figures,
    bench_figures.bounds,
    bench_figures.percentiles,
    bench_figures.samples,
    sample_figures.llama_bench,
    sample_figures.own_bench,
    sample_figures.lm_eval,
    gates.untried,
    gates.flags,
    gates.red,
    gates.thresholds,
    gates.counts,
    quotes.figures,
    quotes.failed_gates,
    quotes.explanations,
    quotes.messages,
    quotes.differences,
    statements.false_comparisons,
    statements.moved_bars,
    statements.two_bars,
    statements.estimates,
    statements.origins,
    statements.titles,
    training.rows,
    training.initial_loss,
    structure.labels,
    structure.inspection,
    structure.registered,
    structure.sizes,
    refusals.wave,
    refusals.left_out,
    refusals.options,
    criteria.parameters,
    criteria.numbers,
    bundles.contradictions,
    bundles.out_of_date,
    bundles.of_another_model,
)
