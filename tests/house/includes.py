"""Includes follow the direction of the architecture, make no cycle, and each outside library has one door."""

import fnmatch
import os
import re

import tree

# Folder -> folders it may include besides itself. The longest matching folder counts.
DIRECTION = {
    "pki": [],
    "bootstrap/lwm2m": [],
    "bootstrap/policy": ["pki", "bootstrap/lwm2m"],
    "bootstrap/coap": [],
    "bootstrap/server": ["pki", "bootstrap/lwm2m", "bootstrap/policy", "bootstrap/coap"],
    "bootstrap": ["pki", "bootstrap/lwm2m", "bootstrap/policy", "bootstrap/coap",
                  "bootstrap/server"],
    "tools/imprint": ["pki", "bootstrap/lwm2m", "bootstrap/policy"],
    "tools/sim": ["bootstrap/lwm2m", "bootstrap/coap"],
    "tests": ["pki", "bootstrap/lwm2m", "bootstrap/policy", "bootstrap/coap", "bootstrap/server",
              "tools/imprint", "tools/sim"],
}

# Outside header -> files that may include it. Tests may use any of them, as an independent peer.
DOORS = {
    "lmdb.h": ["pki/store*"],
    "sodium.h": ["pki/seal*", "pki/secret*", "pki/random*", "pki/hash*"],
    "mbedtls/*": ["pki/cert*", "pki/csr*", "pki/pem*"],
    "nettle/*": ["pki/p256*"],
    "gnutls/*": ["bootstrap/coap/dtls*", "pki/pkcs12*"],
    "coap3/*": ["bootstrap/coap/pdu*"],
    "cbor.h": ["bootstrap/lwm2m/*"],
    "jansson.h": ["bootstrap/lwm2m/*"],
    "expat.h": ["bootstrap/lwm2m/definition_xml*"],
    "libfyaml.h": ["bootstrap/policy/yaml*"],
    "cmocka.h": ["tests/support/cmocka_all.h"],
}

# The platform: C11 and POSIX/Linux. Any other header in angle brackets needs a row in DOORS.
PLATFORM = set("""
    assert.h complex.h ctype.h errno.h fenv.h float.h inttypes.h iso646.h limits.h locale.h math.h
    malloc.h setjmp.h signal.h stdalign.h stdarg.h stdatomic.h stdbool.h stddef.h stdint.h stdio.h
    stdlib.h
    stdnoreturn.h string.h strings.h threads.h time.h wchar.h dirent.h endian.h err.h fcntl.h
    fnmatch.h ftw.h getopt.h glob.h grp.h ifaddrs.h libgen.h netdb.h poll.h pthread.h pwd.h regex.h
    sched.h search.h semaphore.h spawn.h sysexits.h syslog.h termios.h ucontext.h unistd.h
""".split())
PLATFORM_FOLDERS = ("sys/", "netinet/", "arpa/", "net/", "linux/", "sanitizer/")

OUTSIDE_TYPES = re.compile(
    r"\b(MDB_[a-z]\w*|gnutls_\w+|coap_\w+_t|mbedtls_\w+|cbor_\w+_t|json_t|fy_\w+|crypto_\w+"
    r"|sodium_\w+|randombytes_\w+|ecc_\w+|ecdsa_\w+|mpz_t)\b")
INCLUDE = re.compile(r'^[ \t]*#[ \t]*include[ \t]*([<"])([^>"]+)[>"]', re.M)


def module_of(path):
    best = ""
    for folder in DIRECTION:
        if path.startswith(folder + "/") and len(folder) > len(best):
            best = folder
    return best


def includes_of(text):
    """(line, bracket, name) of each include in TEXT."""
    text = tree.blank_comments(text)
    return [(text.count("\n", 0, m.start(2)) + 1, m.group(1), m.group(2))
            for m in INCLUDE.finditer(text)]


def matches(path, patterns):
    return any(fnmatch.fnmatch(path, pattern) for pattern in patterns)


def is_private(path):
    """A header that the files of one door share: <door>_internal.h."""
    return path.endswith("_internal.h")


def check_outside(path, line, name):
    for header, doors in DOORS.items():
        if fnmatch.fnmatch(name, header):
            if header == "cmocka.h" and path not in doors:
                return [f"{path}:{line}: include tests/support/cmocka_all.h, not <cmocka.h>"]
            if path.startswith("tests/"):
                return []
            if not matches(path, doors):
                return [f"{path}:{line}: <{name}> outside its door ({', '.join(doors)})"]
            if path.endswith(".h") and not is_private(path):
                return [f"{path}:{line}: <{name}> in a header of ours"]
            return []
    if name in PLATFORM or name.startswith(PLATFORM_FOLDERS):
        return []
    return [f"{path}:{line}: <{name}> is no known library: give it a door"]


