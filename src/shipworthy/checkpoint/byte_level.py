"""GPT-2's map between bytes and the printable characters that byte-level vocabularies are written in."""

from __future__ import annotations

from functools import cache


@cache
def byte_to_character() -> tuple[str, ...]:
    """The character for each byte: printable Latin-1 stands for itself, the rest for U+0100 upwards.

    Source: `bytes_to_unicode` of the GPT-2 release.
    """
    printable = {*range(0x21, 0x7F), *range(0xA1, 0xAD), *range(0xAE, 0x100)}
    rest = iter(range(0x100, 0x200))
    return tuple(chr(byte if byte in printable else next(rest)) for byte in range(256))


@cache
def _character_to_byte() -> dict[str, int]:
    return {character: byte for byte, character in enumerate(byte_to_character())}


def decode_token(token: str) -> bytes:
    """The bytes of one vocabulary entry.

    One with a character that stands for no byte is its own UTF-8, as in the ByteLevel decoder of
    `tokenizers`; llama.cpp writes such an entry as "[UNK_BYTE_0x...]".
    """
    table = _character_to_byte()
    try:
        return bytes(table[character] for character in token)
    except KeyError:
        return token.encode()
