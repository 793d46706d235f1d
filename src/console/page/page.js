// The status page: asks the engine once a second and shows what it says. Text from outside is only ever set as text.
import { Plan } from './plan.js';
import { WORDS } from './words.js';

const POLL_MS = 1000;
const STALE_AFTER_S = 5;
const TRACK_ROWS = 40;
const FAR_DEGREES = 1.5; // beyond, a track is counted and not drawn: some 90 NM

const $ = id => document.getElementById(id);
let language = localStorage.getItem('language') ?? (navigator.language.startsWith('zh') ? 'zh' : 'en');
let words = WORDS[language];
let state = { site: null, tracks: [], alerts: [], sensors: [], capture: '' };
let selected = null;

const plan = new Plan(document.querySelector('canvas'), {
  onSelect: select,
  onCursor: (lat, lon) => { $('cursor').textContent = position(lat, lon); },
});

function select(id) {
  selected = id;
  plan.selected = id;
  plan.draw();
  show();
}

function degrees(value, positive, negative) {
  const absolute = Math.abs(value);
  const whole = Math.floor(absolute);
  return `${String(whole).padStart(2, '0')}°${((absolute - whole) * 60).toFixed(3).padStart(6, '0')}′${value < 0 ? negative : positive}`;
}

const position = (lat, lon) => `${degrees(lat, 'N', 'S')} ${degrees(lon, 'E', 'W')}`;
const word = key => words.words[key] ?? key;
const number = (value, digits) => (value === null || value === undefined ? words.none : value.toFixed(digits));
const clock = t => new Date(t * 1000).toLocaleTimeString('en-GB');
const utc = t => new Date(t * 1000).toISOString().slice(0, 19).replace('T', ' ') + ' UTC';

function span(seconds) {
  if (seconds === null || seconds === undefined) { return words.none; }
  if (seconds < 10) { return `${seconds.toFixed(1)} s`; }
  if (seconds < 120) { return `${Math.round(seconds)} s`; }
  return `${Math.floor(seconds / 60)} min`;
}

function element(tag, text, className) {
  const e = document.createElement(tag);
  if (text !== undefined) { e.textContent = text; }
  if (className) { e.className = className; }
  return e;
}

// Puts new rows in place of the old without taking the keyboard away from whoever stands on one.
function replaceRows(container, rows) {
  const key = container.contains(document.activeElement) ? document.activeElement.dataset.key : undefined;
  container.replaceChildren(...rows);
  if (key !== undefined) { rows.find(row => row.dataset.key === key)?.focus({ preventScroll: true }); }
}

// The newest line of each alert; raised ones first, then by time.
function latestAlerts(lines) {
  const byId = new Map();
  for (const line of lines) {
    const raised = byId.get(line.alert_id)?.raised ?? (line.state === 'raised' ? line.t_out : null);
    byId.set(line.alert_id, { ...line, raised });
  }
  return [...byId.values()].sort((a, b) => (a.state === b.state ? b.t_out - a.t_out : a.state === 'raised' ? -1 : 1));
}

function evidenceValue(value) {
  if (value === null) { return '?'; }
  if (typeof value === 'number') { return Number.isInteger(value) ? String(value) : String(Number(value.toPrecision(4))); }
  return String(value);
}

function showAlerts(now) {
  const alerts = latestAlerts(state.alerts);
  const open = alerts.filter(a => a.state === 'raised');
  plan.alarmed = new Set(open.map(a => a.track_id));
  $('alerts-count').textContent = open.length || '';
  const list = alerts.slice(0, 50).map(alert => {
    const item = element('li', undefined, `${alert.state} s${alert.severity}`);
    item.tabIndex = 0;
    item.dataset.key = alert.alert_id;
    const head = element('div', undefined, 'head');
    head.append(
      element('span', words[alert.state] ?? alert.state, 'word'),
      element('b', alert.rule),
      element('span', `${words.track} ${alert.track_id}`),
    );
    const time = element('time', `${clock(alert.t_out)} · ${span(now - alert.t_out)}`);
    time.title = utc(alert.t_out);
    head.append(time);
    const evidence = element('div', undefined, 'evidence');
    for (const [name, value] of Object.entries(alert.evidence)) {
      const pair = element('span', `${name} `);
      pair.append(element('b', evidenceValue(value)));
      evidence.append(pair);
    }
    item.append(head, element('p', alert.text[language], 'text'), evidence);
    const choose = () => select(alert.track_id);
    item.addEventListener('click', choose);
    item.addEventListener('keydown', event => { if (event.key === 'Enter') { choose(); } });
    return item;
  });
  replaceRows($('alerts'), list.length ? list : [element('li', words.noAlerts, 'none')]);
}

