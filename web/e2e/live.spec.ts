import { ask, expect, open, Server, test, watchForFaults } from './server';

// The demo, live: what `haishao watch` shows.

test('the link is lost and found: a killed server is told at once, and a new one shown within 5 s', async ({ page, faults, lasting }) => {
  let server = lasting(await Server.start(['watch', '--listen', '127.0.0.1:0']));
  const address = server.address;
  await open(page, server, { language: 'en' });
  await expect(page.getByTestId('link')).toHaveText('LIVE');
  await server.end('SIGKILL');
  await expect(page.getByTestId('link-lost')).toBeVisible({ timeout: 5000 });
  await expect(page.locator('.map')).toHaveClass(/frozen/);
  server = lasting(await Server.start(['watch', '--listen', address]));
  const back = Date.now();
  await expect(page.getByTestId('link')).toHaveText('LIVE', { timeout: 5000 });
  expect(Date.now() - back).toBeLessThan(5000);
  // The sea of the new server, none of the old.
  await expect
    .poll(async () => {
      const shown = await page.evaluate(() => [...window.__console.tracks.slotOf.keys()]);
      const picture = await ask<{ features: { id: number }[] }>(server, 'api/picture');
      const real = new Set(picture.features.map((f) => f.id));
      return shown.length > 0 && shown.filter((id) => !real.has(id)).length <= shown.length / 4;
    }, { timeout: 20_000 })
    .toBe(true);
  // What the browser says of the server that was killed is no fault of the page.
  faults.splice(0, faults.length, ...faults.filter((f) => !/ERR_CONNECTION|WebSocket connection|Failed to load resource|api\/(track|trails)/.test(f)));
});

