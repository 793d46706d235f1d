// One 2D canvas above the tracks: labels that never touch an alarmed one, names of rings and stations, what is selected, the error
// ellipse, the measuring line.

import { bearing, destination, distance, FONT, mercX, mercY, NM, type LonLat } from './geo';
import type { TrackStore } from './store';
import type { View } from './trackLayer';
import { ui } from './ui.svelte';

interface Box {
  x: number;
  y: number;
  w: number;
  h: number;
}

export interface Placed extends Box {
  id: number;
  alarmed: boolean;
}

/** More labels than this nobody reads. */
const MAX_LABELS = 300;
/** Ranks of labels, and track numbers, share one number of 53 bits. */
const RANKS = 64;
const NUMBERS = 2 ** 47;
/** Where a label may stand: right, left, above, below, then the corners. */
const PLACES = [[1, 0], [-1, 0], [0, -1], [0, 1], [1, -1], [1, 1], [-1, -1], [-1, 1]] as const;
/** Pictures of texts kept: names and speeds of more than the labels shown at a time, 5 kB each. */
const MAX_SPRITES = 2000;
/** Room for the halo. */
const SPRITE_PAD = 2;

interface Sprite {
  image: ImageBitmap;
  w: number;
}
const CELL = 64;

/** Boxes already taken, in cells, so that a look is short. */
class Taken {
  private cells = new Map<number, Box[]>();
  private each(b: Box, f: (list: Box[] | undefined, key: number) => boolean): boolean {
    for (let cx = Math.floor(b.x / CELL); cx <= Math.floor((b.x + b.w) / CELL); cx++)
      for (let cy = Math.floor(b.y / CELL); cy <= Math.floor((b.y + b.h) / CELL); cy++) {
        const key = cx * 4096 + cy;
        if (f(this.cells.get(key), key)) return true;
      }
    return false;
  }
  hits(b: Box): boolean {
    return this.each(b, (list) => list?.some((o) => o.x < b.x + b.w && b.x < o.x + o.w && o.y < b.y + b.h && b.y < o.y + o.h) ?? false);
  }
  add(b: Box) {
    this.each(b, (list, key) => {
      if (list) list.push(b);
      else this.cells.set(key, [b]);
      return false;
    });
  }
}

export class Overlay {
  measure: { from: LonLat; to: LonLat } | null = null;
  placed: Placed[] = [];
  private c: Record<string, string> = {};
  private widths = new Map<string, number>();
  private sprites = new Map<string, Sprite>();
  private keys = new Float64Array(0);
  private dpr = 1;

  constructor(private store: TrackStore, private ringsNm: number[]) {}

  colours(css: (name: string) => string) {
    for (const name of ['chart-ink', 'chart-dim', 'sea', 'select', 't-alarm', 't-acknowledged', 't-advisory', 'label', 'measure']) this.c[name] = css(`--${name}`);
    this.forgetSprites();
  }

  draw(v: View, canvas: HTMLCanvasElement) {
    const g = canvas.getContext('2d');
    if (!g) return;
    const dpr = devicePixelRatio || 1;
    if (dpr !== this.dpr) this.forgetSprites();
    this.dpr = dpr;
    g.setTransform(dpr, 0, 0, dpr, 0, 0);
    g.clearRect(0, 0, v.width, v.height);
    const px = ([lon, lat]: LonLat): [number, number] => [
      (mercX(lon) - this.store.originX) * v.scale + v.offsetX,
      (mercY(lat) - this.store.originY) * v.scale + v.offsetY,
    ];
    const taken = new Taken();
    this.stations(g, v, px, taken);
    this.unitsOf(g, px, taken);
    this.landfalls(g, v, px, taken);
    this.selection(g, v);
    if (this.measure) this.measuring(g, px);
    this.labels(g, v, taken);
    this.stationNames(g, v, px, taken);
  }

