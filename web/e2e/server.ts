// The real program, started for the tests, and a page that fails on any request off the host, failed request or error.

import { type ChildProcess, execFileSync, spawn } from 'node:child_process';
import { existsSync, mkdirSync } from 'node:fs';
import { Agent, request } from 'node:http';
import { resolve } from 'node:path';
import { test as base, expect, type Page } from '@playwright/test';

const root = resolve(import.meta.dirname, '../..');
export const program = process.env.HAISHAO ?? resolve(root, 'target/debug/haishao');
/** A made-up sea of any size (`cargo build --example console_load`). */
export const crowd = process.env.CONSOLE_LOAD ?? resolve(root, 'target/debug/examples/console_load');
export const WORK = resolve(root, 'target/e2e');

const direct = new Agent();

/** Asks the server itself, past any proxy that the machine is set up with. */
export function ask<T>(server: Server, path: string, order?: object): Promise<T> {
  return new Promise((done, fail) => {
    const body = order && JSON.stringify(order);
    const asked = request(`${server.url}${path}`, { agent: direct, method: body ? 'POST' : 'GET', headers: body ? { 'content-type': 'application/json' } : {} }, (answer) => {
      let text = '';
      answer.on('data', (part) => (text += part));
      answer.on('end', () => {
        try {
          done(JSON.parse(text) as T);
        } catch {
          fail(new Error(`${path}: ${text}`));
        }
      });
    });
    asked.on('error', fail);
    asked.end(body);
  });
}

export class Server {
  address = '';
  said = '';
  private constructor(private child: ChildProcess) {}

  static async start(args: string[], cwd = WORK, run = program): Promise<Server> {
    mkdirSync(cwd, { recursive: true });
    const child = spawn(run, args, { cwd, stdio: ['ignore', 'ignore', 'pipe'] });
    const server = new Server(child);
    await new Promise<void>((done, fail) => {
      const timer = setTimeout(() => fail(new Error(`${run} ${args.join(' ')} did not start: ${server.said}`)), 60_000);
      child.stderr?.on('data', (bytes: Buffer) => {
        server.said += bytes.toString();
        const at = /console on http:\/\/(\S+)\n/.exec(server.said);
        if (at) {
          clearTimeout(timer);
          server.address = at[1] as string;
          done();
        }
      });
      child.on('error', (broken) => fail(new Error(`${run}: ${broken.message}; is it built?`)));
      child.on('exit', (code) => fail(new Error(`ended with ${code}: ${server.said}`)));
    });
    child.removeAllListeners('exit');
    return server;
  }

  get url(): string {
    return `http://${this.address}/`;
  }

  async end(signal: NodeJS.Signals = 'SIGTERM'): Promise<void> {
    if (this.child.exitCode !== null || this.child.signalCode !== null) return;
    const ended = new Promise((done) => this.child.once('exit', done));
    this.child.kill(signal);
    await ended;
  }
}

/** A simulated night, always the same: seven minutes with fast boats running in. */
export function night(): string {
  const folder = resolve(WORK, 'night');
  if (!existsSync(resolve(folder, 'capture.pcap.gz'))) {
    mkdirSync(WORK, { recursive: true });
    execFileSync(program, ['simulate', 'daya-bay-night', '--seed', '1', '--duration', '420', '--out', folder]);
  }
  return folder;
}

export async function replay(more: string[] = []): Promise<Server> {
  const folder = night();
  return Server.start(['replay', '--config', `${folder}/site.toml`, '--console', '127.0.0.1:0', ...more, `${folder}/capture.pcap.gz`]);
}

/** Shows the record at so many seconds from its beginning, standing still. */
export async function freeze(server: Server, at_s: number): Promise<void> {
  const status = () => ask<{ first: number; t: number; seeking: boolean; indexed: boolean }>(server, 'api/replay');
  await expect.poll(async () => (await status()).indexed, { timeout: 60_000 }).toBe(true);
  const wanted = Math.round((await status()).first) + at_s;
  await ask(server, 'api/replay', { play: false, seek: wanted });
  await expect.poll(async () => { const s = await status(); return s.seeking ? -1 : s.t; }, { timeout: 60_000 }).toBe(wanted);
}

declare global {
  interface Window {
    // biome-ignore lint: a hook of the page for tests
    __console: any;
  }
}

/** Opens the console and waits until it stands. */
export async function open(page: Page, server: Server, set: { palette?: string; language?: string } = {}, hash = ''): Promise<void> {
  await page.addInitScript((s) => {
    for (const [key, value] of Object.entries(s)) localStorage.setItem(`haishao.${key}`, value as string);
  }, set);
  await page.goto(server.url + hash);
  await page.waitForFunction(() => window.__console?.tracks.count > 0, null, { timeout: 45_000 });
  await page.evaluate(() => window.__console.idle());
}

export function watchForFaults(page: Page): string[] {
  const faults: string[] = [];
  page.on('request', (r) => {
    const host = new URL(r.url()).hostname;
    if (!['127.0.0.1', ''].includes(host)) faults.push(`request off the host: ${r.url()}`);
  });
  page.on('pageerror', (e) => faults.push(`page error: ${e.message}`));
  page.on('console', (m) => m.type() === 'error' && faults.push(`console: ${m.text()}`));
  page.on('requestfailed', (r) => faults.push(`failed: ${r.url()} ${r.failure()?.errorText}`));
  return faults;
}

/** A page that must make no fault, and servers that last as long as its faults are counted. */
export const test = base.extend<{ lasting: (server: Server) => Server; faults: string[] }>({
  // Ended in a test's own last line, a server leaves an open page that asks it for a trail: a refused connection, and a fault by chance.
  // biome-ignore lint: it needs no other fixture
  lasting: async ({}, use) => {
    const servers: Server[] = [];
    await use((server) => {
      servers.push(server);
      return server;
    });
    for (const server of servers) await server.end();
  },
  faults: [
    async ({ page, lasting: _ }, use) => {
      const faults = watchForFaults(page);
      await use(faults);
      expect(faults).toEqual([]);
    },
    { auto: true },
  ],
});
export { expect };
