// All tracks in three kinds of draws of our own WebGL2 canvas: tails, vectors, symbols. The chart below is drawn by MapLibre and
// only when it moves; a second of the sea costs one upload of what has changed and one redraw here.
//
// What is drawn of a track lies in textures, a texel a slot, and vertices fetch it by their number. Instanced draws would be the
// usual way, but software GL (SwiftShader) works each instance as a draw of its own: 10 000 tracks with tails took 1.7 s of the
// processor a frame that way. The edges are smoothed by the shaders, for multisampling costs a software rasteriser four times.
//
// Symbols after IMO SN.1/Circ.243: a circle is seen by radar, a triangle is told by AIS, both together are both. Colour tells the
// threat, the outline the state: dashed where nothing is seen now, crossed out where it is lost, small where it sleeps.

import { TAIL, TAIL_EVERY_S, type TrackStore } from './store';

/** Colours, in the order of the uniform. */
export const COLOURS = ['normal', 'dark', 'fast', 'advisory', 'alarm', 'acknowledged', 'fixed', 'sleeping'] as const;

export const STATE_DASHED = 1;
export const STATE_LOST = 2;
export const STATE_SLEEPING = 4;
export const STATE_BOX = 8;
export const STATE_HIDDEN = 16;
export const STATE_TENTATIVE = 32;

/** Slots in a row of a texture. */
const ROW = 1024;

const VIEW = `
uniform vec2 u_offset; uniform float u_scale; uniform vec2 u_size;
uniform highp sampler2D u_tracks; uniform highp usampler2D u_styles;
ivec2 texel(int slot) { return ivec2(slot & ${ROW - 1}, slot / ${ROW}); }
vec4 clip(vec2 px) { return vec4(px.x / u_size.x * 2. - 1., 1. - px.y / u_size.y * 2., 0., 1.); }
vec2 place(vec2 xy) { return xy * u_scale + u_offset; }
const vec4 NOWHERE = vec4(2., 2., 2., 1.);
`;

const SYMBOL_VERTEX = `#version 300 es
precision highp float;
${VIEW}
out vec2 v_p; flat out uvec4 v_style; flat out vec2 v_turn;
void main() {
  int slot = gl_VertexID >> 2;
  vec4 track = texelFetch(u_tracks, texel(slot), 0);
  v_style = texelFetch(u_styles, texel(slot), 0);
  vec2 corner = vec2(gl_VertexID & 1, gl_VertexID >> 1 & 1) * 2. - 1.;
  float half_px = (v_style.z & ${STATE_BOX}u) != 0u ? 21. : (v_style.z & ${STATE_SLEEPING}u) != 0u ? 6. : 11.;
  v_p = corner * half_px;
  v_turn = vec2(sin(track.z), cos(track.z));
  gl_Position = (v_style.z & ${STATE_HIDDEN}u) != 0u || track.x > 1e6 ? NOWHERE : clip(place(track.xy) + v_p);
}`;

const SYMBOL_FRAGMENT = `#version 300 es
precision highp float;
uniform vec4 u_colours[${COLOURS.length}]; uniform float u_blink; uniform vec4 u_halo;
in vec2 v_p; flat in uvec4 v_style; flat in vec2 v_turn;
out vec4 colour;
float segment(vec2 p, vec2 a, vec2 b) { vec2 d = b - a; return length(p - a - d * clamp(dot(p - a, d) / dot(d, d), 0., 1.)); }
float triangle(vec2 p, vec2 a, vec2 b, vec2 c) { return min(segment(p, a, b), min(segment(p, b, c), segment(p, c, a))); }
void main() {
  bool sleeping = (v_style.z & ${STATE_SLEEPING}u) != 0u;
  float size = sleeping ? 0.5 : 1.;
  float s = v_turn.x, c = v_turn.y;
  // North is up: turn the point so that the bow is up.
  vec2 q = vec2(v_p.x * c + v_p.y * s, -v_p.x * s + v_p.y * c) / size;
  uint shape = v_style.x;
  float d = 99.;
  float r = (shape & 2u) != 0u ? 8.5 : 5.5;
  if ((shape & 1u) != 0u) d = abs(length(q) - r);
  if ((shape & 2u) != 0u) { float k = (shape & 1u) != 0u ? .72 : 1.; d = min(d, triangle(q, vec2(0., -8.5) * k, vec2(5., 6.5) * k, vec2(-5., 6.5) * k)); }
  if (shape == 4u || shape == 0u) d = abs(abs(q.x) + abs(q.y) - 6.);
  d *= size;
  float wide = sleeping ? .7 : 1.1;
  float ink = 1. - smoothstep(wide - .4, wide + .5, d);
  float halo = sleeping ? 0. : (1. - smoothstep(wide + .8, wide + 2.4, d)) * u_halo.a;
  if ((v_style.z & ${STATE_DASHED | STATE_TENTATIVE}u) != 0u) {
    float turn = atan(q.y, q.x);
    if ((v_style.z & ${STATE_DASHED}u) != 0u) ink *= step(0., sin(turn * 6.));
    if ((v_style.z & ${STATE_TENTATIVE}u) != 0u) ink *= step(0., sin(turn * 10.)) * .85;
  }
  if ((v_style.z & ${STATE_LOST}u) != 0u) ink = max(ink, 1. - smoothstep(.6, 1.5, segment(v_p, vec2(-9., 6.), vec2(9., -6.))));
  vec4 base = u_colours[v_style.y];
  vec4 out_colour = vec4(base.rgb, base.a * ink);
  out_colour = mix(vec4(u_halo.rgb, halo), out_colour, out_colour.a);
  if ((v_style.z & ${STATE_BOX}u) != 0u) {
    bool waits = v_style.y == 4u;
    if (waits && length(v_p) < 4.) out_colour = base;
    vec2 b = abs(v_p);
    float edge = max(b.x, b.y);
    float corner = abs(edge - 17.) < 1.25 && min(b.x, b.y) > 8. ? 1. : 0.;
    if (waits && corner > 0.) corner *= mix(.15, 1., u_blink);
    float inside = waits && edge < 17. ? .16 * u_blink : 0.;
    out_colour = mix(out_colour, base, max(corner, inside * (1. - out_colour.a)));
  }
  if (out_colour.a < .01) discard;
  colour = vec4(out_colour.rgb * out_colour.a, out_colour.a);
}`;

