"""A small byte-level BPE vocabulary that tests train themselves, and texts that tell pre-tokenizers apart."""

from __future__ import annotations

import inspect
import json
import textwrap
from functools import cache
from pathlib import Path
from typing import Any

import gguf
from tokenizers import Tokenizer, decoders, models, pre_tokenizers, trainers

from shipworthy.checkpoint import AddedToken, TokenizerSpec
from shipworthy.checkpoint.pretokenizers import PRE_TOKENIZERS, components_of

SPECIAL = ("<|endoftext|>", "<|im_start|>", "<|im_end|>")
TOOL = "<tool call>"

TEXTS = (
    "",
    " ",
    "\n\n \t\n  \r\n x\r\r\n",
    "Hello, world! It's 3.14 and I'LL be 12345678 years'old; we've DON'T 's 'S.",
    "def f(x: int) -> str:\n    return f'{x!r:>10}'  # ten\n\n\tif __name__ == '__main__':\n\t\tf(0x1F)\n",
    "a  b   c    d     e \n  trailing  ",
    "Le cœur déçu mais l'âme plutôt naïve, Louÿs rêva de crapaüter en canoë.",
    "cafe\u0301 and caf\u00e9, \u1e9b\u0323 and \ufb01",
    "Съешь же ещё этих мягких французских булок. Ξεσκεπάζω την ψυχοφθόρα βδελυγμία.",
    "我能吞下玻璃而不伤身体。 私はガラスを食べられます。 나는 유리를 먹을 수 있어요. 12三四",
    "أنا قادر على أكل الزجاج ١٢٣ אני יכול לאכול זכוכית मैं काँच खा सकता हूँ ฉันกินกระจกได้",
    "🙂 👩‍👩‍👧‍👦 🇺🇳 ✅🏽 \u200b\u200d\ufeff ㍿ Ⅷ ½ ² ᾳ",
    "{}[]()<>|`~^$+=-_/\\*&%#@!?.,:;'\"«»—…“”„‘’",
    "<|im_start|>user\nWhat is <tool call>1+1</tool>?<|im_end|>\n<|im_start|> assistant<|endoftext|>",
    "\x00\x01\x7f\x85\xa0\u2028\u3000end",
)


@cache
def small_spec(pre: str = "gpt-2", *, add_bos: bool = False) -> TokenizerSpec:
    """Some 700 tokens of the source of `textwrap`: three special ones first, a user-defined one last."""
    trained = Tokenizer(models.BPE())
    trained.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    trained.decoder = decoders.ByteLevel()
    trainer = trainers.BpeTrainer(
        vocab_size=700,
        special_tokens=list(SPECIAL),
        initial_alphabet=sorted(pre_tokenizers.ByteLevel.alphabet()),
        show_progress=False,
    )
    trained.train_from_iterator([inspect.getsource(textwrap)], trainer)
    vocab: dict[str, int] = trained.get_vocab()
    tokens = (*sorted(vocab, key=lambda token: vocab[token]), TOOL)
    model = json.loads(trained.to_str())["model"]
    return TokenizerSpec(
        tokens=tokens,
        merges=tuple(" ".join(merge) for merge in model["merges"]),
        pre=pre,
        added_tokens=(
            *(AddedToken(identifier, token, special=True) for identifier, token in enumerate(SPECIAL)),
            AddedToken(len(tokens) - 1, TOOL, special=False),
        ),
        bos_token_id=1,
        eos_token_id=2,
        unk_token_id=0,
        pad_token_id=2,
        add_bos_token=add_bos,
        chat_template="{{ messages }}",
        components=components_of(pre, (SPECIAL[1], 1) if add_bos else None),
    )


def all_pre_ids() -> list[str]:
    """Every id of the table."""
    return sorted(PRE_TOKENIZERS)


def write_vocabulary(path: Path, fields: dict[str, Any]) -> Path:
    """A GGUF with a vocabulary and no tensor, which llama.cpp loads in its vocabulary-only mode."""
    writer = gguf.GGUFWriter(path, "llama")
    writer.add_context_length(32)
    writer.add_embedding_length(32)
    writer.add_block_count(1)
    writer.add_feed_forward_length(32)
    writer.add_head_count(1)
    writer.add_layer_norm_rms_eps(1e-5)
    for key, value in fields.items():
        if isinstance(value, bool):
            writer.add_bool(key, value)
        elif isinstance(value, int):
            writer.add_uint32(key, value)
        elif isinstance(value, str):
            writer.add_string(key, value)
        else:
            writer.add_array(key, value)
    writer.write_header_to_file()
    writer.write_kv_data_to_file()
    writer.write_tensors_to_file()
    writer.close()
    return path
