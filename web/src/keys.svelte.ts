// One key for each thing an officer does, and the same things for buttons.

import { command, replayOrder } from './commands';
import * as sound from './sound';
import { NO_FILTER, PALETTES, redraw, tracks, ui } from './ui.svelte';
import type { Word } from './words';

export type Ask = 'shelve' | 'false' | 'withdraw' | 'note' | 'dispatch' | 'open';

/** A question that a command needs answered first. */
export const dialog = $state<{ open: Ask | null }>({ open: null });

export const KEYS: { key: string; does: string; zh: string; en: string }[] = [
  { key: 'A', does: 'acknowledge', zh: '确认所选告警', en: 'acknowledge the chosen alert' },
  { key: 'S', does: 'silence', zh: '消音 30 秒', en: 'silence for 30 s' },
  { key: 'H', does: 'shelve', zh: '搁置（须说明原因）', en: 'shelve, with a reason' },
  { key: 'X', does: 'false', zh: '误报（须说明原因）', en: 'false alarm, with a reason' },
  { key: 'O', does: 'open', zh: '对所选航迹立案', en: 'open an incident on the chosen track' },
  { key: 'D', does: 'dispatch', zh: '派单', en: 'dispatch a unit' },
  { key: 'N', does: 'note', zh: '备注', en: 'note' },
  { key: 'J', does: 'next-card', zh: '下一告警', en: 'next alert' },
  { key: 'K', does: 'previous-card', zh: '上一告警', en: 'previous alert' },
  { key: 'Enter', does: 'centre', zh: '图上居中所选目标', en: 'centre the chosen target' },
  { key: 'F', does: 'follow', zh: '跟随所选目标', en: 'follow the chosen target' },
  { key: 'I', does: 'isolate', zh: '只看所选目标（告警目标仍显示）', en: 'only the chosen; what is alarmed stays' },
  { key: 'Shift+F', does: 'clear-filter', zh: '清除过滤', en: 'clear the filter' },
  { key: 'M', does: 'measure', zh: '量测方位距离（两次点击）', en: 'measure bearing and distance: two clicks' },
  { key: '/', does: 'search', zh: '查找', en: 'find' },
  { key: 'V', does: 'vectors', zh: '矢量时长', en: 'length of vectors' },
  { key: 'T', does: 'tails', zh: '尾迹时长', en: 'length of tails' },
  { key: 'L', does: 'labels', zh: '标牌', en: 'labels' },
  { key: 'R', does: 'rings', zh: '距离圈', en: 'range rings' },
  { key: 'G', does: 'coverage', zh: '雷达覆盖', en: 'radar coverage' },
  { key: 'C', does: 'charts', zh: '海图', en: 'charts' },
  { key: '+ −', does: 'zoom', zh: '缩放', en: 'zoom' },
  { key: '↑↓←→', does: 'pan', zh: '移动', en: 'pan' },
  { key: 'Home', does: 'home', zh: '全图', en: 'whole picture' },
  { key: '1', does: 'tracks', zh: '航迹表', en: 'table of tracks' },
  { key: '2', does: 'health', zh: '传感器与系统', en: 'sensors and system' },
  { key: '3', does: 'hand-over', zh: '交接班记录', en: 'report of the watch' },
  { key: '4', does: 'people', zh: '本人密码、账户、审计', en: 'own password, accounts, audit log' },
  { key: 'P', does: 'palette', zh: '白天 / 黄昏 / 夜间', en: 'day, dusk, night' },
  { key: '[ ]', does: 'brightness', zh: '亮度', en: 'brightness' },
  { key: 'E', does: 'language', zh: '中文 / English', en: 'Chinese or English' },
  { key: 'B', does: 'sound', zh: '声响', en: 'sound' },
  { key: 'Esc', does: 'escape', zh: '取消', en: 'cancel' },
  { key: '?', does: 'help', zh: '本表', en: 'this list' },
];
export const REPLAY_KEYS: { key: string; zh: string; en: string }[] = [
  { key: 'Space', zh: '播放 / 暂停', en: 'play or pause' },
  { key: ', .', zh: '后退 / 前进 2.5 秒', en: 'step 2.5 s back or on' },
  { key: '< >', zh: '慢 / 快', en: 'slower or faster' },
];

export const VECTORS = [0, 1, 3, 6, 12, 24];
export const TAILS = [0, 1, 3, 5];
export const SPEEDS = [0.25, 0.5, 1, 2, 4, 8, 16, 32, 64];

