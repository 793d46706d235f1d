import { writeFileSync } from 'node:fs';
import AxeBuilder from '@axe-core/playwright';
import { ask, expect, freeze, open, replay, type Server, test } from './server';

// A record of a simulated night, standing still five minutes in: the same picture each time.
let server: Server;
test.beforeAll(async () => {
  server = await replay();
  await freeze(server, 300);
});
test.afterAll(() => server?.end());

const PIXELS = 40;

test('a frozen sea gives the same picture in another browser, and one without its red boat does not', async ({ page, browser }) => {
  await open(page, server, { palette: 'night', language: 'en' });
  // The reference is made by this very program: its tracks are its own. What must hold is that nothing else moves a pixel.
  const first = await page.screenshot({ animations: 'disabled' });
  const context = await browser.newContext({ viewport: { width: 1440, height: 900 }, timezoneId: 'Asia/Shanghai', locale: 'zh-CN' });
  const other = await context.newPage();
  await open(other, server, { palette: 'night', language: 'en' });
  const differing = (a: Buffer, b: Buffer) => compare(other, a, b);
  const second = await other.screenshot({ animations: 'disabled' });
  const moved = await differing(first, second);
  if (moved > PIXELS) {
    writeFileSync(test.info().outputPath('first.png'), first);
    writeFileSync(test.info().outputPath('second.png'), second);
  }
  expect(moved, `pixels differ (${test.info().outputDir})`).toBeLessThanOrEqual(PIXELS);
  // The mutation: one alarmed boat is not drawn.
  await other.evaluate(() => {
    const { tracks } = window.__console;
    let slot = -1;
    for (let i = 0; i < tracks.high; i++) if (tracks.live[i] && tracks.severity(i) >= 3) slot = i;
    tracks.xy[slot * 2] = 9e9;
    tracks.version++;
    window.__console.redraw();
  });
  await other.evaluate(() => window.__console.idle());
  expect(await differing(first, await other.screenshot({ animations: 'disabled' }))).toBeGreaterThan(PIXELS);
  await context.close();
});

/** Pixels of two PNGs that differ by more than a tenth in any colour. */
async function compare(page: import('@playwright/test').Page, a: Buffer, b: Buffer): Promise<number> {
  return page.evaluate(
    async ([one, two]) => {
      const pixels = async (base64: string) => {
        const bytes = Uint8Array.from(atob(base64), (c) => c.charCodeAt(0));
        const image = await createImageBitmap(new Blob([bytes], { type: 'image/png' }));
        const canvas = new OffscreenCanvas(image.width, image.height);
        const g = canvas.getContext('2d');
        g?.drawImage(image, 0, 0);
        return g?.getImageData(0, 0, image.width, image.height).data ?? new Uint8ClampedArray();
      };
      const [p, q] = [await pixels(one as string), await pixels(two as string)];
      if (p.length !== q.length || p.length === 0) return Number.MAX_SAFE_INTEGER;
      let n = 0;
      for (let i = 0; i < p.length; i += 4) {
        const d = Math.max(Math.abs((p[i] as number) - (q[i] as number)), Math.abs((p[i + 1] as number) - (q[i + 1] as number)), Math.abs((p[i + 2] as number) - (q[i + 2] as number)));
        if (d > 25) n++;
      }
      return n;
    },
    [a.toString('base64'), b.toString('base64')],
  );
}

