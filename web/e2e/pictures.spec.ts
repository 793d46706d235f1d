import { resolve } from 'node:path';
import { expect, freeze, open, replay, Server, test } from './server';

// The pictures of README and docs, made anew by `PICTURES=1 npx playwright test pictures`: what a reader sees is what the program shows.
test.skip(!process.env.PICTURES, 'makes the pictures of the documentation: PICTURES=1');

const into = (name: string) => resolve(import.meta.dirname, `../../docs/img/${name}.png`);

test('live, night, incident', async ({ page, lasting }) => {
  const server = lasting(await Server.start(['watch', '--listen', '127.0.0.1:0']));
  await open(page, server, { palette: 'night', language: 'en' });
  await expect(page.getByTestId('cards-open').locator('.unacknowledged.s4')).not.toHaveCount(0, { timeout: 80_000 });
  // A tail and a second boat.
  await page.waitForTimeout(30_000);
  await page.screenshot({ path: into('night') });
  await page.keyboard.press('e');
  await page.keyboard.press('p');
  await page.waitForTimeout(1500);
  await page.screenshot({ path: into('live') });
  await page.keyboard.press('e');
  await page.keyboard.press('p');
  await page.locator('.unacknowledged.s4').first().click();
  await expect(page.getByTestId('units')).toBeVisible();
  await page.keyboard.press('a');
  await page.keyboard.press('d');
  await page.getByRole('dialog').locator('select').selectOption({ index: 0 });
  await page.keyboard.press('Enter');
  await expect(page.getByTestId('log')).toContainText('dispatched');
  await page.waitForTimeout(3000);
  await page.screenshot({ path: into('incident') });
});

test('replay', async ({ page, lasting }) => {
  const server = lasting(await replay());
  await freeze(server, 300);
  await open(page, server, { palette: 'night', language: 'en' });
  await page.locator('[data-card]').first().click();
  await expect(page.getByTestId('track')).toContainText('kn');
  await page.evaluate(() => window.__console.idle());
  await page.screenshot({ path: into('replay') });
});
