// All tracks in three kinds of instanced draws of our own WebGL2 canvas: tails, vectors, symbols. The chart below is drawn by
// MapLibre and only when it moves; a second of the sea costs one upload of what has changed and one redraw here.
//
// Symbols after IMO SN.1/Circ.243: a circle is seen by radar, a triangle is told by AIS, both together are both. Colour tells the
// threat, the outline the state: dashed where nothing is seen now, crossed out where it is lost, small where it sleeps.

import { NOWHERE, TAIL, type TrackStore } from './store';

/** Colours, in the order of the uniform. */
export const COLOURS = ['normal', 'dark', 'fast', 'advisory', 'alarm', 'acknowledged', 'fixed', 'sleeping'] as const;

export const STATE_DASHED = 1;
export const STATE_LOST = 2;
export const STATE_SLEEPING = 4;
export const STATE_BOX = 8;
export const STATE_HIDDEN = 16;
export const STATE_TENTATIVE = 32;

const VIEW = `
uniform vec2 u_offset; uniform float u_scale; uniform vec2 u_size;
vec4 clip(vec2 px) { return vec4(px.x / u_size.x * 2. - 1., 1. - px.y / u_size.y * 2., 0., 1.); }
vec2 place(vec2 xy) { return xy * u_scale + u_offset; }
`;

const SYMBOL_VERTEX = `#version 300 es
precision highp float;
${VIEW}
in vec2 a_xy; in float a_cog; in uvec4 a_style;
out vec2 v_p; flat out uvec4 v_style; flat out float v_cog;
void main() {
  vec2 corner = vec2(gl_VertexID & 1, gl_VertexID >> 1) * 2. - 1.;
  float half_px = (a_style.z & ${STATE_BOX}u) != 0u ? 21. : (a_style.z & ${STATE_SLEEPING}u) != 0u ? 7. : 11.;
  v_p = corner * half_px; v_style = a_style; v_cog = a_cog;
  gl_Position = (a_style.z & ${STATE_HIDDEN}u) != 0u || a_xy.x > 1e6 ? vec4(2., 2., 2., 1.) : clip(place(a_xy) + v_p);
}`;

