#!/usr/bin/env python3
"""Tracks the scenes and prints the table of docs/measurements.md.

  score_scenes.py [--scenes DIR] [--wire] [--bin PROGRAM] [--jobs N] [--json OUT] [--each] [SCENE_SEED ...] [key=value ...]

With --wire the scenes' captures go through `haishao replay`, the product's own path (PROGRAM is then the haishao binary). Else
PROGRAM takes SCENE_DIR OUT [key=value ...] and writes track lines in scene seconds (examples/track_scene.rs). SCENE_SEED
defaults to every scene folder in DIR. The scorer is the shared one, in ../shared/tools.
"""
import argparse
import json
import os
import re
import subprocess
import sys
import tempfile
from collections import defaultdict
from concurrent.futures import ProcessPoolExecutor

HERE = os.path.dirname(os.path.abspath(__file__))
SHARED = os.environ.get("HAISHAO_SHARED", os.path.join(HERE, "..", "..", "shared"))


SCENE_EPOCH = 1773504000  # scene second 0 in the captures


def replay(program, folder, out):
    """The product's own path: capture to track lines, times brought to scene seconds."""
    wire = os.path.join(os.path.dirname(folder), "wire", os.path.basename(folder))
    raw = out + ".wire"
    # The site file's own directory may be read-only; replay records nothing.
    subprocess.run([program, "replay", "--config", os.path.join(wire, "site.toml"), "--tracks", raw,
                    os.path.join(wire, "capture.pcap.gz")], check=True, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    with open(raw, encoding="utf-8") as lines, open(out, "w", encoding="utf-8") as scene:
        for line in lines:
            track = json.loads(line)
            track["t"] -= SCENE_EPOCH
            track["t_out"] -= SCENE_EPOCH
            scene.write(json.dumps(track) + "\n")


def one(job):
    program, folder, switches, wire = job
    sys.path.insert(0, os.path.join(SHARED, "tools"))
    import score as scorer
    with tempfile.TemporaryDirectory() as scratch:
        out = os.path.join(scratch, "tracks.jsonl")
        said = ""
        if wire:
            replay(program, folder, out)
        else:
            said = subprocess.run([program, folder, out, *switches], check=True, stderr=subprocess.PIPE, text=True).stderr
        result = scorer.score(folder, out)
    result.pop("_assoc")
    speed = re.search(r"(\d+) plots/s", said)
    result["plots_per_s"] = float(speed.group(1)) if speed else float("nan")
    return os.path.basename(folder.rstrip("/")), result


COLUMNS = [
    ("GOSPA", lambda r: r["gospa"], "{:.0f}"), ("loc m", lambda r: r["gospa_loc_rms"], "{:.1f}"),
    ("missed", lambda r: r["missed_per_t"], "{:.2f}"), ("false", lambda r: r["false_per_t"], "{:.2f}"),
    ("C", lambda r: r["siap"]["C"], "{:.3f}"),
    ("GF C", lambda r: r["cls"]["gofast"]["completeness"], "{:.3f}"),
    ("GF rmse", lambda r: r["cls"]["gofast"]["rmse"], "{:.0f}"), ("GF v", lambda r: r["cls"]["gofast"]["vrmse"], "{:.1f}"),
    ("GF sw/boat", lambda r: r["cls"]["gofast"]["switches"] / r["cls"]["gofast"]["n"], "{:.2f}"),
    ("GF LS", lambda r: r["cls"]["gofast"]["longest"], "{:.2f}"),
    ("GF conf med", lambda r: min(r["cls"]["gofast"]["lat_med"], 999), "{:.0f}"),
    ("p90", lambda r: min(r["cls"]["gofast"]["lat_p90"], 999), "{:.0f}"),
    ("alerted", lambda r: r["cls"]["gofast"]["alerted"], "{:.2f}"),
    ("alert s", lambda r: r["cls"]["gofast"]["alert_lat_med"] if r["cls"]["gofast"]["alert_lat_med"] is not None else 999, "{:.0f}"),
    ("FT/h", lambda r: r["false_tracks_per_h"], "{:.0f}"), ("FA/h", lambda r: r["false_alerts_per_h"], "{:.0f}"),
    ("cargo+ferry C", lambda r: weighted(r, ("cargo", "ferry"), "completeness"), "{:.3f}"),
    ("fish C", lambda r: r["cls"]["fishing"]["completeness"], "{:.3f}"),
    ("small C", lambda r: r["cls"]["small"]["completeness"], "{:.3f}"),
    ("MMSI ok", lambda r: weighted(r, ("cargo", "ferry"), "mmsi_ok"), "{:.3f}"),
    ("GF MMSI", lambda r: r["cls"]["gofast"]["mmsi_wrong"], "{:.3f}"),
    ("kplots/s", lambda r: r["plots_per_s"] / 1e3, "{:.0f}"),
]


def weighted(result, classes, key):
    rows = [result["cls"][c] for c in classes if c in result["cls"]]
    return sum(r.get(key, 0.0) * r["n"] for r in rows) / max(1, sum(r["n"] for r in rows))


def main():
    ap = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    ap.add_argument("--scenes", default=os.path.join(SHARED, "data", "scenes"))
    ap.add_argument("--bin", help="default: target/release/examples/track_scene, with --wire target/release/haishao")
    ap.add_argument("--wire", action="store_true", help="replay the captures instead of the CSV form")
    ap.add_argument("--jobs", type=int, default=2)
    ap.add_argument("--json")
    ap.add_argument("--each", action="store_true", help="a row for each seed too")
    ap.add_argument("what", nargs="*")
    a = ap.parse_args()
    switches = [w for w in a.what if "=" in w]
    names = [w for w in a.what if "=" not in w] or sorted(d for d in os.listdir(a.scenes) if re.fullmatch(r"S\d_\w+_\d+", d))
    built = os.path.join(HERE, "..", "target", "release")
    program = a.bin or os.path.join(built, "haishao") if a.wire else a.bin or os.path.join(built, "examples", "track_scene")
    jobs = [(program, os.path.join(a.scenes, n), switches, a.wire) for n in names]
    with ProcessPoolExecutor(a.jobs) as pool:
        results = dict(pool.map(one, jobs))
    groups = defaultdict(list)
    for name, r in results.items():
        groups[name.rsplit("_", 1)[0]].append((name, r))
    print("| scene | " + " | ".join(c[0] for c in COLUMNS) + " |")
    print("|---" * (len(COLUMNS) + 1) + "|")
    for group, rows in sorted(groups.items()):
        if a.each:
            for name, r in sorted(rows):
                print(f"| {name} | " + " | ".join(f.format(g(r)) for _, g, f in COLUMNS) + " |")
        means = [sum(g(r) for _, r in rows) / len(rows) for _, g, _ in COLUMNS]
        print(f"| {group} ({len(rows)}) | " + " | ".join(f.format(m) for m, (_, _, f) in zip(means, COLUMNS)) + " |")
    if a.json:
        with open(a.json, "w", encoding="utf-8") as f:
            json.dump(results, f, indent=1)


if __name__ == "__main__":
    main()
