// The plan view: coast, radars with range rings, tracks with tails and vectors, on one canvas. North up; east-north plane about
// the site's origin, true to a part in a thousand over a coastal site.

const METRES_PER_DEGREE = 111_320;
const METRES_PER_NM = 1852;
const VECTOR_S = 180; // speed vectors of 3 minutes
const RING_NM = 4;
const RINGS = 4;

const css = name => getComputedStyle(document.documentElement).getPropertyValue(name).trim();

export class Plan {
  constructor(canvas, { onSelect, onCursor }) {
    this.canvas = canvas;
    this.context = canvas.getContext('2d');
    this.colours = Object.fromEntries(['deep', 'land', 'shore', 'line', 'dim', 'text', 'bright', 'radar', 'ais', 'fast', 'alarm']
      .map(name => [name, css(`--${name}`)]));
    this.site = null;
    this.coast = [];
    this.tracks = [];
    this.trails = new Map();
    this.centre = [0, 0];
    this.metresPerPixel = 60;
    this.selected = null;
    this.alarmed = new Set();
    this.credit = '';
    this.listen(onSelect, onCursor);
    new ResizeObserver(() => this.draw()).observe(canvas);
  }

  setSite(site) {
    const first = !this.site;
    this.site = site;
    this.cosine = Math.cos(site.lat * Math.PI / 180);
    if (first) { this.home(); }
  }

  setCoast(geojson) {
    this.coast = geojson.features.flatMap(f => f.geometry.coordinates);
    this.draw();
  }

  // Keeps the last 4 minutes of each track, and forgets tracks that are gone.
  setTracks(tracks) {
    const seen = new Map();
    for (const track of tracks) {
      const trail = this.trails.get(track.id) ?? [];
      const last = trail.at(-1);
      if (!last || track.properties.t - last[2] >= 2) {
        trail.push([...track.geometry.coordinates, track.properties.t]);
        if (trail.length > 120) { trail.shift(); }
      }
      seen.set(track.id, trail);
    }
    this.trails = seen;
    this.tracks = tracks;
    this.draw();
  }

  home() {
    this.centre = [0, 0];
    const size = Math.min(this.canvas.clientWidth, this.canvas.clientHeight) || 600;
    this.metresPerPixel = 56_000 / size;
    this.draw();
  }

  zoom(factor, at = [this.canvas.clientWidth / 2, this.canvas.clientHeight / 2]) {
    const before = this.metresAt(at);
    this.metresPerPixel = Math.min(400, Math.max(1, this.metresPerPixel * factor));
    const after = this.metresAt(at);
    this.centre = [this.centre[0] + before[0] - after[0], this.centre[1] + before[1] - after[1]];
    this.draw();
  }

  metresOf([lon, lat]) {
    return [(lon - this.site.lon) * METRES_PER_DEGREE * this.cosine, (lat - this.site.lat) * METRES_PER_DEGREE];
  }

  pixelsOf([east, north]) {
    return [
      this.canvas.clientWidth / 2 + (east - this.centre[0]) / this.metresPerPixel,
      this.canvas.clientHeight / 2 - (north - this.centre[1]) / this.metresPerPixel,
    ];
  }

  metresAt([x, y]) {
    return [
      this.centre[0] + (x - this.canvas.clientWidth / 2) * this.metresPerPixel,
      this.centre[1] - (y - this.canvas.clientHeight / 2) * this.metresPerPixel,
    ];
  }

  pixels(lonLat) {
    return this.pixelsOf(this.metresOf(lonLat));
  }