const SYMBOL_FRAGMENT = `#version 300 es
precision highp float;
uniform vec4 u_colours[${COLOURS.length}]; uniform float u_blink; uniform vec4 u_halo;
in vec2 v_p; flat in uvec4 v_style; flat in float v_cog;
out vec4 colour;
float segment(vec2 p, vec2 a, vec2 b) { vec2 d = b - a; return length(p - a - d * clamp(dot(p - a, d) / dot(d, d), 0., 1.)); }
float triangle(vec2 p, vec2 a, vec2 b, vec2 c) { return min(segment(p, a, b), min(segment(p, b, c), segment(p, c, a))); }
void main() {
  bool sleeping = (v_style.z & ${STATE_SLEEPING}u) != 0u;
  float size = sleeping ? 0.5 : 1.;
  float s = sin(v_cog), c = cos(v_cog);
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
  float turn = atan(q.y, q.x);
  if ((v_style.z & ${STATE_DASHED}u) != 0u) ink *= step(0., sin(turn * 6.));
  if ((v_style.z & ${STATE_TENTATIVE}u) != 0u) ink *= step(0., sin(turn * 10.)) * .85;
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

const VECTOR_VERTEX = `#version 300 es
precision highp float;
${VIEW}
uniform float u_px_per_kn; uniform vec4 u_colours[${COLOURS.length}];
in vec2 a_xy; in float a_cog; in float a_sog; in uvec4 a_style;
out vec4 v_colour;
void main() {
  bool alarmed = (a_style.z & ${STATE_BOX}u) != 0u;
  bool drawn = a_sog > .5 && a_xy.x < 1e6 && (a_style.z & ${STATE_HIDDEN | STATE_TENTATIVE}u) == 0u;
  vec2 along = vec2(sin(a_cog), -cos(a_cog));
  float wide = alarmed ? 1.3 : .65;
  vec2 end = along * a_sog * u_px_per_kn * float(gl_VertexID >> 1);
  vec2 side = vec2(-along.y, along.x) * wide * float((gl_VertexID & 1) * 2 - 1);
  gl_Position = drawn ? clip(place(a_xy) + end + side) : vec4(2., 2., 2., 1.);
  vec4 c = u_colours[a_style.y];
  v_colour = vec4(c.rgb, 1.) * c.a * ((a_style.z & ${STATE_SLEEPING}u) != 0u ? .6 : 1.);
}`;

const TAIL_VERTEX = `#version 300 es
precision highp float;
${VIEW}
uniform vec4 u_colours[${COLOURS.length}]; uniform float u_fade;
in vec2 a_from; in vec2 a_to; in uvec4 a_style;
out vec4 v_colour;
void main() {
  bool drawn = a_from.x < 1e6 && a_to.x < 1e6 && (a_style.z & ${STATE_HIDDEN | STATE_TENTATIVE}u) == 0u;
  gl_Position = drawn ? clip(place(gl_VertexID == 0 ? a_from : a_to)) : vec4(2., 2., 2., 1.);
  vec4 c = u_colours[a_style.y];
  v_colour = vec4(c.rgb, 1.) * c.a * u_fade * ((a_style.z & ${STATE_SLEEPING}u) != 0u ? .5 : 1.);
}`;

const LINE_FRAGMENT = `#version 300 es
precision highp float;
in vec4 v_colour; out vec4 colour;
void main() { colour = v_colour; }`;

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

export class TrackLayer {
  private gl: WebGL2RenderingContext;
  private symbols!: Program;
  private vectors!: Program;
  private tails!: Program;
  private xy!: WebGLBuffer;
  private motion!: WebGLBuffer;
  private styles!: WebGLBuffer;
  private ring!: WebGLBuffer;
  private capacity = 0;
  private uploaded = -1;
  private tailVersion = -1;
  private motionData = new Float32Array(0);
  style = new Uint8Array(0);
  colours = new Float32Array(COLOURS.length * 4);
  halo = new Float32Array([0, 0, 0, 0.6]);
  vectorMinutes = 6;
  tailMinutes = 3;
  blink = 1;

  constructor(canvas: HTMLCanvasElement, private store: TrackStore) {
    const gl = canvas.getContext('webgl2', { alpha: true, antialias: true, premultipliedAlpha: true });
    if (!gl) throw new Error('WebGL 2 is not available in this browser');
    this.gl = gl;
    this.prepare();
    canvas.addEventListener('webglcontextlost', (e) => e.preventDefault());
    canvas.addEventListener('webglcontextrestored', () => this.prepare());
  }

  private prepare() {
    const names = ['u_offset', 'u_scale', 'u_size', 'u_colours', 'u_blink', 'u_halo', 'u_px_per_kn', 'u_fade'];
    this.symbols = this.program(SYMBOL_VERTEX, SYMBOL_FRAGMENT, names);
    this.vectors = this.program(VECTOR_VERTEX, LINE_FRAGMENT, names);
    this.tails = this.program(TAIL_VERTEX, LINE_FRAGMENT, names);
    for (const name of ['xy', 'motion', 'styles', 'ring'] as const) this[name] = this.gl.createBuffer();
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
    ['a_xy', 'a_cog', 'a_sog', 'a_style', 'a_from', 'a_to'].forEach((name, i) => gl.bindAttribLocation(program, i, name));
    gl.linkProgram(program);
    if (!gl.getProgramParameter(program, gl.LINK_STATUS)) throw new Error(gl.getProgramInfoLog(program) ?? 'link');
    return { program, at: Object.fromEntries(names.map((n) => [n, gl.getUniformLocation(program, n)])) };
  }

  /** Sends what has changed to the card. `styled` says that styles have changed too. */
  private upload(styled: boolean) {
    const { gl, store } = this;
    if (this.capacity !== store.capacity) {
      this.capacity = store.capacity;
      for (const [buffer, bytes] of [[this.xy, 8], [this.motion, 8], [this.styles, 4], [this.ring, TAIL * 8]] as const) {
        gl.bindBuffer(gl.ARRAY_BUFFER, buffer);
        gl.bufferData(gl.ARRAY_BUFFER, bytes * this.capacity, gl.DYNAMIC_DRAW);
      }
      this.motionData = new Float32Array(this.capacity * 2);
      this.uploaded = this.tailVersion = -1;
      styled = true;
    }
    const n = store.high;
    if (this.uploaded !== store.version) {
      this.uploaded = store.version;
      for (let i = 0; i < n; i++) {
        this.motionData[i * 2] = ((store.cog[i] as number) * Math.PI) / 180;
        this.motionData[i * 2 + 1] = store.sog[i] as number;
      }
      gl.bindBuffer(gl.ARRAY_BUFFER, this.xy);
      gl.bufferSubData(gl.ARRAY_BUFFER, 0, store.xy, 0, n * 2);
      gl.bindBuffer(gl.ARRAY_BUFFER, this.motion);
      gl.bufferSubData(gl.ARRAY_BUFFER, 0, this.motionData, 0, n * 2);
      styled = true;
    }
    if (styled && this.style.length >= n * 4) {
      gl.bindBuffer(gl.ARRAY_BUFFER, this.styles);
      gl.bufferSubData(gl.ARRAY_BUFFER, 0, this.style, 0, n * 4);
    }
    gl.bindBuffer(gl.ARRAY_BUFFER, this.ring);
    if (this.tailVersion !== store.tailVersion) {
      this.tailVersion = store.tailVersion;
      gl.bufferSubData(gl.ARRAY_BUFFER, 0, store.tail);
    } else {
      for (const k of store.tailDirty) {
        const at = k * this.capacity * 2;
        gl.bufferSubData(gl.ARRAY_BUFFER, at * 4, store.tail, at, n * 2);
      }
    }
    store.tailDirty.clear();
  }

  private attribute(index: number, buffer: WebGLBuffer | null, size: number, stride = 0, offset = 0, integer = false) {
    const gl = this.gl;
    if (!buffer) {
      gl.disableVertexAttribArray(index);
      return;
    }
    gl.bindBuffer(gl.ARRAY_BUFFER, buffer);
    gl.enableVertexAttribArray(index);
    if (integer) gl.vertexAttribIPointer(index, size, gl.UNSIGNED_BYTE, stride, offset);
    else gl.vertexAttribPointer(index, size, gl.FLOAT, false, stride, offset);
    gl.vertexAttribDivisor(index, 1);
  }

  private begin(p: Program, view: View) {
    const gl = this.gl;
    gl.useProgram(p.program);
    gl.uniform2f(p.at.u_offset ?? null, view.offsetX, view.offsetY);
    gl.uniform1f(p.at.u_scale ?? null, view.scale);
    gl.uniform2f(p.at.u_size ?? null, view.width, view.height);
    gl.uniform4fv(p.at.u_colours ?? null, this.colours);
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
    for (let i = 0; i < 6; i++) this.attribute(i, null, 0);

    // Tails: the newest piece reaches to where the craft is.
    const steps = Math.min(TAIL - 1, Math.round(this.tailMinutes * 6));
    if (steps > 0) {
      this.begin(this.tails, view);
      this.attribute(3, this.styles, 4, 0, 0, true);
      const column = (back: number) => ((store.tailHead - back + TAIL * 2) % TAIL) * this.capacity * 8;
      for (let k = 0; k <= steps; k++) {
        gl.uniform1f(this.tails.at.u_fade ?? null, 0.75 * (1 - k / (steps + 1)));
        if (k === 0) this.attribute(5, this.xy, 2);
        else this.attribute(5, this.ring, 2, 0, column(k - 1));
        this.attribute(4, this.ring, 2, 0, column(k));
        gl.drawArraysInstanced(gl.LINES, 0, 2, n);
      }
      this.attribute(4, null, 0);
      this.attribute(5, null, 0);
    }
    this.attribute(0, this.xy, 2);
    this.attribute(1, this.motion, 1, 8, 0);
    this.attribute(2, this.motion, 1, 8, 4);
    this.attribute(3, this.styles, 4, 0, 0, true);
    if (this.vectorMinutes > 0) {
      this.begin(this.vectors, view);
      gl.uniform1f(this.vectors.at.u_px_per_kn ?? null, (1852 / 60) * this.vectorMinutes * view.pxPerMetre);
      gl.drawArraysInstanced(gl.TRIANGLE_STRIP, 0, 4, n);
    }
    this.begin(this.symbols, view);
    gl.uniform1f(this.symbols.at.u_blink ?? null, this.blink);
    gl.uniform4fv(this.symbols.at.u_halo ?? null, this.halo);
    gl.drawArraysInstanced(gl.TRIANGLE_STRIP, 0, 4, n);
  }
}

export { NOWHERE };
