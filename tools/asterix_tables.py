#!/usr/bin/env python3
"""Writes src/wire/asterix/tables/cat*.rs from the machine-readable specifications of zoranbosnjak/asterix-specs (BSD-3).

    tools/asterix_tables.py CHECKOUT        CHECKOUT: a clone, bare or not, of https://github.com/zoranbosnjak/asterix-specs

What carries over are facts: item numbers and names, widths, order, steps and units. Definitions, remarks and the words of
tables of values do not. Where the source is at odds with the EUROCONTROL text, OVERRIDES says so, with the reason.
"""
import re
import subprocess
import sys
from fractions import Fraction
from pathlib import Path

COMMIT = "c2b3d676a3359c319f672c974553cff7a79f0cae"
EDITIONS = {1: "1.4", 2: "1.2", 10: "1.1", 34: "1.29", 48: "1.32", 62: "1.20", 63: "1.6", 65: "1.6", 240: "1.3"}

# (category, item, element) -> (LSB, unit). Every entry: what the source says, what is right, how we know.
OVERRIDES = {
    # 1/2^4 m/s there; the declared range of +-8192 m/s in 16 bits is only reached with 1/2^2, which is also what the
    # published edition 1.1 says. With 1/2^4 a 44 kn boat decodes as an 11 kn one.
    (10, "202", "VX"): ("1/2^2", "m/s"),
    (10, "202", "VY"): ("1/2^2", "m/s"),
    # 1/2^4 m/s2 there; the declared range of +-31 m/s2 in 8 bits is only reached with 1/2^2.
    (10, "210", "AX"): ("1/2^2", "m/s²"),
    (10, "210", "AY"): ("1/2^2", "m/s²"),
    # "m" there; a covariance is in m2.
    (10, "500", "COVXY"): ("1/2^2", "m²"),
}

SPARE = "-"


class Line:
    def __init__(self, text):
        self.indent = len(text) - len(text.lstrip())
        self.text = text.strip()


def tree(lines, at, indent):
    """Lines deeper than `indent` from `at` on, as nested [text, children]."""
    out = []
    while at < len(lines) and lines[at].indent > indent:
        own = lines[at].indent
        node = [lines[at].text, []]
        node[1], at = tree(lines, at + 1, own)
        out.append(node)
    return out, at


def fraction(text):
    base, _, power = text.partition("/")
    def number(s):
        b, _, e = s.partition("^")
        return Fraction(b) ** int(e or 1)
    return number(base) / number(power) if power else number(base)


def kind_of(where, node):
    text = node[0]
    if where in OVERRIDES:
        lsb, unit = OVERRIDES[where]
        return f'Kind::{"Signed" if text.startswith("signed") else "Unsigned"}(Scale {{ lsb: {lsb_rust(lsb)}, unit: "{unit}" }})'
    m = re.match(r'(signed|unsigned) quantity (\S+) "([^"]*)"', text)
    if m:
        return f'Kind::{m[1].capitalize()}(Scale {{ lsb: {lsb_rust(m[2])}, unit: "{m[3]}" }})'
    m = re.match(r"(signed|unsigned) integer", text)
    if m:
        return f'Kind::{m[1].capitalize()}(Scale {{ lsb: 1.0, unit: "" }})'
    if text == "table":
        return "Kind::Table"
    m = re.match(r"string (octal|ascii|icao)", text)
    if m:
        return f"Kind::{m[1].capitalize()}"
    if text == "raw" or text.startswith("bds") or text.startswith("case"):
        return "Kind::Raw"
    raise SystemExit(f"unknown content {text!r} at {where}")


def lsb_rust(text):
    f = fraction(text)
    return f"{f.numerator}.0 / {f.denominator}.0" if f.denominator != 1 else f"{f.numerator}.0"


def named(text):
    m = re.match(r'(\w+) "(.*)"$', text)
    return m and (m[1], m[2])


def flatten(where, nodes):
    """Nodes under a group or item → [(name, bits, kind) or "FX"]."""
    out = []
    for text, children in nodes:
        if text.startswith("spare "):
            out.append((SPARE, int(text.split()[1]), "Kind::Spare"))
        elif text == "-":
            out.append("FX")
        elif named(text):
            name, _ = named(text)
            body = [c for c in children if c[0] not in ("definition", "description", "remark")]
            inner = flatten((where[0], where[1], name), body)
            out += [(name if n == "" else f"{name}.{n}" if n != SPARE else n, b, k) for n, b, k in inner]
        elif text.startswith("element "):
            out.append(("", int(text.split()[1]), kind_of(where, children[0])))
        elif text == "group":
            out += flatten(where, children)
        else:
            raise SystemExit(f"unknown structure {text!r} at {where}")
    return out


def elements_rust(elements, start=0):
    rows = []
    for name, bits, kind in elements:
        rows.append(f'Element {{ name: "{name if name != SPARE else ""}", start: {start}, bits: {bits}, kind: {kind} }}')
        start += bits
    return "&[" + ", ".join(rows) + "]", start


