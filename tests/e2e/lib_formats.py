"""The content formats as a reader of the specifications would decode them: nothing of ours is used.

decode(format, body, path) gives {"/o/i/r" or "/o/i/r/ri": value}; the values of TLV are octets, and
octets in JSON of 1.0 are text: plain() makes what is expected of them.
"""
import base64
import json

TEXT, LINK, OPAQUE, CBOR = 0, 40, 42, 60
SENML_JSON, SENML_CBOR, TLV, JSON, LWM2M_CBOR = 110, 112, 11542, 11543, 11544


def tlv_rows(body):
    """[(kind, id, octets)] of one level: OMA LwM2M TLV, Core appendix on data formats."""
    rows, at = [], 0
    while at < len(body):
        head = body[at]
        at += 1
        width = 2 if head & 0x20 else 1
        number = int.from_bytes(body[at:at + width], "big")
        at += width
        octets = head >> 3 & 3
        size = int.from_bytes(body[at:at + octets], "big") if octets else head & 7
        at += octets
        assert at + size <= len(body), "a TLV field runs over its end"
        rows.append((head >> 6, number, body[at:at + size]))
        at += size
    assert len({(kind, number) for kind, number, _ in rows}) == len(rows), "an id comes twice"
    return rows


def tlv(body, path):
    values = {}
    for kind, number, octets in tlv_rows(body):
        if kind == 0:
            assert path.count("/") == 1, "an instance inside an instance"
            values |= tlv(octets, f"{path}/{number}")
        elif kind == 2:
            for inner, index, value in tlv_rows(octets):
                assert inner == 1, "not a resource instance"
                values[f"{path}/{number}/{index}"] = value
        else:
            assert kind == 3, "a resource instance outside a resource"
            values[f"{path}/{number}"] = octets
    return values


def cbor(body, at=0):
    """(value, position behind it): RFC 8949, the part that SenML needs."""
    major, low = body[at] >> 5, body[at] & 31
    at += 1
    assert low < 28, "indefinite length"
    if low >= 24:
        width = 1 << (low - 24)
        low, at = int.from_bytes(body[at:at + width], "big"), at + width
    if major in (0, 1):
        return (low if major == 0 else -1 - low), at
    if major in (2, 3):
        raw = body[at:at + low]
        assert len(raw) == low, "a string runs over its end"
        return (raw if major == 2 else raw.decode()), at + low
    if major == 7:
        return {20: False, 21: True, 22: None}[low], at
    items = []
    for _ in range(low * (2 if major == 5 else 1)):
        item, at = cbor(body, at)
        items.append(item)
    assert major in (4, 5), "a tag"
    if major == 4:
        return items, at
    keys = [tuple(key) if isinstance(key, list) else key for key in items[::2]]
    assert len(set(keys)) == len(keys), "a key comes twice"
    return dict(zip(keys, items[1::2])), at


def senml_cbor(body):
    """RFC 8428: labels bn -2, n 0, v 2, vs 3, vb 4, vd 8; vlo is a text label."""
    pack, end = cbor(body)
    assert end == len(body), "octets behind the pack"
    values, base = {}, ""
    for record in pack:
        base = record.get(-2, base)
        rest = [value for label, value in record.items() if label in (2, 3, 4, 8, "vlo")]
        assert len(rest) == 1, f"record {record}"
        values[base + record.get(0, "")] = rest[0]
    return values


def lwm2m_cbor(body):
    """Maps within maps; the ids on the way down, one or an array of them, are the path."""
    tree, end = cbor(body)
    assert end == len(body), "octets behind the map"
    return walk(tree, "")


def walk(tree, path):
    if not isinstance(tree, dict):
        assert path.count("/") in (3, 4), f"a value at {path}"
        return {path: tree}
    assert tree, f"an empty map at {path}"
    values = {}
    for key, inner in tree.items():
        ids = key if isinstance(key, tuple) else (key,)
        values |= walk(inner, path + "".join(f"/{number}" for number in ids))
    return values


def unpadded(text):
    """RFC 8428 4.3: the alphabet of URLs, without padding."""
    assert not set(text) & set("+/="), f"not base64url: {text}"
    return base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))


def senml_json(body):
    values, base = {}, ""
    for record in json.loads(body):
        base = record.get("bn", base)
        rest = [key for key in record if key in ("v", "vs", "vb", "vd", "vlo")]
        assert len(rest) == 1, f"record {record}"
        value = record[rest[0]]
        values[base + record.get("n", "")] = unpadded(value) if rest[0] == "vd" else value
    return values


def old_json(body):
    """JSON of LwM2M 1.0: one base name, entries with v, sv, bv or ov."""
    document = json.loads(body)
    values = {}
    for entry in document["e"]:
        rest = [key for key in entry if key in ("v", "sv", "bv", "ov")]
        assert len(rest) == 1, f"entry {entry}"
        values[document["bn"] + entry["n"]] = entry[rest[0]]
    return values


def single(form, body):
    """The one value of a resource; TEXT stays text."""
    if form == CBOR:
        value, end = cbor(body)
        assert end == len(body), "octets behind the value"
        return value
    return body if form == OPAQUE else body.decode()


def decode(form, body, path):
    if form == TLV:
        return tlv(body, path)
    if form in (TEXT, OPAQUE, CBOR):
        return {path: single(form, body)}
    readers = {SENML_CBOR: senml_cbor, SENML_JSON: senml_json, JSON: old_json, LWM2M_CBOR: lwm2m_cbor}
    return readers[form](body)


def plain(form, value, like):
    """VALUE as the Python type of LIKE."""
    if isinstance(like, bytes):
        return base64.b64decode(value) if form in (TEXT, JSON) else value
    if form == TEXT and not isinstance(like, str):
        return int(value) != 0 if isinstance(like, bool) else int(value)
    if form != TLV:
        return value
    if isinstance(like, bool):
        return value == b"\1"
    return value.decode() if isinstance(like, str) else int.from_bytes(value, "big", signed=True)