const next = <T>(list: readonly T[], value: T, by = 1): T => list[(list.indexOf(value) + by + list.length) % list.length] as T;

/** The card that commands are about: the chosen one, or the first that waits. */
export function subject() {
  return ui.selectedCard ?? ui.cards.find((c) => c.alarm === 'unacknowledged');
}

function needsIncident(): number | undefined {
  const card = subject();
  if (!card?.incident) {
    ui.message = ui.w('nothingSelected');
    return undefined;
  }
  return card.incident.id;
}

function ask(what: Ask) {
  if (what === 'open' ? ui.selected !== null : needsIncident() !== undefined) dialog.open = what;
}

export function step(by: number) {
  const open = ui.cards.filter((c) => c.alarm !== 'closed');
  const list = open.length > 0 ? open : ui.cards;
  if (list.length === 0) return;
  const at = list.findIndex((c) => c.key === ui.card);
  const card = list[(at + by + list.length) % list.length];
  if (card) {
    ui.openCard(card);
    document.querySelector<HTMLElement>(`[data-card="${card.key}"]`)?.focus();
  }
}

export function act(does: string) {
  switch (does) {
    case 'acknowledge': {
      const incident = needsIncident();
      if (incident !== undefined) void command({ do: 'acknowledge', incident });
      break;
    }
    case 'silence': {
      const incident = needsIncident();
      if (incident !== undefined) void command({ do: 'silence', incident });
      break;
    }
    case 'unshelve': {
      const incident = needsIncident();
      if (incident !== undefined) void command({ do: 'unshelve', incident });
      break;
    }
    case 'shelve':
    case 'false':
    case 'withdraw':
    case 'note':
    case 'dispatch':
    case 'open':
      ask(does);
      break;
    case 'next-card':
      step(1);
      break;
    case 'previous-card':
      step(-1);
      break;
    case 'centre':
      centre();
      break;
    case 'follow':
      ui.follow = !ui.follow && ui.selected !== null;
      if (ui.follow) centre();
      break;
    case 'isolate':
      ui.filter.only = !ui.filter.only && ui.selected !== null;
      break;
    case 'clear-filter':
      ui.filter = { ...NO_FILTER };
      break;
    case 'measure':
      ui.measuring = !ui.measuring;
      break;
    case 'search':
      document.getElementById('search')?.focus();
      break;
    case 'vectors':
      ui.vectorMinutes = next(VECTORS, ui.vectorMinutes);
      break;
    case 'tails':
      ui.tailMinutes = next(TAILS, ui.tailMinutes);
      break;
    case 'labels':
      ui.labels = !ui.labels;
      break;
    case 'rings':
      ui.rings = !ui.rings;
      break;
    case 'charts':
      ui.chartsOn = !ui.chartsOn;
      break;
    case 'coverage':
      ui.coverage = !ui.coverage;
      break;
    case 'home':
      ui.follow = false;
      redraw.home();
      break;
    case 'tracks':
    case 'health':
      ui.tab = ui.tab === does ? null : does;
      break;
    case 'palette':
      ui.setPalette(next(PALETTES, ui.palette));
      break;
    case 'language':
      ui.setLanguage(ui.language === 'zh' ? 'en' : 'zh');
      break;
    case 'sound':
      if (ui.sound) ui.sound = false;
      else void sound.enable().then((on) => (ui.sound = on));
      break;
    case 'hand-over':
      ui.handOver = !ui.handOver;
      break;
    case 'people':
      ui.people = ui.accounts && !ui.people;
      break;
    case 'help':
      ui.help = !ui.help;
      break;
  }
}

export function centre() {
  const slot = ui.selected === null ? undefined : tracks.slotOf.get(ui.selected);
  if (slot !== undefined) redraw.centre(tracks.lon[slot] as number, tracks.lat[slot] as number);
  else {
    const card = ui.selectedCard;
    if (card) redraw.centre(card.position[1], card.position[0]);
  }
}

