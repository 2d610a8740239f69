# --tensorboard: a file of records with their checksums, and the curves that the run showed.
. "$(dirname "$0")/support.sh" "$@"

{ printf 'label\ttext\n'; reviews 200; } >data.tsv
"$unroll" train --train data.tsv --out run --tensorboard events/a "${small[@]}" --json >result.json
[ "$(ls events/a | wc -l)" = 1 ] || fail "not one file: $(ls events/a)"
"$unroll" train --train data.tsv --out plain "${small[@]}" --json >plain.json
hash_of() { grep -o '"hash":"[^"]*"' "$1"; }
[ "$(hash_of result.json)" = "$(hash_of plain.json)" ] || fail "--tensorboard changes the model"
: >file; expect_status 7 'file' "$unroll" train --train data.tsv --out other --tensorboard file/events "${small[@]}"

command -v python3 >/dev/null || exit 0
# An independent reader of records and of the protocol: wire types by their definition, the checksum bit by bit.
python3 - events/a/* "$(grep -o '"dev_accuracy":[0-9.]*' result.json | cut -d: -f2)" <<'PYTHON'
import struct, sys

def crc(data):
    value = 0xffffffff
    for byte in data:
        value ^= byte
        for _ in range(8):
            value = value >> 1 ^ (0x82f63b78 if value & 1 else 0)
    return value ^ 0xffffffff

assert crc(b"123456789") == 0xe3069283
def masked(data):
    value = crc(data)
    return ((value >> 15 | value << 17) + 0xa282ead8) & 0xffffffff

def varint(data, at):
    value = shift = 0
    while True:
        value |= (data[at] & 0x7f) << shift
        at, shift = at + 1, shift + 7
        if data[at - 1] < 0x80: return value, at

def fields(data):
    at = 0
    while at < len(data):
        tag, at = varint(data, at)
        if tag & 7 == 0: value, at = varint(data, at)
        elif tag & 7 == 1: value, at = struct.unpack("<d", data[at:at + 8])[0], at + 8
        elif tag & 7 == 5: value, at = struct.unpack("<f", data[at:at + 4])[0], at + 4
        else:
            size, at = varint(data, at)
            value, at = data[at:at + size], at + size
        yield tag >> 3, value

data, at, curves, version = open(sys.argv[1], "rb").read(), 0, {}, None
while at < len(data):
    size, check = struct.unpack("<QI", data[at:at + 12])
    event = data[at + 12:at + 12 + size]
    assert check == masked(data[at:at + 8]) and struct.unpack("<I", data[at + 12 + size:at + 16 + size])[0] == masked(event)
    at += size + 16
    event = dict(fields(event))
    version = version or event.get(3)
    for _, value in fields(event.get(5, b"")):
        value = dict(fields(value))
        curves.setdefault(value[1].decode(), []).append((event[2], value[2]))
assert version == b"brain.Event:2", version
assert set(curves) == {"loss/step", "gradient_norm", "learning_rate", "loss/train", "loss/dev", "dev/accuracy", "dev/metric"}, set(curves)
assert [step for step, _ in curves["loss/step"]] == list(range(1, len(curves["loss/step"]) + 1))
epochs = len(curves["loss/train"])
assert len(curves["loss/step"]) % epochs == 0 and curves["loss/train"][-1][0] == len(curves["loss/step"])
per_epoch = len(curves["loss/step"]) // epochs
last = [value for _, value in curves["loss/step"]][-per_epoch:]
assert abs(sum(last) / per_epoch - curves["loss/train"][-1][1]) < 1e-4, (sum(last) / per_epoch, curves["loss/train"][-1])
assert abs(max(value for _, value in curves["dev/accuracy"]) - float(sys.argv[2])) < 1e-6
assert all(abs(value - 0.02) < 1e-8 for _, value in curves["learning_rate"])
PYTHON
