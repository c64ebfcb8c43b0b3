"""No unfinished work and no leftovers in the sources: markers, disabled code, typedefs named _t."""

import re

import tree

# Written in two parts so that this file does not find itself.
MARKERS = re.compile(r"\b(" + "|".join(["TO" + "DO", "FIX" + "ME", "X" + "XX", "HA" + "CK"]) + r")\b")
SUFFIXES = (".c", ".h", ".py", ".sh", ".md", ".txt", ".yaml", ".yml", ".json")


def check(root):
    findings = []
    for path in tree.files(root, *SUFFIXES):
        text = tree.read(root, path)
        for row, line in enumerate(text.split("\n"), 1):
            marker = MARKERS.search(line)
            if marker:
                findings.append(f"{path}:{row}: unfinished work is marked ({marker.group(0)})")
            if path.endswith((".c", ".h")):
                if re.match(r"\s*#\s*if\s+0\b", line):
                    findings.append(f"{path}:{row}: disabled code")
                if re.match(r"\s*(//|/?\*)\s*\w[\w .>-]*\([^()]*\);\s*(\*/)?$", line):
                    findings.append(f"{path}:{row}: code in a comment")
                if re.match(r"\s*typedef\b.*\w_t;", line):
                    findings.append(f"{path}:{row}: a typedef named _t")
    return findings


CASES = [
    ("clean", {"pki/a.c": "/* Why: RFC 7252 4.2. */\nint x;\n"}, None),
    ("marker", {"pki/a.c": "/* TO" + "DO later */\n"}, "unfinished work"),
    ("disabled code", {"pki/a.c": "#if 0\n#endif\n"}, "disabled code"),
    ("code in a comment", {"pki/a.c": "    // pki_store_put(x, y);\n"}, "code in a comment"),
    ("typedef", {"pki/a.h": "typedef struct a a_t;\n"}, "a typedef named _t"),
]

if __name__ == "__main__":
    tree.main(check, CASES)
