"""One training step of nanoGPT's block in plain Python, to judge a dumped one: step.py COMPUTED.safetensors HEADS.

Reads parameters, x and dy of the dump, computes loss <dy, y>, every gradient and Adam's first update of its own, and
compares: 1e-12 of the largest entry of each tensor. One layer, GELU by tanh, causal attention, nothing scaled."""
import json
import math
import struct
import sys


def read(path):
    raw = open(path, "rb").read()
    n = struct.unpack("<Q", raw[:8])[0]
    out = {}
    for name, t in json.loads(raw[8:8 + n]).items():
        assert t["dtype"] == "F64", name
        a, b = t["data_offsets"]
        flat = struct.unpack("<%dd" % ((b - a) // 8), raw[8 + n + a:8 + n + b])
        cols = t["shape"][-1]
        out[name] = [list(flat[i:i + cols]) for i in range(0, len(flat), cols)]
    return out


def turned(a):
    return [list(c) for c in zip(*a)]


def times(a, b):
    columns = turned(b)
    return [[math.fsum(x * y for x, y in zip(row, column)) for column in columns] for row in a]


def plus(a, b):
    return [[x + y for x, y in zip(r, s)] for r, s in zip(a, b)]


def linear(x, w, bias):
    return [[v + b for v, b in zip(row, bias[0])] for row in times(x, turned(w))]


def sums(a):
    return [[math.fsum(c) for c in turned(a)]]


def norm(x, gain, bias):
    y, saved = [], []
    for row in x:
        mean = math.fsum(row) / len(row)
        s = 1 / math.sqrt(math.fsum((v - mean) ** 2 for v in row) / len(row) + 1e-5)
        k = [(v - mean) * s for v in row]
        saved.append((k, s))
        y.append([a * g + b for a, g, b in zip(k, gain[0], bias[0])])
    return y, saved


def norm_back(dy, saved, gain):
    dx = []
    for d, (k, s) in zip(dy, saved):
        g = [a * b for a, b in zip(d, gain[0])]
        a, b = math.fsum(g) / len(g), math.fsum(u * v for u, v in zip(g, k)) / len(g)
        dx.append([s * (u - a - v * b) for u, v in zip(g, k)])
    return dx, [[math.fsum(d[j] * k[j] for d, (k, _) in zip(dy, saved)) for j in range(len(gain[0]))]], sums(dy)


ROOT = math.sqrt(2 / math.pi)


def gelu(v):
    return 0.5 * v * (1 + math.tanh(ROOT * (v + 0.044715 * v ** 3)))


def gelu_slope(v):
    t = math.tanh(ROOT * (v + 0.044715 * v ** 3))
    return 0.5 * (1 + t) + 0.5 * v * (1 - t * t) * ROOT * (1 + 3 * 0.044715 * v * v)


def columns(a, start, n):
    return [row[start:start + n] for row in a]


def attention(qkv, heads):
    width = len(qkv[0]) // 3
    size = width // heads
    z, saved = [[] for _ in qkv], []
    for h in range(heads):
        q, k, v = (columns(qkv, part * width + h * size, size) for part in range(3))
        p = []
        for i, row in enumerate(times(q, turned(k))):
            e = [math.exp(s / math.sqrt(size)) for s in row[:i + 1]]
            total = math.fsum(e)
            p.append([a / total for a in e] + [0.0] * (len(row) - i - 1))
        for to, row in zip(z, times(p, v)):
            to += row
        saved.append((q, k, v, p))
    return z, saved


def attention_back(dz, saved):
    heads, parts = len(saved), ([], [], [])
    size = len(dz[0]) // heads
    for h, (q, k, v, p) in enumerate(saved):
        d = columns(dz, h * size, size)
        dp, ds = times(d, turned(v)), []
        for prow, drow in zip(p, dp):
            w = math.fsum(a * b for a, b in zip(prow, drow))
            ds.append([a * (b - w) / math.sqrt(size) for a, b in zip(prow, drow)])
        for part, block in zip(parts, (times(ds, k), times(turned(ds), q), times(turned(p), d))):
            part.append(block)
    return [sum((block[i] for part in parts for block in part), []) for i in range(len(dz))]


def step(t, heads):
    w = lambda name: t["h.0." + name]
    x, dy = t["x"], t["dy"]
    n1, s1 = norm(x, w("ln_1.weight"), w("ln_1.bias"))
    z, sa = attention(linear(n1, w("attn.c_attn.weight"), w("attn.c_attn.bias")), heads)
    mid = plus(x, linear(z, w("attn.c_proj.weight"), w("attn.c_proj.bias")))
    n2, s2 = norm(mid, w("ln_2.weight"), w("ln_2.bias"))
    fc = linear(n2, w("mlp.c_fc.weight"), w("mlp.c_fc.bias"))
    bent = [[gelu(v) for v in row] for row in fc]
    y = plus(mid, linear(bent, w("mlp.c_proj.weight"), w("mlp.c_proj.bias")))
    g = {"loss": [[math.fsum(a * b for r, s in zip(dy, y) for a, b in zip(r, s))]]}
    g["mlp.c_proj.weight"], g["mlp.c_proj.bias"] = times(turned(dy), bent), sums(dy)
    up = times(dy, w("mlp.c_proj.weight"))
    dfc = [[a * gelu_slope(b) for a, b in zip(r, s)] for r, s in zip(up, fc)]
    g["mlp.c_fc.weight"], g["mlp.c_fc.bias"] = times(turned(dfc), n2), sums(dfc)
    branch, g["ln_2.weight"], g["ln_2.bias"] = norm_back(times(dfc, w("mlp.c_fc.weight")), s2, w("ln_2.weight"))
    dmid = plus(dy, branch)
    g["attn.c_proj.weight"], g["attn.c_proj.bias"] = times(turned(dmid), z), sums(dmid)
    dqkv = attention_back(times(dmid, w("attn.c_proj.weight")), sa)
    g["attn.c_attn.weight"], g["attn.c_attn.bias"] = times(turned(dqkv), n1), sums(dqkv)
    branch, g["ln_1.weight"], g["ln_1.bias"] = norm_back(times(dqkv, w("attn.c_attn.weight")), s1, w("ln_1.weight"))
    g["x"] = plus(dmid, branch)
    return g


def compare(name, got, want):
    top = max(abs(v) for row in want for v in row)
    off = max(abs(a - b) for r, s in zip(got, want) for a, b in zip(r, s))
    assert len(got) == len(want) and len(got[0]) == len(want[0]), name
    assert off <= 1e-12 * top, "%s: off by %g of %g" % (name, off, top)


def main():
    t = read(sys.argv[1])
    g = step(t, int(sys.argv[2]))
    for name, want in g.items():
        if name in ("loss", "x"):
            compare(name, t["loss" if name == "loss" else "x.grad"], want)
            continue
        compare(name, t["h.0.%s.grad" % name], want)
        if name == "attn.c_attn.bias":
            continue  # Adam divides the key bias's noise by itself
        update = [[-0.001 * v / (abs(v) + 1e-8) for v in row] for row in want]
        compare(name + " update", t["h.0.%s.update" % name], update)
    print(len(g), "tensors agree")


main()
