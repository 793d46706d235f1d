// The customer's own charts: PMTiles archives from the folder that the server was started with (`--charts`), raster or vector, drawn
// under everything else and in the palette of the hour. What is not known of a layer is drawn as thin lines: a backdrop, never an alarm.

import { addProtocol, type DataDrivenPropertyValueSpecification, type LayerSpecification, type Map as Chart } from 'maplibre-gl';
import { PMTiles, Protocol, TileType } from 'pmtiles';
import type { Palette } from './ui.svelte';

type Css = (name: string) => string;
type Colour = DataDrivenPropertyValueSpecification<string>;

/** A chart as the officer is told of it. */
export interface Known {
  name: string;
  attribution: string;
  /** Why it is not drawn. */
  fault: string | null;
}

/** Layers whose paint changes with the palette. */
interface Painted {
  layer: string;
  property: string;
  value: (css: Css, palette: Palette) => unknown;
}

// A chart made for paper is dimmed and greyed towards the night: S-52 allows no white there, and red is for alarms.
const RASTER: Record<Palette, { 'raster-brightness-max': number; 'raster-saturation': number }> = {
  day: { 'raster-brightness-max': 1, 'raster-saturation': -0.2 },
  dusk: { 'raster-brightness-max': 0.5, 'raster-saturation': -0.5 },
  night: { 'raster-brightness-max': 0.22, 'raster-saturation': -0.8 },
};

const IS_LAND = /land|earth|lndare|island/i;
const IS_DEPTH = /dep(th|are|cnt)|bathy|soundg|contour/i;

/** Depth in metres by the names that makers of charts give it (S-57's among them). */
const DEPTH = ['to-number', ['coalesce', ['get', 'depth_m'], ['get', 'depth'], ['get', 'DRVAL1'], ['get', 'VALDCO'], 20], 20];

/** Layers of one vector archive, and how they are painted. */
function vector(source: string, names: string[]): { layers: LayerSpecification[]; painted: Painted[] } {
  const layers: LayerSpecification[] = [];
  const painted: Painted[] = [];
  for (const name of names) {
    const [land, depth] = [IS_LAND.test(name), IS_DEPTH.test(name)];
    const at = { source, 'source-layer': name } as const;
    if (land || depth) {
      const layer = `${source}/${name}/fill`;
      layers.push({ id: layer, type: 'fill', ...at, filter: ['==', ['geometry-type'], 'Polygon'] });
      const colour = (css: Css): Colour => (land ? css('--land') : (['interpolate', ['linear'], DEPTH, 0, css('--shoal'), 20, css('--sea')] as unknown as Colour));
      painted.push({ layer, property: 'fill-color', value: colour });
    }
    const lines = `${source}/${name}/line`;
    layers.push({ id: lines, type: 'line', ...at, filter: ['!=', ['geometry-type'], 'Point'], paint: { 'line-width': land ? 1 : 0.7 } });
    painted.push({ layer: lines, property: 'line-color', value: (css) => css(land ? '--shore' : '--ring') });
    const points = `${source}/${name}/point`;
    layers.push({ id: points, type: 'circle', ...at, filter: ['==', ['geometry-type'], 'Point'], paint: { 'circle-radius': 2 } });
    painted.push({ layer: points, property: 'circle-color', value: (css) => css('--chart-dim') });
    const named = `${source}/${name}/name`;
    layers.push({
      id: named,
      type: 'symbol',
      ...at,
      minzoom: 9,
      filter: ['all', ['==', ['geometry-type'], 'Point'], ['has', 'name']],
      // Without glyphs in the style MapLibre takes fonts of the machine: nothing is fetched.
      layout: { 'text-field': ['get', 'name'], 'text-font': ['Noto Sans', 'Noto Sans CJK SC', 'Noto Sans SC', 'Haishao SC', 'sans-serif'], 'text-size': 11, 'text-offset': [0, 0.8] },
    });
    painted.push({ layer: named, property: 'text-color', value: (css) => css('--chart-dim') });
  }
  return { layers, painted };
}

export class Charts {
  known: Known[] = [];
  private painted: Painted[] = [];
  private layers: string[] = [];

  constructor(private chart: Chart, private before: string) {}

  /** Asks what there is and draws it: raster charts lowest, vector charts over them. */
  async load(css: Css, palette: Palette): Promise<void> {
    let names: string[] = [];
    try {
      const answer = await fetch('/api/charts');
      if (answer.ok) names = ((await answer.json()) as { charts: { name: string }[] }).charts.map((c) => c.name).filter((n) => n.endsWith('.pmtiles'));
    } catch {
      // The banner tells that the link is lost; the built-in coast is there.
    }
    if (names.length === 0) return;
    const protocol = new Protocol();
    addProtocol('pmtiles', protocol.tile);
    const found = await Promise.all(names.map((name) => this.open(protocol, name)));
    for (const raster of [true, false])
      for (const f of found) {
        if (!f || f.raster !== raster) continue;
        const source = `chart:${f.name}`;
        const url = `pmtiles://${f.url}`;
        if (raster) {
          this.chart.addSource(source, { type: 'raster', url, tileSize: 256 });
          this.add([{ id: source, type: 'raster', source, paint: { 'raster-fade-duration': 0 } }]);
          for (const property of ['raster-brightness-max', 'raster-saturation'] as const) this.painted.push({ layer: source, property, value: (_, p) => RASTER[p][property] });
        } else {
          this.chart.addSource(source, { type: 'vector', url, encoding: f.mlt ? 'mlt' : 'mvt' });
          const made = vector(source, f.layers);
          this.add(made.layers);
          this.painted.push(...made.painted);
        }
      }
    this.paint(css, palette);
  }

  private async open(protocol: Protocol, name: string) {
    const url = `${location.origin}/charts/${encodeURIComponent(name)}`;
    const told: Known = { name, attribution: '', fault: null };
    this.known.push(told);
    try {
      const archive = new PMTiles(url);
      const { tileType } = await archive.getHeader();
      const about = (await archive.getMetadata()) as { attribution?: unknown; vector_layers?: { id: string }[] };
      // Makers write links here; only the words are shown.
      if (typeof about.attribution === 'string') told.attribution = about.attribution.replace(/<[^>]*>/g, '');
      const isVector = tileType === TileType.Mvt || tileType === TileType.Mlt;
      if (!isVector && ![TileType.Png, TileType.Jpeg, TileType.Webp, TileType.Avif].includes(tileType)) throw new Error(`tiles of type ${tileType}`);
      protocol.add(archive);
      return { name, url, raster: !isVector, mlt: tileType === TileType.Mlt, layers: (about.vector_layers ?? []).map((l) => l.id) };
    } catch (broken) {
      told.fault = broken instanceof Error ? broken.message : String(broken);
      return undefined;
    }
  }

  private add(layers: LayerSpecification[]) {
    for (const layer of layers) {
      this.chart.addLayer(layer, this.before);
      this.layers.push(layer.id);
    }
  }

  paint(css: Css, palette: Palette) {
    for (const p of this.painted) this.chart.setPaintProperty(p.layer, p.property as 'fill-color', p.value(css, palette) as string);
  }

  show(on: boolean) {
    for (const layer of this.layers) this.chart.setLayoutProperty(layer, 'visibility', on ? 'visible' : 'none');
  }

  /** A tile that could not be read, from MapLibre. */
  fault(source: string, why: string): boolean {
    const told = this.known.find((k) => source === `chart:${k.name}`);
    if (told) told.fault ??= why;
    return told !== undefined;
  }
}
