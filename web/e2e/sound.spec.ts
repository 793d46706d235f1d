import type { Page } from '@playwright/test';
import { expect, open, Server, test, watchForFaults } from './server';

// The tone of an alarm, heard where it is made: what the page sends to the loudspeaker is also sent to an analyser, whose samples tell
// whether anything sounds. A browser needs no loudspeaker for that.

/** Listens from the first script of the page on. */
function ear() {
  const heard: number[] = [];
  let analyser: AnalyserNode | undefined;
  const connect = AudioNode.prototype.connect as (this: AudioNode, ...to: unknown[]) => AudioNode;
  AudioNode.prototype.connect = function (this: AudioNode, ...to: unknown[]) {
    if (to[0] instanceof AudioDestinationNode) {
      analyser ??= this.context.createAnalyser();
      connect.call(this, analyser);
    }
    return connect.apply(this, to);
  } as typeof AudioNode.prototype.connect;
  setInterval(() => {
    if (!analyser) return;
    const samples = new Float32Array(analyser.fftSize);
    analyser.getFloatTimeDomainData(samples);
    if (samples.some((s) => Math.abs(s) > 0.01)) heard.push(performance.now());
  }, 40);
  Object.assign(window, { __heard: heard });
}

const heard = (page: Page) => page.evaluate(() => (window as unknown as { __heard: number[] }).__heard.length);
/** Alarms of severity 2 and more that nobody has acknowledged, as the page itself counts them. */
const waiting = (page: Page) => page.evaluate(() => window.__console.ui.cards.filter((c: { alarm: string; severity: number }) => c.alarm === 'unacknowledged' && c.severity >= 2).length as number);

test('an alarm sounds on every console until it is acknowledged on one, then on none; silence holds for half a minute', async ({ page, browser, lasting }) => {
  const server = lasting(await Server.start(['watch', '--listen', '127.0.0.1:0']));
  const context = await browser.newContext({ viewport: { width: 1280, height: 800 } });
  const other = await context.newPage();
  const faults = watchForFaults(other);
  const both = [page, other];
  try {
    for (const p of both) {
      await p.addInitScript(ear);
      await open(p, server, { language: 'en' });
      // Off until the officer touches it: a browser lets nothing sound before.
      expect(await heard(p)).toBe(0);
      await p.locator('.map').focus();
      await p.keyboard.press('b');
      await expect(p.getByRole('button', { name: 'sound on' })).toBeVisible();
    }
    await expect.poll(() => waiting(page), { timeout: 80_000 }).toBeGreaterThan(0);
    // It sounds on both, and again, and again.
    for (const more of [0, 1])
      for (const p of both) {
        const before = await heard(p);
        await expect.poll(() => heard(p), { timeout: 8000, message: `console ${both.indexOf(p)}, round ${more}` }).toBeGreaterThan(before);
      }
    /** Whether nothing sounds for so long on both, with nothing waiting; `undefined` where another boat was called for meanwhile. */
    const quiet = async (ms: number, none: boolean) => {
      const before = await Promise.all(both.map(heard));
      for (const until = Date.now() + ms; Date.now() < until; await page.waitForTimeout(100)) if (none && (await Promise.all(both.map(waiting))).some((n) => n > 0)) return undefined;
      const after = await Promise.all(both.map(heard));
      return after.every((n, i) => n === before[i]);
    };
    /** Presses a key on every card of such a state until none sounds: the demo goes on meanwhile, so a boat called for since is answered too. */
    const answerAll = (key: string, states: string[], ms: number) =>
      expect
        .poll(
          async () => {
            while ((await waiting(page)) > 0) {
              const card = page.locator(states.map((s) => `[data-testid="cards-open"] .${s}`).join(', ')).first();
              const name = await card.getAttribute('data-card');
              await card.click();
              await page.keyboard.press(key);
              await expect(page.locator(`[data-card="${name}"]`)).not.toHaveClass(new RegExp(`(?:^|\\s)(?:${states.join('|')})(?:\\s|$)`));
            }
            await page.waitForTimeout(700);
            return quiet(ms, true);
          },
          { timeout: 60_000 },
        )
        .toBe(true);
    // Silenced on one console: silent on both, and nothing is acknowledged.
    await answerAll('s', ['unacknowledged'], 5000);
    expect(await page.evaluate(() => window.__console.ui.cards.filter((c: { alarm: string }) => c.alarm === 'silenced').length)).toBeGreaterThan(0);
    // It comes back by itself, on both.
    await expect.poll(() => waiting(other), { timeout: 45_000 }).toBeGreaterThan(0);
    for (const p of both) {
      const before = await heard(p);
      await expect.poll(() => heard(p), { timeout: 8000 }).toBeGreaterThan(before);
    }
    // Acknowledged on one: silent on both, for good; the boat is still alarmed.
    await answerAll('a', ['unacknowledged', 'silenced'], 6000);
    expect(await page.evaluate(() => window.__console.ui.cards.filter((c: { alarm: string }) => c.alarm === 'acknowledged').length)).toBeGreaterThan(0);
    expect(faults).toEqual([]);
  } finally {
    await context.close();
  }
});
