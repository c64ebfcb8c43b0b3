"""tools/packages is the one list of packages: nothing else installs or names them."""

import re

import tree

# The list, what installs from it, and this check's own planted cases.
EXEMPT = ("tools/packages", "tools/setup", "tests/house/packages.py", "LICENSE")
INSTALL = re.compile(r"\b(apt|apt-get|aptitude)\s+(-\S+\s+)*install\b")


def listed(root):
    """The names in the list that can be nothing but a package: libraries and -dev packages."""
    text = re.sub(r"^#.*$", "", tree.read(root, "tools/packages"), flags=re.M)
    names = set(re.findall(r"[a-z0-9][a-z0-9.+-]+", text))
    return {name for name in names if name.endswith("-dev") or re.fullmatch(r"lib\S+\d", name)}


def check(root):
    findings = []
    names = listed(root)
    if not names:
        return ["tools/packages: no package is listed"]
    word = re.compile(r"(?<![\w.-])(" + "|".join(map(re.escape, sorted(names))) + r")(?![\w-])")
    for path in tree.files(root):
        if path in EXEMPT:
            continue
        for row, line in enumerate(tree.read(root, path).split("\n"), 1):
            if INSTALL.search(line):
                findings.append(f"{path}:{row}: installs packages: call tools/setup")
            elif path.rsplit(".", 1)[-1] not in ("c", "h") and word.search(line):
                findings.append(f"{path}:{row}: names {word.search(line).group(1)}: "
                                "tools/packages is the one list")
    return findings


LIST = {"tools/packages": 'packages_build="gcc liblmdb-dev"\npackages_run="liblmdb0"\n'}
CASES = [
    ("clean", {**LIST, "README.md": "Run tools/setup; LMDB and gcc.\n"}, None),
    ("second list", {**LIST, "README.md": "You need liblmdb-dev.\n"}, "names liblmdb-dev"),
    ("second installer", {**LIST, ".ci/run": "apt-get -y install gcc\n"}, "call tools/setup"),
    ("no list", {"tools/packages": "\n"}, "no package is listed"),
]

if __name__ == "__main__":
    tree.main(check, CASES)
