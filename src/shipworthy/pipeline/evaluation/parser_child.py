"""The program that parses what a model wrote, and never runs it: one JSON object in, one out.

It is passed to an interpreter as text (`-c`) and imports nothing of ours. A text that kills the parser kills
this process alone.
"""

import json
import resource
import sys
import warnings

_MAY_GO_ON = 0x4000
"""CPython's PyCF_ALLOW_INCOMPLETE_INPUT, as codeop has it: where only the end is missing, it says so."""


def main() -> None:
    request = json.load(sys.stdin)
    for kind, value in ((resource.RLIMIT_AS, request["memory_bytes"]), (resource.RLIMIT_CORE, 0)):
        hard = resource.getrlimit(kind)[1]
        allowed = value if hard == resource.RLIM_INFINITY else min(value, hard)
        resource.setrlimit(kind, (allowed, allowed))
    warnings.simplefilter("ignore")  # an escape that will be an error in later versions is none in this one
    flags = _MAY_GO_ON if request["may_go_on"] else 0
    try:
        compile(request["source"], "program.py", "exec", flags=flags, dont_inherit=True, optimize=0)
        found = {"status": "valid", "error": ""}
    except SyntaxError as error:
        status = "incomplete" if error.msg == "incomplete input" else "invalid"
        found = {"status": status, "error": f"line {error.lineno}: {error.msg}"}
    except Exception as error:  # what is too deep, too large or no text: each is a refusal of the parser
        found = {"status": "refused", "error": f"{type(error).__name__}: {error}"}
    json.dump(found, sys.stdout)


if __name__ == "__main__":
    main()
