import { expect, freeze, open, replay, type Server, test } from './server';

// What officers expect of any such console (IMO MSC.191(79), MSC.192(79) 5.24–5.28, and habit), one by one; what other files show is
// not shown again here. The table in docs/console.md says which test shows what.
let server: Server;
test.beforeAll(async () => {
  server = await replay();
  await freeze(server, 300);
});
test.afterAll(() => server?.end());

const SLEEPING = 4;
const HIDDEN = 16;

test('north is up and stays up, the scale is in miles, and one key shows the whole picture again', async ({ page }) => {
  await open(page, server, { language: 'en' });
  await expect(page.locator('.scale')).toHaveText(/^[\d.]+ NM$/);
  const at = () => page.evaluate(() => { const v = window.__console.view(); return [v.scale, v.offsetX, v.offsetY].map((n: number) => Math.round(n)); });
  await page.keyboard.press('Home');
  const home = await at();
  const box = await page.locator('.map').boundingBox();
  const [x, y] = [(box?.x ?? 0) + 300, (box?.y ?? 0) + 300];
  // The right button and the control key turn other charts.
  for (const turn of [{ button: 'right' as const }, { button: 'left' as const, key: 'Control' }]) {
    if (turn.key) await page.keyboard.down(turn.key);
    await page.mouse.move(x, y);
    await page.mouse.down({ button: turn.button });
    await page.mouse.move(x + 120, y + 60, { steps: 4 });
    await page.mouse.up({ button: turn.button });
    if (turn.key) await page.keyboard.up(turn.key);
  }
  await page.keyboard.press('Escape');
  expect(await page.evaluate(() => window.__console.bearing())).toBe(0);
  await page.keyboard.press('+');
  await page.keyboard.press('ArrowLeft');
  expect(await at()).not.toEqual(home);
  await page.keyboard.press('Home');
  expect(await at()).toEqual(home);
  // A window made smaller still shows the whole, and gives it back; a view of the officer's own stays where it is.
  const place = () => page.evaluate(() => { const { ui, pixel } = window.__console; return ui.hello.sensors.filter((s: { lat: number | null }) => s.lat !== null).map((s: { lon: number; lat: number }) => pixel(s.lon, s.lat)) as [number, number][]; });
  const inside = async () => { const b = await page.locator('.map').boundingBox(); return (await place()).every(([px, py]) => px > 0 && py > 0 && px < (b?.width ?? 0) && py < (b?.height ?? 0)); };
  expect(await inside()).toBe(true);
  await page.setViewportSize({ width: 900, height: 500 });
  await expect.poll(at).not.toEqual(home);
  await expect.poll(inside).toBe(true);
  await page.setViewportSize({ width: 1440, height: 900 });
  await expect.poll(at).toEqual(home);
  await page.keyboard.press('+');
  const [near] = await at();
  await page.setViewportSize({ width: 900, height: 500 });
  await page.evaluate(() => window.__console.idle());
  expect((await at())[0]).toBe(near);
});

test('bearing and distance are measured between two clicks', async ({ page }) => {
  await open(page, server, { language: 'en' });
  const box = await page.locator('.map').boundingBox();
  const [x, y] = [(box?.x ?? 0) + 60, (box?.y ?? 0) + (box?.height ?? 0) - 120];
  await page.keyboard.press('m');
  await page.mouse.click(x, y);
  await page.mouse.click(x + 200, y);
  // Due east, and as far as the scale says.
  const said = (await page.locator('p[role=status].visually-hidden').textContent()) ?? '';
  const [, bearing, miles] = (/EBL ([\d.]+)° VRM ([\d.]+) NM/.exec(said) ?? []).map(Number);
  const expected = await page.evaluate(() => 200 / window.__console.view().pxPerMetre / 1852);
  expect(bearing).toBeGreaterThan(89.5);
  expect(bearing).toBeLessThan(90.5);
  expect(Math.abs((miles as number) - expected) / expected).toBeLessThan(0.02);
});

test('one setting of vectors and of tails for all, always told', async ({ page }) => {
  await open(page, server, { language: 'en' });
  const vectors = page.getByLabel('True vectors');
  await expect(vectors).toHaveValue('6');
  await page.keyboard.press('v');
  await expect(vectors).toHaveValue('12');
  await page.keyboard.press('t');
  await expect(page.getByLabel('Tails')).toHaveValue('5');
  await expect.poll(() => page.url()).toContain('vectors=12');
});

test('what sleeps wakes when it is chosen, and the chosen can be looked at alone', async ({ page }) => {
  await open(page, server, { language: 'en' });
  const asleep = await page.evaluate(
    ([sleeping, hidden]) => {
      const { tracks, state } = window.__console;
      const alone = [];
      for (const id of tracks.slotOf.keys()) {
        const s = state(id);
        if (s & (sleeping as number) && !(s & (hidden as number)) && tracks.status(tracks.slotOf.get(id)) !== 0) alone.push(id);
      }
      return alone as number[];
    },
    [SLEEPING, HIDDEN],
  );
  expect(asleep.length).toBeGreaterThan(0);
  const id = asleep[0] as number;
  await page.keyboard.press('/');
  await page.keyboard.type(String(id));
  await page.keyboard.press('Enter');
  const state = () => page.evaluate((n) => window.__console.state(n), id);
  await expect.poll(async () => (await state()) & SLEEPING).toBe(0);
  await page.locator('.map').focus();
  await page.keyboard.press('i');
  await expect(page.getByTestId('filter-on')).toBeVisible();
  const shown = () => page.evaluate(() => { const t = window.__console.tracks; let [chosen, alarmed] = [0, 0]; for (let i = 0; i < t.high; i++) if (t.live[i] && !t.hidden[i]) { if (t.severity(i) > 0) alarmed++; else chosen++; } return { chosen, alarmed }; });
  await expect.poll(async () => (await shown()).chosen).toBe(1);
  expect((await shown()).alarmed).toBeGreaterThan(0);
});

test('the address of a view shows the same view to somebody else', async ({ page, browser }) => {
  await open(page, server, { language: 'en' });
  await page.locator('[data-card]').first().click();
  await page.keyboard.press('Enter');
  await page.keyboard.press('+');
  await page.keyboard.press('v');
  await expect.poll(() => page.url()).toContain('vectors=12');
  await page.waitForTimeout(500);
  const view = (on: import('@playwright/test').Page) => on.evaluate(() => { const { view, ui } = window.__console; const v = view(); return { scale: Math.round(v.scale / 100), track: ui.selected, vectors: ui.vectorMinutes, x: Math.round(v.offsetX / 8), y: Math.round(v.offsetY / 8) }; });
  const context = await browser.newContext({ viewport: { width: 1440, height: 900 } });
  const other = await context.newPage();
  await other.goto(page.url());
  await other.waitForFunction(() => window.__console?.tracks.count > 0);
  await other.evaluate(() => window.__console.idle());
  expect(await view(other)).toEqual(await view(page));
  await context.close();
});

test('an old picture says so and loses its colours', async ({ page }) => {
  await open(page, server, { language: 'en' });
  await expect(page.getByTestId('stale')).toHaveCount(0);
  // A replay is never stale; as if it were live and the engine had stopped.
  await page.evaluate(() => {
    const { ui } = window.__console;
    ui.hello = { ...ui.hello, mode: 'live' };
    // Again and again: the server goes on telling that all is well.
    setInterval(() => (ui.health = { ...ui.health, picture_age_s: 7 }), 20);
  });
  await expect(page.getByTestId('stale')).toBeVisible();
  await expect(page.locator('.map')).toHaveClass(/frozen/);
});
