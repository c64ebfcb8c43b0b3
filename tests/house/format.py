"""Every C file is as clang-format leaves it."""

import os
import shutil
import subprocess
import sys

import tree

STYLE = os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "..", ".clang-format")


def check(root):
    paths = tree.files(root, ".c", ".h")
    if not paths:
        return []
    run = subprocess.run(["clang-format", "--dry-run", f"--style=file:{STYLE}", *paths], cwd=root,
                         capture_output=True, text=True, check=False)
    return [line for line in run.stderr.splitlines() if "warning:" in line or "error:" in line
            or "rror" in line]


CASES = [
    ("clean", {"pki/a.c": "int pki_a(void)\n{\n    return 0;\n}\n"}, None),
    ("tab and brace", {"pki/a.c": "int pki_a(void) {\n\treturn 0;\n}\n"}, "pki/a.c:1"),
]

if __name__ == "__main__":
    if shutil.which("clang-format") is None:
        print("skipped: clang-format is not installed (tools/setup test)")
        sys.exit(tree.SKIPPED)
    tree.main(check, CASES)
