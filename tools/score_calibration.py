#!/usr/bin/env python3
"""How well the told uncertainty of a position is known: the table "Calibration" of docs/measurements.md.

  score_calibration.py [--scenes DIR] [--bin PROGRAM] [SCENE_SEED ...] [key=value ...]

PROGRAM takes SCENE_DIR OUT [key=value ...] and writes track lines in scene seconds with `pos_cov_m2` (examples/track_scene.rs, examples/track_oracle.rs).
A track is of the craft that most of its confirmed lines lie nearest to; each of those lines then has a normalised squared error (NEES) e'P⁻¹e, which is χ²
of two degrees where the covariance P is right. `band` is the share between the 2.5 % and the 97.5 % point of that law (Bar-Shalom, Li & Kirubarajan 2001,
5.4.2: the two-sided region of 95 %), `ellipse` the share inside the ellipse of 95 %; both are .95 where P is right. A mean below 2 tells of an ellipse too wide.
"""
import argparse
import csv
import json
import math
import os
import subprocess
import sys
import tempfile
from collections import Counter, defaultdict

import numpy as np

HERE = os.path.dirname(os.path.abspath(__file__))
SHARED = os.environ.get("HAISHAO_SHARED", os.path.join(HERE, "..", "..", "shared"))
HELD_M = 150.0                      # the scorer's cut-off
LOW, HIGH = -2 * math.log(0.975), -2 * math.log(0.025)  # χ² of two degrees
ELLIPSE = -2 * math.log(0.05)
CLASSES = ("cargo", "fishing", "small", "gofast", "ferry")


def nees_of(program, folder, switches):
    """Class → the NEES of each confirmed line of a craft of that class."""
    sys.path.insert(0, os.path.join(SHARED, "tools"))
    import score as scorer
    with open(os.path.join(folder, "scene.json"), encoding="utf-8") as f:
        site = json.load(f)
    way, kind = defaultdict(list), {}
    for r in csv.DictReader(scorer.opn(f"{folder}/truth.csv")):
        way[int(r["id"])].append([float(r[k]) for k in ("t", "x", "y")])
        kind[int(r["id"])] = r["class"]
    way = {craft: np.array(rows) for craft, rows in way.items()}
    lines = defaultdict(list)
    with tempfile.TemporaryDirectory() as scratch:
        out = os.path.join(scratch, "tracks.jsonl")
        subprocess.run([program, folder, out, *switches], check=True, stderr=subprocess.DEVNULL)
        with open(out, encoding="utf-8") as f:
            for track in map(json.loads, f):
                if track["status"] == "confirmed":
                    x, y, _ = scorer.ll2enu(track["lat"], track["lon"], site["ref_lat"], site["ref_lon"])
                    lines[track["track_id"]].append((track["t"], float(x), float(y), track["pos_cov_m2"]))
    found = defaultdict(list)
    for said in lines.values():
        near = []
        for t, x, y, cov in said:
            best = None
            for craft, rows in way.items():
                if rows[0, 0] <= t <= rows[-1, 0]:
                    e = x - np.interp(t, rows[:, 0], rows[:, 1]), y - np.interp(t, rows[:, 0], rows[:, 2])
                    if math.hypot(*e) < HELD_M and (best is None or math.hypot(*e) < math.hypot(*best[1])):
                        best = craft, e, cov
            if best:
                near.append(best)
        if not near:
            continue
        own = Counter(craft for craft, _, _ in near).most_common(1)[0][0]
        for craft, (e, n), (ee, en, nn) in near:
            if craft == own:
                found[kind[own]].append((nn * e * e - 2 * en * e * n + ee * n * n) / (ee * nn - en * en))
    return found


def main():
    p = argparse.ArgumentParser(usage=__doc__)
    p.add_argument("--scenes", default=os.path.join(SHARED, "data", "scenes"))
    p.add_argument("--bin", default=os.path.join(HERE, "..", "target", "release", "examples", "track_scene"))
    p.add_argument("words", nargs="*")
    a = p.parse_args()
    switches = [w for w in a.words if "=" in w]
    names = [w for w in a.words if "=" not in w] or sorted(
        n for n in os.listdir(a.scenes) if os.path.exists(os.path.join(a.scenes, n, "scene.json")) and not n.startswith("S5"))
    by_scene = defaultdict(lambda: defaultdict(list))
    for name in names:
        for kind, nees in nees_of(a.bin, os.path.join(a.scenes, name), switches).items():
            by_scene[name.rsplit("_", 1)[0]][kind] += nees
    print("| scene | class | lines | band | ellipse | mean NEES |\n|---|---|---|---|---|---|")
    for scene, kinds in by_scene.items():
        for kind in CLASSES:
            if kinds[kind]:
                v = np.array(kinds[kind])
                print(f"| {scene} | {kind} | {len(v)} | {((LOW < v) & (v < HIGH)).mean():.3f} | {(v < ELLIPSE).mean():.3f} | {v.mean():.2f} |")


if __name__ == "__main__":
    main()
