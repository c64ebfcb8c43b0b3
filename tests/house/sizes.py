"""Functions stop at 60 lines, files at 400; tables (initialisers at file scope) do not count."""

import re

import tree

FOLDERS = ("pki/", "bootstrap/", "tools/", "tests/")
FUNCTION_MAX_LINES = 60
FILE_MAX_LINES = 400


def blocks(code):
    """(first line, last line, is function) of each brace block at file scope, from 0."""
    found, depth, start, head = [], 0, 0, ""
    for row, line in enumerate(code.split("\n")):
        if line.lstrip().startswith("#"):
            continue
        for char in line:
            if char == "{":
                if depth == 0:
                    start, is_function = row, head.rstrip().endswith(")")
                depth += 1
            elif char == "}" and depth > 0:
                depth -= 1
                if depth == 0:
                    found.append((start, row, is_function))
                    head = ""
            elif depth == 0:
                head = "" if char == ";" else head + char
    return found


def check(root):
    findings = []
    for path in tree.files(root, ".c"):
        if not path.startswith(FOLDERS):
            continue
        code = tree.blank_literals(tree.read(root, path))
        table_lines = 0
        for start, end, is_function in blocks(code):
            lines = end - start + 1
            if not is_function:
                table_lines += lines
            elif lines > FUNCTION_MAX_LINES:
                findings.append(f"{path}:{start + 1}: a function of {lines} lines "
                                f"(at most {FUNCTION_MAX_LINES})")
        total = code.count("\n") - table_lines
        if total > FILE_MAX_LINES:
            findings.append(f"{path}: {total} lines without tables (at most {FILE_MAX_LINES})")
    return findings


CASES = [
    ("clean", {"pki/a.c": "int pki_a(void)\n{\n    return 0;\n}\n"}, None),
    ("long function", {"pki/a.c": "int pki_a(void)\n{\n" + "    f();\n" * 60 + "}\n"},
     "a function of 62 lines"),
    ("long table", {"pki/a.c": "static const int t[] = {\n" + "    1,\n" * 500 + "};\n"}, None),
    ("long file", {"pki/a.c": "int pki_a(void)\n{\n    return 0;\n}\n\n" * 90}, "450 lines"),
]

if __name__ == "__main__":
    tree.main(check, CASES)
