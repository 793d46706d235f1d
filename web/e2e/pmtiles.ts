// Two small charts made for the tests (PMTiles version 3, nothing compressed): a raster of one grey-blue tile, and a vector one with a
// square of land, a depth area and a named point. Written by the format's own text (github.com/protomaps/PMTiles, spec v3) and by the
// vector tile specification 2.1; the library that reads them in the page is not used to write them.
import { crc32, deflateSync } from 'node:zlib';

/** All four edges in degrees. */
export interface Area { west: number; south: number; east: number; north: number }

/** The tile of zoom `z` round a place, and its edges. */
export function tileAt(lat: number, lon: number, z: number): { x: number; y: number; area: Area } {
  const n = 2 ** z;
  const x = Math.floor(((lon + 180) / 360) * n);
  const y = Math.floor(((1 - Math.asinh(Math.tan((lat * Math.PI) / 180)) / Math.PI) / 2) * n);
  const latOf = (row: number) => (Math.atan(Math.sinh(Math.PI * (1 - (2 * row) / n))) * 180) / Math.PI;
  return { x, y, area: { west: (x / n) * 360 - 180, east: ((x + 1) / n) * 360 - 180, north: latOf(y), south: latOf(y + 1) } };
}

/** Where a tile lies on the Hilbert curve of its zoom, after all tiles of lower zooms. */
function tileId(z: number, x: number, y: number): number {
  let id = (4 ** z - 1) / 3;
  for (let s = 2 ** (z - 1); s >= 1; s /= 2) {
    const [rx, ry] = [x & s ? 1 : 0, y & s ? 1 : 0];
    id += s * s * ((3 * rx) ^ ry);
    if (ry === 0) {
      if (rx === 1) [x, y] = [2 ** z - 1 - x, 2 ** z - 1 - y];
      [x, y] = [y, x];
    }
  }
  return id;
}

const varint = (n: number): number[] => (n < 128 ? [n] : [(n % 128) | 128, ...varint(Math.floor(n / 128))]);

function archive(tileType: number, z: number, x: number, y: number, area: Area, tile: Buffer, about: object): Buffer {
  const directory = Buffer.from([1, tileId(z, x, y), 1, tile.length, 1].flatMap(varint));
  const metadata = Buffer.from(JSON.stringify(about));
  const head = Buffer.alloc(127);
  head.write('PMTiles', 0, 'latin1');
  head.writeUInt8(3, 7);
  const at = [127, 127 + directory.length];
  // Root directory, metadata, no leaves, tiles: place and length each; then tiles addressed, entries, contents.
  [at[0], directory.length, at[1], metadata.length, at[1] + metadata.length, 0, at[1] + metadata.length, tile.length, 1, 1, 1].forEach((n, i) => head.writeBigUInt64LE(BigInt(n as number), 8 + i * 8));
  // Clustered; neither directories nor tiles are compressed.
  [1, 1, 1, tileType, z, z].forEach((n, i) => head.writeUInt8(n, 96 + i));
  [area.west, area.south, area.east, area.north].forEach((deg, i) => head.writeInt32LE(Math.round(deg * 1e7), 102 + i * 4));
  head.writeUInt8(z, 118);
  [(area.west + area.east) / 2, (area.south + area.north) / 2].forEach((deg, i) => head.writeInt32LE(Math.round(deg * 1e7), 119 + i * 4));
  return Buffer.concat([head, directory, metadata, tile]);
}

function png(side: number, rgb: [number, number, number]): Buffer {
  const part = (name: string, data: Buffer) => {
    const body = Buffer.concat([Buffer.from(name, 'latin1'), data]);
    const [len, sum] = [Buffer.alloc(4), Buffer.alloc(4)];
    len.writeUInt32BE(data.length);
    sum.writeUInt32BE(crc32(body));
    return Buffer.concat([len, body, sum]);
  };
  const head = Buffer.alloc(13);
  head.writeUInt32BE(side, 0);
  head.writeUInt32BE(side, 4);
  head.set([8, 2, 0, 0, 0], 8);
  const row = Buffer.from([0, ...Array.from({ length: side }, () => rgb).flat()]);
  return Buffer.concat([Buffer.from([0x89, 0x50, 0x4e, 0x47, 13, 10, 26, 10]), part('IHDR', head), part('IDAT', deflateSync(Buffer.concat(Array.from({ length: side }, () => row)))), part('IEND', Buffer.alloc(0))]);
}

/** One colour over one tile. */
export function raster(lat: number, lon: number, z: number, rgb: [number, number, number]): { bytes: Buffer; area: Area } {
  const { x, y, area } = tileAt(lat, lon, z);
  return { bytes: archive(2, z, x, y, area, png(256, rgb), { name: 'grey', attribution: '<a href="https://example.org">Test office</a>' }), area };
}

const EXTENT = 4096;
const field = (n: number, wire: number) => varint(n * 8 + wire);
const bytes = (n: number, data: number[]) => [...field(n, 2), ...varint(data.length), ...data];
const zigzag = (n: number) => (n << 1) ^ (n >> 31);

/** A polygon from corners, or a point from one: commands of the specification. */
function geometry(kind: 1 | 3, corners: [number, number][]): number[] {
  const out: number[] = [(1 << 3) | 1];
  let [px, py] = [0, 0];
  corners.forEach(([cx, cy], i) => {
    if (i === 1) out.push(((corners.length - 1) << 3) | 2);
    out.push(zigzag(cx - px), zigzag(cy - py));
    [px, py] = [cx, cy];
  });
  if (kind === 3) out.push((1 << 3) | 7);
  return out;
}

function layer(name: string, kind: 1 | 3, corners: [number, number][], property?: [string, string | number]): number[] {
  const tags = property ? bytes(2, [0, 0]) : [];
  const feature = [...tags, ...field(3, 0), kind, ...bytes(4, geometry(kind, corners).flatMap(varint))];
  const value = property && (typeof property[1] === 'string' ? bytes(1, [...Buffer.from(property[1])]) : [...field(5, 0), ...varint(property[1])]);
  const named = property ? [...bytes(3, [...Buffer.from(property[0])]), ...bytes(4, value ?? [])] : [];
  return bytes(3, [...bytes(1, [...Buffer.from(name)]), ...bytes(2, feature), ...named, ...field(5, 0), ...varint(EXTENT), ...field(15, 0), 2]);
}

/** Land over the western third of a tile, depth 0 m over the middle, and a point in the east. */
export function vector(lat: number, lon: number, z: number): { bytes: Buffer; area: Area } {
  const { x, y, area } = tileAt(lat, lon, z);
  const third = Math.round(EXTENT / 3);
  const box = (from: number, to: number): [number, number][] => [[from, 0], [to, 0], [to, EXTENT], [from, EXTENT]];
  const tile = Buffer.from([...layer('land', 3, box(0, third)), ...layer('depth', 3, box(third, 2 * third), ['depth_m', 0]), ...layer('places', 1, [[3500, 2000]], ['name', '测试 Test'])]);
  return { bytes: archive(1, z, x, y, area, tile, { name: 'squares', vector_layers: ['land', 'depth', 'places'].map((id) => ({ id, fields: {} })) }), area };
}