  /** Where room is left: who looks for a boat does not look for names of radars. */
  private stationNames(g: CanvasRenderingContext2D, v: View, px: (p: LonLat) => [number, number], taken: Taken) {
    if (v.pxPerMetre * NM * 3 <= 60) return;
    g.font = `11px ${FONT}`;
    g.fillStyle = this.c['chart-dim'] ?? '';
    for (const s of ui.hello?.sensors ?? []) {
      if (s.lat === null || s.lon === null) continue;
      const [x, y] = px([s.lon, s.lat]);
      const w = this.width(g, s.id);
      const at = [x + 9, x - 9 - w].find((left) => !taken.hits({ x: left, y: y - 6, w, h: 14 }));
      if (at === undefined) continue;
      taken.add({ x: at, y: y - 6, w, h: 14 });
      g.fillText(s.id, at, y + 1);
    }
  }

  private stations(g: CanvasRenderingContext2D, v: View, px: (p: LonLat) => [number, number], taken: Taken) {
    g.font = `11px ${FONT}`;
    g.textBaseline = 'middle';
    for (const s of ui.hello?.sensors ?? []) {
      if (s.lat === null || s.lon === null) continue;
      const [x, y] = px([s.lon, s.lat]);
      g.strokeStyle = this.c['chart-ink'] ?? '';
      g.lineWidth = 1.2;
      g.beginPath();
      // A mast with its beam.
      g.moveTo(x, y + 7);
      g.lineTo(x, y - 3);
      g.moveTo(x - 4, y + 7);
      g.lineTo(x + 4, y + 7);
      g.arc(x, y - 3, 5, -Math.PI * 0.85, -Math.PI * 0.15);
      g.stroke();
      taken.add({ x: x - 7, y: y - 9, w: 14, h: 18 });
      g.fillStyle = this.c['chart-dim'] ?? '';
      if (ui.rings && s.kind === 'radar' && v.pxPerMetre * NM * 3 > 40) {
        for (const nm of this.ringsNm) {
          const [rx, ry] = px(destination([s.lon, s.lat], 180, nm * NM));
          g.fillText(`${nm}`, rx + 3, ry - 6);
        }
      }
    }
  }

  private unitsOf(g: CanvasRenderingContext2D, px: (p: LonLat) => [number, number], taken: Taken) {
    g.font = `600 11px ${FONT}`;
    for (const unit of ui.units) {
      if (!unit.position) continue;
      const [x, y] = px([unit.position[1], unit.position[0]]);
      g.strokeStyle = g.fillStyle = this.c['select'] ?? '';
      g.lineWidth = 1.6;
      // Own forces: a box with a bow.
      g.beginPath();
      g.moveTo(x - 6, y + 5);
      g.lineTo(x - 6, y - 2);
      g.lineTo(x, y - 8);
      g.lineTo(x + 6, y - 2);
      g.lineTo(x + 6, y + 5);
      g.closePath();
      g.stroke();
      g.fillText(unit.name, x + 9, y - 4);
      taken.add({ x: x - 8, y: y - 10, w: 20 + g.measureText(unit.name).width, h: 18 });
    }
  }

  /** The ways by sea to where the selected craft may land: those of the two likeliest zones, named at their ends. */
  private landfalls(g: CanvasRenderingContext2D, v: View, px: (p: LonLat) => [number, number], taken: Taken) {
    if (!ui.landfalls || ui.landfalls.track !== ui.selected) return;
    g.strokeStyle = g.fillStyle = this.c['select'] ?? '';
    g.font = `600 12px ${FONT}`;
    g.textBaseline = 'middle';
    for (const place of ui.landfalls.places.slice(0, 2)) {
      const points = place.way.map(([lat, lon]) => px([lon, lat]));
      const end = points.at(-1);
      if (!end || place.p < 0.1) continue;
      // The likelier the plainer.
      g.globalAlpha = 0.3 + 0.6 * place.p;
      g.lineWidth = 1.6;
      g.setLineDash([7, 6]);
      g.beginPath();
      points.forEach(([x, y], i) => (i === 0 ? g.moveTo(x, y) : g.lineTo(x, y)));
      g.stroke();
      g.setLineDash([]);
      g.globalAlpha = 1;
      const [x, y] = end;
      if (!(x > 0 && y > 0 && x < v.width && y < v.height)) continue;
      g.beginPath();
      g.arc(x, y, 4, 0, 2 * Math.PI);
      g.stroke();
      const text = `${ui.language === 'zh' ? place.name_zh : place.name_en} ${(place.p * 100).toFixed(0)} %`;
      const w = g.measureText(text).width;
      const box = [{ x: x + 8, y: y - 8, w, h: 16 }, { x: x - 8 - w, y: y - 8, w, h: 16 }].find((b) => !taken.hits(b));
      if (!box) continue;
      taken.add(box);
      g.fillText(text, box.x, y);
    }
  }