test('an alarmed boat is red where it is, and nothing lies on its label', async ({ page }) => {
  await open(page, server, { palette: 'night' });
  const boats = await page.evaluate(() => {
    const { tracks, place, labels } = window.__console;
    const found = [];
    // Advisories have the label of what is alarmed, not its red.
    let advised = 0;
    for (let i = 0; i < tracks.high; i++) {
      if (!tracks.live[i]) continue;
      if (tracks.severity(i) >= 3) found.push({ id: tracks.id[i], at: place(tracks.id[i]) });
      else if (tracks.severity(i) > 0) advised++;
    }
    return { found, advised, labels: labels() };
  });
  expect(boats.found.length).toBeGreaterThan(0);
  const box = await page.locator('.map').boundingBox();
  for (const boat of boats.found) {
    const shot = await page.screenshot({ clip: { x: (box?.x ?? 0) + boat.at[0] - 14, y: (box?.y ?? 0) + boat.at[1] - 14, width: 28, height: 28 } });
    const red = await page.evaluate(async (base64) => {
      const bytes = Uint8Array.from(atob(base64), (c) => c.charCodeAt(0));
      const image = await createImageBitmap(new Blob([bytes]));
      const g = new OffscreenCanvas(28, 28).getContext('2d');
      g?.drawImage(image, 0, 0);
      const d = g?.getImageData(0, 0, 28, 28).data ?? [];
      let n = 0;
      for (let i = 0; i < d.length; i += 4) if ((d[i] as number) > 200 && (d[i + 1] as number) < 110 && (d[i + 2] as number) < 110) n++;
      return n;
    }, shot.toString('base64'));
    expect(red).toBeGreaterThan(40);
  }
  const alarmed = boats.labels.filter((l: { alarmed: boolean }) => l.alarmed);
  expect(alarmed.length).toBe(boats.found.length + boats.advised);
  for (const a of alarmed)
    for (const b of boats.labels) {
      if (a.id === b.id) continue;
      const apart = a.x + a.w <= b.x || b.x + b.w <= a.x || a.y + a.h <= b.y || b.y + b.h <= a.y;
      expect(apart, `label of ${b.id} lies on that of ${a.id}`).toBe(true);
    }
});

for (const palette of ['day', 'dusk', 'night'])
  for (const language of ['zh', 'en'])
    test(`no fault of accessibility, ${palette}, ${language}`, async ({ page }) => {
      await open(page, server, { palette, language });
      await page.locator('[data-card]').first().click();
      await expect(page.getByTestId('track')).toContainText('kn');
      await page.keyboard.press('1');
      for (const step of palette === 'night' ? ['list and card', 'health', 'report', 'keys'] : ['list and card']) {
        if (step === 'health') await page.keyboard.press('2');
        if (step === 'report') {
          await page.keyboard.press('3');
          await expect(page.getByTestId('hand-over')).toContainText('BLAKE3');
        }
        if (step === 'keys') {
          await page.keyboard.press('Escape');
          await page.keyboard.press('?');
        }
        const result = await new AxeBuilder({ page }).withTags(['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa']).analyze();
        expect(result.violations.map((v) => `${step}: ${v.id} ${v.nodes.map((n) => n.target.join(' ')).join('; ')}`)).toEqual([]);
      }
    });

test('at night nothing is white, and red is for alarms alone', async ({ page }) => {
  await open(page, server, { palette: 'night' });
  const count = async () => {
    const shot = await page.screenshot();
    return page.evaluate(async (base64) => {
      const image = await createImageBitmap(new Blob([Uint8Array.from(atob(base64), (c) => c.charCodeAt(0))]));
      const g = new OffscreenCanvas(image.width, image.height).getContext('2d');
      g?.drawImage(image, 0, 0);
      const d = g?.getImageData(0, 0, image.width, image.height).data ?? [];
      let white = 0;
      let red = 0;
      for (let i = 0; i < d.length; i += 4) {
        const [r, gr, b] = [d[i] as number, d[i + 1] as number, d[i + 2] as number];
        if (r > 225 && gr > 225 && b > 225) white++;
        if (r > 200 && gr < 90 && b < 90) red++;
      }
      return { white, red };
    }, shot.toString('base64'));
  };
  const before = await count();
  expect(before.white).toBe(0);
  expect(before.red).toBeGreaterThan(300);
  await page.keyboard.press('p');
  await expect(page.locator('html')).toHaveAttribute('data-palette', 'day');
  await page.keyboard.press('p');
  await expect(page.locator('html')).toHaveAttribute('data-palette', 'dusk');
  await page.keyboard.press('p');
  await freeze(server, 5);
  await expect(page.locator('[data-card]')).toHaveCount(0);
  await page.evaluate(() => window.__console.idle());
  // The slider's marks are alarms as well.
  expect((await count()).red).toBeLessThan(120);
  await freeze(server, 300);
});

