"""Hostile chat templates by name, and the code of what becomes of each."""

from __future__ import annotations

_LOOP = "{% for a in range(100000) %}"
_END = "{% endfor %}"
_GLOBALS = "__init__.__globals__"

ATTACKS: dict[str, tuple[str, str]] = {
    "the classes of a string": ("{{ ''.__class__.__mro__[1].__subclasses__() }}", "template-unsafe"),
    "the classes by subscript": ("{{ ''['__class__']['__mro__'] }}", "template-unsafe"),
    "the classes by the filter attr": ("{{ (''|attr('__class__')).__mro__ }}", "template-unsafe"),
    "the classes by map": ("{{ ([messages]|map(attribute='__class__')|list)[0].x }}", "template-unsafe"),
    "the classes by format": ("{{ '{0.__class__.__mro__}'.format(messages) }}", "template-unsafe"),
    "the classes by format_map": ("{{ '{a.__class__.b}'.format_map({'a': 1}) }}", "template-unsafe"),
    "the classes by a kept format": (
        "{% set f = '{0.__class__.__mro__}'.format %}{{ f(1) }}",
        "template-unsafe",
    ),
    "the globals of a function": ("{{ raise_exception.__globals__['json'].x }}", "template-unsafe"),
    "the globals of cycler": (f"{{{{ cycler.{_GLOBALS}.os.system('id') }}}}", "template-unsafe"),
    "the globals of lipsum": ("{{ lipsum.__globals__['os'].popen('id').read() }}", "template-unsafe"),
    "the code of a macro": ("{% macro m() %}{% endmacro %}{{ m._func.__code__ }}", "template-unsafe"),
    "the class of a namespace": ("{{ namespace(__class__=1) }}", "template-unsafe"),
    "an underscore in a namespace": ("{% set n = namespace() %}{% set n._x = 1 %}", "template-unsafe"),
    "changing the messages": ("{{ messages.append(1) }}", "template-unsafe"),
    "changing a message": ("{{ messages[0].update(role='system') }}", "template-unsafe"),
    "including a file": ("{% include '/etc/passwd' %}", "template-include"),
    "importing a file": ("{% import '/etc/passwd' as p %}{{ p }}", "template-include"),
    "extending a file": ("{% extends '../../etc/passwd' %}", "template-include"),
    "a loop without end": (_LOOP * 3 + _END * 3, "template-timeout"),
    "a number without end": ("{{ 7 ** (7 ** 12) }}", "template-timeout"),
    "a range of a thousand million": ("{% for a in range(10 ** 9) %}{% endfor %}", "template-too-much"),
    "a text that doubles until memory is full": (
        "{% set n = namespace(x='a') %}" + _LOOP + "{% set n.x = n.x ~ n.x %}" + _END,
        "template-memory",
    ),
    "a string that fills memory": ("{{ 'a' * 10 ** 9 }}", "template-memory"),
    "a string padded to fill memory": ("{{ '%999999999d' % 1 }}", "template-memory"),
    "a hundred megabytes of output": (_LOOP + "{{ 'a' * 1000 }}" + _END, "template-output"),
    "output of wide characters": (_LOOP + "\N{GRINNING FACE}" * 3 + _END, "template-output"),
    "a macro that calls itself": ("{% macro m() %}{{ m() }}{% endmacro %}{{ m() }}", "template-recursion"),
    "a thousand brackets": ("{{ " + "(" * 3000 + "1" + ")" * 3000 + " }}", "template-recursion"),
    "a thousand conditions": ("{% if 1 %}" * 2000 + "{% endif %}" * 2000, "template-recursion"),
    "an attribute of what is not defined": ("{{ nobody.knows.this }}", "template-undefined"),
    "what the template refuses": ("{{ raise_exception('roles must alternate') }}", "template-raised"),
    "an error of another kind": ("{{ 1 / 0 }}", "template-failed"),
    "a statement cut off": ("{% for m in messages %}{{ m.content", "template-syntax"),
    "a filter that does not exist": ("{{ messages | shell }}", "template-syntax"),
    "half a character": ("{{ '\\ud800' }}", "template-not-text"),
    "half a character as it is": ("\ud800", "template-not-text"),
    "a huge template": ("x" * (1 << 20) + "y", "template-too-large"),
}
"""By name the template, and the code that its rendering ends with."""