  listen(onSelect, onCursor) {
    const canvas = this.canvas;
    let from = null;
    let moved = false;
    const at = event => [event.offsetX, event.offsetY];
    canvas.addEventListener('pointerdown', event => { from = at(event); moved = false; canvas.setPointerCapture(event.pointerId); });
    canvas.addEventListener('pointerup', event => {
      from = null;
      if (!moved) { onSelect(this.nearest(at(event))); }
    });
    canvas.addEventListener('pointermove', event => {
      const here = at(event);
      if (from && Math.hypot(here[0] - from[0], here[1] - from[1]) > 3) {
        moved = true;
        this.centre = [
          this.centre[0] - (here[0] - from[0]) * this.metresPerPixel,
          this.centre[1] + (here[1] - from[1]) * this.metresPerPixel,
        ];
        from = here;
        this.draw();
      }
      if (this.site) {
        const [east, north] = this.metresAt(here);
        onCursor(this.site.lat + north / METRES_PER_DEGREE, this.site.lon + east / METRES_PER_DEGREE / this.cosine);
      }
    });
    canvas.addEventListener('wheel', event => {
      event.preventDefault();
      this.zoom(event.deltaY > 0 ? 1.2 : 1 / 1.2, at(event));
    }, { passive: false });
    canvas.addEventListener('keydown', event => {
      const pan = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, 1], ArrowDown: [0, -1] }[event.key];
      if (pan) {
        this.centre = [this.centre[0] + pan[0] * 60 * this.metresPerPixel, this.centre[1] + pan[1] * 60 * this.metresPerPixel];
        this.draw();
      } else if (event.key === '+' || event.key === '=') { this.zoom(1 / 1.3); }
      else if (event.key === '-') { this.zoom(1.3); }
      else if (event.key === 'Home') { this.home(); }
      else if (event.key === 'Escape') { onSelect(null); }
      else { return; }
      event.preventDefault();
    });
  }

  nearest([x, y]) {
    let best = null;
    let bestDistance = 18;
    for (const track of this.tracks) {
      const [px, py] = this.pixels(track.geometry.coordinates);
      const distance = Math.hypot(px - x, py - y);
      if (distance < bestDistance) { best = track.id; bestDistance = distance; }
    }
    return best;
  }

  draw() {
    if (!this.site) { return; }
    const { canvas, context: c, colours } = this;
    const ratio = window.devicePixelRatio || 1;
    const [width, height] = [canvas.clientWidth, canvas.clientHeight];
    if (canvas.width !== Math.round(width * ratio) || canvas.height !== Math.round(height * ratio)) {
      canvas.width = Math.round(width * ratio);
      canvas.height = Math.round(height * ratio);
    }
    c.setTransform(ratio, 0, 0, ratio, 0, 0);
    c.fillStyle = colours.deep;
    c.fillRect(0, 0, width, height);
    this.drawCoast();
    this.drawSensors();
    for (const track of this.tracks) { this.drawTrail(track); }
    for (const track of this.tracks) { this.drawTrack(track); }
    this.drawLabels();
    this.drawScale(width, height);
  }

  drawCoast() {
    const c = this.context;
    c.beginPath();
    for (const ring of this.coast) {
      ring.forEach((point, i) => {
        const [x, y] = this.pixels(point);
        if (i) { c.lineTo(x, y); } else { c.moveTo(x, y); }
      });
      c.closePath();
    }
    c.fillStyle = this.colours.land;
    c.fill('evenodd');
    c.strokeStyle = this.colours.shore;
    c.lineWidth = 0.8;
    c.stroke();
  }

  drawSensors() {
    const c = this.context;
    c.font = '12px "Noto Sans","Noto Sans CJK SC",sans-serif';
    for (const sensor of this.site.sensors) {
      if (sensor.lat === null) { continue; }
      const [x, y] = this.pixels([sensor.lon, sensor.lat]);
      c.strokeStyle = this.colours.line;
      c.lineWidth = 1;
      for (let ring = 1; ring <= RINGS; ring += 1) {
        c.beginPath();
        c.arc(x, y, ring * RING_NM * METRES_PER_NM / this.metresPerPixel, 0, 2 * Math.PI);
        c.stroke();
      }
      c.fillStyle = this.colours.bright;
      c.fillRect(x - 3, y - 3, 6, 6);
      c.fillStyle = this.colours.dim;
      c.fillText(sensor.id, x + 7, y - 6);
    }
  }

  style(track) {
    const p = track.properties;
    const radar = p.sources.some(id => this.kinds?.get(id) === 'radar');
    const ais = p.sources.some(id => this.kinds?.get(id) === 'ais') || p.mmsi !== null;
    const colour = this.alarmed.has(track.id) ? this.colours.alarm
      : p.p_fast > 0.5 ? this.colours.fast : radar ? this.colours.radar : ais ? this.colours.ais : this.colours.radar;
    return { radar: radar || !ais, ais, colour };
  }

  drawTrail(track) {
    const trail = this.trails.get(track.id);
    if (!trail || trail.length < 2) { return; }
    const c = this.context;
    c.beginPath();
    trail.forEach((point, i) => {
      const [x, y] = this.pixels(point);
      if (i) { c.lineTo(x, y); } else { c.moveTo(x, y); }
    });
    c.globalAlpha = 0.45;
    c.strokeStyle = this.style(track).colour;
    c.lineWidth = 1;
    c.stroke();
    c.globalAlpha = 1;
  }

  drawTrack(track) {
    const c = this.context;
    const p = track.properties;
    const { radar, ais, colour } = this.style(track);
    const [x, y] = this.pixels(track.geometry.coordinates);
    const tentative = p.status === 'tentative';
    c.globalAlpha = tentative ? 0.45 : 1;
    c.strokeStyle = colour;
    c.lineWidth = 1.5;
    if (!tentative && p.sog_kn > 1) {
      c.beginPath();
      c.moveTo(x, y);
      c.lineTo(x + p.vx * VECTOR_S / this.metresPerPixel, y - p.vy * VECTOR_S / this.metresPerPixel);
      c.stroke();
    }
    c.setLineDash(p.status === 'coasting' ? [2, 2] : []);
    if (radar) {
      c.beginPath();
      c.arc(x, y, tentative ? 2.5 : ais ? 6.5 : 4.5, 0, 2 * Math.PI);
      c.stroke();
    }
    if (ais) {
      c.save();
      c.translate(x, y);
      c.rotate(p.cog_deg * Math.PI / 180);
      c.beginPath();
      c.moveTo(0, -5.5);
      c.lineTo(3.6, 4);
      c.lineTo(-3.6, 4);
      c.closePath();
      c.stroke();
      c.restore();
    }
    c.setLineDash([]);
    if (this.alarmed.has(track.id) || track.id === this.selected) {
      c.strokeStyle = this.alarmed.has(track.id) ? this.colours.alarm : this.colours.bright;
      c.strokeRect(x - 11, y - 11, 22, 22);
    }
    c.globalAlpha = 1;
  }

  // Alarmed and selected first; a label that would touch one already drawn is left out.
  drawLabels() {
    const c = this.context;
    c.font = '12px "Noto Sans","Noto Sans CJK SC",sans-serif';
    const rank = track => (this.alarmed.has(track.id) ? 0 : track.id === this.selected ? 1 : track.properties.p_fast > 0.5 ? 2 : 3);
    const wanted = this.tracks.filter(t => t.properties.status !== 'tentative' || rank(t) < 2).sort((a, b) => rank(a) - rank(b) || a.id - b.id);
    // Symbols of what matters keep their place free.
    const taken = wanted.filter(t => rank(t) < 3).map(t => this.pixels(t.geometry.coordinates)).map(([x, y]) => [x - 11, y - 11, x + 11, y + 11]);
    for (const track of wanted) {
      const p = track.properties;
      if (rank(track) === 3 && p.sog_kn < 3 && this.metresPerPixel > 25) { continue; }
      const [x, y] = this.pixels(track.geometry.coordinates);
      const text = `${track.id}  ${p.sog_kn.toFixed(0)} kn`;
      const width = c.measureText(text).width;
      const clash = box => taken.some(t => box[0] < t[2] && box[2] > t[0] && box[1] < t[3] && box[3] > t[1]);
      // Right above, right below, left above, left below.
      const places = [[13, -16], [13, 3], [-15 - width, -16], [-15 - width, 3]];
      const boxes = places.map(([dx, dy]) => [x + dx, y + dy, x + dx + width + 2, y + dy + 14]);
      const box = boxes.find(candidate => !clash(candidate)) ?? (rank(track) < 2 ? boxes[0] : null);
      if (!box) { continue; }
      taken.push(box);
      c.fillStyle = rank(track) === 0 ? this.colours.alarm : rank(track) < 3 ? this.colours.bright : this.colours.dim;
      c.fillText(text, box[0], box[1] + 11);
    }
  }

  drawScale(width, height) {
    const c = this.context;
    const choices = [0.1, 0.2, 0.5, 1, 2, 5, 10, 20];
    const nm = choices.find(n => n * METRES_PER_NM / this.metresPerPixel > 70) ?? 50;
    const length = nm * METRES_PER_NM / this.metresPerPixel;
    const x = width - length - 14;
    c.strokeStyle = this.colours.dim;
    c.fillStyle = this.colours.dim;
    c.lineWidth = 1;
    c.beginPath();
    c.moveTo(x, 16); c.lineTo(x, 22); c.lineTo(x + length, 22); c.lineTo(x + length, 16);
    c.stroke();
    c.font = '12px "Noto Sans",sans-serif';
    c.fillText(`${nm} NM`, x, 12);
    c.textAlign = 'right';
    c.font = '11px "Noto Sans","Noto Sans CJK SC",sans-serif';
    c.fillText(this.credit, width - 12, height - 30);
    c.textAlign = 'left';
  }
}
