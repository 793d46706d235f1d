import { crowd, expect, Server, test, WORK } from './server';

// Twenty thousand craft, each of which moves every second. What that costs is in docs/measurements.md; here: nothing is left out.

test('20 000 craft that all move are shown without falling behind', async ({ page, lasting }) => {
  const server = lasting(await Server.start(['20000', '0', '100000', '127.0.0.1:0'], WORK, crowd));
  await page.goto(server.url);
  await page.waitForFunction(() => window.__console?.tracks.count === 20_000, null, { timeout: 60_000 });
  const at = () => page.evaluate(() => { const { tracks, drawn } = window.__console; return { frame: tracks.frame, snapshots: tracks.snapshots, drawn: drawn.frames, xy: [...tracks.xy.slice(0, 40_000)] }; });
  const before = await at();
  await page.waitForFunction((n) => window.__console.tracks.frame >= n + 12, before.frame, { timeout: 60_000 });
  const after = await at();
  // Nothing was left out: a console that falls behind is sent a snapshot. Every craft has moved, and it was drawn.
  expect(after.snapshots).toBe(before.snapshots);
  let moved = 0;
  for (let i = 0; i < 20_000; i++) if (after.xy[i * 2] !== before.xy[i * 2] || after.xy[i * 2 + 1] !== before.xy[i * 2 + 1]) moved++;
  expect(moved).toBeGreaterThan(19_900);
  expect(after.drawn).toBeGreaterThan(before.drawn);
  console.log(`${after.frame - before.frame} updates, ${after.drawn - before.drawn} frames drawn`);
  const lag = await page.evaluate(() => window.__console.ui.health.now - window.__console.tracks.tOut);
  expect(lag).toBeLessThan(3);
});
