#!/usr/bin/env python3
"""Draws go-fasts that a tracker lost or renumbered: truth, plots and tracks around each break, as SVG.

  draw_broken.py SCENE_DIR TRACKS.jsonl OUT_DIR [--before S] [--after S] [--most N]

TRACKS are lines in scene seconds as for the shared scorer (examples/track_scene.rs writes them). A break is a place where the go-fast's
number changes, or where nobody holds it for 10 s after somebody did. OUT_DIR gets one file a break, SCENE_BOAT_SECOND.svg.
Grey line: truth, a dot each 2.5 s. Hollow circles: its plots, the radars' true errors taken out; crosses: all other plots of those seconds, red where they are of
another craft. Coloured lines: tracks, thin where tentative or coasting, with their number at the first line.
"""
import argparse
import csv
import json
import math
import os
import sys
from collections import defaultdict

HERE = os.path.dirname(os.path.abspath(__file__))
SHARED = os.environ.get("HAISHAO_SHARED", os.path.join(HERE, "..", "..", "shared"))
COLOURS = ["#0072b2", "#d55e00", "#009e73", "#cc79a7", "#e69f00", "#56b4e9", "#806000", "#7030a0", "#404040"]
HELD_M = 150.0  # the scorer's cut-off
GRID_S = 2.5    # the truth's grid
GONE_S = 10.0


def read(scene, tracks):
    sys.path.insert(0, os.path.join(SHARED, "tools"))
    import score
    with open(os.path.join(scene, "scene.json"), encoding="utf-8") as f:
        site = json.load(f)
    truth = defaultdict(list)
    for r in csv.DictReader(score.opn(f"{scene}/truth.csv")):
        truth[int(r["id"]), r["class"]].append((float(r["t"]), float(r["x"]), float(r["y"])))
    with open(os.path.join(scene, "truth_meta.json"), encoding="utf-8") as f:
        bias = json.load(f)["bias"]
    radars = {s["id"]: s for s in site["sensors"]}
    of = {int(r["row"]): int(r["truth_id"]) for r in csv.DictReader(score.opn(f"{scene}/truth_assoc.csv"))}
    plots = []
    for k, r in enumerate(csv.DictReader(score.opn(f"{scene}/radar.csv"))):
        radar, wrong = radars[r["sensor"]], bias[r["sensor"]]
        azimuth, reach = math.radians(float(r["az_deg"]) - wrong["az_deg"]), float(r["range_m"]) - wrong["range_m"]
        plots.append((float(r["t"]) - wrong["clock_s"], radar["x"] + reach * math.sin(azimuth), radar["y"] + reach * math.cos(azimuth), of.get(k)))
    lines = defaultdict(list)
    with open(tracks, encoding="utf-8") as f:
        for line in map(json.loads, f):
            x, y, _ = score.ll2enu(line["lat"], line["lon"], site["ref_lat"], site["ref_lon"])
            lines[line["track_id"]].append((line["t"], float(x), float(y), line["status"]))
    return truth, plots, lines


def holder(lines, t, x, y, last):
    """The confirmed track that holds a place at a time: the one that did, within twice the cut-off, else the nearest within it."""
    best = None
    for number, said in lines.items():
        near = [q for q in said if q[3] == "confirmed" and -GRID_S <= q[0] - t <= 0.5]
        if near:
            d = math.hypot(near[-1][1] - x, near[-1][2] - y)
            if number == last and d < 2 * HELD_M:
                return number
            if d < HELD_M and (best is None or d < best[0]):
                best = (d, number)
    return best and best[1]


def breaks(way, lines):
    """(second, what) of each break of one boat."""
    span = way[0][0] - 5.0, way[-1][0] + 5.0
    mine = {n: [q for q in said if span[0] <= q[0] <= span[1]] for n, said in lines.items()}
    last, gone = None, None
    for t, x, y in way:
        number = holder(mine, t, x, y, last)
        if number is None:
            gone = t if gone is None else gone
            if last is not None and t - gone == GONE_S:
                yield gone, f"lost by {last}"
            continue
        gone = None
        if last is not None and number != last:
            yield t, f"{last} becomes {number}"
        last = number


