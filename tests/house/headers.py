"""Every prototype in a header of ours is documented: a comment stands right above it or its group.

A group is a run of declarations without a blank line between them; a comment in it speaks for the
rest of it, and the comment above a struct for the functions that follow the struct at once.
"""

import re

import tree

FOLDERS = ("pki/", "bootstrap/", "tools/")
PROTOTYPE = re.compile(r"^[A-Za-z_][\w \t*]*?[ \t*](\w+)\([^;{}]*\)[^;{}]*;", re.M)


def is_documented(lines, row):
    """Whether a comment ends above line ROW (from 0) in the same group; braced bodies are skipped."""
    depth = 0
    for above in range(row - 1, -1, -1):
        text = lines[above].strip()
        depth += text.count("}") - text.count("{")
        if depth > 0:
            continue
        if not text:
            return False
        if text.endswith("*/"):
            return True
    return False


def check(root):
    findings = []
    for path in tree.files(root, ".h"):
        if not path.startswith(FOLDERS):
            continue
        text = tree.read(root, path)
        lines = text.split("\n")
        code = tree.blank_literals(text)
        for match in PROTOTYPE.finditer(code):
            if match.group(0).startswith(("typedef", "return", "struct {")):
                continue
            row = code.count("\n", 0, match.start())
            if not is_documented(lines, row):
                findings.append(f"{path}:{row + 1}: {match.group(1)} has no comment above it")
        if not text.lstrip().startswith("/*"):
            findings.append(f"{path}:1: the header does not open with its purpose")
    return findings


HEAD = "/* Purpose. */\n"
CASES = [
    ("clean", {"pki/a.h": HEAD + "\n/* Does it. */\nint pki_a(int x);\nint pki_b(void) MUST_USE;\n"},
     None),
    ("no comment", {"pki/a.h": HEAD + "\nint pki_a(int x);\n"}, "pki_a has no comment"),
    ("blank line between", {"pki/a.h": HEAD + "\n/* Part. */\n\nint pki_a(int x);\n"},
     "pki_a has no comment"),
    ("several lines", {"pki/a.h": HEAD + "\nenum e *pki_a(int x,\n    int y) MUST_USE;\n"},
     "pki_a has no comment"),
    ("below a documented struct",
     {"pki/a.h": HEAD + "\n/* A thing. */\nstruct a {\n    int x; /* one */\n};\nint pki_a(int x);\n"},
     None),
    ("below a bare struct", {"pki/a.h": HEAD + "\nenum e {\n    A /* one */\n};\nint pki_a(int x);\n"},
     "pki_a has no comment"),
    ("no purpose", {"pki/a.h": "#ifndef A\n#define A\n#endif\n"}, "does not open"),
    ("tests are exempt", {"tests/support/a.h": "int a(void);\n"}, None),
]

if __name__ == "__main__":
    tree.main(check, CASES)
