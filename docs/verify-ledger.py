#!/usr/bin/env python3
"""Verifies an exported ledger. Needs Python 3.8 or later and nothing else.   usage: python3 verify-ledger.py FOLDER [CHECKPOINTS]

FOLDER is what `ledger export --to FOLDER` wrote. CHECKPOINTS is a file of signed checkpoints that you kept elsewhere: without it, whoever could rewrite
and sign the whole folder anew is not found out. Exit code: 0 intact; 10 broken, the first thing found is named; 2 not readable, or never finished.

Every entry must be in canonical form and carry its own number and its log's name. The entries are hashed and joined to a Merkle tree (RFC 6962, 2.1);
the tiles must hold these hashes, and where as many entries have passed as a checkpoint counts, the root must be the signed one (Ed25519, RFC 8032).
"""
import base64, hashlib, json, os, re, sys

NOTE = re.compile(rb"^(?!\xe2\x80\x94 )((?:.+\n){3,16})\n((?:\xe2\x80\x94 .+\n){1,64})(?=\n|\Z)", re.MULTILINE)
AT = [0, ""]  # the entry and the file that are looked at


class Broken(Exception):
    pass


def require(fact, part, reason):
    if not fact:
        raise Broken("BROKEN entry %d %s.%s: %s" % (AT[0], AT[1], part, reason))


# Ed25519, RFC 8032, 5.1: points are (X, Y, Z, T) with x = X/Z, y = Y/Z, x * y = T/Z.
P, ORDER = 2**255 - 19, 2**252 + 27742317777372353535851937790883648493
D = -121665 * pow(121666, P - 2, P) % P


def add(p, q):
    a, b, c, d = (p[1] - p[0]) * (q[1] - q[0]), (p[1] + p[0]) * (q[1] + q[0]), 2 * p[3] * q[3] * D, 2 * p[2] * q[2]
    return (b - a) * (d - c) % P, (d + c) * (b + a) % P, (d - c) * (d + c) % P, (b - a) * (b + a) % P


def times(factor, p):
    total = (0, 1, 1, 0)
    while factor:
        total, p, factor = add(total, p) if factor & 1 else total, add(p, p), factor >> 1
    return total


