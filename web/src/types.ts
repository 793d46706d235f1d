// What the server says as JSON (docs/protocols/console.md).

export interface Sensor {
  id: string;
  kind: string;
  lat: number | null;
  lon: number | null;
  height_m: number | null;
  scan_s: number | null;
  max_range_m: number | null;
}

export interface Hello {
  type: 'hello';
  protocol: number;
  mode: 'live' | 'replay';
  name: string;
  version: string;
  banner: string | null;
  /** Whether the coast is the site's own, not the built-in one. */
  own_coast: boolean;
  lat: number;
  lon: number;
  sensors: Sensor[];
}

export interface SensorHealth {
  id: string;
  kind: string;
  feed: string;
  state: string;
  detail: string | null;
  /** What is known of a radar's, tracker's or camera's errors, as far as it is told here. */
  registration?: {
    gives: 'plots' | 'tracks' | 'bearings';
    known: boolean;
    jumps: number;
    told_wrong?: { east_m: number; north_m: number; range_m: number; azimuth_deg: number; clock_s: number; lat: number; lon: number; ships: number };
    astray?: { ships: number; agree: number };
  };
  frames: number;
  reports: number;
  rate_hz: number | null;
  age_s: number | null;
  clock_skew_s: number | null;
  backpressure_s: number;
  kernel_drops: number;
  refused: Record<string, number>;
  ignored: Record<string, number>;
}

export interface Health {
  type: 'health';
  now: number;
  t_out: number | null;
  picture_age_s: number | null;
  picture: number;
  tentative: number;
  confirmed: number;
  coasting: number;
  delay_p99_s: number | null;
  consoles: number;
  /** What the system is measured to carry. */
  tracks_carried: number;
  consoles_carried: number;
  /** Tracks whose alerts were kept back within ten minutes, and by what. */
  masked: { track_id: number; rule: string; by: string }[];
  capture: string;
  sensors: SensorHealth[];
}

/** Two languages of one thing. */
export interface Both {
  zh: string;
  en: string;
}

export type Evidence = Record<string, number | string | boolean | null>;

export interface Alert {
  t: number;
  t_out: number;
  alert_id: number;
  rule: string;
  severity: number;
  state: 'raised' | 'cleared';
  track_id: number;
  lat: number;
  lon: number;
  text: { zh: string; en: string };
  evidence: Evidence;
  rule_version: string | null;
  score: number | null;
  /** Fields that were asked for and not known. */
  unknown: string[];
  refutes: Both;
  /** Other tracks that it is about. */
  others: number[];
}

/** What makes a track suspicious: log-odds in nats, group by group. */
export interface Suspicion {
  p: number;
  log_odds: number;
  /** Log-odds before any evidence. */
  before: number;
  unknown: string[];
  contributions: { group: Both; what: Both; nats: number }[];
}

/** A track as the card shows it: every field of the track line, and where it was. */
export interface TrackDetail {
  t: number;
  t_out: number;
  track_id: number;
  status: string;
  lat: number;
  lon: number;
  vx: number;
  vy: number;
  sog_kn: number | null;
  sog_lcb90_kn: number | null;
  cog_deg: number | null;
  pos_cov_m2: [number, number, number];
  p_exist: number | null;
  p_fast: number | null;
  mmsi: number | null;
  ais: string;
  class: string;
  sources: string[];
  source_age_s?: number[];
  ais_expected?: number | null;
  ais_silent_s?: number | null;
  ais_interval_s?: number | null;
  ais_offset_m?: number | null;
  ais_offset_sigma_m?: number | null;
  p_mmsi?: Record<string, number>;
  mode?: string | null;
  pd?: number | null;
  hits_10?: number | null;
  p_swap?: number | null;
  born?: number;
  born_lat?: number;
  born_lon?: number;
  born_kn?: number | null;
  linked_from?: number | null;
  link_p?: number | null;
  link_gap_s?: number | null;
  suspicion: Suspicion | null;
  trail: [number, number, number, number, number][];
}

/** Times inside incidents are nanoseconds since 1970, as the record has them. */
export interface Incident {
  id: number;
  opened: number;
  changed: number;
  severity: number;
  alarm: string;
  case: string;
  level: string;
  text: string;
  position: [number, number];
  alerts: {
    id: number;
    rule: string;
    severity: number;
    track: number;
    raised: number;
    cleared: number | null;
    position: [number, number];
    text_zh: string;
    text_en: string;
  }[];
  members: { track: number; kinship: string; ended: boolean }[];
  tasks: { unit: string; phase: string; dispatched: number; recalled: number | null; outcome: string | null }[];
  log: { at: number; actor: { name: string; role?: string } | null; change: { what: string; [more: string]: unknown } }[];
  outcome: string | null;
  acknowledged: [{ name: string; role?: string }, number] | null;
  silenced_until: number | null;
  shelved_until: [number, string] | null;
  false_alarm: string | null;
  /** Who takes it for a false alarm, and why, while a second person has to agree. */
  false_alarm_proposed?: [{ name: string; role?: string }, string];
}

export interface Unit {
  name: string;
  kind: string;
  max_speed_kn: number;
  position: [number, number] | null;
  available: boolean;
  ready_min: number;
}

export interface Replay {
  type: 'replay';
  first: number | null;
  last: number | null;
  indexed: boolean;
  t: number | null;
  playing: boolean;
  speed: number;
  loop: boolean;
  seeking: boolean;
  error: string | null;
  marks: { t: number; severity: number; alert_id: number }[];
}

/** What the list shows: an incident, or an alert that has none. */
export interface Card {
  key: string;
  incident: Incident | null;
  severity: number;
  alarm: string;
  opened: number;
  tracks: number[];
  alerts: Alert[];
  text: { zh: string; en: string };
  rules: string[];
  position: [number, number];
}

/** What a unit can do about a craft. */
export interface Advice {
  unit: string;
  kind: string;
  help: 'meet' | 'cut-off' | 'cannot-catch' | 'no-position' | 'not-available';
  in_s?: number;
  unit_in_s?: number;
  craft_in_s?: number;
  course_deg?: number;
  distance_m?: number;
  position?: [number, number];
  /** The landing zone it is sent to, if one is likely. */
  zone?: string | null;
}

/** A landing zone as likely as the way of a craft makes it; places are degrees north and east. */
export interface Landfall {
  zone: string;
  name_zh: string;
  name_en: string;
  p: number;
  distance_m: number;
  in_s: number;
  sigma_s: number;
  position: [number, number];
  way: [number, number][];
}

export interface Landfalls {
  places: Landfall[];
  elsewhere: number;
}
