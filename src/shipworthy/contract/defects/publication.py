"""Raw samples of a release that was fetched back from where it is published."""

from __future__ import annotations

from ..defect import PlantedDefect

_DESCRIBED = {
    "published_on_loopback": "The page was tried on a server of the same machine, and that is where it is.",
    "published_as_file": "The manifest names a path of the machine that wrote it.",
    "published_inside": "The address is one of the team's own network, which nobody outside can reach.",
    "published_behind_translation": "The address of this machine is spelled as a public one.",
    "one_file_on_loopback": "One of the files is linked to where it was when the page was written.",
    "nobody_answered": "The receipt was written without a connection.",
    "manifest_replaced": "The manifest there is that of another release, or of an earlier attempt.",
    "page_for_every_path": "The server answers any path with a friendly page and the status 200.",
    "manifest_without_files": "The manifest was rendered from an empty list of files.",
    "file_not_there": "One file was too large for the upload, which went on without it.",
    "file_replaced": "A file was written anew after the manifest, with the same name and size.",
    "file_cut": "The upload ended early, and the server kept what it had.",
    "tokenizer_not_published": "Weights and config are there; the tokenizer lies on somebody's disk.",
    "tokenizer_of_another_model": "The tokenizer of the base model was uploaded, before tokens were added.",
    "config_of_another_model": "The config was copied from the model beside it, and what loads it differs.",
    "tokenizer_called_config": "Two lines of the manifest were swapped by hand.",
    "part_of_tokenizer_published": "The vocabulary is there; the file with its special tokens is not.",
    "descriptions_left_out": "The receipt does not say which tokenizer and config are the subject's.",
    "weights_under_every_name": "Tokenizer, config and card are the weights again, under other names.",
    "weights_not_published": "The page links to weights that are still to come.",
    "weights_of_another_run": "Last week's weights were published, and the manifest made to fit them.",
    "subject_left_out": "The receipt does not say which weights were on trial.",
    "fewer_kinds_asked": "Only what was there was asked for.",
    "licence_not_published": "The manifest's licence was to be filled in later.",
    "another_licence_published": "The page's template brings a licence of its own.",
    "data_not_named": "Where the data came from is left out of the manifest.",
    "data_without_licence": "The source of the data is named, and nobody looked for its licence.",
    "run_not_named": "Nothing says which run made the weights.",
}

DECLARED = tuple(
    PlantedDefect(name, description, of=frozenset({"measurement"}), fixture="fixture-publication")
    for name, description in _DESCRIBED.items()
)