  private selection(g: CanvasRenderingContext2D, v: View) {
    for (const id of [ui.selected, ...ui.others]) {
      const slot = id === null ? undefined : this.store.slotOf.get(id);
      if (slot === undefined) continue;
      const x = (this.store.xy[slot * 2] as number) * v.scale + v.offsetX;
      const y = (this.store.xy[slot * 2 + 1] as number) * v.scale + v.offsetY;
      g.strokeStyle = this.c['select'] ?? '';
      g.lineWidth = 2;
      const r = this.store.severity(slot) > 0 ? 23 : 15;
      const k = 6;
      g.beginPath();
      for (const [sx, sy] of [[-1, -1], [1, -1], [1, 1], [-1, 1]] as const) {
        g.moveTo(x + sx * r, y + sy * (r - k));
        g.lineTo(x + sx * r, y + sy * r);
        g.lineTo(x + sx * (r - k), y + sy * r);
      }
      g.stroke();
      const d = ui.detail;
      if (id === ui.selected && d && d.track_id === id) this.ellipse(g, x, y, d.pos_cov_m2, v.pxPerMetre);
      if (id === ui.selected && d && d.trail.length > 1) {
        g.lineWidth = 1.4;
        g.globalAlpha = 0.75;
        g.beginPath();
        d.trail.forEach(([, lon, lat], i) => {
          const tx = (mercX(lon) - this.store.originX) * v.scale + v.offsetX;
          const ty = (mercY(lat) - this.store.originY) * v.scale + v.offsetY;
          if (i === 0) g.moveTo(tx, ty);
          else g.lineTo(tx, ty);
        });
        g.lineTo(x, y);
        g.stroke();
        g.globalAlpha = 1;
      }
    }
  }

  /** Where it is with 95 %: 2.448 standard deviations of two dimensions. */
  private ellipse(g: CanvasRenderingContext2D, x: number, y: number, [xx, xy, yy]: [number, number, number], pxPerMetre: number) {
    const mean = (xx + yy) / 2;
    const root = Math.sqrt(Math.max(0, ((xx - yy) / 2) ** 2 + xy * xy));
    const k = 2.448 * pxPerMetre;
    const a = Math.sqrt(Math.max(0, mean + root)) * k;
    const b = Math.sqrt(Math.max(0, mean - root)) * k;
    const angle = 0.5 * Math.atan2(2 * xy, xx - yy);
    g.lineWidth = 1.2;
    g.beginPath();
    g.ellipse(x, y, Math.max(a, 1), Math.max(b, 1), -angle, 0, 2 * Math.PI);
    g.stroke();
  }

  private measuring(g: CanvasRenderingContext2D, px: (p: LonLat) => [number, number]) {
    if (!this.measure) return;
    const { from, to } = this.measure;
    const [x0, y0] = px(from);
    const [x1, y1] = px(to);
    g.strokeStyle = this.c['measure'] ?? '';
    g.lineWidth = 1.5;
    g.setLineDash([6, 4]);
    g.beginPath();
    g.moveTo(x0, y0);
    g.lineTo(x1, y1);
    g.stroke();
    g.beginPath();
    g.arc(x0, y0, Math.hypot(x1 - x0, y1 - y0), 0, 2 * Math.PI);
    g.stroke();
    g.setLineDash([]);
    g.font = `600 13px ${FONT}`;
    g.fillStyle = this.c['measure'] ?? '';
    g.fillText(`EBL ${bearing(from, to).toFixed(1).padStart(5, '0')}°  VRM ${(distance(from, to) / NM).toFixed(2)} NM`, x1 + 12, y1 - 12);
  }

