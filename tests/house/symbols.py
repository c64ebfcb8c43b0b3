"""Global symbols of our libraries carry their module's prefix; pure libraries do not exit, print or
ask for the time."""

import fnmatch
import os
import re
import subprocess
import sys
import tempfile

PREFIX = {
    "libimprint_pki.a": "pki_",
    "libimprint_lwm2m.a": "lwm2m_",
    "libimprint_policy.a": "policy_",
    "libimprint_coap.a": "cc_",
    "libimprint_server.a": "bs_",
}

# Time, randomness and talk are the caller's: architecture, "one verb a folder".
FORBIDDEN = {"exit", "_exit", "quick_exit", "printf", "puts", "putchar", "vprintf", "perror",
             "time", "gettimeofday", "localtime", "localtime_r", "rand", "random", "srand",
             "clock_gettime"}
PURE = {"libimprint_pki.a", "libimprint_lwm2m.a", "libimprint_policy.a", "libimprint_coap.a"}

# (library, object pattern, symbol) that are allowed, each with its reason.
ALLOWED = [
    # The loop that waits for packets and timers reads the monotonic clock once a round.
    ("libimprint_coap.a", "endpoint*", "clock_gettime"),
    # A bulk writer measures how long it has held the writer's lock (decision 8).
    ("libimprint_pki.a", "store_bulk*", "clock_gettime"),
]

INSTRUMENTATION = re.compile(r"^(__|_GLOBAL_|\.)|asan|tsan|ubsan|gcov|sancov")


def symbols(library, *options):
    """(object, name) of the symbols of LIBRARY that nm lists with OPTIONS."""
    run = subprocess.run(["nm", "-A", "--format=posix", *options, library], capture_output=True,
                         text=True, check=True)
    found = []
    for line in run.stdout.splitlines():
        match = re.match(r".*\[(\S+)\]: (\S+) (\w)", line)
        if match and not INSTRUMENTATION.search(match.group(2)):
            found.append((match.group(1), match.group(2)))
    return found


def is_allowed(library, part, symbol):
    return any(library == row[0] and fnmatch.fnmatch(part, row[1]) and symbol == row[2]
               for row in ALLOWED)


def check_library(library):
    name = os.path.basename(library)
    prefix = PREFIX[name]
    defined = symbols(library, "-g", "--defined-only")
    findings = [f"{name}: {symbol} ({part}) is global without the prefix {prefix}"
                for part, symbol in defined if not symbol.startswith(prefix)]
    if name in PURE:
        findings += [f"{name}: {part} calls {symbol}"
                     for part, symbol in symbols(library, "-u")
                     if symbol in FORBIDDEN and not is_allowed(name, part, symbol)]
    return findings if defined else [f"{name}: no global symbol was found"]


def self_test():
    cases = [
        ("clean", "int pki_a(void);\nint pki_a(void) { return 0; }\n", None),
        ("no prefix", "int helper(void);\nint helper(void) { return 0; }\n", "helper"),
        ("libcoap's prefix", "int coap_x(void);\nint coap_x(void) { return 0; }\n", "coap_x"),
        ("prints", "#include <stdio.h>\nint pki_a(void) { puts(\"x\"); return 0; }\n",
         "calls puts"),
        ("asks for the time", "#include <time.h>\nlong pki_a(void) { return time(0); }\n",
         "calls time"),
    ]
    failed = 0
    for name, source, expected in cases:
        with tempfile.TemporaryDirectory() as folder:
            code, part = os.path.join(folder, "a.c"), os.path.join(folder, "a.o")
            library = os.path.join(folder, "libimprint_pki.a")
            with open(code, "w", encoding="utf-8") as file:
                file.write(source)
            subprocess.run(["cc", "-w", "-c", "-o", part, code], check=True)
            subprocess.run(["ar", "rcs", library, part], check=True)
            findings = check_library(library)
        good = not findings if expected is None else any(expected in line for line in findings)
        if not good:
            failed += 1
            print(f"self-test '{name}': expected {expected!r}, found {findings}")
    print(f"self-test: {len(cases) - failed} of {len(cases)} cases passed")
    return 1 if failed else 0


def main():
    if sys.argv[1:] == ["--self-test"]:
        return self_test()
    if len(sys.argv) < 2:
        print("usage: symbols.py LIBRARY... | --self-test", file=sys.stderr)
        return 2
    findings = [line for library in sys.argv[1:] for line in check_library(library)]
    for line in findings:
        print(line)
    return 1 if findings else 0


if __name__ == "__main__":
    sys.exit(main())
