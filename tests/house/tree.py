"""What the checks of the source tree share: walking it, reading C, and proving that they can fail."""

import os
import re
import sys
import tempfile

SKIPPED_FOLDERS = {".git", ".cache", "build", "__pycache__", "corpus"}
SKIPPED = 77  # ctest: the tool that a check needs is absent


def files(root, *suffixes):
    """Paths relative to ROOT, sorted, of the files whose names end in one of SUFFIXES (all if none)."""
    found = []
    for folder, folders, names in os.walk(root):
        folders[:] = sorted(set(folders) - SKIPPED_FOLDERS)
        for name in names:
            if not suffixes or name.endswith(suffixes):
                found.append(os.path.relpath(os.path.join(folder, name), root))
    return sorted(found)


def read(root, path):
    with open(os.path.join(root, path), encoding="utf-8", errors="replace") as file:
        return file.read()


def blank_literals(text):
    """C source with comments and the insides of literals blanked; line structure kept."""
    def blank(match):
        token = match.group(0)
        if token.startswith("/"):
            return re.sub(r"[^\n]", " ", token)
        return token[0] + " " * (len(token) - 2) + token[-1]
    token = r'/\*.*?\*/|//[^\n]*|"(?:\\.|[^"\\\n])*"|\'(?:\\.|[^\'\\\n])*\''
    return re.sub(token, blank, text, flags=re.S)


def blank_comments(text):
    """C source with comments blanked and literals kept."""
    def blank(match):
        token = match.group(0)
        return re.sub(r"[^\n]", " ", token) if token.startswith("/") else token
    token = r'/\*.*?\*/|//[^\n]*|"(?:\\.|[^"\\\n])*"|\'(?:\\.|[^\'\\\n])*\''
    return re.sub(token, blank, text, flags=re.S)


def _plant(root, planted):
    for path, text in planted.items():
        full = os.path.join(root, path)
        os.makedirs(os.path.dirname(full), exist_ok=True)
        with open(full, "w", encoding="utf-8") as file:
            file.write(text)
        if text.startswith("#!"):
            os.chmod(full, 0o755)


def self_test(check, cases):
    """CASES: (name, {path: text}, part of a finding that must be there, or None for a clean tree)."""
    failed = 0
    for name, planted, expected in cases:
        with tempfile.TemporaryDirectory() as root:
            _plant(root, planted)
            findings = check(root)
        good = not findings if expected is None else any(expected in line for line in findings)
        if not good:
            failed += 1
            print(f"self-test '{name}': expected {expected!r}, found {findings}")
    print(f"self-test: {len(cases) - failed} of {len(cases)} cases passed")
    return 1 if failed else 0


def main(check, cases):
    """Runs CHECK(root) -> findings over the tree named in argv, or over CASES with --self-test."""
    if len(sys.argv) != 2:
        print(f"usage: {os.path.basename(sys.argv[0])} ROOT | --self-test", file=sys.stderr)
        sys.exit(2)
    if sys.argv[1] == "--self-test":
        sys.exit(self_test(check, cases))
    findings = check(sys.argv[1])
    for line in findings:
        print(line)
    sys.exit(1 if findings else 0)
