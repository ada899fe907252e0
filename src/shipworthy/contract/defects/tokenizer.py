"""What turns text into ids and back."""

from __future__ import annotations

from ..defect import DefectOf, PlantedDefect

_APR: frozenset[DefectOf] = frozenset({"apr"})
_GGUF: frozenset[DefectOf] = frozenset({"gguf"})
_LLAMA = "fixture-llama"

DECLARED = (
    PlantedDefect(
        "decoder_lost",
        "The tokenizer was saved without its decoder: text goes in and does not come back.",
        of=_APR,
        fixture=_LLAMA,
    ),
    PlantedDefect(
        "normalizer_added",
        "The tokenizer of an uncased model was the template, and its normalizer stayed.",
        of=_APR,
        fixture=_LLAMA,
    ),
    PlantedDefect(
        "cut_at_spaces",
        "A tokenizer for word lists was the template: white space is where text is cut, and then gone.",
        of=_APR,
        fixture=_LLAMA,
    ),
    PlantedDefect(
        "tokenizer_removed",
        "The tokenizer stayed in the training directory: 'APR missing embedded tokenizer'.",
        of=_APR,
        fixture=_LLAMA,
    ),
    PlantedDefect(
        "special_token_id_out_of_range",
        "The end-of-text id comes from the tokenizer before it was cut down.",
        of=_APR,
        fixture=_LLAMA,
    ),
    PlantedDefect(
        "token_renamed",
        "A vocabulary is cleaned up by hand; a merge still builds the token's old spelling.",
        of=_APR,
        fixture=_LLAMA,
    ),
    PlantedDefect(
        "token_listed_twice",
        "A padded or merged vocabulary repeats a token, and a map from text to id loses one of the two.",
        of=_APR,
        fixture=_LLAMA,
    ),
    PlantedDefect(
        "vocabulary_outgrew_embedding",
        "Tokens were added for chat after training, and the embedding was not resized.",
        of=_APR,
        fixture=_LLAMA,
    ),
    PlantedDefect(
        "pre_tokenizer_renamed",
        "tokenizer.ggml.pre names another pre-tokenizer: it loads, and splits text differently.",
        of=_GGUF,
        fixture=_LLAMA,
    ),
    PlantedDefect(
        "merges_lost",
        "An exporter writes the vocabulary and forgets the merges.",
        of=_GGUF,
        fixture=_LLAMA,
    ),
    PlantedDefect(
        "merges_reversed",
        "Merges are read into a map and written sorted by falling rank.",
        of=_GGUF,
        fixture=_LLAMA,
    ),
    PlantedDefect(
        "tokens_exchanged",
        "A vocabulary is written in the order of another tool's table; two ids stand in each other's place.",
        of=_GGUF,
        fixture=_LLAMA,
    ),
    PlantedDefect(
        "special_tokens_as_text",
        "The token types are all written as normal: <|im_start|> is then cut into letters.",
        of=_GGUF,
        fixture=_LLAMA,
    ),
)