test('the demo, from alert to acknowledgement to dispatch, on two consoles at once', async ({ page, browser, lasting }) => {
  const server = lasting(await Server.start(['watch', '--listen', '127.0.0.1:0']));
  const context = await browser.newContext({ viewport: { width: 1280, height: 800 } });
  const other = await context.newPage();
  const faults = watchForFaults(other);
  try {
    await open(page, server, { language: 'en' });
    await open(other, server, { language: 'zh' });
    // The night's first fast boat is alarmed within a minute.
    const card = page.getByTestId('cards-open').locator('.unacknowledged.s4, .unacknowledged.s3').first();
    await expect(card).toBeVisible({ timeout: 80_000 });
    const key = await card.getAttribute('data-card');
    await card.click();
    await expect(page.getByTestId('card')).toContainText('AIS not received');
    await expect(page.getByTestId('units')).toContainText('BOAT-1');
    // Which landing zones it may run for, by how it has run, in each officer's language.
    await expect(page.getByTestId('landfalls')).toContainText(/(Fanhe|Xunliao|Jinmentang|Pinghai|Kaozhou|Honghai).*\d+ %/);
    // What an officer reads: what fired it, what would refute it, what is not known, how sure AIS would be heard, what makes it suspicious.
    await expect(page.getByTestId('refutes')).toContainText('Refuted by');
    await expect(page.getByTestId('ais')).toContainText(/AIS not received · reception here (\d+ %|not known)/);
    await expect(page.getByTestId('unknowns')).not.toBeEmpty();
    await expect(page.getByTestId('card')).not.toContainText(/unknown min/);
    await expect(page.getByTestId('suspicion').locator('tr')).not.toHaveCount(0);
    await expect(page.getByTestId('cpa')).toContainText(/\d NM · TCPA/);
    const said = await page.evaluate(() => window.__console.ui.detail.suspicion);
    const sum = said.contributions.reduce((all: number, c: { nats: number }) => all + c.nats, said.before);
    expect(Math.abs(sum - said.log_odds)).toBeLessThan(0.1);
    const same = other.locator(`[data-card="${key}"]`);
    await expect(same).toContainText('未确认');
    // Acknowledge by one key; the other console has it within a second, and the condition stays.
    const seen = other.waitForFunction((k) => document.querySelector(`[data-card="${k}"]`)?.classList.contains('acknowledged') && performance.timeOrigin + performance.now(), key, { polling: 20, timeout: 10_000 });
    const pressed = await page.evaluate(() => performance.timeOrigin + performance.now());
    await page.keyboard.press('a');
    const after_ms = Number(await (await seen).jsonValue()) - pressed;
    console.log(`acknowledged on the other console after ${after_ms.toFixed(0)} ms`);
    expect(after_ms).toBeLessThan(1000);
    await expect(page.locator(`[data-card="${key}"]`)).toHaveClass(/acknowledged/);
    await expect(page.getByTestId('log')).toContainText('acknowledged');
    await page.keyboard.press('d');
    const dialog = page.getByRole('dialog');
    await dialog.locator('select').selectOption({ index: 0 });
    await page.keyboard.press('Enter');
    await expect(dialog).toHaveCount(0);
    await expect(page.locator(`[data-card="${key}"]`)).toContainText('dispatched');
    await expect(same).toContainText('已派单');
    await page.keyboard.press('n');
    await page.getByLabel('Text').fill('seen from the tower');
    await page.keyboard.press('Enter');
    await expect(page.getByTestId('log')).toContainText('seen from the tower');
    await expect(dialog).toHaveCount(0);
    // Shelved with a reason, and taken back from the shelf.
    await page.locator('.map').focus();
    await page.keyboard.press('h');
    await page.getByLabel('Reason').fill('boat of the pilots');
    await page.keyboard.press('Enter');
    await expect(page.getByTestId('cards-shelved').locator(`[data-card="${key}"]`)).toBeVisible();
    await expect(other.getByTestId('cards-shelved').locator(`[data-card="${key}"]`)).toBeVisible();
    await page.getByRole('button', { name: 'Unshelve' }).click();
    await expect(page.getByTestId('cards-open').locator(`[data-card="${key}"]`)).toBeVisible();
    // An incident of the officer's own, on a craft that no rule called for, which turns out to be nothing.
    await page.evaluate(() => {
      const { tracks, ui } = window.__console;
      for (let i = 0; i < tracks.high; i++) if (tracks.live[i] && tracks.severity(i) === 0 && tracks.status(i) === 1) return ui.select(tracks.id[i]);
    });
    await page.locator('.map').focus();
    await page.keyboard.press('o');
    await page.getByLabel('Text').fill('shines a lamp at the shore');
    await page.keyboard.press('Enter');
    const own = page.locator('[data-card]', { hasText: 'shines a lamp at the shore' });
    await expect(own).toBeVisible();
    await own.click();
    await page.locator('.map').focus();
    await page.keyboard.press('x');
    await page.getByLabel('Reason').fill('a fisherman mends a net');
    await page.keyboard.press('Enter');
    await expect(page.getByTestId('log')).toContainText('a fisherman mends a net');
    await page.locator(`[data-card="${key}"]`).click();
    // Capacity, and whose alerts rules kept back.
    await page.locator('.map').focus();
    await page.keyboard.press('2');
    await expect(page.getByTestId('capacity')).toContainText(/Capacity \d+ \/ 20000 · Consoles 2 \/ 100/);
    const masked = await page.evaluate(() => new Set(window.__console.ui.health.masked.map((m: { track_id: number }) => m.track_id)).size);
    await expect(page.getByTestId('capacity')).toContainText(`Masked targets ${masked}`);
    await page.keyboard.press('2');
    // The report of the watch has it, in both languages.
    await page.locator('.map').focus();
    await page.keyboard.press('3');
    await expect(page.getByTestId('hand-over')).toContainText('Open incidents');
    await expect(page.getByTestId('hand-over')).toContainText('未结事件');
    expect(faults).toEqual([]);
  } finally {
    await context.close();
  }
});
