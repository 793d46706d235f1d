// What the console knows and shows, but for the tracks themselves (store.ts).

import { SvelteMap } from 'svelte/reactivity';
import type { Known } from './charts';
import { clause, field, shown } from './fieldWords';
import { TrackStore } from './store';
import type { Alert, Card, Health, Hello, Incident, Landfalls, Replay, TrackDetail, Unit } from './types';
import { type Language, type Word, value, word } from './words';

export const PALETTES = ['day', 'dusk', 'night'] as const;
export type Palette = (typeof PALETTES)[number];

/** Without a message for this long the link is taken for lost: the server speaks every second. */
export const LINK_LOST_MS = 3500;
/** A live picture older than this is stale: the engine publishes several times a second. */
export const STALE_S = 3;

const stored = (key: string) => {
  try {
    return localStorage.getItem(`haishao.${key}`);
  } catch {
    return null;
  }
};
const keep = (key: string, text: string) => {
  try {
    localStorage.setItem(`haishao.${key}`, text);
  } catch {
    // A browser that keeps nothing still shows the sea.
  }
};

export interface Filter {
  tentative: boolean;
  withAis: boolean;
  fixed: boolean;
  /** Of those that are not alarmed only the chosen. */
  only: boolean;
  minKn: number;
}

export const NO_FILTER: Filter = { tentative: true, withAis: true, fixed: true, only: false, minKn: 0 };

class Ui {
  language = $state<Language>(stored('language') === 'en' ? 'en' : 'zh');
  palette = $state<Palette>(PALETTES.find((p) => p === stored('palette')) ?? 'night');
  brightness = $state(100);
  hello = $state.raw<Hello | null>(null);
  health = $state.raw<Health | null>(null);
  replay = $state.raw<Replay | null>(null);
  linked = $state(false);
  everLinked = $state(false);
  wrongVersion = $state(false);
  /** Milliseconds of this browser's clock at the last message. */
  heard = 0;

  alerts = new SvelteMap<number, Alert>();
  incidents = new SvelteMap<number, Incident>();
  units = $state.raw<Unit[]>([]);
  canCommand = $state(false);
  user = $state.raw<{ name: string; role: string } | null>(null);

  selected = $state<number | null>(null);
  others = $state.raw<number[]>([]);
  hovered = $state<number | null>(null);
  card = $state<string | null>(null);
  detail = $state.raw<TrackDetail | null>(null);
  follow = $state(false);
  vectorMinutes = $state(6);
  tailMinutes = $state(3);
  /** The unit that closest approaches are told to. */
  cpaUnit = $state<string | null>(null);
  labels = $state(true);
  rings = $state(true);
  coverage = $state(true);
  /** Where the selected craft may land, while its card is open. */
  landfalls = $state.raw<(Landfalls & { track: number }) | null>(null);
  /** The customer's charts, and whether they are drawn. */
  charts = $state.raw<Known[]>([]);
  chartsOn = $state(true);
  measuring = $state(false);
  filter = $state<Filter>({ ...NO_FILTER });
  hiddenTracks = $state(0);
  trackCount = $state(0);
  /** Counts frames; what shows tracks in the DOM reads it. */
  tick = $state(0);
  sound = $state(false);
  silencedUntil = $state(0);
  help = $state(false);
  handOver = $state(false);
  /** Own password, accounts, audit log. */
  people = $state(false);
  accounts = $state(false);
  tab = $state<'tracks' | 'health' | null>(null);
  message = $state('');
  cursor = $state.raw<[number, number] | null>(null);

  get filterOn(): boolean {
    const f = this.filter;
    return !f.tentative || !f.withAis || !f.fixed || f.only || f.minKn > 0;
  }
  /** Share of what the system is measured to carry, the fuller of tracks and consoles. */
  get load(): number {
    const h = this.health;
    return h ? Math.max(this.trackCount / h.tracks_carried, h.consoles / h.consoles_carried) : 0;
  }
  get isReplay(): boolean {
    return this.hello?.mode === 'replay';
  }
  get stale(): boolean {
    const age = this.health?.picture_age_s;
    return !this.isReplay && this.linked && age != null && age > STALE_S;
  }
  /** The time of the picture, s. */
  get now(): number {
    return this.health?.now ?? Number.NaN;
  }