// A line of some width between two places, and a pixel more to fade in. The fragment knows how far from the middle it is.
const LINE = `
vec4 line(vec2 from, vec2 to, float wide) {
  vec2 along = to - from;
  float far = max(length(along), 1e-3);
  vec2 side = vec2(-along.y, along.x) / far;
  v_across = float((gl_VertexID & 1) * 2 - 1) * (wide + .6);
  v_wide = wide;
  return clip(mix(from, to, float(gl_VertexID >> 1 & 1)) + side * v_across);
}`;

const VECTOR_VERTEX = `#version 300 es
precision highp float;
${VIEW}
uniform float u_px_per_kn; uniform vec4 u_colours[${COLOURS.length}];
flat out vec4 v_colour; out float v_across; flat out float v_wide;
${LINE}
void main() {
  int slot = gl_VertexID >> 2;
  vec4 track = texelFetch(u_tracks, texel(slot), 0);
  uvec4 style = texelFetch(u_styles, texel(slot), 0);
  v_colour = vec4(0.); v_across = 0.; v_wide = 1.;
  gl_Position = NOWHERE;
  if (track.w > .5 && track.x < 1e6 && (style.z & ${STATE_HIDDEN | STATE_TENTATIVE}u) == 0u) {
    vec2 from = place(track.xy);
    gl_Position = line(from, from + vec2(sin(track.z), -cos(track.z)) * track.w * u_px_per_kn, (style.z & ${STATE_BOX}u) != 0u ? 1.3 : .65);
    vec4 c = u_colours[style.y];
    v_colour = vec4(c.rgb, 1.) * c.a * ((style.z & ${STATE_SLEEPING}u) != 0u ? .6 : 1.);
  }
}`;

const TAIL_VERTEX = `#version 300 es
precision highp float;
${VIEW}
uniform vec4 u_colours[${COLOURS.length}]; uniform float u_fade; uniform highp sampler2D u_ring; uniform int u_from; uniform int u_to;
flat out vec4 v_colour; out float v_across; flat out float v_wide;
${LINE}
// The row at which a step begins; where the craft is now, below 0.
vec2 step_at(int slot, int row) {
  ivec2 at = texel(slot);
  return row < 0 ? texelFetch(u_tracks, at, 0).xy : texelFetch(u_ring, ivec2(at.x, at.y + row), 0).xy;
}
void main() {
  int slot = gl_VertexID >> 2;
  uvec4 style = texelFetch(u_styles, texel(slot), 0);
  v_colour = vec4(0.); v_across = 0.; v_wide = 1.;
  gl_Position = NOWHERE;
  if ((style.z & ${STATE_HIDDEN | STATE_TENTATIVE}u) == 0u) {
    vec2 from = step_at(slot, u_from), to = step_at(slot, u_to);
    if (from.x < 1e6 && to.x < 1e6) gl_Position = line(place(from), place(to), .5);
    vec4 c = u_colours[style.y];
    v_colour = vec4(c.rgb, 1.) * c.a * u_fade * ((style.z & ${STATE_SLEEPING}u) != 0u ? .5 : 1.);
  }
}`;

const LINE_FRAGMENT = `#version 300 es
precision highp float;
flat in vec4 v_colour; in float v_across; flat in float v_wide; out vec4 colour;
void main() { colour = v_colour * clamp(v_wide + .5 - abs(v_across), 0., 1.); }`;

