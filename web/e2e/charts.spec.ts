import { mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { expect, freeze, open, replay, test, WORK } from './server';
import { raster, tileAt, vector } from './pmtiles';

// Charts that a site brings: read by ranges from the program itself, drawn beneath the craft, in each palette.

// Two tiles side by side, and the view on the line between them.
const ZOOM = 10;
const LAT = 22.33;
const { area: WEST } = tileAt(LAT, 114.6, ZOOM);

const lat = (a: { south: number; north: number }) => (a.south + a.north) / 2;

test('charts of the folder are drawn beneath the craft in every palette, by ranges, and a broken one is told of', async ({ page, lasting }) => {
  const folder = resolve(WORK, 'charts');
  rmSync(folder, { recursive: true, force: true });
  mkdirSync(folder, { recursive: true });
  // Light as paper: at night it must not shine.
  const grey = raster(LAT, 114.6, ZOOM, [230, 236, 240]);
  const squares = vector(LAT, WEST.east + 0.01, ZOOM);
  writeFileSync(resolve(folder, 'grey.pmtiles'), grey.bytes);
  writeFileSync(resolve(folder, 'squares.pmtiles'), squares.bytes);
  writeFileSync(resolve(folder, 'broken.pmtiles'), 'no chart at all');
  writeFileSync(resolve(folder, 'readme.txt'), 'not a chart');
  const server = lasting(await replay(['--charts', folder]));
  await page.setViewportSize({ width: 1700, height: 900 });
  await freeze(server, 60);
  const parts: number[] = [];
  page.on('response', (r) => r.url().includes('/charts/') && parts.push(r.status()));
  await open(page, server, { palette: 'day', language: 'en' }, `#at=${lat(WEST)},${WEST.east},${ZOOM}`);
  await expect(page.locator('.credit')).toContainText('grey.pmtiles · Test office');
  await expect(page.locator('.credit')).toContainText('squares.pmtiles');
  await expect(page.getByTestId('chart-fault')).toContainText('broken.pmtiles: cannot be read');
  expect(parts).toContain(206);
  expect(new Set(parts.filter((s) => s !== 206 && s !== 304))).toEqual(new Set());

  const places = {
    grey: [lat(grey.area), grey.area.west + 0.9 * (grey.area.east - grey.area.west)],
    land: [lat(squares.area), squares.area.west + 0.16 * (squares.area.east - squares.area.west)],
    shoal: [lat(squares.area), squares.area.west + 0.5 * (squares.area.east - squares.area.west)],
    sea: [lat(squares.area), squares.area.west + 0.8 * (squares.area.east - squares.area.west)],
  };
  /** The colour on the screen at each place. */
  const colours = async () => {
    await page.evaluate(() => window.__console.idle());
    const shot = (await page.screenshot()).toString('base64');
    return page.evaluate(
      async ([base64, at]) => {
        const image = await createImageBitmap(new Blob([Uint8Array.from(atob(base64 as string), (c) => c.charCodeAt(0))]));
        const g = new OffscreenCanvas(image.width, image.height).getContext('2d');
        g?.drawImage(image, 0, 0);
        const box = document.querySelector('.map')?.getBoundingClientRect();
        const of: Record<string, string> = {};
        for (const [name, [lat, lon]] of Object.entries(at as Record<string, number[]>)) {
          const [x, y] = window.__console.pixel(lon, lat) as [number, number];
          of[name] = [...(g?.getImageData(Math.round(x + (box?.left ?? 0)), Math.round(y + (box?.top ?? 0)), 1, 1).data ?? [])].slice(0, 3).join(',');
        }
        const css = (token: string) => {
          const n = parseInt(getComputedStyle(document.documentElement).getPropertyValue(token).trim().slice(1), 16);
          return `${n >> 16},${(n >> 8) & 255},${n & 255}`;
        };
        return { of, css: { land: css('--land'), shoal: css('--shoal'), sea: css('--sea') } };
      },
      [shot, places] as const,
    );
  };
  for (const palette of ['day', 'dusk', 'night']) {
    await expect(page.locator('html')).toHaveAttribute('data-palette', palette);
    await expect.poll(async () => { const { of, css } = await colours(); return [of.land === css.land, of.shoal === css.shoal, of.sea === css.sea]; }, { message: palette }).toEqual([true, true, true]);
    const { of, css } = await colours();
    const brightest = Math.max(...(of.grey ?? '').split(',').map(Number));
    expect(of.grey).not.toBe(css.sea);
    if (palette === 'day') expect(brightest).toBeGreaterThan(220);
    if (palette === 'dusk') expect(brightest).toBeLessThan(130);
    if (palette === 'night') expect(brightest).toBeLessThan(70);
    if (palette !== 'night') await page.keyboard.press('p');
  }
  // Taken away by one key, and back by the same.
  await page.keyboard.press('c');
  await expect.poll(async () => { const { of, css } = await colours(); return [of.grey === css.sea, of.land === css.sea]; }).toEqual([true, true]);
  await page.keyboard.press('c');
  await expect.poll(async () => { const { of, css } = await colours(); return [of.grey === css.sea, of.land === css.land]; }).toEqual([false, true]);
});
