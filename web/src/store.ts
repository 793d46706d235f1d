// Tracks in typed arrays, outside Svelte: ten thousand of them change each second, and no proxy may stand in between.
// Decodes the binary messages of docs/protocols/console.md, version 1.

import { mercX, mercY } from './geo';

export const HEADER = 40;
export const RECORD = 20;
const MAGIC = 0x31545348; // "HST1"

export const TENTATIVE = 0;
export const CONFIRMED = 1;
export const COASTING = 2;

export const RADAR = 1;
export const AIS = 2;
export const CAMERA = 4;

export const AIS_WORDS = ['ok', 'none', 'lost', 'inconsistent', 'ambiguous'] as const;
export const STATUS_WORDS = ['tentative', 'confirmed', 'coasting', 'deleted'] as const;
export const CLASS_WORDS = ['unknown', 'ship', 'small-craft', 'fixed', 'aircraft'] as const;

/** A place in the tail ring where there is nothing. */
export const NOWHERE = 9e9;
/** Points of a tail: five minutes, one each ten seconds, as the server keeps them. */
export const TAIL = 30;
export const TAIL_EVERY_S = 10;

export class TrackStore {
  capacity = 0;
  /** Slots in use lie below this. */
  high = 0;
  count = 0;
  /** 1 where the slot holds a track. */
  live!: Uint8Array<ArrayBuffer>;
  id!: Float64Array<ArrayBuffer>;
  lon!: Float64Array<ArrayBuffer>;
  lat!: Float64Array<ArrayBuffer>;
  /** Mercator relative to the origin, so that 32 bits are enough on the way to the screen. */
  xy!: Float32Array<ArrayBuffer>;
  cog!: Float32Array<ArrayBuffer>;
  sog!: Float32Array<ArrayBuffer>;
  /** Byte 16 of the record: status, sources, AIS. */
  a!: Uint8Array<ArrayBuffer>;
  /** Byte 17: class, severity, unacknowledged, fast. */
  b!: Uint8Array<ArrayBuffer>;
  seen!: Uint16Array<ArrayBuffer>;
  mmsi!: Float64Array<ArrayBuffer>;
  /** What the ship calls itself, by slot. */
  ship: (string | undefined)[] = [];
  /** Hidden by a filter. */
  hidden!: Uint8Array<ArrayBuffer>;
  /** Ring of past places, step-major: `(step * capacity + slot) * 2`. */
  tail!: Float32Array<ArrayBuffer>;
  tailHead = 0;
  /** Counts the steps: the newest lies at `tailHead`. */
  tailStep = 0;
  private tailTime = Number.NaN;

  slotOf = new Map<number, number>();
  private free: number[] = [];
  frame = 0;
  /** Counts snapshots: one on connecting, and one more each time this console has fallen behind. */
  snapshots = 0;
  tOut = Number.NaN;
  originX = 0;
  originY = 0;
  /** Counts changes of places; what is drawn compares it. */
  version = 0;
  /** Counts changes of the whole tail ring. */
  tailVersion = 0;
  /** Steps whose column changed since the layer last asked. */
  tailDirty = new Set<number>();

  constructor() {
    this.grow(1024);
  }

  setOrigin(lon: number, lat: number) {
    this.originX = mercX(lon);
    this.originY = mercY(lat);
  }

  private grow(capacity: number) {
    const old = this.capacity;
    const typed = <T extends { set(v: T): void }>(make: T, before: T | undefined): T => {
      if (before) make.set(before);
      return make;
    };
    this.live = typed(new Uint8Array(capacity), this.live);
    this.id = typed(new Float64Array(capacity), this.id);
    this.lon = typed(new Float64Array(capacity), this.lon);
    this.lat = typed(new Float64Array(capacity), this.lat);
    this.xy = typed(new Float32Array(capacity * 2), this.xy);
    this.cog = typed(new Float32Array(capacity), this.cog);
    this.sog = typed(new Float32Array(capacity), this.sog);
    this.a = typed(new Uint8Array(capacity), this.a);
    this.b = typed(new Uint8Array(capacity), this.b);
    this.seen = typed(new Uint16Array(capacity), this.seen);
    this.mmsi = typed(new Float64Array(capacity), this.mmsi);
    this.hidden = typed(new Uint8Array(capacity), this.hidden);
    const tail = new Float32Array(capacity * TAIL * 2).fill(NOWHERE);
    for (let k = 0; k < TAIL && old > 0; k++) tail.set(this.tail.subarray(k * old * 2, (k + 1) * old * 2), k * capacity * 2);
    this.tail = tail;
    this.capacity = capacity;
    this.tailVersion++;
  }

  private slot(id: number): number {
    const known = this.slotOf.get(id);
    if (known !== undefined) return known;
    const slot = this.free.pop() ?? this.high;
    if (slot === this.high) {
      if (slot === this.capacity) this.grow(this.capacity * 2);
      this.high++;
    }
    this.slotOf.set(id, slot);
    this.live[slot] = 1;
    this.id[slot] = id;
    this.mmsi[slot] = 0;
    this.ship[slot] = undefined;
    this.hidden[slot] = 0;
    this.count++;
    return slot;
  }

