import AxeBuilder from '@axe-core/playwright';
import type { Browser, Page } from '@playwright/test';
import { mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { expect, Server, test, WORK } from './server';

// A watch with accounts, from its first start on.

const SITE =
  '[site]\nname = "Accounts"\norigin = { lat = 22.55, lon = 114.72 }\n[capture]\ndir = "capture"\n[[sensor]]\nid = "ais"\nkind = "ais"\nformat = "nmea"\nfeed = "udp://127.0.0.1:47123"\n';

/** A watch with accounts that begins with nothing, and the administrator's one-time password. */
async function begin(lasting: (server: Server) => Server, name: string): Promise<{ server: Server; once: string }> {
  const folder = resolve(WORK, name);
  rmSync(folder, { recursive: true, force: true });
  mkdirSync(folder, { recursive: true });
  writeFileSync(resolve(folder, 'site.toml'), SITE);
  const server = lasting(await Server.start(['watch', '--config', 'site.toml', '--listen', '127.0.0.1:0', '--accounts'], folder));
  return { server, once: /one-time password (\w+)/.exec(server.said)?.[1] ?? '' };
}

async function login(on: Page, name: string, password: string, renewed?: string) {
  await on.getByLabel('User').fill(name);
  await on.getByLabel('Password', { exact: true }).fill(password);
  await on.getByRole('button', { name: 'Log in' }).click();
  if (renewed) {
    await on.getByLabel('New password').fill(renewed);
    await on.getByRole('button', { name: 'Log in' }).click();
  }
  await expect(on.getByTestId('link')).toBeVisible();
}

test('the administrator makes, changes and disables accounts, and everybody has a password of their own', async ({ page, browser, faults, lasting }) => {
  const { server, once } = await begin(lasting, 'accounts');
  const officer = await browser.newContext({ viewport: { width: 1280, height: 800 } });
  try {
    await page.addInitScript(() => localStorage.setItem('haishao.language', 'en'));
    await page.goto(server.url);
    await login(page, 'admin', once, 'correct horse battery');
    await page.getByRole('button', { name: 'admin' }).click();
    const dialog = page.getByTestId('accounts');
    await dialog.getByLabel('User').fill('li');
    await dialog.getByRole('combobox', { name: 'Role', exact: true }).selectOption('watch-officer');
    await dialog.getByRole('button', { name: 'Make account' }).click();
    const told = (await dialog.getByTestId('once').locator('code').textContent()) ?? '';
    const other = await officer.newPage();
    await other.addInitScript(() => localStorage.setItem('haishao.language', 'en'));
    await other.goto(server.url);
    await login(other, 'li', told, 'staple correct horse');
    await expect(other.getByTestId('link')).not.toHaveText('LINK LOST');
    await dialog.getByRole('combobox', { name: 'Role li' }).selectOption('supervisor');
    await expect(dialog.getByTestId('audit')).toContainText('li role supervisor');
    await dialog.getByRole('button', { name: 'Disable li' }).click();
    await expect(dialog.getByRole('button', { name: 'Enable li' })).toBeVisible();
    // Nobody who is disabled goes on looking.
    await expect(other.getByRole('button', { name: 'Log in' })).toBeVisible({ timeout: 20_000 });
    // The last administrator cannot be put out.
    await dialog.getByRole('button', { name: 'Disable admin' }).click();
    await expect(dialog.getByRole('alert')).toContainText('last administrator');
    await dialog.getByRole('button', { name: 'Reset password li' }).click();
    await expect(dialog.getByTestId('once')).not.toContainText(told);
    const result = await new AxeBuilder({ page }).withTags(['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa']).analyze();
    expect(result.violations.map((v) => `${v.id} ${v.nodes.map((n) => n.target.join(' ')).join('; ')}`)).toEqual([]);
    // The own password; then only the new one opens.
    await dialog.getByLabel('Password', { exact: true }).fill('correct horse battery');
    await dialog.getByLabel('New password').fill('another long password');
    await dialog.getByRole('button', { name: 'Change password' }).click();
    await expect(dialog).toHaveCount(0);
    await login(page, 'admin', 'another long password');
    await page.waitForFunction(() => window.__console);
    await page.evaluate(() => window.__console.idle());
  } finally {
    await officer.close();
  }
  // What the browser says of refusals that were meant is no fault of the page.
  faults.splice(0, faults.length, ...faults.filter((f) => !/status of (401|409)|api\/stream|ERR_CONNECTION|ERR_ABORTED/.test(f)));
});

async function officer(browser: Browser, server: Server, name: string, once: string): Promise<Page> {
  const page = await (await browser.newContext({ viewport: { width: 1280, height: 800 } })).newPage();
  await page.addInitScript(() => localStorage.setItem('haishao.language', 'en'));
  await page.goto(server.url);
  await login(page, name, once, `password of ${name}`);
  return page;
}

test('a watch is handed over: one officer signs the report, the other reads that very report and signs it too', async ({ browser, request, lasting }) => {
  const { server, once } = await begin(lasting, 'hand-over');
  const pages: Page[] = [];
  try {
    const as = (path: string, data: object) => request.post(`${server.url}${path}`, { data });
    await as('api/login', { name: 'admin', password: once, new_password: 'correct horse battery' });
    for (const name of ['wang', 'li']) {
      const made = (await (await as('api/accounts', { name, role: 'watch-officer' })).json()) as { one_time_password: string };
      pages.push(await officer(browser, server, name, made.one_time_password));
    }
    const [wang, li] = pages as [Page, Page];
    await wang.locator('.map').focus();
    await wang.keyboard.press('3');
    await wang.getByLabel('Incoming officer').fill('li');
    await wang.getByLabel('Text').fill('quiet night');
    const signs = wang.getByTestId('hand-over').getByRole('button', { name: 'Sign as outgoing' });
    await signs.click();
    await expect(wang.getByTestId('hand-over')).toContainText('wang → li');
    await li.locator('.map').focus();
    await li.keyboard.press('3');
    const dialog = li.getByTestId('hand-over');
    await expect(dialog).toContainText('wang → li');
    // Not before it has been on the screen.
    await expect(dialog.getByRole('button', { name: 'Sign as incoming' })).toBeDisabled();
    await dialog.getByRole('button', { name: 'Show' }).click();
    await expect(dialog).toContainText('Outgoing: wang');
    await dialog.getByRole('button', { name: 'Sign as incoming' }).click();
    await expect(dialog).not.toContainText('wang → li');
    // Both signatures, and who looked at the report before, are in the audit log.
    await as('api/login', { name: 'admin', password: 'correct horse battery' });
    const log = (await (await request.get(`${server.url}api/audit`)).json()) as { entries: { actor: string; action: string }[] };
    const did = log.entries.map((e) => `${e.actor} ${e.action}`);
    for (const entry of ['wang hand-over-viewed', 'wang hand-over', 'li hand-over-viewed', 'li take-over', 'admin audit-viewed']) expect(did).toContain(entry);
  } finally {
    for (const page of pages) await page.context().close();
  }
});

test('who has proposed a false alarm of severity 4 withdraws it, a colleague cannot, the supervisor can', async ({ browser, request, lasting }) => {
  const { server, once } = await begin(lasting, 'withdrawn');
  const pages: Page[] = [];
  try {
    const as = (path: string, data: object) => request.post(`${server.url}${path}`, { data });
    await as('api/login', { name: 'admin', password: once, new_password: 'correct horse battery' });
    for (const [name, role] of [['wang', 'watch-officer'], ['li', 'watch-officer'], ['hu', 'supervisor']] as const) {
      const made = (await (await as('api/accounts', { name, role })).json()) as { one_time_password: string };
      pages.push(await officer(browser, server, name, made.one_time_password));
    }
    const [wang, li, hu] = pages as [Page, Page, Page];
    const opened = await wang.context().request.post(`${server.url}api/commands`, {
      data: { do: 'open', position: [22.5, 114.8], severity: 4, text: 'a fast boat without lights' },
    });
    expect(opened.status()).toBe(200);
    for (const page of pages) await page.locator('.card').click();
    const withdraw = (page: Page) => page.getByRole('button', { name: 'Withdraw the proposal' });
    const propose = async (why: string) => {
      await wang.getByRole('button', { name: 'False alarm' }).click();
      await wang.getByLabel('Reason').fill(why);
      await wang.getByRole('button', { name: 'OK' }).click();
    };
    const giveUp = async (page: Page, why: string) => {
      await withdraw(page).click();
      await page.getByLabel('Reason').fill(why);
      await page.getByRole('button', { name: 'OK' }).click();
      for (const other of pages) {
        await expect(other.getByTestId('proposed')).toHaveCount(0);
        await expect(other.getByTestId('log')).toContainText(`false alarm withdrawn ${why}`);
        await expect(withdraw(other)).toHaveCount(0);
      }
    };
    for (const page of pages) await expect(withdraw(page)).toHaveCount(0);
    await propose('our own patrol');
    for (const page of pages) await expect(page.getByTestId('proposed')).toContainText('wang: our own patrol');
    await expect(withdraw(li)).toHaveCount(0);
    const refused = await li.context().request.post(`${server.url}api/commands`, {
      data: { do: 'withdraw-false-alarm', incident: ((await opened.json()) as { incident: number }).incident, reason: 'I doubt it' },
    });
    expect([refused.status(), ((await refused.json()) as { message: string }).message]).toEqual([422, expect.stringContaining('only who proposed it, or a supervisor')]);
    await giveUp(wang, 'the patrol is in port');
    await propose('a customs boat');
    await giveUp(hu, 'customs know of none');
    await as('api/login', { name: 'admin', password: 'correct horse battery' });
    const log = (await (await request.get(`${server.url}api/audit`)).json()) as { entries: { actor: string; action: string }[] };
    const did = log.entries.map((e) => `${e.actor} ${e.action}`);
    for (const entry of ['wang false-alarm proposed', 'li withdraw-false-alarm refused', 'wang withdraw-false-alarm', 'hu withdraw-false-alarm']) expect(did).toContain(entry);
  } finally {
    for (const page of pages) await page.context().close();
  }
});