def shape_of(where, node):
    text, children = node
    if text.startswith("element") or text == "group":
        elements = flatten(where, [node])
        rust, bits = elements_rust(elements)
        assert bits % 8 == 0, (where, bits)
        return f"Shape::Fixed(Part {{ octets: {bits // 8}, elements: {rust} }})"
    if text == "extended":
        parts, current, start, begin = [], [], 0, 0
        for e in flatten(where, children):
            if e == "FX":
                rust, end = elements_rust(current, start)
                start = end + 1
                assert (start - begin) % 8 == 0, where
                parts.append(f"Part {{ octets: {(start - begin) // 8}, elements: {rust} }}")
                begin, current = start, []
            else:
                current.append(e)
        assert not current, where
        return f"Shape::Extended(&[{', '.join(parts)}])"
    if text in ("repetitive 1", "repetitive fx"):
        elements = flatten(where, children)
        rust, bits = elements_rust(elements)
        if text.endswith("fx"):
            bits += 1
        assert bits % 8 == 0, (where, bits)
        name = "RepetitiveFx" if text.endswith("fx") else "Repetitive"
        return f"Shape::{name}(Part {{ octets: {bits // 8}, elements: {rust} }})"
    if text == "compound":
        slots = []
        for t, c in children:
            if t == "-":
                slots.append("None")
                continue
            name, title = named(t)
            body = [x for x in c if x[0] not in ("definition", "description", "remark")]
            assert len(body) == 1, (where, name)
            slots.append("Some(" + item_rust((where[0], where[1], name), name, title, body[0]) + ")")
        return f"Shape::Compound(&[{', '.join(slots)}])"
    if text.startswith("explicit"):
        return "Shape::Explicit"
    raise SystemExit(f"unknown structure {text!r} at {where}")


def item_rust(where, name, title, node):
    title = title.replace("\\", "").replace('"', "'").rstrip(":")
    return f'Item {{ name: "{name}", title: "{title}", shape: {shape_of(where, node)} }}'


def category_rust(number, edition, text):
    lines = [Line(l) for l in text.split("\n") if l.strip() and not l.strip().startswith("#")]
    top, _ = tree(lines, 0, -1)
    sections = {n[0]: n[1] for n in top}
    items, index = [], {}
    for t, children in sections["items"]:
        name, title = named(t)
        body = [c for c in children if c[0] not in ("definition", "description", "remark")]
        assert len(body) == 1, (number, name, [b[0] for b in body])
        index[name] = len(items)
        items.append(item_rust((number, name, ""), name, title, body[0]))
    selector = "None"
    if "uap" in sections:
        profiles = [("", [n[0] for n in sections["uap"]])]
    else:
        nodes = {n[0]: n[1] for n in sections["uaps"]}
        profiles = [(n, [s[0] for s in slots]) for n, slots in nodes["variations"]]
        case = next(k for k in nodes if k.startswith("case "))
        m = re.match(r"case (\w+)/(\w+)", case)
        order = [r[0].split(": ") for r in nodes[case]]
        assert [p[0] for p in profiles] == [o[1] for o in order] and [o[0] for o in order] == ["0", "1"], number
        selector = f'Some("{m[1]}")'
    if any("rfs" in slots for _, slots in profiles):
        index["rfs"] = len(items)
        items.append('Item { name: "RFS", title: "Random Field Sequencing", shape: Shape::Random }')
    upper = f"CAT{number:03}"
    out = [
        f"// Written by tools/asterix_tables.py from asterix-specs {COMMIT[:12]} (BSD-3, see LICENSE-asterix-specs). Change that, not this.",
        f"//! Category {number:03}, edition {edition}.",
        "",
        "use crate::wire::asterix::table::{Category, Element, Item, Kind, Part, Profile, Scale, Shape};"
        if any("Scale" in i for i in items)
        else "use crate::wire::asterix::table::{Category, Element, Item, Kind, Part, Profile, Shape};",
        "",
        f"static ITEMS: [Item; {len(items)}] = [",
        *[f"    {i}," for i in items],
        "];",
        "",
        f"/// Category {number:03}, edition {edition}.",
        f"pub static {upper}: Category = Category {{",
        f"    number: {number},",
        f'    edition: "{edition}",',
        "    items: &ITEMS,",
        "    profiles: &[",
    ]
    for name, slots in profiles:
        entries = ", ".join("None" if s == "-" else f"Some(&ITEMS[{index[s]}])" for s in slots)
        out.append(f'        Profile {{ name: "{name}", slots: &[{entries}] }},')
    out += ["    ],", f"    selector: {selector},", "};", ""]
    return "\n".join(out)


def main():
    checkout = sys.argv[1]
    folder = Path(__file__).resolve().parent.parent / "src/wire/asterix/tables"
    for number, edition in EDITIONS.items():
        path = f"{COMMIT}:specs/cat{number:03}/cat-{edition}.ast"
        text = subprocess.run(["git", "-C", checkout, "show", path], capture_output=True, text=True, check=True).stdout
        (folder / f"cat{number:03}.rs").write_text(category_rust(number, edition, text))
    notice = subprocess.run(["git", "-C", checkout, "show", f"{COMMIT}:LICENSE"], capture_output=True, text=True, check=True).stdout
    (folder / "LICENSE-asterix-specs").write_text(notice)


main()