def check_ours(root, path, line, name):
    if not os.path.isfile(os.path.join(root, name)):
        return [f'{path}:{line}: "{name}" is not a path from the root of the tree']
    if not name.endswith(".h"):
        return [f'{path}:{line}: includes a source ("{name}")']
    source, target = module_of(path), module_of(name)
    if not source:
        return [f"{path}:{line}: {os.path.dirname(path)} has no place in the direction table"]
    if source != target and target not in DIRECTION[source]:
        return [f'{path}:{line}: {source} must not include {target or "there"} ("{name}")']
    if is_private(name) and not path.startswith("tests/"):
        if os.path.dirname(name) != os.path.dirname(path):
            return [f'{path}:{line}: "{name}" is private to its folder']
    return []


def cycles(graph):
    """One finding for each include cycle in GRAPH (file -> files)."""
    findings, done = [], set()

    def walk(node, trail):
        if node in trail:
            loop = trail[trail.index(node):] + [node]
            findings.append("include cycle: " + " -> ".join(loop))
            return
        if node in done:
            return
        for target in graph.get(node, []):
            walk(target, trail + [node])
        done.add(node)

    for node in sorted(graph):
        walk(node, [])
    return findings


def check_types(path, text):
    if path.startswith("tests/") or is_private(path):
        return []
    code = tree.blank_literals(text)
    return [f"{path}:{code.count(chr(10), 0, m.start()) + 1}: outside name {m.group(0)} in a header"
            for m in OUTSIDE_TYPES.finditer(code)]


def check(root):
    findings, graph = [], {}
    for path in tree.files(root, ".c", ".h"):
        text = tree.read(root, path)
        for line, bracket, name in includes_of(text):
            if bracket == "<":
                findings += check_outside(path, line, name)
                continue
            findings += check_ours(root, path, line, name)
            graph.setdefault(path, []).append(name)
        if path.endswith(".h"):
            findings += check_types(path, text)
    return findings + cycles(graph)


CASES = [
    ("clean", {"pki/a.h": "#include <stdint.h>\n", "pki/a.c": '#include "pki/a.h"\n',
               "bootstrap/server/b.c": '#include "pki/a.h"\n#include <sys/epoll.h>\n',
               "pki/store.c": "#include <lmdb.h>\n"}, None),
    ("against the direction",
     {"pki/a.c": '#include "bootstrap/policy/b.h"\n', "bootstrap/policy/b.h": "\n"},
     "pki must not include bootstrap/policy"),
    ("somebody includes tools",
     {"bootstrap/server/a.c": '#include "tools/sim/b.h"\n', "tools/sim/b.h": "\n"},
     "must not include tools/sim"),
    ("somebody includes the server",
     {"tools/imprint/a.c": '#include "bootstrap/server/b.h"\n', "bootstrap/server/b.h": "\n"},
     "must not include bootstrap/server"),
    ("not rooted", {"pki/a.c": '#include "a.h"\n', "pki/a.h": "\n"}, "not a path from the root"),
    ("cycle",
     {"pki/a.h": '#include "pki/b.h"\n', "pki/b.h": '#include "pki/a.h"\n'}, "include cycle"),
    ("a longer cycle",
     {"pki/a.h": '#include "pki/b.h"\n', "pki/b.h": '#include "pki/c.h"\n',
      "pki/c.h": '#include "pki/a.h"\n'}, "include cycle: pki/a.h -> pki/b.h -> pki/c.h"),
    ("includes a source", {"pki/a.c": '#include "pki/b.c"\n', "pki/b.c": "\n"},
     "includes a source"),
    ("outside its door", {"bootstrap/server/a.c": "#include <lmdb.h>\n"}, "outside its door"),
    ("door's header leaks", {"pki/store.h": "#include <lmdb.h>\n"}, "in a header of ours"),
    ("unknown library", {"pki/a.c": "#include <zlib.h>\n"}, "give it a door"),
    ("outside type", {"pki/store.h": "struct s { MDB_env *env; };\n"}, "outside name MDB_env"),
    ("outside type in a comment only", {"pki/store.h": "/* MDB_env stays inside */\n"}, None),
    ("private header used elsewhere",
     {"pki/store_internal.h": "\n",
      "bootstrap/server/a.c": '#include "pki/store_internal.h"\n'}, "is private to its folder"),
    ("bare cmocka", {"tests/pki/test_a.c": "#include <cmocka.h>\n"}, "cmocka_all.h"),
]

if __name__ == "__main__":
    tree.main(check, CASES)
