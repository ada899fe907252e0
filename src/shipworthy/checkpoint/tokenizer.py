"""A byte-level BPE tokenizer as data: from a GGUF, an `.apr` or a Hugging Face directory, and back."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from functools import cached_property
from pathlib import Path
from types import MappingProxyType
from typing import TYPE_CHECKING, Any

from ..canonical import sha256_json
from ..errors import UsageError
from .byte_level import decode_token

if TYPE_CHECKING:
    import tokenizers


@dataclass(frozen=True, slots=True)
class AddedToken:
    """A token that is found in text before anything else; the flags are those of `tokenizers`."""

    id: int
    content: str
    special: bool
    lstrip: bool = False
    rstrip: bool = False
    single_word: bool = False
    normalized: bool = False


@dataclass(frozen=True)
class TokenizerSpec:
    """Everything that encoding and decoding depend on.

    `tokens[id]` is the text of a token, added tokens included and padding left out; `merges` are "a b" in
    order of rank; both are tuples, or packed as the file has them (see PackedTexts). `pre` is llama.cpp's id
    of the pre-tokenizer, "" where it has none; `components` holds `tokenizers`' JSON of normalizer,
    pre_tokenizer, post_processor, decoder and the model's flags, and is empty where the file does not say
    how text is cut.
    """

    tokens: Sequence[str]
    merges: Sequence[str]
    pre: str
    added_tokens: tuple[AddedToken, ...]
    bos_token_id: int | None
    eos_token_id: int | None
    unk_token_id: int | None
    pad_token_id: int | None
    add_bos_token: bool
    chat_template: str | None
    components: Mapping[str, Any]

    def build(self) -> tokenizers.Tokenizer:
        """The tokenizer, ready to encode and decode.

        Raises UsageError tokenizer-incomplete where `components` is empty, tokenizer-broken where the
        `tokenizers` package refuses them.
        """
        import tokenizers

        stated = json.dumps(self.to_json(), ensure_ascii=False)
        try:
            return tokenizers.Tokenizer.from_str(stated)
        except Exception as error:  # the package raises nothing narrower
            message = f"no tokenizer can be built of its components: {error}"
            raise UsageError("tokenizer-broken", message, fix="use the original checkpoint") from None

    def to_json(self) -> dict[str, Any]:
        """The tokenizer.json of it. Raises UsageError where `components` is empty."""
        if not self.components:
            raise UsageError(
                "tokenizer-incomplete",
                "the file carries a vocabulary but not how text is cut into words",
                fix="use the original checkpoint",
            )
        parts = dict(self.components)
        model = {
            "type": "BPE",
            **parts.pop("model"),
            "vocab": {token: identifier for identifier, token in enumerate(self.tokens)},
            "merges": [list(split_merge(merge)) for merge in self.merges],
        }
        added = [asdict(token) for token in sorted(self.added_tokens, key=lambda token: token.id)]
        whole = {"version": "1.0", "truncation": None, "padding": None, "added_tokens": added, **parts}
        return {**whole, "model": model}

    def decode_bytes(self, ids: Sequence[int]) -> bytes:
        """The bytes of tokens, special ones included; an id beyond the tokens is a pad and has none."""
        added, tokens = self._added_by_id, self.tokens
        parts = []
        for identifier in ids:
            if identifier in added:
                parts.append(added[identifier].encode())
            elif identifier < len(tokens):
                parts.append(decode_token(tokens[identifier]))
        return b"".join(parts)

    def digest(self) -> str:
        """SHA-256 of what every format can carry: tokens, merges, pre, added tokens, BOS and EOS.

        A checkpoint and its exports have the same digest. Where `pre` is "", components are part of it.
        """
        return sha256_json(
            {
                "tokens": list(self.tokens),
                "merges": list(self.merges),
                "pre": self.pre or dict(self.components),
                "added_tokens": [[token.id, token.content, token.special] for token in self.added_tokens],
                "bos_token_id": self.bos_token_id,
                "eos_token_id": self.eos_token_id,
                "add_bos_token": self.add_bos_token,
            }
        )

    @classmethod
    def from_gguf(cls, fields: Mapping[str, Any], path: Path) -> TokenizerSpec:
        """From `tokenizer.ggml.*` fields. Raises FileError where they are broken or of another kind."""
        from .tokenizer_gguf import spec_from_gguf

        return spec_from_gguf(fields, path)

    @classmethod
    def from_apr(cls, metadata: Mapping[str, Any], path: Path) -> TokenizerSpec:
        """From `.apr` metadata; exact where this project wrote it. Raises FileError where it is broken."""
        from .tokenizer_apr import spec_from_apr

        return spec_from_apr(metadata, path)

    @classmethod
    def from_hf(cls, directory: Path, carried: Mapping[str, Any] = MappingProxyType({})) -> TokenizerSpec:
        """From tokenizer.json, tokenizer_config.json and chat_template.jinja. Raises FileError.

        `carried` is what config.json carries for `.apr`.
        """
        from .tokenizer_hf import spec_from_hf

        return spec_from_hf(directory, carried)

    def to_apr(self) -> dict[str, Any]:
        """The metadata of `.apr` that carries this tokenizer."""
        from .tokenizer_apr import apr_from_spec

        return apr_from_spec(self)

    def to_gguf(self, rows: int) -> dict[str, Any]:
        """The `tokenizer.*` fields of a GGUF whose embedding has `rows` rows. Raises UsageError."""
        from .tokenizer_gguf import gguf_from_spec

        return gguf_from_spec(self, rows)

    @cached_property
    def _added_by_id(self) -> dict[int, str]:
        return {token.id: token.content for token in self.added_tokens}


def split_merge(merge: str) -> tuple[str, str]:
    """The two parts of "a b"; a space at the very start belongs to the first, as llama.cpp reads it."""
    at = merge.index(" ", 1)
    return merge[:at], merge[at + 1 :]