function showSensors() {
  const rows = state.sensors.map(sensor => {
    const row = element('tr');
    const name = element('td', sensor.id, 'cut');
    const feed = element('small', sensor.feed, 'cut');
    name.append(feed);
    name.title = `${sensor.id} ${sensor.feed}`;
    const tone = { ok: 'ok', waiting: 'warn', ended: 'warn' }[sensor.state] ?? 'bad';
    const how = element('td', word(sensor.state), tone);
    if (sensor.detail) { how.append(element('small', sensor.detail)); }
    const refused = Object.values(sensor.refused).reduce((a, b) => a + b, 0);
    const bad = element('td', String(refused), refused ? 'warn' : undefined);
    bad.title = Object.entries(sensor.refused).map(([reason, n]) => `${reason}: ${n}`).join('\n');
    row.append(name, how, element('td', number(sensor.rate_hz, 1)), element('td', span(sensor.age_s)),
      element('td', sensor.reports.toLocaleString('en')), bad);
    return row;
  });
  $('sensors').tBodies[0].replaceChildren(...rows);
  $('record').textContent = `${words.record}: ${word(state.capture)}`;
  plan.kinds = new Map(state.sensors.map(s => [s.id, s.kind]));
}

function isFar(track) {
  const [lon, lat] = track.geometry.coordinates;
  return Math.abs(lat - state.site.lat) > FAR_DEGREES || Math.abs(lon - state.site.lon) > FAR_DEGREES;
}

function showTracks() {
  const known = $('tentative').checked ? state.tracks : state.tracks.filter(t => t.properties.status !== 'tentative');
  const shown = known.filter(t => !isFar(t));
  const far = known.length - shown.length;
  $('far').hidden = far === 0;
  $('far').textContent = `${far} ${words.far}`;
  plan.setTracks(shown);
  $('tracks-count').textContent = shown.length;
  const rank = t => (plan.alarmed.has(t.id) ? 0 : t.id === selected ? 1 : 2);
  const rows = [...shown].sort((a, b) => rank(a) - rank(b) || b.properties.sog_lcb90_kn - a.properties.sog_lcb90_kn).slice(0, TRACK_ROWS)
    .map(track => {
      const p = track.properties;
      const row = element('tr', undefined, [plan.alarmed.has(track.id) ? 'alarm' : '', track.id === selected ? 'chosen' : ''].join(' '));
      row.tabIndex = 0;
      row.dataset.key = track.id;
      const speed = element('td', number(p.sog_kn, 1));
      speed.title = `${words.lowerBound} ${number(p.sog_lcb90_kn, 1)}`;
      const course = p.sog_kn < 0.5 ? words.none : `${String(Math.round(p.cog_deg) % 360).padStart(3, '0')}°`;
      const sources = element('td', p.sources.join(', '), 'cut');
      sources.title = sources.textContent;
      row.append(element('td', String(track.id)), speed, element('td', course),
        element('td', p.mmsi === null ? word(p.ais) : String(p.mmsi).padStart(9, '0')), sources);
      row.addEventListener('click', () => select(track.id));
      row.addEventListener('keydown', event => { if (event.key === 'Enter') { select(track.id); } });
      return row;
    });
  replaceRows($('tracks').tBodies[0], rows);
}

