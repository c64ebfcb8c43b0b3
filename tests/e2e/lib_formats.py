"""TLV and SenML CBOR as a reader of the specifications would decode them: nothing of ours is used.

decode(format, body, path) gives {"/o/i/r" or "/o/i/r/ri": octets (TLV) or value (CBOR)}.
"""
TLV, SENML_CBOR, LINK = 11542, 112, 40


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
    return (items if major == 4 else dict(zip(items[::2], items[1::2]))), at


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


def decode(form, body, path):
    return tlv(body, path) if form == TLV else senml_cbor(body)


def plain(form, value, like):
    """VALUE as the Python type of LIKE."""
    if form == SENML_CBOR or isinstance(like, bytes):
        return value
    if isinstance(like, bool):
        return value == b"\1"
    return value.decode() if isinstance(like, str) else int.from_bytes(value, "big", signed=True)
