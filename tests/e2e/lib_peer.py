"""peer_libcoap: an independent device that keeps what is written to it, and what it told."""
import json

from lib_formats import SENML_CBOR, SENML_JSON, TLV, cbor, decode, plain, unpadded
from lib_imprint import SLOWNESS, TESTBIN, equal

# What a device holds that was bootstrapped elsewhere, with its own account at /0/%d.
DISCOVER = ('</>;lwm2m=1.1,</0/%d>,</0/9>;ssid=9,</1>,</1/9>;ssid=9,</2>,</3/0>,</4/0>,'
            '</5/0>')
NEW = "</>;lwm2m=1.1,</0/0>,</1>,</2>,</3/0>"  # straight from the factory


class Peer:
    """One run of peer_libcoap; begun, and unless is_waiting is False ended, by the constructor."""

    def __init__(self, t, daemon, device, *options, address=None, code=0, discover=DISCOVER % 0,
                 state=None, is_waiting=True):
        offered = ["--discover", discover] if discover else []
        offered += ["--state", state] if state else []
        self.code = code
        self.process = t.process("peer", [
            TESTBIN / "peer_libcoap", "--server", address or daemon.address, "--endpoint",
            device.endpoint, "--identity", device.identity, "--key-file", device.key_file,
            "--timeout", 25 * SLOWNESS, *offered, *options])
        if is_waiting:
            self.join()

    def join(self):
        equal(self.process.wait(60), self.code, f"the peer's exit code; {self.process.out()}")
        self.rows = self.process.json_lines()
        self.requests = [row for row in self.rows if row["event"] == "request"]
        return self

    def asked(self, method=None):
        """["PUT /0/1", ..] in order, all copies."""
        return [f"{row['method']} {row['path']}" for row in self.requests
                if method in (None, row["method"])]

    def changes(self):
        """What changes the device, in order."""
        return [text for text in self.asked() if text.split()[0] in ("PUT", "DELETE")]

    def formats(self):
        """The content formats of the accepted Writes."""
        return {row["format"] for row in self.requests
                if row["method"] == "PUT" and row["answer"] == "2.04"}

    def written(self):
        """What the accepted Writes carried: {path: (format, value)}."""
        values = {}
        for row in self.requests:
            if row["method"] == "PUT" and row["answer"] == "2.04":
                body = bytes.fromhex(row["body"])
                for path, value in decode(row["format"], body, row["path"]).items():
                    values[path] = (row["format"], value)
        return values

    def get(self, path, like):
        form, value = self.written()[path]
        return plain(form, value, like)


class State:
    """What a peer holds, in the file that it keeps from run to run."""

    def __init__(self, t, name="state"):
        self.path = t.folder / name

    def lines(self):
        return self.path.read_text().splitlines()

    def places(self):
        """["/0", "/0/0", ..]: objects without instances, and instances."""
        rows = [line.split() for line in self.lines() if line.startswith("place ")]
        return [f"/{row[1]}" + (f"/{row[2]}" if row[2] != "-1" else "") for row in rows]

    def values(self):
        """{"/1/0/0": (format, value)}; see get()."""
        found = {}
        for line in self.lines():
            if not line.startswith("leaf "):
                continue
            words, octets = line.split("=", 1)
            row = words.split()
            path = "".join(f"/{number}" for number in row[1:1 + int(row[5])])
            value, form = bytes.fromhex(octets), (None, TLV, SENML_CBOR, SENML_JSON)[int(row[6])]
            if form == SENML_CBOR:
                value = cbor(value)[0]
            elif form == SENML_JSON:
                value = json.loads(value)
                value = unpadded(value) if row[7:] == ["vd"] else value
            found[path] = (form, value)
        return found

    def get(self, path, like):
        """The value of a resource, as the type of LIKE."""
        return plain(*self.values()[path], like)

    def accounts(self):
        """{short server ID: (Security instance, Server instance)} of the LwM2M servers."""
        values = self.values()
        servers = {self.get(path, 0): path[:-2] for path in values
                   if path.startswith("/1/") and path.endswith("/0") and path.count("/") == 3}
        return {self.get(path, 0): (path[:-3], servers.get(self.get(path, 0))) for path in values
                if path.startswith("/0/") and path.endswith("/10")}

    def keys(self):
        """{short server ID: key in hex}"""
        return {server: self.get(f"{security}/5", b"").hex()
                for server, (security, _) in self.accounts().items()}

    def lose(self, path):
        """The device lost an instance."""
        _, o, i = path.split("/")
        gone = (f"place {o} {i} ", f"leaf {o} {i} ")
        self.path.write_text("".join(line + "\n" for line in self.lines()
                                     if not line.startswith(gone)))

    def gain(self, path, shown=""):
        """Somebody else gave the device an instance."""
        _, o, i = path.split("/")
        self.path.write_text("".join(line + "\n" for line in self.lines())
                             + f"place {o} {i} {shown}\n")