def point(encoded):
    sign, y = encoded[31] >> 7, int.from_bytes(encoded, "little") % 2**255
    square = (y * y - 1) * pow(D * y * y + 1, P - 2, P) % P
    x = pow(square, (P + 3) // 8, P)
    x = x if x * x % P == square else x * pow(2, (P - 1) // 4, P) % P
    require(y < P and x * x % P == square and (x or not sign), "key", "is not a point of the curve")
    x = x if x % 2 == sign else P - x
    return x, y, 1, x * y % P


def is_signed(key, text, signature):
    base, s = point((4 * pow(5, P - 2, P) % P).to_bytes(32, "little")), int.from_bytes(signature[32:], "little")
    k = int.from_bytes(hashlib.sha512(signature[:32] + key + text).digest(), "little") % ORDER
    x, y, z, t = times(k, point(key))
    x, y, z, t = add(times(s % ORDER, base), (P - x, y, z, P - t))
    x, y = x * pow(z, P - 2, P) % P, y * pow(z, P - 2, P) % P
    return len(signature) == 64 and s < ORDER and (y | (x & 1) << 255).to_bytes(32, "little") == signature[:32]


def sha256(*parts):
    return hashlib.sha256(b"".join(parts)).digest()


def base64_of(text):
    data = base64.b64decode(text, validate=True)
    require(base64.b64encode(data).decode() == text, "encoding", "is not in the one form that these bytes have")
    return data


def read(folder, name, number, longest):
    AT[:] = number, name
    path = os.path.join(folder, name)
    require(os.path.isfile(path) and 0 < os.path.getsize(path) <= longest, "file", "is missing, empty, too long or not a plain file")
    with open(path, "rb") as file:
        return file.read()


def tile(kind, index, width):
    groups = "%03d" % (index % 1000)
    while index >= 1000:
        index //= 1000
        groups = "x%03d/%s" % (index % 1000, groups)
    return "tile/%s/%s" % (kind, groups) + (".p/%d" % width if width < 256 else "")


def read_keys(folder, log):
    """C2SP signed-note: name+id+base64 of the byte 1 and the key; the id is the beginning of a hash over name and key."""
    keys = {}
    *lines, end = read(folder, "keys", 0, 65536).decode().split("\n")
    require(end == "", "file", "does not end with a line")
    for line in lines:
        name, key_id, key = re.fullmatch(r"([!-*,-~]+/logs/%s)\+([0-9a-f]{8})\+([A-Za-z0-9+/]{44})" % log, line).groups()
        key = base64_of(key)
        require(key[0] == 1 and sha256(name.encode(), b"\n", key)[:4].hex() == key_id, "key", "is not an Ed25519 key of this log")
        keys[name, key_id] = key[1:]
    require(len({name for name, _ in keys}) == 1, "key", "there is none, or they are those of several logs")
    return keys, next(iter(keys))[0]


def read_notes(content, keys, origin, file):
    """C2SP tlog-checkpoint: the size and root of each. What is no whole note was cut short by a crash: it is passed over."""
    found = []
    for text, signatures in NOTE.findall(content):
        AT[:] = 0, file
        name, size, root = text.decode().split("\n")[:3]
        if file == "outside" and name != origin:
            continue
        require(name == origin and str(int(size)) == size and re.fullmatch(r"[A-Za-z0-9+/]{43}=", root), "checkpoint", "does not have a name, a size, a root")
        lines = [line.split(" ") for line in signatures.decode().splitlines()]
        known = [(keys.get((who, base64_of(what)[:4].hex())), base64_of(what)[4:]) for _, who, what in lines]
        known = [(key, signature) for key, signature in known if key]
        require(known, "checkpoint", "is signed by none of the known keys of its log")
        require(all(is_signed(key, text, signature) for key, signature in known), "note", "the signature of %s is wrong" % origin)
        found.append((int(size), base64_of(root), file))
    if NOTE.sub(b"", content).strip():
        print("warning: lines of %s that are no whole note are passed over" % file, file=sys.stderr)
    return found


def leaf_hash(entry, number, origin):
    """Canonical JSON, RFC 8785: of one flat object of texts, whole numbers, true and false, there is one way to write it."""
    facts = json.loads(entry.decode())
    again = json.dumps(facts, ensure_ascii=False, sort_keys=True, separators=(",", ":")).encode()
    require(again == entry and all(type(value) in (str, int, bool) for value in facts.values()), "entry", "not in canonical form")
    require(facts["v"] == 1 and facts["number"] == number, "number", "the bytes are those of entry %s" % facts["number"])
    require(facts["log"] == origin, "log", "the bytes are those of another log")
    return sha256(b"\0", entry)


def verify(folder, log, outside):
    """How many entries there are and how many checkpoints from outside agreed; nothing where the export was not finished."""
    if not os.path.lexists(os.path.join(folder, "checkpoint")):
        return None
    keys, origin = read_keys(folder, log)
    (size, root, _), = read_notes(read(folder, "checkpoint", 0, 2**18), keys, origin, "checkpoint")
    kept = read_notes(outside, keys, origin, "outside")
    AT[:] = size + 1, "outside"
    require(max(kept, default=(0,))[0] <= size, "size", "is more than the %d of the folder: its end was cut off, or it is older" % size)
    notes = read_notes(read(folder, "checkpoints", 0, 2**33), keys, origin, "checkpoints")
    require([n[0] for n in notes] == sorted(n[0] for n in notes) and any(n[0] == size for n in notes), "checkpoint", "out of order, or the newest is missing")
    if notes[-1][0] > size:
        return None
    expected = {}
    for checkpoint in notes + kept + [(size, root, "checkpoint")]:
        expected.setdefault(checkpoint[0], []).append(checkpoint)

    edge, levels, agreed = [], [], 0  # edge: the roots of whole subtrees and their heights; levels: the hashes of tiles above level 0
    for number in range(1, size + 2):
        joined = edge[-1][1] if edge else sha256()
        for _, left in reversed(edge[:-1]):
            joined = sha256(b"\1", left, joined) if number - 1 in expected else joined
        for _, signed, file in expected.get(number - 1, []):
            AT[:] = agreed + 1, file
            require(signed == joined, "root", "entries %d to %d do not hash to it" % (agreed + 1, number - 1))
            agreed = number - 1
        if number > size:
            break
        place, index, width = (number - 1) % 256, (number - 1) // 256, min(256, size - (number - 1) // 256 * 256)
        if place == 0:
            hashes = read(folder, tile(0, index, width), number, 8192)
            require(len(hashes) == 32 * width, "file", "does not have %d hashes" % width)
            packed, bundle = read(folder, tile("entries", index, width), number, 256 * 65537), tile("entries", index, width)
        length = int.from_bytes(packed[:2], "big")
        AT[:] = number, bundle
        require(2 < 2 + length <= len(packed), "file", "ends in the middle of an entry")
        entry, packed = packed[2:2 + length], packed[2 + length:]
        require(place + 1 < width or not packed, "file", "holds more than %d entries" % width)
        leaf = leaf_hash(entry, number, origin)
        require(leaf == hashes[32 * place:32 * place + 32], "entry", "and its hash in %s differ" % tile(0, index, width))
        edge.append((0, leaf))
        while len(edge) > 1 and edge[-1][0] == edge[-2][0]:
            height = edge[-1][0] + 1
            edge[-2:] = [(height, sha256(b"\1", edge[-2][1], edge[-1][1]))]
            if height % 8 == 0:  # a whole tile: its root is a hash of the level above
                levels += [b""] * (height // 8 - len(levels))
                levels[height // 8 - 1] += edge[-1][1]
    for level, above in enumerate(levels, 1):
        for index, made in enumerate(above[i:i + 8192] for i in range(0, len(above), 8192)):
            stored = read(folder, tile(level, index, len(made) // 32), (index * 256 << 8 * level) + 1, 8192)
            require(stored == made, "hash", "is not that of the tile below")
    return size, len(kept)


def main(parent, outside=None):
    logs = sorted(name for name in os.listdir(parent) if re.fullmatch(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}", name))
    content, agreed, unfinished = b"" if outside is None else open(outside, "rb").read(), 0, not logs
    for log in logs:
        found = verify(os.path.join(parent, log), log, content)
        print("INTACT %d entries in log %s" % (found[0], log) if found else "log %s: the export was not finished" % log)
        agreed, unfinished = agreed + (found or (0, 0))[1], unfinished or not found
    print("there is no exported log" if not logs else "no outside checkpoint was given" if not agreed else "%d outside checkpoints agree" % agreed, file=sys.stderr)
    return 2 if unfinished else 0


if __name__ == "__main__":
    try:
        sys.exit(main(*sys.argv[1:]))
    except Broken as broken:
        print(broken)
        sys.exit(10)
    except (ValueError, KeyError, IndexError, AttributeError, RecursionError) as error:
        print("BROKEN entry %d %s.file: cannot be read (%s)" % (AT[0], AT[1], type(error).__name__))
        sys.exit(10)
    except (OSError, TypeError) as error:
        print("%s\n%s" % (error, __doc__.split("\n")[0]), file=sys.stderr)
        sys.exit(2)