def svg(title, way, boat, plots, lines, t0, t1):
    way = [q for q in way if t0 <= q[0] <= t1]
    xs, ys = [q[1] for q in way], [q[2] for q in way]
    margin, wide = 250.0, 560.0
    left, low = min(xs) - margin, min(ys) - margin
    scale = wide / max(max(xs) + margin - left, max(ys) + margin - low)
    width, height = (max(xs) + margin - left) * scale, (max(ys) + margin - low) * scale
    at = lambda x, y: (round((x - left) * scale, 1), round(height - (y - low) * scale, 1))
    inside = lambda q: t0 <= q[0] <= t1 and left < q[1] < left + width / scale and low < q[2] < low + height / scale
    out = [f'<svg xmlns="http://www.w3.org/2000/svg" width="{width:.0f}" height="{height + 40:.0f}" font-family="sans-serif" font-size="11">',
           '<rect width="100%" height="100%" fill="white"/>']
    path = lambda p: " ".join("{},{}".format(*at(q[1], q[2])) for q in p)
    out.append(f'<polyline points="{path(way)}" fill="none" stroke="#999" stroke-width="3"/>')
    out += ['<circle cx="{}" cy="{}" r="2.5" fill="#999"/>'.format(*at(q[1], q[2])) for q in way]
    for q in filter(inside, plots):
        x, y = at(q[1], q[2])
        if q[3] == boat:
            out.append(f'<circle cx="{x}" cy="{y}" r="5" fill="none" stroke="black"/>')
        else:
            out.append(f'<path d="M{x - 3} {y - 3}l6 6m0-6l-6 6" stroke="{"#bbb" if q[3] is None else "#c66"}"/>')
    shown = [(n, [q for q in said if inside(q) and q[3] != "deleted"]) for n, said in sorted(lines.items())]
    for k, (number, said) in enumerate((n, s) for n, s in shown if any(q[3] == "confirmed" for q in s)):
        colour = COLOURS[k % len(COLOURS)]
        for a, b in zip(said, said[1:]):
            (x, y), (u, v) = at(a[1], a[2]), at(b[1], b[2])
            out.append(f'<path d="M{x} {y}L{u} {v}" stroke="{colour}" stroke-width="{2.5 if b[3] == "confirmed" else 1}"/>')
        x, y = at(said[0][1], said[0][2])
        out.append(f'<text x="{x + 4}" y="{y - 4}" fill="{colour}">{number}</text>')
    bar = 500.0 * scale
    out.append(f'<path d="M10 {height + 14:.0f}h{bar:.0f}" stroke="black"/><text x="{bar + 16:.0f}" y="{height + 18:.0f}">500 m</text>'
               f'<text x="10" y="{height + 34:.0f}">{title}</text></svg>')
    return "\n".join(out) + "\n"


def main():
    ap = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    ap.add_argument("scene")
    ap.add_argument("tracks")
    ap.add_argument("out")
    ap.add_argument("--before", type=float, default=25.0, help="seconds shown before the break")
    ap.add_argument("--after", type=float, default=20.0)
    ap.add_argument("--most", type=int, default=20, help="breaks drawn at most")
    a = ap.parse_args()
    truth, plots, lines = read(a.scene, a.tracks)
    os.makedirs(a.out, exist_ok=True)
    name, drawn = os.path.basename(a.scene.rstrip("/")), 0
    for (boat, kind), way in sorted(truth.items()):
        if kind != "gofast":
            continue
        for t, what in breaks(way, lines):
            if drawn == a.most:
                return
            drawn += 1
            file = os.path.join(a.out, f"{name}_{boat}_{t:.0f}.svg")
            with open(file, "w", encoding="utf-8") as f:
                f.write(svg(f"{name}, go-fast {boat}, {t - a.before:.0f}–{t + a.after:.0f} s: {what} at {t:.0f} s", way, boat, plots, lines,
                            t - a.before, t + a.after))
            print(file, what)


if __name__ == "__main__":
    main()
