import { existsSync, readFileSync, readdirSync } from 'node:fs';
import { svelte } from '@sveltejs/vite-plugin-svelte';
import { defineConfig, type Plugin } from 'vite';

/** What is built holds other people's work: their licences go with it, and `?` in the console links to them. */
function licences(): Plugin {
  const text = () => {
    const lock = JSON.parse(readFileSync('package-lock.json', 'utf8')) as { packages: Record<string, { dev?: boolean; license?: string; version?: string }> };
    return Object.entries(lock.packages)
      .filter(([path, of]) => path !== '' && !of.dev && existsSync(path))
      .map(([path, of]) => {
        const file = readdirSync(path).find((name) => /^licen[cs]e/i.test(name));
        return `${path.replace(/^.*node_modules\//, '')} ${of.version}: ${of.license}\n\n${file ? readFileSync(`${path}/${file}`, 'utf8') : ''}`;
      })
      .join('\n----------------------------------------\n');
  };
  return {
    name: 'licences',
    generateBundle() {
      this.emitFile({ type: 'asset', fileName: 'assets/licences.txt', source: text() });
    },
  };
}

export default defineConfig({
  plugins: [svelte(), licences()],
  // MapLibre 6 is ESM only, and so is its worker.
  worker: { format: 'es' },
  build: { target: 'es2022', assetsInlineLimit: 0, chunkSizeWarningLimit: 2000 },
});
