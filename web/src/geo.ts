// Distances and bearings on a sphere of mean radius: good to 0.5 %, which is under what a screen shows. What decides anything is
// computed by the engine on the ellipsoid.

export const NM = 1852;
const R = 6_371_008.8;
const rad = (deg: number) => (deg * Math.PI) / 180;
const deg = (r: number) => (r * 180) / Math.PI;

export type LonLat = [number, number];

export function distance(a: LonLat, b: LonLat): number {
  const dLat = rad(b[1] - a[1]);
  const dLon = rad(b[0] - a[0]);
  const h = Math.sin(dLat / 2) ** 2 + Math.cos(rad(a[1])) * Math.cos(rad(b[1])) * Math.sin(dLon / 2) ** 2;
  return 2 * R * Math.asin(Math.min(1, Math.sqrt(h)));
}

export function bearing(a: LonLat, b: LonLat): number {
  const dLon = rad(b[0] - a[0]);
  const y = Math.sin(dLon) * Math.cos(rad(b[1]));
  const x = Math.cos(rad(a[1])) * Math.sin(rad(b[1])) - Math.sin(rad(a[1])) * Math.cos(rad(b[1])) * Math.cos(dLon);
  return (deg(Math.atan2(y, x)) + 360) % 360;
}

export function destination(from: LonLat, bearingDeg: number, metres: number): LonLat {
  const d = metres / R;
  const b = rad(bearingDeg);
  const lat1 = rad(from[1]);
  const lat2 = Math.asin(Math.sin(lat1) * Math.cos(d) + Math.cos(lat1) * Math.sin(d) * Math.cos(b));
  const dLon = Math.atan2(Math.sin(b) * Math.sin(d) * Math.cos(lat1), Math.cos(d) - Math.sin(lat1) * Math.sin(lat2));
  return [from[0] + deg(dLon), deg(lat2)];
}

export function ring(centre: LonLat, metres: number, steps = 96): LonLat[] {
  return Array.from({ length: steps + 1 }, (_, i) => destination(centre, (i * 360) / steps, metres));
}

/** Closest point of approach of two craft with constant velocities, on the plane about the first: metres and seconds. */
export function cpa(
  a: { at: LonLat; v: [number, number] },
  b: { at: LonLat; v: [number, number] },
): { cpa_m: number; tcpa_s: number } {
  const d = distance(a.at, b.at);
  const br = rad(bearing(a.at, b.at));
  const r: [number, number] = [d * Math.sin(br), d * Math.cos(br)];
  const v: [number, number] = [b.v[0] - a.v[0], b.v[1] - a.v[1]];
  const speed2 = v[0] ** 2 + v[1] ** 2;
  const t = speed2 < 1e-6 ? 0 : -(r[0] * v[0] + r[1] * v[1]) / speed2;
  const at = Math.max(0, t);
  return { cpa_m: Math.hypot(r[0] + v[0] * at, r[1] + v[1] * at), tcpa_s: t };
}

/** Web mercator, 0–1. */
export const mercX = (lon: number) => (lon + 180) / 360;
export const mercY = (lat: number) => (1 - Math.log(Math.tan(Math.PI / 4 + rad(lat) / 2)) / Math.PI) / 2;

/** 22° 33.0' N 114° 43.2' E: as a chart and a radio say it. */
export function position(lat: number, lon: number): string {
  const half = (v: number, width: number, pos: string, neg: string) => {
    const a = Math.abs(v) + 0.00005 / 60;
    const d = Math.floor(a);
    return `${String(d).padStart(width, '0')}°${((a - d) * 60).toFixed(3).padStart(6, '0')}′${v < 0 ? neg : pos}`;
  };
  return `${half(lat, 2, 'N', 'S')} ${half(lon, 3, 'E', 'W')}`;
}

/** Fonts of the canvases; the same list as in app.css. */
export const FONT = '"Noto Sans", "Noto Sans CJK SC", "Noto Sans SC", "PingFang SC", "Microsoft YaHei", "DejaVu Sans", "Haishao SC", sans-serif';
