"""Acme's own probe and planted defect: a checkpoint is named for the team that answers for it."""

from shipworthy.checkpoint import open_checkpoint
from shipworthy.checkpoint.stamp import stamp
from shipworthy.contract import DefectExtension, PlantedDefect, Probe, ProbeExtension, Quantity


def measure(subject, artifacts, *, log, teams):
    with open_checkpoint(subject) as checkpoint:
        name = str(checkpoint.metadata.get("name", ""))
        return {"name": name, "teams": teams, "tensors": len(checkpoint.tensors)}


def summarize(raw):
    return {"answered_for": [t for t in raw["teams"] if raw["name"].startswith(t)], "tensors": raw["tensors"]}


TEAM_NAME = ProbeExtension(
    Probe(
        name="team_name@1",
        description="Looks for a team at the beginning of the name that the checkpoint states.",
        parameters={"teams": {"type": "array", "items": {"type": "string"}, "minItems": 1}},
        quantities={
            "answered_for": Quantity("array", "the teams that the name begins with", items="string"),
            "tensors": Quantity("integer", "tensors in the file", minimum=0),
        },
        raw_schema={"type": "object", "required": ["name", "teams", "tensors"]},
        summarize=summarize,
    ),
    measure,
)


def rename(source, target, name):
    stamp(source, target, assignments=[f"name={name}"])


RENAMED = DefectExtension(
    PlantedDefect(
        "renamed",
        "Someone tries a run by hand, calls it final, and hands that file over.",
        of=frozenset({"apr"}),
        fixture="acme-small",
        parameters={"name": {"type": "string"}},
    ),
    rename,
)
