"""Where a function ends: at the first line of Python at the margin, wherever else a line may begin."""

from __future__ import annotations

import ast
import textwrap

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shipworthy.pipeline.evaluation.function_end import function_end

HEAD = "def f(x):\n"
BODY = "    return x\n"


@pytest.mark.parametrize(
    "behind",
    ["def g():\n", "class A:\n", "print(f(1))", "@cached\n", "```\n", "The function returns x.\n", "x", ")\n",
     '"""text', "%", "\u3000x", "\N{REPLACEMENT CHARACTER}", "\x0bx", "\x00"],
)  # fmt: skip
@pytest.mark.parametrize("between", ["", "\n", "\n  \n\n", "# a comment\n", "\f\n"])
def test_a_line_at_the_margin_ends_it(between: str, behind: str) -> None:
    text = HEAD + BODY + between + behind
    end = function_end(text, len(HEAD))
    assert end is not None
    assert text[end:] == behind


@pytest.mark.parametrize(
    "body",
    [
        BODY,
        "    x = [\n1,\n2]\n    return x\n",
        '    x = """\ntext at the margin\n"""\n    return x\n',
        "    x = '''\n\"\"\"\ndef g(): pass\n'''\n",
        "    x = 'it\\'s' + \\\nx\n",
        "    x = 'a\\\nb'\n",
        "    # (\n    return {\n}\n",
        "    x = ')' + \"(\"\n",
        "\n# a comment at the margin\n\n    return 1\n",
        "    x = r'\\'\n    y = '#'\n",
        "    return x\r\n    y\r\n",
        "    a\r    b\r",
        "\f    return x\n",
        "\t\n\treturn x\n",
        "    x = (\ndef g():\n",  # a bracket that is not closed hides what follows; the parser will say so
        '    x = """\nnever closed\ndef g():\n',
        "",
        "\n\n   ",
    ],
)
def test_what_does_not_end_it(body: str) -> None:
    assert function_end(HEAD + body, len(HEAD)) is None


def test_a_form_feed_puts_a_line_back_to_the_margin() -> None:
    text = HEAD + BODY + "    \fx = 1\n"
    assert function_end(text, len(HEAD)) == len(HEAD + BODY)
    compile(text, "", "exec")


def test_a_prompt_that_ends_within_its_line_goes_on_there() -> None:
    head = "def fib(n):"
    assert function_end(f"{head} return n", len(head)) is None
    assert function_end(f"{head}\nprint(1)", len(head)) == len(head) + 1


def test_what_stands_in_the_prompt_ends_nothing() -> None:
    prompt = "import math\n\ndef g(): pass\n\ndef f(x):\n"
    assert function_end(prompt + BODY, len(prompt)) is None


STATEMENTS = st.sampled_from(
    ["x = 1", "y = [1,\n2]", "z = '''a\nb'''", "if x:\n    y = 2", "# c", "w = 'a' \\\n'b'", "s = \"#\"",
     "d = {\n'a': (1,\n)}", "return [\n]", "t = 'q\"'  # ' (", "for i in x:\n    pass\nelse:\n    pass"]
)  # fmt: skip


@given(st.lists(STATEMENTS, min_size=1, max_size=6), st.sampled_from(["def g(): pass\n", "x = 1\n"]))
def test_it_ends_where_the_parser_sees_the_next_statement(statements: list[str], behind: str) -> None:
    """The second statement of the module, as the real parser finds it."""
    body = "".join(_indented(statement) for statement in ["first = 0", *statements])
    text = HEAD + body + behind
    second = ast.parse(text).body[1]
    end = function_end(text, len(HEAD))
    assert end is not None
    assert text[:end].count("\n") + 1 == second.lineno
    assert text[end:] == behind


def _indented(statement: str) -> str:
    """Only first lines are indented where a line goes on, as a careless model may write it."""
    if any(quotes in statement for quotes in ("'''", "[1,", "\\\n", "{\n", "[\n")):
        return f"    {statement}\n"
    return textwrap.indent(statement, "    ") + "\n"