function showSelected(now) {
  const track = state.tracks.find(t => t.id === selected);
  $('selected').hidden = !track;
  if (!track) { return; }
  const p = track.properties;
  const sigma = Math.sqrt(Math.max(p.pos_cov_m2[0], p.pos_cov_m2[2]));
  const pairs = [
    [words.track, track.id], [words.status, word(p.status)],
    [words.speed, `${number(p.sog_kn, 1)} (${words.lowerBound} ${number(p.sog_lcb90_kn, 1)})`], [words.course, `${number(p.cog_deg, 0)}°`],
    [words.mmsi, p.mmsi ?? words.none], [words.ais, p.ais === 'ok' ? word('ok') : word(p.ais)],
    [words.since, span(now - p.born)], [words.error, `${sigma.toFixed(0)} m`],
    [words.exist, number(p.p_exist, 3)], [words.fast, number(p.p_fast, 2)],
    [words.hits, number(p.hit_ratio, 2)], [words.age, span(now - p.t)],
  ];
  const list = pairs.flatMap(([name, value]) => [element('dt', name), element('dd', String(value))]);
  const wide = (name, value) => list.push(element('dt', name), element('dd', value, 'wide'));
  wide(words.position, position(track.geometry.coordinates[1], track.geometry.coordinates[0]));
  wide(words.sources, p.seen.map(s => `${s.sensor} (${span(now - s.t)})`).join(', ') || words.none);
  $('selected').querySelector('dl').replaceChildren(...list);
}

function showHead(now, problem) {
  const { site } = state;
  const age = site?.picture_age_s;
  const stale = problem || age === null || age === undefined || age > STALE_AFTER_S;
  $('link').className = stale ? 'stale' : '';
  $('link').textContent = problem ? `${words.stale}: ${problem}` : age === null ? words.waiting
    : stale ? `${words.stale} ${span(age)}` : `${words.live} ${age.toFixed(1)} s`;
  $('clock').textContent = `${utc(now)} · ${clock(now)} ${words.local}`;
  if (site) {
    $('site').textContent = site.name;
    $('banner').hidden = !site.banner;
    $('banner').textContent = site.banner ?? '';
  }
}

let problem = null;

function show() {
  const now = Date.now() / 1000;
  showHead(now, problem);
  showAlerts(now);
  showSensors();
  showTracks();
  showSelected(now);
}

function setLanguage(next) {
  language = next;
  words = WORDS[language];
  localStorage.setItem('language', language);
  document.documentElement.lang = language;
  $('language').textContent = words.other;
  for (const e of document.querySelectorAll('[data-word]')) { e.textContent = words[e.dataset.word]; }
  for (const e of document.querySelectorAll('[data-title]')) { e.title = words[e.dataset.title]; e.ariaLabel = e.title; }
  plan.credit = words.coastCredit;
  plan.draw();
  show();
}

async function ask(path) {
  const response = await fetch(path, { signal: AbortSignal.timeout(5000) });
  if (!response.ok) { throw new Error(`${path} ${response.status}`); }
  return response.json();
}

async function poll() {
  try {
    const [site, picture, alerts, sensors] = await Promise.all(['/api/site', '/api/picture', '/api/alerts', '/api/sensors'].map(ask));
    state = { site, tracks: picture.features, alerts: alerts.alerts, sensors: sensors.sensors, capture: sensors.capture };
    plan.setSite(site);
    problem = null;
  } catch (error) {
    problem = error.message;
  }
  show();
  setTimeout(poll, POLL_MS);
}

$('language').addEventListener('click', () => setLanguage(language === 'zh' ? 'en' : 'zh'));
$('zoom-in').addEventListener('click', () => plan.zoom(1 / 1.4));
$('zoom-out').addEventListener('click', () => plan.zoom(1.4));
$('home').addEventListener('click', () => plan.home());
$('tentative').addEventListener('change', show);
setLanguage(language);
ask('/coast.geojson').then(coast => plan.setCoast(coast), () => {});
poll();