  /** Tracks in view that may have a label, the most important first: alarmed, chosen, pointed at, fast, moving, the rest. */
  private order(v: View, taken: Taken): Float64Array {
    const s = this.store;
    if (this.keys.length < s.capacity) this.keys = new Float64Array(s.capacity);
    let n = 0;
    for (let i = 0; i < s.high; i++) {
      if (!s.live[i] || s.hidden[i]) continue;
      const x = (s.xy[i * 2] as number) * v.scale + v.offsetX;
      const y = (s.xy[i * 2 + 1] as number) * v.scale + v.offsetY;
      if (!(x > -20 && y > -20 && x < v.width + 20 && y < v.height + 20)) continue;
      const id = s.id[i] as number;
      const severity = s.severity(i);
      let rank = severity > 0 ? (s.unacknowledged(i) ? 40 : 30) + severity : 0;
      if (id === ui.selected) rank = Math.min(RANKS - 1, rank + 20);
      else if (id === ui.hovered) rank += 10;
      else if (rank === 0) {
        if (!ui.labels || s.status(i) === 0) continue;
        rank = s.fast(i) ? 5 : (s.sog[i] as number) >= 1 ? 2 : 1;
      }
      if (severity > 0) taken.add({ x: x - 18, y: y - 18, w: 36, h: 36 });
      // One number, sorted natively: rank first, then the track's number, so that two consoles label alike.
      this.keys[n++] = (RANKS - 1 - rank) * NUMBERS + (id % NUMBERS);
    }
    return this.keys.subarray(0, n).sort();
  }

  private labels(g: CanvasRenderingContext2D, v: View, taken: Taken) {
    const s = this.store;
    this.placed = [];
    let drawn = 0;
    g.textBaseline = 'middle';
    for (const key of this.order(v, taken)) {
      if (drawn >= MAX_LABELS) break;
      const id = key % NUMBERS;
      const rank = RANKS - 1 - Math.floor(key / NUMBERS);
      const slot = s.slotOf.get(id);
      if (slot === undefined) continue;
      const x = (s.xy[slot * 2] as number) * v.scale + v.offsetX;
      const y = (s.xy[slot * 2 + 1] as number) * v.scale + v.offsetY;
      const alarmed = s.severity(slot) > 0;
      const mmsi = s.mmsi[slot] as number;
      const kn = s.sog[slot] as number;
      const name = mmsi > 0 ? String(mmsi).padStart(9, '0') : `${ui.language === 'zh' ? '批' : 'T'}${id}`;
      const speed = Number.isFinite(kn) && kn >= 0.5 ? ` ${kn.toFixed(kn < 10 ? 1 : 0)} kn` : '';
      const plain = !alarmed && id !== ui.selected;
      // Two pictures of text, for names stay and speeds are few: to draw letters anew is what labels cost.
      const parts = plain ? [this.sprite(name), ...(speed === '' ? [] : [this.sprite(speed)])] : [];
      if (!plain) g.font = `600 13px ${FONT}`;
      const w = plain ? parts.reduce((sum, p) => sum + p.w, 2) : this.width(g, name + speed) + (alarmed ? 10 : 2);
      const h = alarmed ? 19 : 14;
      const off = alarmed ? 23 : 12;
      const at = this.room(taken, x, y, w, h, off) ?? (rank >= 30 ? ([x + off, y - h / 2] as const) : undefined);
      // What must be read is drawn even in a crowd.
      if (!at) continue;
      const box = { x: at[0], y: at[1], w, h };
      taken.add(box);
      this.placed.push({ id, alarmed, ...box });
      drawn++;
      if (plain) {
        let left = Math.round(box.x * this.dpr) / this.dpr;
        const top = Math.round((box.y - SPRITE_PAD) * this.dpr) / this.dpr;
        for (const part of parts) {
          g.drawImage(part.image, left - SPRITE_PAD, top, part.image.width / this.dpr, part.image.height / this.dpr);
          left += part.w;
        }
      } else if (alarmed) {
        const waits = s.unacknowledged(slot);
        g.fillStyle = (waits ? (s.severity(slot) >= 3 ? this.c['t-alarm'] : this.c['t-advisory']) : this.c['sea']) ?? '';
        g.fillRect(box.x, box.y, w, h);
        g.strokeStyle = (waits ? this.c['t-alarm'] : this.c['t-acknowledged']) ?? '';
        g.lineWidth = 1;
        if (!waits) g.strokeRect(box.x + 0.5, box.y + 0.5, w - 1, h - 1);
        g.fillStyle = (waits ? this.c['sea'] : this.c['t-acknowledged']) ?? '';
        g.fillText(name + speed, box.x + 5, box.y + h / 2 + 0.5);
      } else {
        g.lineWidth = 3;
        g.strokeStyle = this.c['sea'] ?? '';
        g.strokeText(name + speed, box.x + 1, box.y + h / 2);
        g.fillStyle = this.c['select'] ?? '';
        g.fillText(name + speed, box.x + 1, box.y + h / 2);
      }
    }
  }