test('a replay cannot be taken for the sea as it is, and can be played, stepped and searched', async ({ page }) => {
  await open(page, server, { language: 'en' });
  await expect(page.getByTestId('link')).toHaveText('REPLAY · NOT LIVE');
  await expect(page.locator('.frame')).toHaveCSS('border-top-style', 'dashed');
  const marks = await page.locator('.replay rect').count();
  expect(marks).toBeGreaterThan(0);
  const shown = () => page.locator('.replay .now').textContent();
  const at = await shown();
  await page.keyboard.press('.');
  await expect.poll(shown).not.toBe(at);
  await page.keyboard.press(',');
  await expect.poll(shown).toBe(at);
  // What we knew then: before the first alert there is none.
  await page.locator('input[type=range]').fill(String(Math.round((await ask<{ first: number }>(server, 'api/replay')).first) + 4));
  await expect(page.locator('[data-card]')).toHaveCount(0);
  await page.getByRole('button', { name: 'Next alert' }).click();
  await expect(page.locator('[data-card]')).not.toHaveCount(0);
  await page.getByRole('button', { name: 'Play' }).click();
  const running = await shown();
  await expect.poll(shown).not.toBe(running);
  await page.getByRole('button', { name: 'Pause' }).click();
  await freeze(server, 300);
});

test('a filter shows that it is on, and never takes an alarmed boat away', async ({ page }) => {
  await open(page, server, { language: 'en' });
  const alarmed = () =>
    page.evaluate(() => {
      const { tracks } = window.__console;
      let shown = 0;
      let hidden = 0;
      for (let i = 0; i < tracks.high; i++) {
        if (!tracks.live[i]) continue;
        if (tracks.severity(i) > 0 && !tracks.hidden[i]) shown++;
        if (tracks.hidden[i]) hidden++;
      }
      return { shown, hidden };
    });
  const before = await alarmed();
  expect(before.shown).toBeGreaterThan(0);
  await page.locator('summary').click();
  for (const box of await page.locator('.pop input[type=checkbox]').all()) await box.uncheck();
  await page.locator('.pop input[type=number]').fill('60');
  await expect(page.getByTestId('filter-on')).toContainText('FILTER ON');
  await expect.poll(async () => (await alarmed()).hidden).toBeGreaterThan(100);
  expect((await alarmed()).shown).toBe(before.shown);
  await page.locator('.map').focus();
  await page.keyboard.press('Shift+F');
  await expect(page.getByTestId('filter-on')).toHaveCount(0);
});

test('everything by keys: find, follow, measure, tables, languages, address of the view', async ({ page }) => {
  await open(page, server, { language: 'en' });
  await page.keyboard.press('1');
  const rows = page.getByTestId('tracks').locator('tbody tr');
  await expect(rows).not.toHaveCount(0);
  // Every alarmed track is in the DOM, first.
  await expect(rows.first()).toHaveClass(/alarmed/);
  const number = (await rows.first().locator('button').textContent())?.trim() ?? '';
  await page.keyboard.press('/');
  await page.keyboard.type(number);
  await page.keyboard.press('Enter');
  await expect(page.getByTestId('track')).toContainText(number);
  await expect.poll(() => page.url()).toContain(`track=${number}`);
  await page.keyboard.press('f');
  await expect(page.getByRole('button', { name: 'Follow' })).toHaveAttribute('aria-pressed', 'true');
  await page.keyboard.press('2');
  await expect(page.getByTestId('sensors')).toContainText('radar-daxingshan');
  await page.keyboard.press('e');
  await expect(page.locator('html')).toHaveAttribute('lang', 'zh-Hans');
  await expect(page.getByTestId('track')).toContainText('未收到AIS');
  await page.keyboard.press('?');
  await expect(page.getByRole('dialog')).toBeVisible();
  await page.keyboard.press('Escape');
  await expect(page.getByRole('dialog')).toHaveCount(0);
  // Absent is told as missing, never as 0.
  await expect(page.getByTestId('track')).toContainText('缺');
});
