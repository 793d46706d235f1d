// The link to the server: one WebSocket, opened again for ever, within a second or two of the server being back.

import { tracks, ui } from './ui.svelte';
import { LINK_LOST_MS } from './ui.svelte';
import type { Alert, Health, Hello, Incident, Replay, Unit } from './types';

const PROTOCOL = 1;
const RETRY_MS = [300, 600, 1000, 1500];

/** Main-thread time spent on messages, for the measurements. */
export const cost = { messages: 0, ms: 0, last: 0, worst: 0 };

let socket: WebSocket | null = null;
let attempts = 0;
let onFrame = (_snapshot: boolean) => {};

type Message =
  | Hello
  | Health
  | Replay
  | { type: 'alerts'; reset: boolean; alerts: Alert[] }
  | { type: 'names'; reset: boolean; names: [number, number | null, string?][] }
  | { type: 'incidents'; reset: boolean; incidents: Incident[] }
  | { type: 'units'; units: Unit[] }
  | { type: 'session'; user: { name: string; role: string } | null; commands: boolean; accounts: boolean };

export function start(frame: (snapshot: boolean) => void) {
  onFrame = frame;
  connect();
  setInterval(() => {
    if (ui.linked && performance.now() - ui.heard > LINK_LOST_MS) {
      // Silent but open: a cable is out. Begin again.
      ui.linked = false;
      socket?.close();
    }
  }, 500);
}

function connect() {
  const url = `${location.protocol === 'https:' ? 'wss' : 'ws'}://${location.host}/api/stream`;
  socket = new WebSocket(url);
  const mine = socket;
  mine.binaryType = 'arraybuffer';
  mine.onmessage = (event) => {
    const began = performance.now();
    ui.heard = began;
    attempts = 0;
    if (!ui.linked) ui.linked = ui.everLinked = true;
    if (typeof event.data === 'string') text(JSON.parse(event.data) as Message);
    else binary(event.data as ArrayBuffer);
    cost.last = performance.now() - began;
    cost.ms += cost.last;
    cost.messages++;
    cost.worst = Math.max(cost.worst, cost.last);
  };
  mine.onclose = () => {
    if (socket !== mine) return;
    ui.linked = false;
    void stillAdmitted();
    const wait = RETRY_MS[Math.min(attempts++, RETRY_MS.length - 1)];
    setTimeout(connect, wait);
  };
}

// Whose session has ended is asked to log in; a server that is away is no end of a session.
async function stillAdmitted() {
  if (!ui.accounts) return;
  try {
    const answer = await fetch('/api/session');
    if (answer.ok && ((await answer.json()) as { name: string | null }).name === null) location.reload();
  } catch {
    // The banner tells that the link is lost.
  }
}

function binary(buffer: ArrayBuffer) {
  const taken = tracks.take(buffer);
  if (!taken) return;
  if (taken.snapshot) void trails();
  ui.trackCount = tracks.count;
  ui.tick++;
  onFrame(taken.snapshot);
}

let asking = false;
async function trails() {
  if (asking) return;
  asking = true;
  try {
    const answer = await fetch('/api/trails');
    if (answer.ok) {
      tracks.takeTrails(await answer.arrayBuffer());
      onFrame(false);
    }
  } catch {
    // The tails begin where the craft are now.
  } finally {
    asking = false;
  }
}

function text(message: Message) {
  switch (message.type) {
    case 'hello':
      ui.wrongVersion = message.protocol !== PROTOCOL;
      if (!ui.hello) tracks.setOrigin(message.lon, message.lat);
      ui.hello = message;
      break;
    case 'health':
      ui.health = message;
      break;
    case 'replay':
      ui.replay = message;
      break;
    case 'alerts':
      if (message.reset) ui.alerts.clear();
      for (const alert of message.alerts) {
        const known = ui.alerts.get(alert.alert_id);
        // A clearing keeps the words and the numbers of the raising.
        if (known && alert.state === 'cleared') ui.alerts.set(alert.alert_id, { ...known, state: 'cleared', t: alert.t });
        else ui.alerts.set(alert.alert_id, alert);
      }
      break;
    case 'names':
      for (const [id, mmsi, ship] of message.names) {
        const slot = tracks.slotOf.get(id);
        if (slot === undefined) continue;
        tracks.mmsi[slot] = mmsi ?? 0;
        tracks.ship[slot] = ship;
      }
      tracks.version++;
      break;
    case 'incidents':
      if (message.reset) ui.incidents.clear();
      for (const incident of message.incidents) ui.incidents.set(incident.id, incident);
      break;
    case 'units':
      ui.units = message.units;
      break;
    case 'session':
      ui.user = message.user;
      ui.canCommand = message.commands;
      ui.accounts = message.accounts;
      break;
  }
}
