import { expect, freeze, open, replay, type Server, test } from './server';

// What an officer does all night, one key or one glance each, that no other file shows. Over a record that stands still.
let server: Server;
test.beforeAll(async () => {
  server = await replay();
  await freeze(server, 300);
});
test.afterAll(() => server?.end());

/** A craft that has an MMSI and is not alarmed. */
const named = (page: import('@playwright/test').Page) =>
  page.evaluate(() => {
    const { tracks } = window.__console;
    for (let i = 0; i < tracks.high; i++) if (tracks.live[i] && tracks.mmsi[i] > 0 && tracks.severity(i) === 0) return { id: tracks.id[i] as number, mmsi: String(tracks.mmsi[i]), slot: i };
    return undefined;
  });

test('a craft is found by number, by MMSI or a part of it, and by the name it tells', async ({ page }) => {
  await open(page, server, { language: 'en' });
  const craft = await named(page);
  expect(craft).toBeDefined();
  // As the stream tells it; the simulated night's ships send no names.
  await page.evaluate((slot) => (window.__console.tracks.ship[slot as number] = 'HAI YUE 27'), craft?.slot);
  for (const asked of [String(craft?.id), craft?.mmsi ?? '', 'yue 27']) {
    await page.keyboard.press('Escape');
    await page.evaluate(() => window.__console.ui.select(null));
    await page.keyboard.press('/');
    await page.locator('#search').fill(asked);
    await page.keyboard.press('Enter');
    await expect.poll(() => page.evaluate(() => window.__console.ui.selected), { message: asked }).toBe(craft?.id);
  }
  await expect(page.getByTestId('track')).toContainText('HAI YUE 27');
  await page.keyboard.press('/');
  await page.locator('#search').fill('no such ship');
  await page.keyboard.press('Enter');
  await expect(page.getByText('not found')).toBeVisible();
});

test('rules speak in words: no name of a field as rules write it stands on a card, in either language', async ({ page }) => {
  for (const language of ['en', 'zh']) {
    await open(page, server, { language });
    for (const card of await page.locator('[data-card]').all()) {
      await card.click();
      await expect(page.getByTestId('evidence').locator('tbody tr')).not.toHaveCount(0);
      await page.getByTestId('card').locator('summary').click();
      // `sog_lcb90_kn`, `p.hits`: letters joined by an underscore or a dot.
      const raw = ((await page.getByTestId('card').innerText()).match(/\b(?:p\.)?[a-z]+[0-9]*_[a-z0-9_]+\b|\bp\.[a-z]+\b/g) ?? []);
      expect(raw).toEqual([]);
    }
    await expect(page.getByTestId('evidence')).toContainText(language === 'zh' ? '航速至少' : 'speed at least');
    await expect(page.getByTestId('evidence')).toContainText('≥ 25.0 kn');
  }
});

test('the chosen has an ellipse of 95 %, several can be chosen, and two of them have a closest approach', async ({ page }) => {
  await open(page, server, { language: 'en' });
  await page.locator('[data-card]').first().click();
  await expect(page.getByTestId('track')).toContainText(/Position error 95 %\s*\d+ × \d+ m/);
  // Two standard deviations and a half on the screen, by the covariance that is told.
  const drawn = page.evaluate(
    () =>
      new Promise<{ a: number; b: number }>((done) => {
        const ellipse = CanvasRenderingContext2D.prototype.ellipse;
        CanvasRenderingContext2D.prototype.ellipse = function (x, y, a, b, ...more) {
          done({ a, b });
          return ellipse.call(this, x, y, a, b, ...more);
        };
        window.__console.redraw();
      }),
  );
  const { a, b } = await drawn;
  const told = await page.evaluate(() => ({ cov: window.__console.ui.detail.pos_cov_m2 as [number, number, number], px: window.__console.view().pxPerMetre as number }));
  const [xx, xy, yy] = told.cov;
  const root = Math.hypot((xx - yy) / 2, xy);
  const axis = (v: number) => Math.max(1, Math.sqrt(Math.max(0, v)) * 2.4477 * told.px);
  expect(Math.abs(a - axis((xx + yy) / 2 + root))).toBeLessThan(0.05);
  expect(Math.abs(b - axis((xx + yy) / 2 - root))).toBeLessThan(0.05);
  const craft = await named(page);
  await page.evaluate((id) => window.__console.ui.select(id, true), craft?.id);
  await expect(page.getByTestId('track')).toContainText(new RegExp(`NM · TCPA .*to ${craft?.id}`));
});

test('brightness, local time under the cursor, a loop, and every track in the table, page by page', async ({ page }) => {
  await open(page, server, { language: 'en' });
  await page.locator('.map').focus();
  await page.keyboard.press('[');
  await page.keyboard.press('[');
  await expect(page.locator('html')).toHaveCSS('filter', 'brightness(0.8)');
  await page.keyboard.press(']');
  await page.keyboard.press(']');
  await expect(page.locator('html')).toHaveCSS('filter', 'none');
  // UTC is shown, both are told.
  await expect(page.locator('header time')).toHaveAttribute('title', /Z\n\d{4}-\d\d-\d\d \d\d:\d\d:\d\d UTC\+8/);
  await expect(page.locator('[data-card] .when').first()).toHaveAttribute('title', /Z\n.*UTC\+8/);
  const loop = page.getByRole('button', { name: 'Loop' });
  await loop.click();
  await expect(loop).toHaveAttribute('aria-pressed', 'true');
  await loop.click();
  await expect(loop).toHaveAttribute('aria-pressed', 'false');
  await page.locator('.map').focus();
  await page.keyboard.press('1');
  const shown = new Set<string>();
  const rows = page.getByTestId('tracks').locator('tbody tr button');
  for (;;) {
    for (const text of await rows.allTextContents()) shown.add(text.trim());
    const further = page.getByRole('button', { name: 'Further rows' });
    if ((await further.count()) === 0 || (await further.isDisabled())) break;
    await further.click();
  }
  const all = await page.evaluate(() => [...window.__console.tracks.slotOf.keys()].map(String));
  expect(all.filter((id) => !shown.has(id))).toEqual([]);
  expect(all.length).toBeGreaterThan(200);
});

test('the report is printed in both languages and nothing of the chart with it', async ({ page }) => {
  await open(page, server, { language: 'en' });
  await page.keyboard.press('3');
  await expect(page.getByTestId('hand-over')).toContainText('BLAKE3');
  await page.emulateMedia({ media: 'print' });
  await expect(page.locator('.frame')).toBeHidden();
  const report = page.getByTestId('hand-over');
  await expect(report.getByText('未结事件')).toBeVisible();
  await expect(report.getByText('Open incidents')).toBeVisible();
  await expect(report.getByText('________________')).toBeVisible();
  await expect(report.getByRole('button', { name: 'Print' })).toBeHidden();
  await page.emulateMedia({ media: null });
});
