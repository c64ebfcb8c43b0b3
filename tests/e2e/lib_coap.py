"""CoAP by hand over plain UDP (RFC 7252): a peer that sends and answers exactly what a test says."""
import select
import socket
import time
from collections import namedtuple

CON, NON, ACK, RST = range(4)
GET, POST, PUT, DELETE = range(1, 5)
URI_PATH, CONTENT_FORMAT, URI_QUERY, ACCEPT, BLOCK2 = 11, 12, 15, 17, 23

Message = namedtuple("Message", "type code mid token options payload")


def code_of(text):
    major, minor = text.split(".")
    return int(major) << 5 | int(minor)


def text_of(code):
    return f"{code >> 5}.{code & 31:02}"


def _nibble(value):
    if value < 13:
        return value, b""
    return (13, bytes([value - 13])) if value < 269 else (14, (value - 269).to_bytes(2, "big"))


def build(message):
    out = bytes([0x40 | message.type << 4 | len(message.token), message.code])
    out += message.mid.to_bytes(2, "big") + message.token
    last = 0
    for number, value in sorted(message.options, key=lambda option: option[0]):
        (delta, more), (length, most) = _nibble(number - last), _nibble(len(value))
        out += bytes([delta << 4 | length]) + more + most + value
        last = number
    return out + (b"\xff" + message.payload if message.payload else b"")


def _extended(data, at, nibble):
    if nibble < 13:
        return nibble, at
    return (data[at] + 13, at + 1) if nibble == 13 else (
        int.from_bytes(data[at:at + 2], "big") + 269, at + 2)


def parse(data):
    at = 4 + (data[0] & 15)
    options, number, payload = [], 0, b""
    while at < len(data) and not payload:
        if data[at] == 0xff:
            payload = data[at + 1:]
            continue
        first = data[at]
        delta, at = _extended(data, at + 1, first >> 4)
        length, at = _extended(data, at, first & 15)
        number += delta
        options.append((number, data[at:at + length]))
        at += length
    return Message(data[0] >> 4 & 3, data[1], int.from_bytes(data[2:4], "big"),
                   data[4:4 + (data[0] & 15)], options, payload)


def uint(value):
    return value.to_bytes((value.bit_length() + 7) // 8, "big")


def path_of(message):
    return "/" + "/".join(value.decode() for number, value in message.options
                          if number == URI_PATH)


def number_of(message, option):
    found = [value for number, value in message.options if number == option]
    return int.from_bytes(found[0], "big") if found else None


class Coap:
    """One UDP socket towards ADDRESS ("127.0.0.1:5683")."""

    def __init__(self, address):
        host, port = address.rsplit(":", 1)
        self.socket = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self.socket.connect((host, int(port)))

    def close(self):
        self.socket.close()

    def send(self, data):
        self.socket.send(data)

    def get(self, seconds):
        """The next datagram, or None."""
        ready, _, _ = select.select([self.socket], [], [], seconds)
        return self.socket.recv(65536) if ready else None

    def request(self, method, path, queries=(), mid=1, token=b"\x01", kind=CON, others=()):
        options = [(URI_PATH, part.encode()) for part in path.split("/") if part] + list(others)
        options += [(URI_QUERY, query if isinstance(query, bytes) else query.encode())
                    for query in queries]
        data = build(Message(kind, method, mid, token, options, b""))
        self.send(data)
        return data

    def answer(self, request, code, options=(), payload=b""):
        self.send(build(Message(ACK, code_of(code), request.mid, request.token, list(options),
                                payload)))

    def serve(self, discover, seconds=10, usual=None, taken=None):
        """Answers until Finish; the requests seen, each once. USUAL: {method: code}; TAKEN is told
        each."""
        codes = {GET: "2.05", POST: "2.04", PUT: "2.04", DELETE: "2.02", **(usual or {})}
        seen, end = [], time.monotonic() + seconds
        while time.monotonic() < end:
            data = self.get(max(0, end - time.monotonic()))
            message = parse(data) if data else None
            if message is None or message.type != CON or not 1 <= message.code <= 4:
                continue
            if message.mid not in [one.mid for one in seen]:
                seen.append(message)
                if taken:
                    taken(message)
            if message.code == GET:
                discover(self, message)
            else:
                self.answer(message, codes[message.code])
            if message.code == POST:
                break
        return seen


def shows(text):
    """A Discover answer of one message."""
    return lambda coap, request: coap.answer(request, "2.05", [(CONTENT_FORMAT, uint(40))],
                                             text.encode())


def shows_blocks(text, octets=512):
    """A Discover answer in blocks (RFC 7959)."""
    szx = octets.bit_length() - 5

    def answer(coap, request):
        number = (number_of(request, BLOCK2) or 0) >> 4
        part = text[number * octets:(number + 1) * octets]
        has_more = (number + 1) * octets < len(text)
        coap.answer(request, "2.05", [(CONTENT_FORMAT, uint(40)),
                                      (BLOCK2, uint(number << 4 | has_more << 3 | szx))],
                    part.encode())
    return answer
