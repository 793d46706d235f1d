#!/usr/bin/env python3
"""Replays the scenes' captures under the rules that ship and says who was raised, how long after 25 kn was passed.

  score_alerts.py [--scenes DIR] [--bin HAISHAO] [SCENE_SEED ...]

An alert is of the craft that is nearest to it, if that is within 400 m when the alert was said. A go-fast whose alert came before
the truth shows it above 25 kn counts with 0 s. Scenes and truth are in ../shared/data/scenes; SCENE_SEED defaults to all of
S1 to S4.
"""
import argparse
import csv
import gzip
import json
import math
import os
import re
import subprocess
from collections import defaultdict

HERE = os.path.dirname(os.path.abspath(__file__))
SHARED = os.environ.get("HAISHAO_SHARED", os.path.join(HERE, "..", "..", "shared"))
SCENE_EPOCH = 1773504000  # scene second 0 in the captures
KN = 1852 / 3600
WITHIN_M = 400.0  # a boat of 50 kn covers that in the 15 s by which an alert may lag behind its position


def truth_of(folder):
    """{t: [(id, class, x, y, speed m/s)]}, metres east and north of the scene's reference."""
    truth = defaultdict(list)
    with gzip.open(os.path.join(folder, "truth.csv.gz"), "rt") as rows:
        for r in csv.DictReader(rows):
            speed = math.hypot(float(r["vx"]), float(r["vy"]))
            truth[float(r["t"])].append((int(r["id"]), r["class"], float(r["x"]), float(r["y"]), speed))
    return truth


def score(program, scenes, name):
    folder, wire = os.path.join(scenes, name), os.path.join(scenes, "wire", name)
    said = subprocess.run([program, "replay", "--config", os.path.join(wire, "site.toml"), "--alerts", "-",
                           os.path.join(wire, "capture.pcap.gz")], check=True, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL)
    raised = [a for a in map(json.loads, said.stdout.splitlines()) if a["state"] == "raised"]
    with open(os.path.join(folder, "scene.json"), encoding="utf-8") as f:
        scene = json.load(f)
    truth = truth_of(folder)
    times = sorted(truth)
    fast_from, classes = {}, {}
    for t in times:
        for craft, cls, _, _, speed in truth[t]:
            classes[craft] = cls
            if cls == "gofast" and speed > 25 * KN:
                fast_from.setdefault(craft, t)
    first, other = {}, 0
    for alert in raised:
        t = alert["t"] - SCENE_EPOCH
        # Metres a degree at the scene's latitude: good to a metre in a hundred here.
        y = (alert["lat"] - scene["ref_lat"]) * 110_760.0
        x = (alert["lon"] - scene["ref_lon"]) * 111_320.0 * math.cos(math.radians(scene["ref_lat"]))
        at = min(times, key=lambda q: abs(q - t))
        near = min(((math.hypot(cx - x, cy - y), craft) for craft, _, cx, cy, _ in truth[at]), default=(math.inf, None))
        if near[0] <= WITHIN_M and classes[near[1]] == "gofast":
            first.setdefault(near[1], max(0.0, alert["t_out"] - SCENE_EPOCH - fast_from.get(near[1], 0.0)))
        else:
            other += 1
    return len(fast_from), sorted(first[c] for c in first if c in fast_from), other, times[-1] - times[0]


def line(name, boats, delays, other, seconds):
    middle = f"{delays[len(delays) // 2]:.1f}" if delays else "-"
    late = f"{delays[int(len(delays) * 0.9)]:.1f}" if delays else "-"
    print(f"| {name} | {seconds / 60:.0f} | {boats} | {len(delays)} | {middle} | {late} | {other} |", flush=True)


def main():
    ap = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    ap.add_argument("--scenes", default=os.path.join(SHARED, "data", "scenes"))
    ap.add_argument("--bin", default=os.path.join(HERE, "..", "target", "release", "haishao"))
    ap.add_argument("what", nargs="*")
    a = ap.parse_args()
    names = a.what or sorted(d for d in os.listdir(a.scenes) if re.fullmatch(r"S[1-4]_\w+_\d+", d))
    print("| scene | min | go-fasts above 25 kn | raised | median s | one in ten after s | other alerts |\n|---|---|---|---|---|---|---|")
    total = [0, [], 0, 0.0]
    for name in names:
        boats, delays, other, seconds = score(a.bin, a.scenes, name)
        line(name, boats, delays, other, seconds)
        total = [total[0] + boats, sorted(total[1] + delays), total[2] + other, total[3] + seconds]
    line("all", *total)


if __name__ == "__main__":
    main()