  /** The first free of eight places round a craft. */
  private room(taken: Taken, x: number, y: number, w: number, h: number, off: number): readonly [number, number] | undefined {
    for (let k = 0; k < 8; k++) {
      const [side, level] = PLACES[k] as readonly [number, number];
      const bx = side > 0 ? x + off : side < 0 ? x - off - w : x - w / 2;
      const by = level > 0 ? y + off : level < 0 ? y - off - h : y - h / 2;
      if (!taken.hits({ x: bx, y: by, w, h })) return [bx, by];
    }
    return undefined;
  }

  /** A text with its halo, drawn once. */
  private sprite(text: string): Sprite {
    const known = this.sprites.get(text);
    if (known) return known;
    if (this.sprites.size >= MAX_SPRITES) this.forgetSprites();
    const canvas = new OffscreenCanvas(1, 1);
    const g = canvas.getContext('2d') as OffscreenCanvasRenderingContext2D;
    g.font = `11px ${FONT}`;
    const w = g.measureText(text).width;
    canvas.width = Math.ceil((w + 2 * SPRITE_PAD) * this.dpr);
    canvas.height = Math.ceil((14 + 2 * SPRITE_PAD) * this.dpr);
    g.scale(this.dpr, this.dpr);
    g.font = `11px ${FONT}`;
    g.textBaseline = 'middle';
    g.lineWidth = 3;
    g.strokeStyle = this.c['sea'] ?? '';
    g.strokeText(text, SPRITE_PAD + 1, SPRITE_PAD + 7);
    g.fillStyle = this.c['label'] ?? '';
    g.fillText(text, SPRITE_PAD + 1, SPRITE_PAD + 7);
    const made = { image: canvas.transferToImageBitmap(), w };
    this.sprites.set(text, made);
    return made;
  }

  private forgetSprites() {
    for (const { image } of this.sprites.values()) image.close();
    this.sprites.clear();
  }

  /** A font has come: what was measured without it is wrong. */
  forgetWidths() {
    this.widths.clear();
    this.forgetSprites();
  }

  private width(g: CanvasRenderingContext2D, text: string): number {
    const key = `${g.font}|${text}`;
    let w = this.widths.get(key);
    if (w === undefined) {
      if (this.widths.size > 5000) this.widths.clear();
      w = g.measureText(text).width;
      this.widths.set(key, w);
    }
    return w;
  }
}