export interface View {
  width: number;
  height: number;
  scale: number;
  offsetX: number;
  offsetY: number;
  /** Pixels a metre at the middle of the screen. */
  pxPerMetre: number;
}

interface Program {
  program: WebGLProgram;
  at: Record<string, WebGLUniformLocation | null>;
}

/** Pieces of a tail shorter than this are joined to one, px: at ten miles across they would lie within a pixel. */
const SHORTEST_PIECE_PX = 5;
/** The speed for which that is reckoned, m/s: what is slower has shorter pieces, and no more to show. */
const REFERENCE_MPS = 12;

export class TrackLayer {
  private gl: WebGL2RenderingContext;
  private symbols!: Program;
  private vectors!: Program;
  private tails!: Program;
  private corners!: WebGLBuffer;
  private textures: (WebGLTexture | null)[] = [];
  private capacity = 0;
  private uploaded = -1;
  private tailVersion = -1;
  private data = new Float32Array(0);
  style = new Uint8Array(0);
  colours = new Float32Array(COLOURS.length * 4);
  halo = new Float32Array([0, 0, 0, 0.6]);
  vectorMinutes = 6;
  tailMinutes = 3;
  blink = 1;

  constructor(canvas: HTMLCanvasElement, private store: TrackStore) {
    const gl = canvas.getContext('webgl2', { alpha: true, antialias: false, depth: false, stencil: false, premultipliedAlpha: true });
    if (!gl) throw new Error('WebGL 2 is not available in this browser');
    this.gl = gl;
    this.prepare();
    canvas.addEventListener('webglcontextlost', (e) => e.preventDefault());
    canvas.addEventListener('webglcontextrestored', () => this.prepare());
  }

  private prepare() {
    const names = ['u_offset', 'u_scale', 'u_size', 'u_colours', 'u_blink', 'u_halo', 'u_px_per_kn', 'u_fade', 'u_tracks', 'u_styles', 'u_ring', 'u_from', 'u_to'];
    this.symbols = this.program(SYMBOL_VERTEX, SYMBOL_FRAGMENT, names);
    this.vectors = this.program(VECTOR_VERTEX, LINE_FRAGMENT, names);
    this.tails = this.program(TAIL_VERTEX, LINE_FRAGMENT, names);
    this.corners = this.gl.createBuffer();
    this.textures = [];
    this.capacity = 0;
    this.uploaded = -1;
  }

  private program(vertex: string, fragment: string, names: string[]): Program {
    const gl = this.gl;
    const program = gl.createProgram();
    for (const [type, source] of [[gl.VERTEX_SHADER, vertex], [gl.FRAGMENT_SHADER, fragment]] as const) {
      const shader = gl.createShader(type);
      if (!shader) throw new Error('no shader');
      gl.shaderSource(shader, source);
      gl.compileShader(shader);
      if (!gl.getShaderParameter(shader, gl.COMPILE_STATUS)) throw new Error(gl.getShaderInfoLog(shader) ?? 'shader');
      gl.attachShader(program, shader);
    }
    gl.linkProgram(program);
    if (!gl.getProgramParameter(program, gl.LINK_STATUS)) throw new Error(gl.getProgramInfoLog(program) ?? 'link');
    return { program, at: Object.fromEntries(names.map((n) => [n, gl.getUniformLocation(program, n)])) };
  }

  /** Room for as many slots as the store has: three textures, and the corners of a quad a slot. */
  private allocate() {
    const { gl, store } = this;
    this.capacity = store.capacity;
    const rows = this.capacity / ROW;
    this.textures.forEach((texture) => gl.deleteTexture(texture));
    this.textures = [[gl.RGBA32F, rows], [gl.RGBA8UI, rows], [gl.RG32F, rows * TAIL]].map(([format, high], unit) => {
      const texture = gl.createTexture();
      gl.activeTexture(gl.TEXTURE0 + unit);
      gl.bindTexture(gl.TEXTURE_2D, texture);
      gl.texStorage2D(gl.TEXTURE_2D, 1, format as number, ROW, high as number);
      for (const filter of [gl.TEXTURE_MIN_FILTER, gl.TEXTURE_MAG_FILTER]) gl.texParameteri(gl.TEXTURE_2D, filter, gl.NEAREST);
      return texture;
    });
    const corners = new Uint32Array(this.capacity * 6);
    for (let i = 0; i < this.capacity; i++) corners.set([i * 4, i * 4 + 1, i * 4 + 2, i * 4 + 2, i * 4 + 1, i * 4 + 3], i * 6);
    gl.bindBuffer(gl.ELEMENT_ARRAY_BUFFER, this.corners);
    gl.bufferData(gl.ELEMENT_ARRAY_BUFFER, corners, gl.STATIC_DRAW);
    this.data = new Float32Array(this.capacity * 4);
    this.uploaded = this.tailVersion = -1;
  }