  cards: Card[] = $derived.by(() => {
    const cards: Card[] = [];
    const inIncident = new Set<number>();
    for (const incident of this.incidents.values()) {
      for (const a of incident.alerts) inIncident.add(a.id);
      const alerts = incident.alerts.map((a) => this.alerts.get(a.id)).filter((a) => a !== undefined);
      const last = incident.alerts.at(-1);
      cards.push({
        key: `I${incident.id}`,
        incident,
        severity: incident.severity,
        alarm: incident.alarm,
        opened: incident.opened / 1e9,
        tracks: [...new Set([...incident.members.map((m) => m.track), ...incident.alerts.map((a) => a.track)])],
        alerts,
        text: last ? { zh: last.text_zh, en: last.text_en } : { zh: incident.text, en: incident.text },
        rules: [...new Set(incident.alerts.map((a) => a.rule))],
        position: incident.position,
      });
    }
    for (const alert of this.alerts.values()) {
      if (inIncident.has(alert.alert_id)) continue;
      cards.push({
        key: `A${alert.alert_id}`,
        incident: null,
        severity: alert.severity,
        alarm: alert.state === 'raised' ? 'unacknowledged' : 'closed',
        opened: alert.t_out,
        tracks: [alert.track_id],
        alerts: [alert],
        text: alert.text,
        rules: [alert.rule],
        position: [alert.lat, alert.lon],
      });
    }
    const order = (c: Card) =>
      ['unacknowledged', 'silenced', 'rectified-unacknowledged', 'acknowledged', 'shelved', 'closed'].indexOf(c.alarm);
    const group = (c: Card) => (c.alarm === 'closed' ? 2 : c.alarm === 'shelved' ? 1 : 0);
    return cards.sort(
      (a, b) =>
        group(a) - group(b) ||
        (order(a) > 2 ? 1 : 0) - (order(b) > 2 ? 1 : 0) ||
        b.severity - a.severity ||
        b.opened - a.opened,
    );
  });

  get selectedCard(): Card | undefined {
    return this.cards.find((c) => c.key === this.card);
  }
  cardOfTrack(track: number): Card | undefined {
    return this.cards.find((c) => c.tracks.includes(track) && c.alarm !== 'closed') ?? this.cards.find((c) => c.tracks.includes(track));
  }
  get sounding(): boolean {
    return this.cards.some((c) => (c.alarm === 'unacknowledged' || c.alarm === 'rectified-unacknowledged') && c.severity >= 2);
  }

  w = (key: Word) => word(key, this.language);
  v = (key: string) => value(key, this.language);
  f = (name: string) => field(name, this.language);
  /** A value of a rule's evidence, in words and with its unit. */
  shown = (name: string, v: number | string | boolean | null) => (v === null ? this.w('missing') : shown(name, v, this.language, this.v));
  clause = (text: string) => clause(text, this.language, this.v);

  setPalette(palette: Palette) {
    this.palette = palette;
    keep('palette', palette);
  }
  setLanguage(language: Language) {
    this.language = language;
    keep('language', language);
  }

  select(track: number | null, add = false) {
    if (track === null) {
      this.selected = null;
      this.others = [];
      this.detail = null;
      this.follow = false;
      return;
    }
    if (add && this.selected !== null && this.selected !== track) {
      this.others = this.others.includes(track) ? this.others.filter((t) => t !== track) : [...this.others, track];
      return;
    }
    if (this.selected !== track) this.detail = null;
    this.selected = track;
    this.others = [];
    this.card = this.cardOfTrack(track)?.key ?? null;
  }

  openCard(card: Card) {
    this.card = card.key;
    const shown = card.tracks.findLast((t) => tracks.slotOf.has(t)) ?? card.tracks.at(-1);
    if (shown !== undefined && this.selected !== shown) {
      this.selected = shown;
      this.others = [];
      this.detail = null;
    }
  }
}

export const tracks = new TrackStore();
export const ui = new Ui();

/** The order of what is drawn on top may need to be looked at again: the map listens. */
export const redraw = { styles: () => {}, view: () => {}, centre: (_lon: number, _lat: number, _zoom?: number) => {}, home: () => {}, zoom: (_by: number) => {}, pan: (_dx: number, _dy: number) => {}, idle: async () => {} };

const pad = (n: number) => String(n).padStart(2, '0');

/** Hours, minutes, seconds in UTC. */
export function clock(t: number | null | undefined, seconds = true): string {
  if (t == null || !Number.isFinite(t)) return '--:--:--';
  const d = new Date(t * 1000);
  return `${pad(d.getUTCHours())}:${pad(d.getUTCMinutes())}${seconds ? `:${pad(d.getUTCSeconds())}` : ''}`;
}

/** The watch room's zone is the browser's. */
export function local(t: number | null | undefined): string {
  if (t == null || !Number.isFinite(t)) return '';
  const d = new Date(t * 1000);
  const off = -d.getTimezoneOffset() / 60;
  return `${d.getFullYear()}-${pad(d.getMonth() + 1)}-${pad(d.getDate())} ${pad(d.getHours())}:${pad(d.getMinutes())}:${pad(d.getSeconds())} UTC${off >= 0 ? '+' : ''}${off}`;
}

export function both(t: number | null | undefined): string {
  if (t == null || !Number.isFinite(t)) return '';
  return `${new Date(t * 1000).toISOString().replace('.000', '')}\n${local(t)}`;
}

export function age(s: number | null | undefined): string {
  if (s == null || !Number.isFinite(s)) return ui.w('missing');
  if (s < 100) return `${s.toFixed(s < 10 ? 1 : 0)} s`;
  if (s < 6000) return `${Math.floor(s / 60)} min ${pad(Math.floor(s % 60))} s`;
  return `${Math.floor(s / 3600)} h ${pad(Math.floor((s % 3600) / 60))} min`;
}
