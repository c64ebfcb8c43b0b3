"""The command imprint from outside: what it prints, where, its exit codes, and one wrong input for each command."""
import json
import os
import pty
import re
import shutil
import socket
import stat
import subprocess
import tempfile
import termios
import threading
import time
import unittest
from pathlib import Path

BIN = Path(os.environ["IMPRINT_BIN"])
SRC = Path(os.environ["IMPRINT_SRC"])
KEY = "c0ffee00112233445566778899aabbcc"
ENDPOINT = "urn:dev:os:cli-1"
WAIT_S = 60


class Result:
    def __init__(self, done):
        self.code, self.out, self.err = done.returncode, done.stdout, done.stderr

    def documents(self):
        return [json.loads(line) for line in self.out.splitlines()]

    def document(self):
        return json.loads(self.out)


class Home(unittest.TestCase):
    """A folder for the test, and a home in it that setUp makes."""

    def setUp(self):
        self.folder = Path(tempfile.mkdtemp(prefix="cli-"))
        self.addCleanup(shutil.rmtree, self.folder, ignore_errors=True)
        self.home = self.folder / "home"
        self.ok("init")

    def run_cli(self, *words, stdin="", home=True, stdout=subprocess.PIPE, env=None):
        line = [str(BIN / "imprint"), *(["--home", str(self.home)] if home else [])]
        done = subprocess.run([*line, *map(str, words)], input=stdin, stdout=stdout, cwd=self.folder,
                              stderr=subprocess.PIPE, text=True, timeout=WAIT_S, check=False,
                              env={**os.environ, "IMPRINT_HOME": "", **(env or {})})
        return Result(done)

    def ok(self, *words, **options):
        result = self.run_cli(*words, **options)
        self.assertEqual(result.code, 0, f"{words}: {result.err}")
        return result

    def bad(self, code, text, *words, **options):
        """The command ends with CODE, says TEXT on one line of its own, and prints no data."""
        result = self.run_cli(*words, **options)
        self.assertEqual(result.code, code, f"{words}: {result.out}{result.err}")
        self.assertIn(text, result.err)
        self.assertEqual(result.out or "", "")
        return result

    def file(self, name, text, mode=0o600):
        path = self.folder / name
        path.write_text(text, encoding="utf-8")
        path.chmod(mode)
        return path

    def add(self, endpoint=ENDPOINT, *words):
        return self.ok("device", "add", endpoint, "--psk-file", self.file("key", KEY + "\n"), *words)


class Usage(Home):
    def test_wrong_words(self):
        for text, words in [
            ("no command given", []),
            ("unknown command: devcie list; did you mean: imprint device list?", ["devcie", "list"]),
            ("unknown command: device lsit; did you mean: imprint device list?", ["device", "lsit"]),
            ("unknown command: device; see: imprint help device", ["device"]),
            ("unknown option --jsno; did you mean --json?", ["device", "list", "--jsno"]),
            ("--group needs a value: NAME", ["device", "list", "--group"]),
            ("init does not take 'x'", ["init", "x"]),
            ("device add needs ENDPOINT", ["device", "add"]),
            ("--auth is psk, not 'x509'", ["device", "add", "e", "--auth", "x509"]),
            ("--bytes is a number from 8 to 64, not '7'", ["device", "add", "e", "--bytes", "7"]),
            ("ENDPOINT has 1 to 252 octets", ["device", "add", "e" * 253]),
            ("ENDPOINT has 1 to 252 octets", ["device", "add", ""]),
            ("--attr is NAME=VALUE, not 'a'", ["device", "add", "e", "--attr", "a"]),
            ("--attr: a name has at most 32 octets", ["device", "add", "e", "--attr", "a" * 33 + "=b"]),
            ("--group has at most 64 octets", ["device", "add", "e", "--group", "g" * 65]),
            ("--identity-hex is pairs of hex digits", ["device", "add", "e", "--identity-hex", "0g"]),
            ("--identity: a PSK identity has 1 to 128", ["device", "add", "e", "--identity", "i" * 129]),
            ("--identity-hex: a PSK identity has 1 to 128", ["device", "add", "e", "--identity-hex", "00" * 129]),
            ("a PSK identity at most 128: give the identity with --identity", ["device", "add", "e" * 129]),
            ("not both", ["device", "add", "e", "--identity", "a", "--identity-hex", "00"]),
            ("give both", ["device", "add", "e", "--psk-format", "hex"]),
            ("--limit is a number from 1, not '0'", ["device", "list", "--limit", "0"]),
            ("--limit is a number from 1 to 1000", ["device", "unknown", "--limit", "x"]),
            ("say what to set", ["device", "set", ENDPOINT]),
            ("say where with --out FILE", ["device", "export", ENDPOINT]),
            ("--force is for --out FILE", ["device", "export", ENDPOINT, "--json", "--force"]),
            ("device credential set needs --server", ["device", "credential", "set", ENDPOINT]),
            ("psk needs --psk-file, and --identity", ["device", "credential", "set", ENDPOINT, "--server", "1"]),
            ("x509 needs --secret-file", ["device", "credential", "set", ENDPOINT, "--server", "1", "--mode", "x509"]),
            ("rpk needs --secret-file", ["device", "credential", "set", ENDPOINT, "--server", "1", "--mode", "rpk",
                                         "--psk-file", "-"]),
            ("oscore needs --secret-file", ["device", "credential", "set", ENDPOINT, "--server", "1", "--mode",
                                            "oscore", "--secret-file", "x"]),
            ("--mode is psk, rpk, x509, oscore or sms", ["device", "credential", "set", ENDPOINT, "--server", "1",
                                                         "--mode", "est"]),
            ("--sender-hex is up to 32 pairs", ["device", "credential", "set", ENDPOINT, "--server", "1", "--mode",
                                                "oscore", "--secret-file", "x", "--sender-hex", "0",
                                                "--recipient-hex", "00"]),
            ("--secret-file needs a file", ["device", "credential", "set", ENDPOINT, "--server", "1", "--mode", "rpk",
                                            "--secret-file", "-", "--public-file", "x"]),
            ("device credential list needs ENDPOINT", ["device", "credential", "list"]),
            ("policy check does not take 'b'", ["policy", "check", "a", "b"]),
            ("policy list does not take 'a'", ["policy", "list", "a"]),
            ("--format is tlv, senml-json, senml-cbor, lwm2m-cbor or json, not 'text'",
             ["policy", "plan", ENDPOINT, "--format", "text"]),
            ("--read-format is tlv, senml-json,", ["policy", "plan", ENDPOINT, "--read-servers", "-",
                                                   "--read-format", "opaque"]),
            ("--show-secrets is for --hex", ["policy", "plan", ENDPOINT, "--show-secrets"]),
            ("policy test takes a folder or a file NAME.cases.yaml", ["policy", "test", "/dev/null"]),
            ("policy explain needs ENDPOINT", ["policy", "explain"]),
            ("rollout start needs NAME", ["rollout", "start"]),
            ("--share is a percentage over 0% and up to 100%", ["rollout", "start", "a", "--share", "0%"]),
            ("--share is a percentage over 0% and up to 100%", ["rollout", "resume", "a", "--share", "5"]),
            ("rollout pause does not take --share", ["rollout", "pause", "a", "--share", "5%"]),
            ("rollout abort needs NAME", ["rollout", "abort"]),
            ("rollout status does not take 'b'", ["rollout", "status", "a", "b"]),
            ("client list does not take 'a'", ["client", "list", "a"]),
            ("policy import needs --leshan FILE", ["policy", "import"]),
            ("--count is a number from 1, not '-1'", ["trace", "--count", "-1"]),
            ("status does not take 'x'", ["status", "x"]),
            ("reload does not take --count", ["reload", "--count", "1"]),
            ("drain does not take 'x'", ["drain", "x"]),
            ("kick needs ENDPOINT", ["kick"]),
            ("--from is a number from 1, not 'a'", ["audit", "--from", "a"]),
            ("home stats does not take 'x'", ["home", "stats", "x"]),
            ("'fish' is not a shell known here", ["completion", "fish"]),
            ("no command begins with 'xyzzy'", ["help", "xyzzy"]),
        ]:
            with self.subTest(words=words):
                self.bad(2, text, *words)

    def test_each_command_has_a_wrong_input_above(self):
        """device show, enable, disable, remove: no wrong word but an unknown endpoint."""
        for verb in ("show", "enable", "disable", "remove"):
            self.bad(2, f"device {verb} needs ENDPOINT", "device", verb)
            self.bad(1, f"no device {ENDPOINT} in {self.home}", "device", verb, ENDPOINT)
        self.bad(1, f"no device {ENDPOINT} in", "device", "export", ENDPOINT, "--json")
        self.bad(1, f"no device {ENDPOINT} in", "device", "set", ENDPOINT, "--group", "g")
        self.bad(1, f"no device {ENDPOINT} in", "policy", "plan", ENDPOINT)

    def test_home(self):
        self.bad(2, "no home: give --home DIR, or set IMPRINT_HOME", "device", "list", home=False)
        self.ok("device", "list", home=False, env={"IMPRINT_HOME": str(self.home)})
        self.home = self.folder / "absent"
        result = self.bad(1, "", "device", "list")
        self.assertIn(f"make one with: imprint --home {self.home} init", result.err)

    def test_control_characters_in_arguments_are_made_visible(self):
        result = self.bad(1, "no device \\x1b[2J", "device", "show", "\x1b[2J")
        self.assertNotIn("\x1b", result.err)

    def test_help_and_version(self):
        self.assertRegex(self.ok("--version", home=False).out, r"^imprint \d+\.\d+\.\d+\n$")
        for words in (["help"], ["--help"], ["help", "device"]):
            self.assertIn("device add ENDPOINT", self.ok(*words, home=False).out)
        for words in (["help", "device", "add"], ["device", "add", "--help"]):
            out = self.ok(*words, home=False).out
            self.assertIn("usage: imprint device add", out)
            self.assertIn("--psk-format FORMAT", out)

    @unittest.skipUnless(Path("/dev/full").exists(), "no /dev/full")
    def test_a_failed_write_is_a_failure(self):
        self.add()
        for words in (["device", "list"], ["device", "show", ENDPOINT], ["audit"], ["home", "stats"],
                      ["device", "export", ENDPOINT, "--json"], ["policy", "list"], ["help"],
                      ["policy", "plan", ENDPOINT], ["--version"], ["completion", "bash"]):
            with open("/dev/full", "w", encoding="utf-8") as full:
                result = self.run_cli(*words, stdout=full)
            self.assertEqual(result.code, 1, words)
            self.assertIn("cannot write to standard output: No space left on device", result.err)

    @unittest.skipUnless(shutil.which("bash"), "no bash")
    def test_completion(self):
        script = self.file("completion", self.ok("completion", "bash", home=False).out)
        for typed, expected in [(["imprint", "dev"], "device"), (["imprint", "device", "cre"], "credential"),
                                (["imprint", "device", "credential", ""], "set"),
                                (["imprint", "--home", "H", "policy", "pl"], "plan"),
                                (["imprint", "device", "add", "e", "--psk-fi"], "--psk-file")]:
            words = " ".join(f"'{word}'" for word in typed)
            done = subprocess.run(
                ["bash", "-c", f"source {script}; COMP_WORDS=({words}); COMP_CWORD={len(typed) - 1}; "
                 'declare -F _imprint >/dev/null && _imprint; echo "${COMPREPLY[@]}"'],
                capture_output=True, text=True, timeout=WAIT_S, check=False)
            self.assertIn(expected, done.stdout.split(), f"{typed}: {done}")


