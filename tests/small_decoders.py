"""Constants of small decoders of every family, tied and untied."""

from __future__ import annotations

from shipworthy.architecture import ArchitectureConfig

CONFIGS = {
    "llama-tied": ArchitectureConfig("llama", 64, 2, 4, 2, 16, 96, 131, 64, 1e4, 1e-5, True, False),
    "llama-untied": ArchitectureConfig("llama", 48, 3, 6, 2, 16, 80, 97, 64, 5e5, 1e-6, False, False),
    "qwen2-tied": ArchitectureConfig("qwen2", 64, 2, 4, 1, 16, 96, 131, 64, 1e6, 1e-6, True, True),
    "qwen2-untied": ArchitectureConfig("qwen2", 64, 2, 4, 4, 16, 96, 131, 64, 1e6, 1e-6, False, True),
    "qwen3-tied": ArchitectureConfig("qwen3", 64, 2, 4, 2, 32, 96, 131, 64, 1e6, 1e-6, True, False, True),
    "qwen3-untied": ArchitectureConfig("qwen3", 48, 2, 4, 1, 16, 80, 97, 64, 1e6, 1e-5, False, False, True),
}