/** By track number, MMSI or a part of it, or a part of the name that the ship tells; of several the one whose name or number begins so. */
export function find(text: string): boolean {
  const asked = text.trim().toLowerCase();
  const digits = asked.replace(/^[t批]/, '');
  const n = /^\d+$/.test(digits) ? Number(digits) : Number.NaN;
  let found = tracks.slotOf.has(n) ? n : undefined;
  let [best, nearest] = [0, 0];
  for (let i = 0; i < tracks.high && found === undefined; i++) {
    if (!tracks.live[i]) continue;
    const id = tracks.id[i] as number;
    if (tracks.mmsi[i] === n) found = id;
    const ship = (tracks.ship[i] ?? '').toLowerCase();
    const mmsi = tracks.mmsi[i] ? String(tracks.mmsi[i]) : '';
    const score = asked.length >= 2 && ship.startsWith(asked) ? 3 : asked.length >= 4 && mmsi.startsWith(asked) ? 2 : (asked.length >= 2 && ship.includes(asked)) || (asked.length >= 4 && mmsi.includes(asked)) ? 1 : 0;
    if (score > best) {
      best = score;
      nearest = id;
    }
  }
  found ??= best > 0 ? nearest : undefined;
  if (found === undefined) return false;
  ui.select(found);
  centre();
  return true;
}
const LETTERS: Record<string, string> = {
  a: 'acknowledge', s: 'silence', h: 'shelve', x: 'false', o: 'open', d: 'dispatch', n: 'note', j: 'next-card', k: 'previous-card',
  f: 'follow', i: 'isolate', m: 'measure', '/': 'search', v: 'vectors', t: 'tails', l: 'labels', r: 'rings', g: 'coverage', c: 'charts', '1': 'tracks', '2': 'health', '3': 'hand-over', '4': 'people',
  p: 'palette', e: 'language', b: 'sound', '?': 'help', home: 'home', F: 'clear-filter',
};

export function onKey(event: KeyboardEvent, cancelMeasure: () => void) {
  const target = event.target as HTMLElement;
  const writing = target.matches('input:not([type=range]):not([type=checkbox]), textarea, select');
  if (event.key === 'Escape') {
    if (dialog.open) dialog.open = null;
    else if (ui.help) ui.help = false;
    else if (ui.handOver) ui.handOver = false;
    else if (ui.people) ui.people = false;
    else if (writing) target.blur();
    else {
      cancelMeasure();
      if (ui.tab) ui.tab = null;
      else ui.select(null);
    }
    return;
  }
  if (writing || dialog.open || event.ctrlKey || event.metaKey || event.altKey) return;
  const moves: Record<string, () => void> = {
    ArrowUp: () => redraw.pan(0, -120),
    ArrowDown: () => redraw.pan(0, 120),
    ArrowLeft: () => redraw.pan(-120, 0),
    ArrowRight: () => redraw.pan(120, 0),
    '+': () => redraw.zoom(0.5),
    '=': () => redraw.zoom(0.5),
    '-': () => redraw.zoom(-0.5),
    '[': () => (ui.brightness = Math.max(40, ui.brightness - 10)),
    ']': () => (ui.brightness = Math.min(100, ui.brightness + 10)),
  };
  if (ui.isReplay) {
    const r = ui.replay;
    Object.assign(moves, {
      ' ': () => void replayOrder({ play: !r?.playing }),
      ',': () => void replayOrder({ step: -2.5 }),
      '.': () => void replayOrder({ step: 2.5 }),
      '<': () => r && void replayOrder({ speed: SPEEDS[Math.max(0, SPEEDS.indexOf(r.speed) - 1)] }),
      '>': () => r && void replayOrder({ speed: SPEEDS[Math.min(SPEEDS.length - 1, SPEEDS.indexOf(r.speed) + 1)] }),
    });
  }
  const sliding = target.matches('input[type=range]');
  const move = moves[event.key];
  if (move && !(sliding && event.key.startsWith('Arrow')) && !(event.key === ' ' && target.matches('button, input'))) {
    event.preventDefault();
    move();
    return;
  }
  if (event.key === 'Enter' && !target.matches('button, a, input, [tabindex="0"][data-row]')) return centre();
  const key = event.key.length === 1 ? (event.key === 'F' ? 'F' : event.key.toLowerCase()) : event.key.toLowerCase();
  const does = LETTERS[key];
  // Nobody acknowledges what lies hidden under a report.
  if ((ui.help || ui.handOver || ui.people) && !['help', 'hand-over', 'people'].includes(does ?? '')) return;
  if (does) {
    event.preventDefault();
    act(does);
  }
}

export const button = (does: string, label: Word) => ({ does, label });