class Init(Home):
    def test_modes_and_files(self):
        for name, mode in [("", 0o700), ("home.key", 0o600), ("imprintd.yaml", 0o600), ("policies", 0o700),
                           ("policies/one-server.yaml", 0o600), ("store", 0o700)]:
            self.assertEqual(stat.S_IMODE((self.home / name).stat().st_mode), mode, name)
        shipped = (SRC / "policies" / "one-server.yaml").read_bytes()
        self.assertEqual((self.home / "policies" / "one-server.yaml").read_bytes(), shipped)

    def test_an_existing_home_stays(self):
        key = (self.home / "home.key").read_bytes()
        self.bad(1, "is not empty", "init")
        self.assertEqual((self.home / "home.key").read_bytes(), key)

    def test_says_what_to_type_next(self):
        self.home = self.folder / "next"
        self.assertIn(f"next: imprint --home {self.home} device add", self.ok("init").err)

    def test_passphrase(self):
        self.home = self.folder / "sealed"
        right = self.file("right", "correct horse battery\n")
        self.ok("init", "--passphrase-file", right)
        self.assertFalse((self.home / "home.key").exists())
        self.ok("device", "add", ENDPOINT, "--passphrase-file", right)
        self.assertIn(ENDPOINT, self.ok("device", "list", "--passphrase-file", right).out)
        self.assertIn(ENDPOINT, self.ok("device", "list", "--passphrase-file", "-",
                                        stdin="correct horse battery\n").out)
        self.bad(1, "has no key file: give its passphrase with --passphrase-file", "device", "list")
        wrong = self.file("wrong", "incorrect horse\n")
        result = self.bad(1, "", "device", "list", "--passphrase-file", wrong)
        self.assertNotIn("horse", result.err)
        self.bad(1, "--passphrase-file", "device", "list", "--passphrase-file",
                 self.file("open", "correct horse battery\n", 0o644))

    def test_wrong_passphrase_options(self):
        self.home = self.folder / "new"
        self.bad(2, "--passphrase asks on a terminal, and there is none", "init", "--passphrase")
        self.bad(1, "", "init", "--passphrase-file", self.file("short", "short\n"))
        self.bad(1, "must hold 1 to 1023 octets", "init", "--passphrase-file", self.file("empty", "\n"))
        self.bad(1, "", "init", "--passphrase-file", self.folder / "absent")
        self.bad(2, "not both", "init", "--passphrase", "--passphrase-file", "x")
        self.assertFalse(self.home.exists() and any(self.home.iterdir()))

    def on_terminal(self, typed, *words):
        """Runs the command with a terminal as its input; types one line for each prompt."""
        master, slave = pty.openpty()
        with os.fdopen(master, "r+b", buffering=0) as terminal:
            child = subprocess.Popen([str(BIN / "imprint"), "--home", str(self.home), *words], stdin=slave,
                                     stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
            os.close(slave)
            for prompt, line in typed:
                seen = ""
                while prompt not in seen:
                    char = child.stderr.read(1)
                    self.assertTrue(char, f"no prompt {prompt!r} after {seen!r}")
                    seen += char
                self.assertFalse(self.echoes_after_a_while(terminal), "the terminal echoes")
                terminal.write(line.encode() + b"\n")
            out, err = child.communicate(timeout=WAIT_S)
        return child.returncode, out, err

    @staticmethod
    def echoes_after_a_while(terminal):
        limit = time.monotonic() + WAIT_S
        while termios.tcgetattr(terminal)[3] & termios.ECHO and time.monotonic() < limit:
            time.sleep(0.01)
        return bool(termios.tcgetattr(terminal)[3] & termios.ECHO)

    def test_passphrase_on_a_terminal(self):
        self.home = self.folder / "asked"
        code, _, err = self.on_terminal([("Passphrase: ", "correct horse"), ("again: ", "correct hrose")],
                                        "init", "--passphrase")
        self.assertEqual(code, 1)
        self.assertIn("the two passphrases differ", err)
        self.assertNotIn("horse", err)
        both = [("Passphrase: ", "correct horse"), ("again: ", "correct horse")]
        self.assertEqual(self.on_terminal(both, "init", "--passphrase")[0], 0)
        code, out, _ = self.on_terminal([("Passphrase: ", "correct horse")], "device", "list", "--json")
        self.assertEqual((code, out), (0, ""))

    def test_settings_template_is_the_defaults(self):
        text = (self.home / "imprintd.yaml").read_text(encoding="utf-8")
        plain = re.sub(r"^#(?=[a-z])", "", text, flags=re.M)
        self.assertIn("\nworkers: 1\n", plain)
        (self.home / "imprintd.yaml").write_text(plain, encoding="utf-8")
        self.assertIn("1 policy, no errors", self.ok("policy", "check").err)


class Device(Home):
    def test_life(self):
        made = self.ok("device", "add", ENDPOINT, "--auth", "psk", "--group", "meters", "--attr",
                       "vendor=acme", "--attr", "serial=7", "--bytes", "32", "--json").document()
        self.assertEqual((made["endpoint"], made["identity"], made["psk_bytes"], made["group"]),
                         (ENDPOINT, ENDPOINT, 32, "meters"))
        self.assertEqual(made["attributes"], {"vendor": "acme", "serial": "7"})
        self.bad(1, f"device {ENDPOINT} exists already", "device", "add", ENDPOINT)
        self.bad(1, f"identity {ENDPOINT} belongs to device {ENDPOINT} already",
                 "device", "add", "other", "--identity", ENDPOINT)
        self.ok("device", "set", ENDPOINT, "--group", "", "--attr", "vendor=boreal", "--no-attr", "serial",
                "--identity-hex", "00ff", "--policy", "default")
        self.bad(1, "has no attribute 'serial'", "device", "set", ENDPOINT, "--no-attr", "serial")
        self.bad(1, "there is no policy 'defualt'; the nearest is 'default'", "device", "set", ENDPOINT,
                 "--policy", "defualt")
        shown = self.ok("device", "show", ENDPOINT, "--json").document()
        self.assertEqual((shown["identity_hex"], shown["attributes"], shown["policy"]),
                         ("00ff", {"vendor": "boreal"}, "default"))
        self.assertNotIn("group", shown)
        self.assertNotIn("identity", shown)
        self.ok("device", "disable", ENDPOINT)
        self.assertEqual(self.ok("device", "show", ENDPOINT, "--json").document()["state"], "disabled")
        self.ok("device", "enable", ENDPOINT)
        self.assertIn("new", self.ok("device", "show", ENDPOINT).out)
        self.ok("device", "remove", ENDPOINT)
        self.assertEqual(self.ok("device", "list", "--json").out, "")
        actions = [record["action"] for record in self.ok("audit", "--json").documents()]
        self.assertEqual(actions[0], "device.add")
        self.assertEqual(actions[-1], "device.remove")
        self.assertIn("the chain holds up to record", self.ok("audit").err)

    def test_minted_keys_differ(self):
        for endpoint in ("a", "b"):
            self.ok("device", "add", endpoint)
        keys = {self.ok("device", "export", e, "--json").document()["psk_hex"] for e in ("a", "b")}
        self.assertEqual([len(key) for key in keys], [32, 32])

    def test_identity_too_long(self):
        self.add()
        self.bad(2, "--identity: a PSK identity has 1 to 128", "device", "set", ENDPOINT, "--identity", "i" * 129)
        self.ok("device", "set", ENDPOINT, "--identity", "i" * 128)
        self.ok("device", "add", "e" * 252, "--identity", "short")

    def test_identity_of_another(self):
        self.add("a")
        self.add("b")
        self.bad(1, "belongs to another device", "device", "set", "b", "--identity", "a")

    def test_key_files(self):
        good = [("hex", KEY + "\n"), ("hex", KEY.upper()), ("hex", KEY + "  \r\n"),
                ("base64", "wP/uABEiM0RVZneImaq7zA==\n")]
        for i, (form, text) in enumerate(good):
            self.ok("device", "add", f"e{i}", "--psk-file", self.file("k", text), "--psk-format", form)
            self.assertEqual(self.ok("device", "export", f"e{i}", "--json").document()["psk_hex"], KEY)
        raw = self.folder / "raw"
        raw.write_bytes(bytes(range(9)) + b"\n")
        raw.chmod(0o600)
        self.ok("device", "add", "raw", "--psk-file", raw, "--psk-format", "raw")
        self.assertEqual(self.ok("device", "export", "raw", "--json").document()["psk_hex"],
                         "0001020304050607080a")
        self.ok("device", "add", "stdin", "--psk-file", "-", stdin=KEY + "\n")

    def test_wrong_key_files(self):
        for text, content, words in [
            ("character 1 is no hex digit", "zzzzzzzzzzzzzzzz", []),
            ("has an even number", KEY + "0", []),
            ("a key has 8 to 64", "00112233445566", []),
            ("are more than 64 octets", "00" * 65, []),
            ("must hold 1 to 512 octets", "", []),
            ("use --psk-format hex", KEY, ["--psk-format", "raw"]),
            ("use --psk-format hex", KEY, ["--psk-format", "base64"]),
            ("not of base64", "!" * 24, ["--psk-format", "base64"]),
        ]:
            with self.subTest(text=text):
                result = self.bad(1, text, "device", "add", "e", "--psk-file", self.file("k", content), *words)
                self.assertNotIn(content or "\0", result.err)
        self.bad(1, "0644", "device", "add", "e", "--psk-file", self.file("k", KEY, 0o644))
        self.bad(1, "absent", "device", "add", "e", "--psk-file", self.folder / "absent")
        self.bad(2, "--psk-format is hex, base64 or raw, not 'x'", "device", "add", "e", "--psk-file",
                 self.file("k", KEY), "--psk-format", "x")
        self.bad(2, "needs a file", "device", "add", "e", "--psk-file", "-", "--psk-format", "raw")
        self.bad(2, "--bytes is for a minted key", "device", "add", "e", "--psk-file", "k", "--bytes", "8")
        self.assertEqual(self.ok("device", "list", "--json").out, "")

    def test_list_in_pages(self):
        names = [f"d{i:03}" for i in range(67)]
        for i, name in enumerate(names):
            self.ok("device", "add", name, "--group", "even" if i % 2 == 0 else "odd")
        seen = [d["endpoint"] for d in self.ok("device", "list", "--json").documents()]
        self.assertEqual(seen, names)
        self.assertEqual(len(self.ok("device", "list").out.splitlines()), len(names) + 1)
        part = self.ok("device", "list", "--json", "--after", "d009", "--limit", "3").documents()
        self.assertEqual([d["endpoint"] for d in part], ["d010", "d011", "d012"])
        odd = self.ok("device", "list", "--json", "--group", "odd").documents()
        self.assertEqual(len(odd), 33)
        self.assertEqual(self.ok("home", "stats", "--json").document()["devices"], 67)

    def test_unknown_is_empty(self):
        self.assertEqual(self.ok("device", "unknown", "--json").out, "")
        self.assertIn("nobody unknown", self.ok("device", "unknown").err)

    def test_credential(self):
        self.add()
        key = self.file("server-key", "00" * 16)
        self.bad(2, "and --identity or --identity-hex", "device", "credential", "set", ENDPOINT, "--server", "1",
                 "--psk-file", key)
        self.bad(2, "--server is a number from 1 to 65534", "device", "credential", "set", ENDPOINT,
                 "--server", "65535", "--psk-file", key, "--identity", "m")
        self.ok("device", "credential", "set", ENDPOINT, "--server", "101", "--psk-file", key, "--identity", "m")
        credential = self.ok("device", "show", ENDPOINT, "--json").document()["credentials"][0]
        self.assertEqual((credential["server_id"], credential["identity"], credential["secret_bytes"],
                          credential["is_stored"], credential["state"]), (101, "m", 16, True, "active"))
        self.assertIn("operator", self.ok("device", "show", ENDPOINT).out)


class Credential(Home):
    def octets(self, name, data, mode=0o600):
        path = self.folder / name
        path.write_bytes(data)
        path.chmod(mode)
        return path

    def put(self, *words):
        return self.ok("device", "credential", "set", ENDPOINT, "--server", 101, *words)

    def test_every_mode(self):
        self.add()
        secret, public = self.octets("s", bytes(range(1, 39)) + b"\n"), self.octets("p", b"c" * 2048)
        self.put("--psk-file", self.file("k", KEY), "--identity", "i")
        self.put("--mode", "rpk", "--secret-file", secret, "--public-file", public)
        self.put("--mode", "x509", "--secret-file", secret, "--public-file", public)
        self.put("--mode", "oscore", "--secret-file", self.octets("m", b"m" * 16), "--sender-hex", "61",
                 "--recipient-hex", "")
        self.put("--mode", "sms", "--secret-file", self.octets("n", b"n" * 16), "--identity-hex", "001122334455")
        rows = self.ok("device", "credential", "list", ENDPOINT, "--json").documents()
        self.assertEqual([(r["mode"], r["state"], r["secret_bytes"], r["public_bytes"]) for r in rows],
                         [("psk", "active", 16, 0), ("rpk", "active", 39, 2048), ("x509", "active", 39, 2048),
                          ("oscore", "active", 16, 0), ("sms", "active", 16, 0)])
        self.assertEqual([r["identity_hex"] for r in rows if r["mode"] in ("oscore", "sms")],
                         ["016100", "001122334455"])
        self.assertNotIn(KEY, self.ok("device", "credential", "list", ENDPOINT).out)
        self.put("--mode", "sms", "--secret-file", self.octets("n", b"o" * 16), "--identity-hex", "001122334455")
        states = [(r["mode"], r["state"]) for r in
                  self.ok("device", "credential", "list", ENDPOINT, "--json").documents()]
        self.assertEqual([s for m, s in states if m == "sms"], ["retired", "active"])
        self.assertEqual([s for m, s in states if m != "sms"], ["active"] * 4)
        exported = self.ok("device", "export", ENDPOINT, "--json").document()["servers"]
        self.assertEqual([s["mode"] for s in exported], ["psk", "rpk", "x509", "oscore", "sms"])
        self.assertEqual(exported[1]["secret_hex"], secret.read_bytes().hex())
        self.assertEqual(exported[1]["public_hex"], public.read_bytes().hex())
        self.assertEqual(exported[0]["psk_hex"], KEY)
        self.assertIn("secret: " + (b"m" * 16).hex(), self.ok("device", "export", ENDPOINT, "--out", "-").out)

    def test_wrong_files(self):
        self.add()
        public = self.octets("p", b"c")
        for text, words in [
            ("--secret-file", ("--mode", "rpk", "--secret-file", self.octets("a", b"k" * 193), "--public-file", public)),
            ("--secret-file", ("--mode", "rpk", "--secret-file", self.octets("b", b"k", 0o644), "--public-file", public)),
            ("--public-file", ("--mode", "x509", "--secret-file", self.octets("c", b"k"), "--public-file",
                               self.octets("d", b"c" * 2049))),
            ("--secret-file", ("--mode", "rpk", "--secret-file", "absent", "--public-file", public)),
        ]:
            with self.subTest(words=words):
                self.bad(1, text, "device", "credential", "set", ENDPOINT, "--server", 101, *words)
        self.bad(1, "no device x in", "device", "credential", "list", "x")
        self.bad(1, "no device x in", "device", "credential", "set", "x", "--server", 1, "--psk-file",
                 self.file("k", KEY), "--identity", "i")


class Export(Home):
    def setUp(self):
        super().setUp()
        self.add()
        self.out = self.folder / "out"

    def test_to_standard_output_only_when_asked(self):
        self.assertEqual(self.ok("device", "export", ENDPOINT, "--json").document()["psk_hex"], KEY)
        self.assertIn(f"psk: {KEY}", self.ok("device", "export", ENDPOINT, "--out", "-").out)
        self.bad(2, "say where", "device", "export", ENDPOINT)

    def test_to_a_file(self):
        result = self.ok("device", "export", ENDPOINT, "--json", "--out", self.out)
        self.assertEqual(result.out, "")
        self.assertEqual(stat.S_IMODE(self.out.stat().st_mode), 0o600)
        self.assertEqual(json.loads(self.out.read_text(encoding="utf-8"))["psk_hex"], KEY)

    def test_never_overwrites_unasked(self):
        self.file("out", "precious", 0o644)
        self.bad(1, "exists: --force replaces it", "device", "export", ENDPOINT, "--out", self.out)
        self.assertEqual(self.out.read_text(encoding="utf-8"), "precious")
        self.ok("device", "export", ENDPOINT, "--out", self.out, "--force")
        self.assertIn(KEY, self.out.read_text(encoding="utf-8"))
        self.assertEqual(stat.S_IMODE(self.out.stat().st_mode), 0o600)
        self.assertEqual(sorted(p.name for p in self.folder.iterdir()), ["home", "key", "out"])

    def test_where_it_cannot(self):
        self.bad(1, "No such file or directory", "device", "export", ENDPOINT, "--out",
                 self.folder / "absent" / "out")

    def test_leaves_an_audit_record(self):
        self.file("out", "precious", 0o600)
        self.bad(1, "exists", "device", "export", ENDPOINT, "--out", self.out)
        self.ok("device", "export", ENDPOINT, "--json")
        self.ok("device", "export", ENDPOINT, "--out", self.out, "--force")
        records = self.ok("audit", "--json").documents()
        self.assertEqual([(r["action"], r["subject"]) for r in records],
                         [("device.add", ENDPOINT)] + 2 * [("device.export", ENDPOINT)])

    def test_nothing_else_shows_the_key(self):
        self.ok("device", "credential", "set", ENDPOINT, "--server", "101", "--psk-file", self.folder / "key",
                "--identity", "m")
        for words in (["device", "show", ENDPOINT], ["device", "show", ENDPOINT, "--json"],
                      ["device", "list", "--json"], ["policy", "plan", ENDPOINT], ["audit", "--json"],
                      ["policy", "plan", ENDPOINT, "--json"], ["home", "stats"]):
            result = self.ok(*words)
            for text in (result.out, result.err):
                self.assertNotIn(KEY, text.lower(), words)
        for path in self.home.rglob("*"):
            if path.is_file():
                data = path.read_bytes()
                self.assertNotIn(bytes.fromhex(KEY), data, path)
                self.assertNotIn(KEY.encode(), data, path)


class Policy(Home):
    def test_every_problem_with_its_place(self):
        path = self.file("bad.yaml", "imprint: 1\nservres: {}\nservers:\n  main: {id: 0, uri: coaps://a}\n"
                         "  two: {id: 5, uri: 'http://a'}\npolicies:\n  - nmae: x\n    others: maybe\n"
                         "unmatched: perhaps\n")
        result = self.run_cli("policy", "check", path)
        self.assertEqual(result.code, 1)
        lines = [line for line in result.out.splitlines() if ": error: " in line]
        self.assertGreaterEqual(len(lines), 5, result.out)
        for line in lines:
            self.assertRegex(line, re.escape(str(path)) + r":\d+:\d+: error: ")
        self.assertRegex(result.err, r"imprint: \d+ errors")
        problems = [json.loads(line) for line in
                    self.run_cli("policy", "check", path, "--json").out.splitlines()]
        self.assertEqual(len([p for p in problems if p["severity"] == "error"]), len(lines))
        self.assertEqual(problems[0]["line"], 2)

    def test_what_time_does(self):
        path = self.file("ended.yaml", "imprint: 1\npolicies:\n  - {name: a, valid: {until: 2020-01-01}, hold: x}\n")
        result = self.ok("policy", "check", path)
        self.assertEqual(result.out, f"{path}:3:15: warning: 'a' counts no more: its validity ended\n")
        (self.home / "policies/one-server.yaml").write_text(path.read_text(encoding="utf-8"), encoding="utf-8")
        done = subprocess.run([BIN / "imprintd", "--home", self.home, "-n"], capture_output=True, text=True,
                              timeout=WAIT_S, check=False)
        self.assertEqual(done.returncode, 0, done.stderr)
        self.assertIn(":3:15: warning: 'a' counts no more: its validity ended\n", done.stderr)

    def test_absent(self):
        result = self.run_cli("policy", "check", self.folder / "absent")
        self.assertEqual(result.code, 1)
        self.assertIn("absent", result.out)

    def test_bad_settings_are_said(self):
        self.file("home/imprintd.yaml", "workres: 2\n")
        result = self.run_cli("policy", "check")
        self.assertEqual(result.code, 1)
        self.assertIn("imprintd.yaml:1:1: error:", result.out)
        self.bad(1, "imprintd.yaml:1:1: error:", "policy", "list")

    def test_plan(self):
        self.add()
        plan = self.ok("policy", "plan", ENDPOINT, "--json").document()
        self.assertEqual((plan["verdict"], plan["policy"], plan["is_blind"]), ("apply", "default", True))
        self.assertEqual(plan["ops"][-1], {"op": "finish"})
        secret = [v["value"] for op in plan["ops"] for v in op.get("values", [])
                  if v.get("name") == "Secret Key"]
        self.assertEqual(secret, ["(16 octets, minted)"])
        self.assertIn("(16 octets, minted)", self.ok("policy", "plan", ENDPOINT).out)

    def test_plan_for_what_the_device_shows(self):
        self.add()
        shown = '</>;lwm2m=1.1,</0/3>;uri="coaps://b",</0/1>;ssid=9;uri="coaps://o",</1/0>;ssid=9\n'
        plan = self.ok("policy", "plan", ENDPOINT, "--json", "--against", "-", "--format", "senml-cbor",
                       stdin=shown).document()
        self.assertEqual((plan["is_blind"], plan["bootstrap_instance"], plan["formats"][0]),
                         (False, 3, "senml-cbor"))
        self.assertNotIn("/0/3", [op.get("path") for op in plan["ops"]])
        self.bad(1, "CoRE Link Format", "policy", "plan", ENDPOINT, "--against", self.file("d", "<</0"))
        self.bad(1, "No such file", "policy", "plan", ENDPOINT, "--against", "absent")
        self.bad(1, "more than 65535 octets", "policy", "plan", ENDPOINT, "--against",
                 self.file("d", "</0>," * 20000))

    def test_plan_with_reads(self):
        self.add()
        shown = self.file("shown", '</>;lwm2m=1.1,</0/0>,</0/1>;ssid=101;uri="coaps://a",</1/0>;ssid=101,</3/0>')
        servers = self.file("servers", '[{"bn":"/1/0/","n":"0","v":101},{"n":"1","v":86400}]')
        plan = self.ok("policy", "plan", ENDPOINT, "--json", "--against", shown, "--read-servers", servers)
        self.assertEqual(plan.document()["verdict"], "apply")
        self.bad(2, "need --against", "policy", "plan", ENDPOINT, "--read-servers", servers)
        self.bad(1, "is no answer to a Read of /2 in senml-json", "policy", "plan", ENDPOINT, "--against", shown,
                 "--read-access", self.file("access", "{"))
        self.bad(1, "No such file", "policy", "plan", ENDPOINT, "--against", shown, "--read-access", "absent")

    def test_octets_hide_secrets_unless_asked(self):
        self.add()
        self.ok("device", "credential", "set", ENDPOINT, "--server", 101, "--psk-file", self.file("psk", KEY),
                "--identity", "i")
        self.file("home/policies/one-server.yaml", "imprint: 1\nservers:\n  a: {id: 101, uri: 'coaps://a'}\n"
                  "policies:\n  - name: x\n    servers: {a: {psk: stored}}\n")
        for name, form in (("tlv", KEY), ("senml-cbor", KEY), ("senml-json", "wP_uABEiM0RVZneImaq7zA".encode().hex())):
            with self.subTest(name):
                words = ("policy", "plan", ENDPOINT, "--json", "--hex", "--format", name)

                def body(*more):
                    return next(op["octets"] for op in self.ok(*words, *more).document()["ops"]
                                if op.get("path") == "/0/1")
                hidden, shown = body(), body("--show-secrets")
                self.assertIn(form, shown)
                self.assertEqual(hidden, shown.replace(form, "." * len(form)))
                self.assertNotIn(form, self.ok(*words).out)
        actions = [record["action"] for record in self.ok("audit", "--json").documents()]
        self.assertEqual(actions.count("policy.plan"), 3)

    def test_objects(self):
        self.add()
        objects = self.folder / "home" / "objects"
        objects.mkdir()
        (objects / "bad.xml").write_text("<LWM2M>", encoding="utf-8")
        self.bad(1, "bad.xml", "policy", "plan", ENDPOINT)
        self.bad(1, "bad.xml", "policy", "list")
        self.assertEqual(self.run_cli("policy", "check").code, 1)
        (objects / "bad.xml").unlink()
        self.bad(1, "holds no *.xml file", "policy", "list")
        objects.rmdir()
        self.ok("policy", "list")
        self.bad(1, "absent", "policy", "list", "--objects", "absent")

    def test_cases(self):
        good = ("cases:\n- name: all\n  device: {endpoint: e}\n"
                "  expect: {verdict: apply, policy: default}\n")
        cases = self.folder / "home" / "policies" / "one-server.cases.yaml"
        self.bad(1, "no case file", "policy", "test")
        cases.write_text(good, encoding="utf-8")
        self.assertIn("1 case passed", self.ok("policy", "test").err)
        self.assertIn("1 case passed", self.ok("policy", "test", cases, home=False).err)
        cases.write_text(good + "- name: none\n  device: {}\n  expect: {operations: []}\n", encoding="utf-8")
        result = self.run_cli("policy", "test", cases)
        self.assertEqual(result.code, 1)
        self.assertIn("1 of 2 cases failed", result.err)
        self.assertIn("FAILED  none\n", result.out)
        self.assertIn(f"{cases}:7:12: error: the operations are others", result.out)
        self.assertIn("    + write /0/1", result.out)
        rows = [json.loads(line) for line in self.run_cli("policy", "test", cases, "--json").out.splitlines()]
        self.assertEqual([row["has_passed"] for row in rows], [True, False])
        self.assertIn("+ write /0/1", rows[1]["difference"])
        cases.write_text("cses: []\n", encoding="utf-8")
        result = self.run_cli("policy", "test", cases)
        self.assertEqual(result.code, 1)
        self.assertIn("unknown key 'cses'", result.out)
        self.bad(1, "No such file", "policy", "test", self.folder / "absent")

    def test_every_shipped_policy_has_its_cases(self):
        shipped = {path.name for path in (SRC / "policies").glob("*.yaml")}
        cases = {name for name in shipped if name.endswith(".cases.yaml")}
        self.assertEqual({name.replace(".yaml", ".cases.yaml") for name in shipped - cases}, cases)
        self.assertRegex(self.ok("policy", "test", SRC / "policies", home=False).err, r"^\d+ cases passed")

    def test_no_policy_matches(self):
        self.add()
        self.file("home/policies/one-server.yaml", "imprint: 1\nservers:\n  a: {id: 1, uri: 'coaps://a'}\n"
                  "policies:\n  - name: x\n    match: {group: other}\n    servers: {a: {psk: {}}}\n")
        plan = self.ok("policy", "plan", ENDPOINT, "--json").document()
        self.assertEqual(plan["verdict"], "hold")
        self.assertNotIn("ops", plan)
        self.assertEqual([p["name"] for p in self.ok("policy", "list", "--json").documents()], ["x"])
        self.assertEqual(self.ok("policy", "list").out, "x\n")

    def test_check_of_a_path_needs_no_home(self):
        shipped = SRC / "policies" / "one-server.yaml"
        self.assertIn("1 policy, no errors", self.ok("policy", "check", shipped, home=False).err)
        self.bad(2, "no home", "policy", "check", home=False)

    def test_control_characters_never_reach_the_terminal(self):
        path = self.file("p.yaml", 'imprint: 1\n"\\e[2Jx": 1\n')
        self.assertNotIn("\x1b", self.run_cli("policy", "check", path).out)


class Rollout(Home):
    def setUp(self):
        super().setUp()
        self.add(ENDPOINT, "--group", "pilot")
        self.file("home/policies/one-server.yaml", """imprint: 1
servers: {a: {id: 101, uri: "coaps://a.example"}}
policies:
  - name: never
    match: {group: others}
    hold: nobody
  - name: all
    servers: {a: {psk: {}}}
overlays:
  - name: zone
    match: {group: pilot}
    rollout: {share: 5%, always: pilot, pause: {failed: 2%, of-last: 200}}
    write: {/3/0: {Timezone: Etc/UTC}}
""")

    def status(self, *words):
        return self.ok("rollout", "status", *words, "--json").documents()

    def test_life(self):
        self.assertEqual([(r["name"], r["state"], r["share_ppm"]) for r in self.status()],
                         [("zone", "not started", 50000)])
        self.assertIn("not started", self.ok("rollout", "status").out)
        self.bad(1, "rollout zone was not started", "rollout", "pause", "zone")
        self.bad(1, "no overlay of the policies has the rollout zoom; there is: zone", "rollout", "start", "zoom")
        self.assertIn("5% of the devices", self.ok("rollout", "start", "zone").err)
        self.bad(1, "rollout zone is running already", "rollout", "start", "zone")
        self.bad(1, "is running already", "rollout", "resume", "zone")
        row = self.status("zone")[0]
        self.assertEqual((row["state"], row["pause_ppm"], row["pause_of"]), ("running", 20000, 200))
        self.ok("rollout", "pause", "zone")
        self.bad(1, "is paused already", "rollout", "pause", "zone")
        self.assertEqual(self.status()[0]["reason"], "by the operator")
        self.ok("rollout", "resume", "zone", "--share", "12.5%")
        self.assertEqual((self.status()[0]["share_ppm"], self.status()[0].get("reason")), (125000, None))
        self.ok("rollout", "resume", "zone", "--share", "20%")
        self.ok("rollout", "abort", "zone")
        for verb in ("pause", "resume", "abort"):
            self.bad(1, "aborted", "rollout", verb, "zone")
        self.ok("rollout", "start", "zone", "--share", "100%")
        self.assertEqual(self.status()[0]["share_ppm"], 1000000)
        self.bad(1, "no rollout zoom", "rollout", "status", "zoom")
        actions = [r["action"] for r in self.ok("audit", "--json").documents() if r["action"].startswith("rollout")]
        self.assertEqual(actions, ["rollout.start", "rollout.pause", "rollout.resume", "rollout.change",
                                   "rollout.abort", "rollout.start"])

    def test_a_policy_without_rollouts(self):
        self.file("home/policies/one-server.yaml", "imprint: 1\npolicies: [{name: a, hold: all}]\n")
        self.bad(1, "no overlay of the policies has a rollout", "rollout", "start", "zone")
        self.assertEqual(self.status(), [])

    def test_explain(self):
        def rules(*words):
            return {r["name"]: r for r in self.ok("policy", "explain", ENDPOINT, "--json", *words).document()["rules"]}
        shown = rules()
        self.assertEqual([(n, r["fits"], r["is_applied"]) for n, r in shown.items()],
                         [("never", False, False), ("all", True, True), ("zone", False, False)])
        self.assertIn("group", shown["never"]["reason"])
        self.assertEqual(shown["never"]["line"], 4)
        self.assertIn("start", shown["zone"]["reason"])
        self.ok("rollout", "start", "zone")
        self.assertTrue(rules()["zone"]["is_applied"])
        plan = self.ok("policy", "plan", ENDPOINT, "--json", "--against",
                       self.file("shown", "</>;lwm2m=1.1,</0/0>,</3/0>")).document()
        self.assertEqual(plan["rollouts"], ["zone"])
        self.assertIn("/3/0", [op.get("path") for op in plan["ops"]])
        self.assertRegex(self.ok("policy", "explain", ENDPOINT).out, r"overlay +zone +applied")
        self.bad(1, f"no device x in {self.home}", "policy", "explain", "x")

    def test_schema(self):
        self.assertEqual(self.ok("policy", "schema", home=False).out,
                         (SRC / "policies" / "schema.json").read_text(encoding="utf-8"))
        self.bad(2, "policy schema does not take 'x'", "policy", "schema", "x")

    def test_clients(self):
        self.assertIn("wakaama", self.ok("client", "list", home=False).out)
        self.assertIn("anjay-1.2", [c["kind"] for c in self.ok("client", "list", "--json", home=False).documents()])


def account(uri, mode="PSK", server=123, **more):
    return {"uri": uri, "bootstrapServer": False, "securityMode": mode, "serverId": server, **more}


class Import(Home):
    KEYS = {"publicKeyOrId": [97, 98], "secretKey": [1, 2, -1, -128, 255, 6, 7, 8]}
    OWN = {"uri": "coaps://bs", "bootstrapServer": True, "securityMode": "PSK", "publicKeyOrId": "aQ==",
           "secretKey": "EBESExQVFhcYGRobHB0eHw=="}

    def config(self, security, own=None, **more):
        return {"toDelete": ["/0", "/1"], "security": {"0": own or {"uri": "coap://bs", "bootstrapServer": True},
                                                       "1": security},
                "servers": {"0": {"shortId": 123, "lifetime": 300, "defaultMinPeriod": 1, "binding": ["U"]}}, **more}

    def leshan(self, content, name="leshan.json"):
        return self.file(name, content if isinstance(content, str) else json.dumps(content))

    def plan(self, endpoint):
        """The operations for ENDPOINT, each path with its resources by number."""
        plan = self.ok("policy", "plan", endpoint, "--json", "--hex", "--show-secrets").document()
        return plan, {op["path"]: op for op in plan["ops"] if op.get("path")}

    def test_devices_alike_share_a_policy_and_a_group(self):
        file = self.leshan({
            "a": self.config(account("coaps://a.example:5684", **self.KEYS), contentFormat="TLV"),
            "b*": self.config(account("coaps://a.example:5684", 0, publicKeyOrId="Yg==", secretKey="AQIDBAUGBwg="),
                              contentFormat=11542),
            "c": self.config(account("coap://c.example", "NO_SEC", 5),
                             servers={"0": {"shortId": 5, "lifetime": 0}})})
        keys = self.leshan([{"endpoint": "a", "tls": {"mode": "psk", "details": {"identity": "i", "key": KEY}}}], "c")
        policy = self.folder / "home" / "policies" / "acme.yaml"
        (self.folder / "home" / "policies" / "one-server.yaml").unlink()
        words = ("policy", "import", "--leshan", file, "--leshan", keys, "--out", policy)
        self.bad(1, '["b*"]: would match other endpoints too', *words)
        self.assertIn("stored 2 credentials; 3 devices are new", self.ok(*words, "--store").err)
        text = policy.read_text(encoding="utf-8")
        for secret in (KEY, "0102ff80", "AQIDBAUGBwg"):
            self.assertNotIn(secret, text)
        self.assertEqual([p["name"] for p in self.ok("policy", "list", "--json").documents()], ["acme-1", "acme-2"])
        self.ok("policy", "check")
        values = {}
        for name in ("a", "b*", "c"):
            plan, ops = self.plan(name)
            values[name] = [plan["policy"], ops["/0/1"]["values"][0]["value"], ops["/0/1"]["octets"], ops["/1/0"]["octets"]]
        self.assertEqual([v[:2] for v in values.values()],
                         [["acme-1", "coaps://a.example:5684"], ["acme-1", "coaps://a.example:5684"],
                          ["acme-2", "coap://c.example"]])
        self.assertIn("0102ff80ff060708", values["a"][2])
        self.assertIn("0102030405060708", values["b*"][2])
        self.assertEqual(self.ok("device", "show", "a", "--json").document()["identity"], "i")
        self.assertEqual(self.ok("device", "show", "b*", "--json").document()["group"], "acme-1")
        self.bad(1, "exists: --force", *words, "--store")

    def test_a_device_keeps_its_own_key(self):
        """What the entry of the bootstrap server says is the key by which the device comes here."""
        file = self.leshan({"a": self.config(account("coap://c.example", "NO_SEC"), own=self.OWN)})
        self.bad(1, "there are 1 secrets", "policy", "import", "--leshan", file)
        self.assertIn("1 secrets were left out", self.ok("policy", "import", "--leshan", file, "--partial").err)
        same = self.leshan([{"endpoint": "a", "tls": {"mode": "psk", "details": {
            "identity": "i", "key": "101112131415161718191a1b1c1d1e1f"}}}], "same")
        other = self.leshan([{"endpoint": "a", "tls": {"mode": "psk", "details": {"identity": "i", "key": KEY}}}], "other")
        self.bad(1, '$["a"].security.0.secretKey: or its identity is not that of the list of credentials',
                 "policy", "import", "--leshan", file, "--leshan", other, "--store")
        self.ok("policy", "import", "--leshan", file, "--leshan", same, "--store")
        device = self.ok("device", "export", "a", "--json").document()
        self.assertEqual((device["identity"], device["psk_hex"]), ("i", "101112131415161718191a1b1c1d1e1f"))

    def test_every_value_reaches_the_plan(self):
        config = self.config(
            account("coaps+tcp://a.example", sni="s.example", cipherSuite=49320, clientOldOffTime=1,
                    serverSmsNumber="+49123", smsSecurityMode="SPS", smsBindingKeyParam=[1] * 6,
                    smsBindingKeySecret=[9] * 16, oscoreSecurityMode=3, **self.KEYS),
            servers={"7": {"shortId": 123, "lifetime": 301, "defaultMinPeriod": 2, "defaultMaxPeriod": 77,
                           "disableTimeout": 5, "notifIfDisabled": False, "binding": ["T", "U"], "apnLink": 1,
                           "registrationPriority": 3, "initialDelay": 4, "registrationFailure": True,
                           "bootstrapOnRegistrationFailure": False, "communicationRetryCount": 6,
                           "communicationRetryTimer": 8, "communicationSequenceDelayTimer": 9,
                           "communicationSequenceRetryCount": 10, "trigger": True, "preferredTransport": "T",
                           "muteSend": True}},
            oscore={"3": {"oscoreMasterSecret": [5] * 16, "oscoreSenderId": "AQ==", "oscoreRecipientId": "Ag==",
                          "oscoreAeadAlgorithm": "AES_CCM_16_64_128", "oscoreHmacAlgorithm": -10,
                          "oscoreMasterSalt": [6, 6]}},
            acls={"0": {"objectId": 3, "objectInstanceId": 0, "AccessControlOwner": 123, "acls": {"0": 1}},
                  "1": {"objectId": 1, "objectInstanceId": 7, "AccessControlOwner": 65535, "acls": {"123": 3}}},
            toDelete=["/0", "/1", "/3303"])
        home = self.folder / "home"
        (home / "policies" / "one-server.yaml").unlink()
        self.ok("policy", "import", "--leshan", self.leshan({"a": config}), "--store", "--out", home / "policies" / "x.yaml")
        shown = self.file("shown", '</>;lwm2m=1.1,</0>;ver=1.1,</0/0>,</1>;ver=1.1,</2>,</3/0>,</11/1>,</21>,</3303/0>')
        plan = self.ok("policy", "plan", "a", "--json", "--hex", "--show-secrets", "--against", shown).document()
        ops = {op["path"]: {v["path"]: v["value"] for v in op["values"]} for op in plan["ops"] if op.get("values")}
        self.assertEqual(ops, {
            "/0/1": {"/0/1/0": "coaps+tcp://a.example", "/0/1/1": "false", "/0/1/2": "0", "/0/1/3": "ab",
                     "/0/1/4": "(empty)", "/0/1/5": "(8 octets)", "/0/1/6": "2", "/0/1/7": "hex:010101010101",
                     "/0/1/8": "(16 octets)", "/0/1/9": "49123", "/0/1/10": "123", "/0/1/14": "s.example",
                     "/0/1/16/0": "49320", "/0/1/17": "21:0"},
            "/21/0": {"/21/0/0": "(16 octets)", "/21/0/1": "hex:01", "/21/0/2": "hex:02", "/21/0/5": "(2 octets)"},
            "/1/0": {"/1/0/0": "123", "/1/0/1": "301", "/1/0/2": "2", "/1/0/3": "77", "/1/0/5": "5", "/1/0/6": "false",
                     "/1/0/7": "TU", "/1/0/10": "11:1", "/1/0/13": "3", "/1/0/14": "4", "/1/0/15": "true",
                     "/1/0/16": "false", "/1/0/17": "6", "/1/0/18": "8", "/1/0/19": "9", "/1/0/20": "10",
                     "/1/0/21": "true", "/1/0/22": "T", "/1/0/23": "true"},
            "/2/0": {"/2/0/0": "3", "/2/0/1": "0", "/2/0/2/0": "1", "/2/0/2/123": "15", "/2/0/3": "123"},
            "/2/1": {"/2/1/0": "1", "/2/1/1": "0", "/2/1/2/123": "3", "/2/1/3": "65535"}})
        octets = "".join(op.get("octets", "") for op in plan["ops"])
        for secret in ("0102ff80ff060708", "09" * 16, "05" * 16):
            self.assertIn(secret, octets)
        self.assertIn("/3303", [op.get("path") for op in plan["ops"] if op["op"] == "delete"])

    def test_certificates_go_beside_the_file(self):
        der = [0x30, 3, 2, 1, 0]
        file = self.leshan({"a": self.config(account(
            "coaps://a.example", "X509", publicKeyOrId=der, secretKey=[2] * 100, serverPublicKey=der))})
        self.bad(1, "needs a file beside the policies", "policy", "import", "--leshan", file, "--store")
        result = self.run_cli("policy", "import", "--leshan", file, "--store", "--out", self.folder / "p.yaml")
        self.assertEqual(result.code, 1)
        self.assertIn("is no whole certificate", result.err)
        self.assertEqual(list(self.folder.glob("p*")), [])
        self.bad(1, "no device a", "device", "show", "a")

    def test_problems_as_json(self):
        file = self.leshan({"a": self.config(account("coap://a", "NO_SEC"), new=1), "b": self.config(account("coaps://b", "EST"))})
        result = self.run_cli("policy", "import", "--leshan", file, "--json", home=False)
        self.assertEqual(result.code, 1)
        document = result.document()
        self.assertFalse(document["done"])
        self.assertEqual([(p["level"], p["file"], p["path"]) for p in document["problems"]],
                         [("lost", str(file), '$["a"].new'), ("error", str(file), '$["b"].security.1.securityMode')])
        document = self.ok("policy", "import", "--leshan", file, "--json", "--partial", home=False).document()
        self.assertEqual([document[key] for key in ("done", "devices", "left_out", "policies", "secrets")],
                         [True, 1, 1, 1, 0])
        self.assertIn("leshan-123: {nosec: true}", document["text"])
        self.assertNotIn('"b"', document["text"])
        self.assertFalse(self.run_cli("policy", "import", "--leshan", self.leshan('{"": {}}'), "--json", home=False).document()["done"])

    def test_wrong_files(self):
        for text, content in [("leshan.json:1:2: no JSON", "{x"), ("leshan.json:1:2: no JSON", "[1"), ("$[0].endpoint: an entry", "[1]"),
                              ("$[0].endpoint: an entry of the list needs", "[{}]"), ('$["a"]: must be an object', '{"a": 1}'),
                              ("no device to import", "{}"), ("an endpoint has 1 to 252 octets", '{"": {}}')]:
            with self.subTest(text):
                self.bad(1, text, "policy", "import", "--leshan", self.leshan(content))
        self.bad(1, "No such file", "policy", "import", "--leshan", "absent")
        self.bad(1, "at most 8 files", "policy", "import", *["--leshan", self.leshan("{}")] * 9)

    def test_a_device_that_is_there_keeps_its_key_and_group(self):
        self.add("a", "--group", "g")
        file = self.leshan([{"endpoint": "a", "tls": {"mode": "psk", "details": {"identity": "a", "key": KEY[::-1]}}}])
        self.bad(1, "is there already, with another key", "policy", "import", "--leshan", file, "--store")
        file = self.leshan({"a": self.config(account("coap://a", "NO_SEC"))})
        self.bad(1, "in group g: its policy looks for group leshan-1", "policy", "import", "--leshan", file, "--store")

    def test_ten_thousand_devices_alike_are_one_line(self):
        config = self.config(account("coap://a", "NO_SEC"))
        file = self.leshan({f"urn:x:{i}": config for i in range(10000)})
        text = self.ok("policy", "import", "--leshan", file, "--store").out
        self.assertIn("match: {group: leshan-1}", text)
        self.assertLess(len(text.splitlines()), 25)


class Control(Home):
    def serve(self, *lines, hold=False):
        """A stand-in for the daemon: takes one request, answers LINES; returns the list of requests."""
        requests = []
        server = socket.socket(socket.AF_UNIX)
        server.bind(str(self.home / "control.sock"))
        server.listen(1)
        server.settimeout(WAIT_S)

        def answer():
            peer, _ = server.accept()
            with peer:
                requests.append(peer.makefile("rb").readline())
                for line in lines:
                    try:
                        peer.sendall(line)
                    except BrokenPipeError:
                        return
                if hold:
                    peer.settimeout(WAIT_S)
                    peer.recv(1)
        thread = threading.Thread(target=answer, daemon=True)
        thread.start()
        self.addCleanup(server.close)
        self.addCleanup(thread.join, WAIT_S)
        return requests

    def test_no_daemon(self):
        for words in (["status"], ["trace"], ["reload"], ["drain"], ["kick", "e"]):
            self.bad(1, f"no imprintd runs on {self.home}", *words)

    def test_requests(self):
        for words, request in [(["trace", "10.0.0.1"], {"command": "trace", "filter": "10.0.0.1"}),
                               (["kick", 'a"b'], {"command": "kick", "endpoint": 'a"b'}),
                               (["reload"], {"command": "reload"}), (["drain"], {"command": "drain"})]:
            requests = self.serve(b'{"ok":true}\n')
            self.ok(*words)
            self.assertEqual(json.loads(requests[0]), request)
            (self.home / "control.sock").unlink()

    def test_bad_answers(self):
        for text, line in [("hung up without an answer", b""), ("hung up without an answer", b'{"ok":tr'),
                           ("is no JSON", b"nonsense\n"), ("is longer than", b"x" * (1 << 20) + b"\n"),
                           ("without a reason", b"[]\n"), ("without a reason", b'{"ok":"true"}\n'),
                           ("no such device", b'{"ok":false,"error":"no such device"}\n')]:
            self.serve(line)
            self.bad(1, text, "status")
            (self.home / "control.sock").unlink()

    def test_problems_of_a_reload(self):
        self.serve(b'{"ok":false,"error":"2 errors; the old policies stay",'
                   b'"problems":["a.yaml:1:2: error: x","a.yaml:3:4: error: \\u001b[2J"]}\n')
        result = self.bad(1, "2 errors; the old policies stay", "reload")
        self.assertIn("a.yaml:1:2: error: x\n", result.err)
        self.assertNotIn("\x1b", result.err)

    def test_trace_text(self):
        message = {"event": "message", "at_ms": 1700000000123, "session": 1, "peer": "127.0.0.1:9",
                   "endpoint": "e\x1b[2J", "direction": "out", "type": "CON", "code": "PUT", "mid": 7,
                   "path": "/0/1", "format": "tlv", "content_format": 11542, "size": 86, "block1": "0/1/512", "repeat": True,
                   "values": [{"path": "/0/1/1", "name": "Bootstrap-Server", "value": False},
                              {"path": "/0/1/5", "name": "Secret Key", "value": "(16 octets)"}]}
        answer = {"event": "message", "at_ms": 1700000000200, "peer": "127.0.0.1:9", "direction": "in", "type": "ACK",
                  "code": "2.05", "mid": 8, "content_format": 40, "size": 4, "text": "</1>"}
        closed = {"event": "closed", "at_ms": 1700000001000, "peer": "127.0.0.1:9", "endpoint": "", "why": "idle"}
        lines = [(json.dumps(line, separators=(",", ":")) + "\n").encode() for line in
                 ({"ok": True}, closed, answer, message, message)]
        self.serve(*lines, hold=True)
        out = self.ok("trace", "--count", "2").out
        self.assertNotIn("\x1b", out)
        self.assertRegex(out, r"<- ACK 2\.05 +link +4 B  mid 8 ")
        for part in ("22:13:20.123  -> CON PUT    /0/1", "tlv", "86 B", "mid 7", "e\\x1b[2J", "0/1/512",
                     "(again)", "/0/1/5  Secret Key        (16 octets)", "Bootstrap-Server  false",
                     "-- closed  from 127.0.0.1:9: idle"):
            self.assertIn(part, out)
        self.assertEqual(out.count("PUT"), 1)
        (self.home / "control.sock").unlink()
        self.serve(*lines)
        self.assertEqual(len(self.ok("trace", "--json").documents()), 4)

    def test_a_home_with_a_long_path(self):
        self.home = self.folder / ("h" * 120)
        self.ok("init")
        self.bad(1, "no imprintd runs on", "status")


class DaemonWords(Home):
    def daemon(self, code, text, *words):
        done = subprocess.run([str(BIN / "imprintd"), *map(str, words)], capture_output=True, text=True,
                              timeout=WAIT_S, check=False, env={**os.environ, "IMPRINT_HOME": ""})
        self.assertEqual(done.returncode, code, f"{words}: {done.stdout}{done.stderr}")
        self.assertIn(text, done.stderr)

    def test_wrong_words(self):
        home = ["--home", self.home]
        self.daemon(2, "give --home HOME or set IMPRINT_HOME")
        self.daemon(2, "unexpected argument: x", *home, "x")
        self.daemon(2, "--workers takes a number from 1 to 64, not: 0", *home, "--workers", "0")
        self.daemon(2, "--listen takes coaps://ADDRESS[:PORT]", *home, "--listen", "http://127.0.0.1", "-n")
        self.daemon(2, "--listen takes coaps://ADDRESS[:PORT]", *home, "--listen", "coaps://meter.example", "-n")
        self.daemon(1, "No such file or directory; make a home with: imprint --home", "--home", self.folder / "no")

    def test_address_in_use(self):
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as other:
            other.bind(("127.0.0.1", 0))
            uri = f"coaps://127.0.0.1:{other.getsockname()[1]}"
            self.daemon(1, f"{uri}: Address already in use", "--home", self.home, "--listen", uri)

    def test_name_to_listen_on(self):
        self.file("home/imprintd.yaml", "listen: coaps://meter.example\n")
        self.daemon(1, "listen: 'coaps://meter.example' is no coaps://ADDRESS", "--home", self.home, "-n")


class Daemon(Home):
    def setUp(self):
        super().setUp()
        self.add()
        log = open(self.folder / "log", "w", encoding="utf-8")
        self.addCleanup(log.close)
        self.daemon = subprocess.Popen([str(BIN / "imprintd"), "--home", str(self.home), "--listen",
                                        "coaps://127.0.0.1:0"], stdout=log, stderr=log)
        self.addCleanup(self.end)
        limit = time.monotonic() + WAIT_S
        while not (self.home / "control.sock").exists() or self.run_cli("status").code != 0:
            self.assertIsNone(self.daemon.poll(), (self.folder / "log").read_text(encoding="utf-8"))
            self.assertLess(time.monotonic(), limit)
            time.sleep(0.05)

    def end(self):
        if self.daemon.poll() is None:
            self.daemon.terminate()
        try:
            self.daemon.wait(WAIT_S)
        except subprocess.TimeoutExpired:
            self.daemon.kill()
            self.daemon.wait()

    def bootstrap(self):
        credentials = self.folder / "credentials"
        self.ok("device", "export", ENDPOINT, "--json", "--out", credentials, "--force")
        bound = self.ok("status", "--json").document()["listeners"][0]["bound"]
        return subprocess.run([str(BIN / "imprint-sim"), "bootstrap", "--server", f"coaps://{bound}",
                               "--credentials", str(credentials)], capture_output=True, text=True,
                              timeout=WAIT_S, check=False)

    def test_status_trace_reload(self):
        trace = subprocess.Popen([str(BIN / "imprint"), "--home", str(self.home), "trace", ENDPOINT, "--json",
                                  "--count", "10"], stdout=subprocess.PIPE, text=True)
        self.addCleanup(trace.wait, WAIT_S)
        self.addCleanup(trace.terminate)
        time.sleep(0.5)
        done = self.bootstrap()
        self.assertEqual(done.returncode, 0, done.stdout + done.stderr)
        out, _ = trace.communicate(timeout=WAIT_S)
        lines = [json.loads(line) for line in out.splitlines()]
        self.assertEqual(len([line for line in lines if line["event"] == "message"]), 10)
        self.assertTrue(all(line["endpoint"] == ENDPOINT for line in lines))
        self.assertNotIn(KEY, out)
        self.assertEqual(self.ok("status", "--json").document()["outcomes"]["finished"], 1)
        self.assertIn("finished 1", self.ok("status").out)
        shown = self.ok("device", "show", ENDPOINT, "--json").document()
        self.assertEqual((shown["state"], shown["history"][0]["result"], shown["credentials"][0]["state"]),
                         ("bootstrapped", "finished", "active"))
        self.ok("reload")
        self.file("home/policies/more.yaml", "imprint: 1\nservres: {}\n")
        result = self.bad(1, "", "reload")
        self.assertIn("more.yaml:2:1: error:", result.err)
        self.assertEqual(self.ok("status", "--json").document()["policies"]["rules"], 1)
        self.bad(1, "", "kick", "nobody")

    def test_drain_ends_it(self):
        self.ok("drain")
        self.assertEqual(self.daemon.wait(WAIT_S), 0)
        self.bad(1, "no imprintd runs on", "status")


class Manual(Home):
    """The man page and the command name the same commands and options."""

    @staticmethod
    def text(name):
        return (SRC / "docs" / "man" / name).read_text(encoding="utf-8").replace("\\-", "-")

    def test_commands(self):
        out = self.ok("help", home=False).out.split("\nEverywhere:")[0]
        listed = {re.split(r"  +", line.strip())[0] for line in out.splitlines()[1:] if line.startswith("  ")}
        page = {re.sub(r"\\fI|\\fR|\\fB", "", line[4:]).strip() for line in
                self.text("imprint.1").splitlines() if line.startswith(".SS ")}
        self.assertEqual(page, listed)

    def test_options(self):
        for program, page, words in [("imprint", "imprint.1", None), ("imprintd", "imprintd.8", [[]]),
                                     ("imprint-sim", "imprint-sim.1", [["bootstrap"], ["conformance"], ["profiles"]])]:
            if words is None:
                names = [re.split(r"  +", line.strip())[0] for line in
                         self.ok("help", home=False).out.split("\nEverywhere:")[0].splitlines()[1:]
                         if line.startswith("  ")]
                verbs = [re.sub(r" [\[A-Z].*", "", name) for name in names]
                out = "".join(self.ok("help", *verb.split(), home=False).out for verb in verbs)
            else:
                out = ""
                for verb in words:
                    done = subprocess.run([str(BIN / program), *verb, "--help"], capture_output=True, text=True,
                                          timeout=WAIT_S, check=False)
                    out += done.stdout + done.stderr
            helped = set(re.findall(r"(?<![\w-])--[a-z][a-z-]*", out))
            self.assertTrue(helped)
            paged = set(re.findall(r"(?<![\w-])--[a-z][a-z-]*", self.text(page)))
            self.assertEqual(helped - paged, set(), f"{page} lacks these options")
            self.assertEqual(paged - helped, set(), f"{page} has options that {program} lacks")

    def test_settings(self):
        keys = {match.group(1) for match in
                re.finditer(r"^#([a-z-]+):", (self.home / "imprintd.yaml").read_text(encoding="utf-8"), re.M)}
        page = {match.group(1) for match in re.finditer(r"^\.B ([a-z-]+)$", self.text("imprintd.yaml.5"), re.M)}
        self.assertEqual(keys - page, set())

    @unittest.skipUnless(shutil.which("groff"), "no groff")
    def test_pages_are_well_formed(self):
        for path in sorted((SRC / "docs" / "man").iterdir()):
            done = subprocess.run(["groff", "-man", "-ww", "-z", "-Tutf8", str(path)], capture_output=True,
                                  text=True, timeout=WAIT_S, check=False)
            self.assertEqual((done.returncode, done.stderr), (0, ""), path)


if __name__ == "__main__":
    unittest.main(verbosity=1)