  /** Sends what has changed to the card. `styled` says that styles have changed too. */
  private upload(styled: boolean): void {
    const { gl, store, data } = this;
    if (this.capacity !== store.capacity) {
      this.allocate();
      return this.upload(true);
    }
    const n = store.high;
    const rows = Math.ceil(n / ROW);
    const put = (unit: number, y: number, high: number, format: number, type: number, from: Float32Array | Uint8Array, offset: number) => {
      gl.activeTexture(gl.TEXTURE0 + unit);
      gl.texSubImage2D(gl.TEXTURE_2D, 0, 0, y, ROW, high, format, type, from, offset);
    };
    if (rows > 0 && this.uploaded !== store.version) {
      this.uploaded = store.version;
      const { xy, cog, sog } = store;
      for (let i = 0; i < n; i++) {
        data[i * 4] = xy[i * 2] as number;
        data[i * 4 + 1] = xy[i * 2 + 1] as number;
        data[i * 4 + 2] = ((cog[i] as number) * Math.PI) / 180;
        data[i * 4 + 3] = sog[i] as number;
      }
      put(0, 0, rows, gl.RGBA, gl.FLOAT, data, 0);
      styled = true;
    }
    if (rows > 0 && styled && this.style.length >= this.capacity * 4) put(1, 0, rows, gl.RGBA_INTEGER, gl.UNSIGNED_BYTE, this.style, 0);
    const column = this.capacity / ROW;
    if (this.tailVersion !== store.tailVersion) {
      this.tailVersion = store.tailVersion;
      put(2, 0, column * TAIL, gl.RG, gl.FLOAT, store.tail, 0);
    } else if (rows > 0) {
      for (const k of store.tailDirty) put(2, k * column, rows, gl.RG, gl.FLOAT, store.tail, k * this.capacity * 2);
    }
    store.tailDirty.clear();
  }

  private begin(p: Program, view: View) {
    const gl = this.gl;
    gl.useProgram(p.program);
    gl.uniform2f(p.at.u_offset ?? null, view.offsetX, view.offsetY);
    gl.uniform1f(p.at.u_scale ?? null, view.scale);
    gl.uniform2f(p.at.u_size ?? null, view.width, view.height);
    gl.uniform4fv(p.at.u_colours ?? null, this.colours);
    ['u_tracks', 'u_styles', 'u_ring'].forEach((name, unit) => gl.uniform1i(p.at[name] ?? null, unit));
  }

  draw(view: View, styled: boolean) {
    const { gl, store } = this;
    if (gl.isContextLost()) return;
    this.upload(styled);
    const n = store.high;
    gl.viewport(0, 0, gl.drawingBufferWidth, gl.drawingBufferHeight);
    gl.clearColor(0, 0, 0, 0);
    gl.clear(gl.COLOR_BUFFER_BIT);
    gl.enable(gl.BLEND);
    gl.blendFunc(gl.ONE, gl.ONE_MINUS_SRC_ALPHA);
    if (n === 0) return;
    const quads = () => gl.drawElements(gl.TRIANGLES, n * 6, gl.UNSIGNED_INT, 0);

    const steps = Math.min(TAIL - 1, Math.round(this.tailMinutes * 6));
    if (steps > 0) {
      this.begin(this.tails, view);
      const { from, to, fade } = { from: this.tails.at.u_from ?? null, to: this.tails.at.u_to ?? null, fade: this.tails.at.u_fade ?? null };
      const row = (back: number) => (((store.tailHead - back + TAIL * 2) % TAIL) * this.capacity) / ROW;
      // From where the craft is to its newest step, and on to older ones; which of them are left out does not change with time.
      const stride = Math.max(1, Math.min(6, Math.ceil(SHORTEST_PIECE_PX / (TAIL_EVERY_S * REFERENCE_MPS * view.pxPerMetre))));
      let last = -1;
      for (let back = 0; back <= steps; back++) {
        if ((store.tailStep - back) % stride !== 0 && back !== steps) continue;
        gl.uniform1i(from, last);
        gl.uniform1i(to, row(back));
        gl.uniform1f(fade, 0.75 * (1 - back / (steps + 1)));
        quads();
        last = row(back);
      }
    }
    if (this.vectorMinutes > 0) {
      this.begin(this.vectors, view);
      gl.uniform1f(this.vectors.at.u_px_per_kn ?? null, (1852 / 60) * this.vectorMinutes * view.pxPerMetre);
      quads();
    }
    this.begin(this.symbols, view);
    gl.uniform1f(this.symbols.at.u_blink ?? null, this.blink);
    gl.uniform4fv(this.symbols.at.u_halo ?? null, this.halo);
    quads();
  }
}
