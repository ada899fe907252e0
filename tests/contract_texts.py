"""Small contracts, and a host, without a fault."""

from __future__ import annotations

GOOD = """\
id: AC-TEXT-001
version: 1.0.0
state: ACTIVE
title: The text has three lines
statement: The text has three lines, none of them blank, and is read fast.
why: A text that was cut is still a text.
subject: checkpoint
applies: {format: [apr, hf], architecture: [llama]}
falsifiers:
  - id: FALSIFY-TEXT-001
    probe: line_count@1
    with: {limit: 3, texts: {data: poem}}
    needs: {host: small-box, artifact: [run, baseline]}
    limits: {seconds: 10, memory_bytes: 1000000, alone: true}
    expect:
      lines: {const: 3}
      longest: {maximum: {registered: parameters.high}}
      rate: {minimum: 2.5}
    accept: [rate]
    message: "TEXT: {lines} lines, the first is '{names[0]}'"
    planted:
      - {defect: line_removed, of: apr, red: lines, with: {line: 2}}
      - {defect: line_doubled, of: apr, red: lines, on: fixture-other}
  - id: FALSIFY-TEXT-002
    probe: export_size@1
    needs: {artifact: gguf}
    expect: {bytes: {minimum: 1}}
    planted: [{defect: line_doubled, of: gguf, red: bytes}]
changelog:
  - {version: 1.0.0, change: First written.}
"""

DRAFT = """\
id: AC-TEXT-002
version: 1.0.0
state: DRAFT
title: The text rhymes
statement: The text rhymes.
why: A poem that does not rhyme is prose.
subject: checkpoint
"""

COMPOUND = """\
id: GATE-ALL
version: 1.0.0
state: ACTIVE
kind: compound
title: All of it
statement: Every criterion of the text is discharged.
why: One number hides the one that is red.
subject: checkpoint
all_of: [AC-TEXT-001, AC-TEXT-002]
"""

HOST = """\
id: small-box
title: A small box
device: cpu
expect: {name: {const: small}, cores: {minimum: 2}}
"""
