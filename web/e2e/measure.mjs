// What the page costs over a made-up sea, all of it moving once a second. Start the server first:
//   cargo run --release --example console_load -- 10000 0 100000 127.0.0.1:8433
//   node web/e2e/measure.mjs http://127.0.0.1:8433/ [SECONDS]
//
// Times are told twice. "Processor" is what the main thread itself used (thread time of its tasks): what the page costs anywhere.
// "Elapsed" is from the beginning to the end of the same tasks, and on a machine whose cores are taken holds the waiting as well.
// What software GL takes of the processor is the GPU process's, not the main thread's; it is told beside.
import { readFileSync } from 'node:fs';
import { extname, resolve } from 'node:path';
import { chromium } from 'playwright-core';

const url = process.argv[2] ?? 'http://127.0.0.1:8433/';
const seconds = Number(process.argv[3] ?? 40);
const browser = await chromium.launch({
  executablePath: process.env.CHROMIUM ?? '/usr/bin/chromium',
  args: ['--no-sandbox', '--use-angle=swiftshader', '--enable-unsafe-swiftshader', '--ignore-gpu-blocklist', '--disable-gpu-rasterization', '--disable-accelerated-2d-canvas', '--disable-features=LocalNetworkAccessChecks'],
});
const page = await browser.newPage({ viewport: { width: 1440, height: 900 } });
page.on('console', (m) => m.type() === 'error' && console.error(m.text()));
page.on('pageerror', (e) => console.error(`page error: ${e.message}`));
// PAGE=web/dist takes the page from there instead of from the program: to try a change of it without building the program.
const dist = process.env.PAGE && resolve(process.env.PAGE);
if (dist) {
  const types = { '.js': 'text/javascript', '.css': 'text/css', '.svg': 'image/svg+xml', '.html': 'text/html' };
  await page.route(/\/(assets\/[^/]+)?$/, (route) => {
    const { pathname } = new URL(route.request().url());
    const file = resolve(dist, pathname === '/' ? 'index.html' : pathname.slice(1));
    return route.fulfill({ body: readFileSync(file), contentType: types[extname(file)] });
  });
}
await page.goto(url);
await page.waitForFunction(() => window.__console?.tracks.count > 0, null, { timeout: 30_000 });
if (process.env.SET) await page.evaluate((s) => Object.assign(window.__console.ui, JSON.parse(s)), process.env.SET);
await page.waitForTimeout(10_000);

const system = await browser.newBrowserCDPSession();
const processes = async () => Object.fromEntries((await system.send('SystemInfo.getProcessInfo')).processInfo.map((p) => [`${p.type} ${p.id}`, p.cpuTime]));
const ours = () =>
  page.evaluate(() => {
    const { cost, drawn, tracks, ui } = window.__console;
    return { feed: cost.ms, drawn: drawn.ms, frames: drawn.frames, n: tracks.count, frame: tracks.frame, t: performance.now(), lag: ui.health ? ui.health.now - tracks.tOut : 0, heap: performance.memory?.usedJSHeapSize ?? 0 };
  });
const events = [];
system.on('Tracing.dataCollected', (part) => events.push(...part.value));
await system.send('Tracing.start', { transferMode: 'ReportEvents', traceConfig: { includedCategories: ['toplevel', 'devtools.timeline'] } });
const [before, spent] = [await ours(), await processes()];
await page.waitForTimeout(seconds * 1000);
const [after, spentAfter] = [await ours(), await processes()];
const ended = new Promise((done) => system.once('Tracing.tracingComplete', done));
await system.send('Tracing.end');
await ended;
await browser.close();

const updates = after.frame - before.frame;
const each = (v) => `${(v / updates).toFixed(2)} ms`;
// The renderer's main thread is the one that drew our frames.
const at = (e) => `${e.pid}/${e.tid}`;
const counts = new Map();
for (const e of events) if (e.name === 'FireAnimationFrame' || e.name === 'FunctionCall') counts.set(at(e), (counts.get(at(e)) ?? 0) + 1);
const main = [...counts].sort((a, b) => b[1] - a[1])[0]?.[0];
let [elapsed, processor, end] = [0, 0, 0];
const own = new Map();
const open = [];
for (const e of events.filter((e) => e.ph === 'X' && at(e) === main).sort((a, b) => a.ts - b.ts || b.dur - a.dur)) {
  if (e.ts >= end) {
    elapsed += e.dur / 1e3;
    processor += (e.tdur ?? 0) / 1e3;
    end = e.ts + e.dur;
  }
  while (open.length && open.at(-1).ts + open.at(-1).dur <= e.ts) open.pop();
  const parent = open.at(-1);
  if (parent) own.set(parent.name, (own.get(parent.name) ?? 0) - (e.tdur ?? 0) / 1e3);
  own.set(e.name, (own.get(e.name) ?? 0) + (e.tdur ?? 0) / 1e3);
  open.push(e);
}
console.log(`${after.n} tracks, ${updates} updates in ${((after.t - before.t) / 1e3).toFixed(0)} s, ${after.frames - before.frames} frames drawn; behind by ${after.lag.toFixed(1)} s; heap ${(after.heap / 1e6).toFixed(0)} MB`);
console.log(`main thread an update: all tasks ${each(processor)} of the processor, ${each(elapsed)} elapsed; of these our feed ${each(after.feed - before.feed)} and our drawing ${each(after.drawn - before.drawn)} elapsed`);
console.log(`  by task: ${[...own].sort((a, b) => b[1] - a[1]).slice(0, 8).map(([name, ms]) => `${name} ${(ms / updates).toFixed(2)}`).join(', ')}`);
console.log(`processes, ms of the processor an update: ${Object.entries(spentAfter).map(([name, s]) => `${name.split(' ')[0]} ${(((s - (spent[name] ?? 0)) * 1e3) / updates).toFixed(0)}`).join(', ')}`);