  private remove(id: number) {
    const slot = this.slotOf.get(id);
    if (slot === undefined) return;
    this.slotOf.delete(id);
    this.live[slot] = 0;
    this.count--;
    this.free.push(slot);
    for (let k = 0; k < TAIL; k++) {
      this.tail[(k * this.capacity + slot) * 2] = NOWHERE;
      this.tailDirty.add(k);
    }
    this.xy[slot * 2] = NOWHERE;
  }

  clear() {
    for (const id of [...this.slotOf.keys()]) this.remove(id);
    this.free = [];
    this.high = 0;
    this.tail.fill(NOWHERE);
    this.tailTime = Number.NaN;
    this.tailVersion++;
  }

  /** Takes a binary message. `false`: not one of ours. */
  take(buffer: ArrayBuffer): { snapshot: boolean } | undefined {
    const view = new DataView(buffer);
    if (buffer.byteLength < HEADER || view.getUint32(0, true) !== MAGIC) return undefined;
    const snapshot = view.getUint8(4) === 0;
    this.frame = view.getUint32(8, true);
    const records = view.getUint32(12, true);
    const removals = view.getUint32(16, true);
    if (buffer.byteLength !== HEADER + records * RECORD + removals * 4) return undefined;
    this.tOut = view.getFloat64(24, true);
    const newest = Number(view.getBigUint64(32, true));
    // Numbers are told by their lower half: none lies 2^32 under the newest.
    const full = (low: number) => newest - (((newest % 4294967296) - low + 4294967296) % 4294967296);
    if (snapshot) {
      this.snapshots++;
      this.clear();
    }
    let at = HEADER;
    for (let i = 0; i < records; i++, at += RECORD) {
      const slot = this.slot(full(view.getUint32(at, true)));
      const lon = view.getInt32(at + 4, true) / 1e7;
      const lat = view.getInt32(at + 8, true) / 1e7;
      this.lon[slot] = lon;
      this.lat[slot] = lat;
      this.xy[slot * 2] = mercX(lon) - this.originX;
      this.xy[slot * 2 + 1] = mercY(lat) - this.originY;
      const cog = view.getUint16(at + 12, true);
      const sog = view.getUint16(at + 14, true);
      this.cog[slot] = cog / 10;
      this.sog[slot] = sog === 65535 ? Number.NaN : sog / 10;
      this.a[slot] = view.getUint8(at + 16);
      this.b[slot] = view.getUint8(at + 17);
      this.seen[slot] = view.getUint16(at + 18, true);
    }
    for (let i = 0; i < removals; i++, at += 4) this.remove(full(view.getUint32(at, true)));
    if (!snapshot) this.extendTails();
    this.version++;
    return { snapshot };
  }

  private extendTails() {
    if (!(this.tOut - this.tailTime >= TAIL_EVERY_S) && !Number.isNaN(this.tailTime)) return;
    this.tailTime = this.tOut;
    this.tailHead = (this.tailHead + 1) % TAIL;
    this.tailStep++;
    const base = this.tailHead * this.capacity * 2;
    for (let slot = 0; slot < this.high; slot++) {
      const on = this.live[slot] === 1;
      this.tail[base + slot * 2] = on ? (this.xy[slot * 2] as number) : NOWHERE;
      this.tail[base + slot * 2 + 1] = on ? (this.xy[slot * 2 + 1] as number) : NOWHERE;
    }
    this.tailDirty.add(this.tailHead);
  }

  /** Takes the trails that the server has kept: newest point last. */
  takeTrails(buffer: ArrayBuffer) {
    const view = new DataView(buffer);
    const low = new Map<number, number>();
    for (const [id, slot] of this.slotOf) low.set(id % 4294967296, slot);
    this.tail.fill(NOWHERE);
    for (let at = 0; at + 8 <= buffer.byteLength; ) {
      const slot = low.get(view.getUint32(at, true));
      const n = view.getUint32(at + 4, true);
      at += 8;
      if (at + n * 8 > buffer.byteLength) break;
      for (let i = 0; i < n; i++, at += 8) {
        const back = n - 1 - i;
        if (slot === undefined || back >= TAIL) continue;
        const k = (this.tailHead - back + TAIL * 2) % TAIL;
        const to = (k * this.capacity + slot) * 2;
        this.tail[to] = mercX(view.getInt32(at, true) / 1e7) - this.originX;
        this.tail[to + 1] = mercY(view.getInt32(at + 4, true) / 1e7) - this.originY;
      }
    }
    this.tailTime = this.tOut;
    this.tailVersion++;
  }

  status = (slot: number) => (this.a[slot] as number) & 3;
  sources = (slot: number) => ((this.a[slot] as number) >> 2) & 7;
  ais = (slot: number) => ((this.a[slot] as number) >> 5) & 7;
  kind = (slot: number) => (this.b[slot] as number) & 7;
  severity = (slot: number) => ((this.b[slot] as number) >> 3) & 7;
  unacknowledged = (slot: number) => (((this.b[slot] as number) >> 6) & 1) === 1;
  fast = (slot: number) => (((this.b[slot] as number) >> 7) & 1) === 1;
  /** Seconds since any sensor saw it, at the time of the frame. */
  age(slot: number): number {
    const now = Math.floor(this.tOut * 10) % 65536;
    return ((now - (this.seen[slot] as number) + 65536 + 5) % 65536 - 5) / 10;
  }
}
