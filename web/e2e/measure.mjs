// What the page costs: main-thread time of the feed and of drawing over a made-up sea. Start the server first:
//   cargo run --release --example console_load -- 10000 0 100000 127.0.0.1:8433
//   node web/e2e/measure.mjs http://127.0.0.1:8433/
import { chromium } from 'playwright-core';

const url = process.argv[2] ?? 'http://127.0.0.1:8433/';
const browser = await chromium.launch({
  executablePath: process.env.CHROMIUM ?? '/usr/bin/chromium',
  args: ['--no-sandbox', '--use-angle=swiftshader', '--enable-unsafe-swiftshader', '--ignore-gpu-blocklist', '--disable-gpu-rasterization', '--disable-accelerated-2d-canvas'],
});
const page = await browser.newPage({ viewport: { width: 1440, height: 900 } });
await page.goto(url);
await page.waitForFunction(() => window.__console?.tracks.count > 0, null, { timeout: 60_000 });
await page.waitForTimeout(15_000);
const cdp = await page.context().newCDPSession(page);
await cdp.send('Performance.enable');
const read = async () => {
  const { metrics } = await cdp.send('Performance.getMetrics');
  const of = (name) => metrics.find((m) => m.name === name)?.value ?? 0;
  return { task: of('TaskDuration'), ...(await page.evaluate(() => ({ feed: window.__console.cost.ms, messages: window.__console.cost.messages, drawn: window.__console.drawn.ms, frames: window.__console.drawn.frames, n: window.__console.tracks.count, frame: window.__console.tracks.frame, t: performance.now(), lag: window.__console.ui.health ? window.__console.ui.health.now - window.__console.tracks.tOut : null, heap: performance.memory?.usedJSHeapSize }))) };
};
const before = await read();
await page.waitForTimeout(40_000);
const after = await read();
const updates = after.frame - before.frame;
const each = (k) => ((after[k] - before[k]) / updates).toFixed(2);
console.log(`${after.n} tracks, ${updates} updates in ${((after.t - before.t) / 1e3).toFixed(0)} s: feed ${each('feed')} ms an update, drawing ${each('drawn')} ms, all tasks of the main thread ${((1e3 * (after.task - before.task)) / updates).toFixed(1)} ms; behind by ${after.lag?.toFixed(1)} s; heap ${(after.heap / 1e6).toFixed(0)} MB`);
await browser.close();
