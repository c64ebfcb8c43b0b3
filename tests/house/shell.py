"""shellcheck finds nothing in any shell script."""

import shutil
import subprocess
import sys

import tree


def is_shell(root, path):
    if path.endswith(".sh"):
        return True
    first = tree.read(root, path)[:64].split("\n")[0]
    return first in ("#!/bin/sh", "#!/bin/bash", "#!/usr/bin/env bash") or \
        first.startswith("# shellcheck shell=")


def check(root):
    paths = [path for path in tree.files(root) if is_shell(root, path)]
    if not paths:
        return []
    run = subprocess.run(["shellcheck", "-x", "-f", "gcc", *paths], cwd=root,
                         capture_output=True, text=True, check=False)
    return (run.stdout + run.stderr).splitlines()


CASES = [
    ("clean", {"tools/a": "#!/bin/sh\nset -eu\necho hello\n"}, None),
    ("unquoted", {"tools/a": "#!/bin/sh\nrm -rf $1/x\n"}, "tools/a:2"),
    ("by suffix", {"tests/e2e/a.sh": "rm $1\n"}, "tests/e2e/a.sh:1"),
]

if __name__ == "__main__":
    if shutil.which("shellcheck") is None:
        print("skipped: shellcheck is not installed (tools/setup test)")
        sys.exit(tree.SKIPPED)
    tree.main(check, CASES)
