// @ts-check
// Draws the points with WebGL: buffers are uploaded once, and a frame is one draw call.
(() => {
  'use strict';
  /** @typedef {WardrobeMap.Renderer} Renderer */

  /** Width of the texture that holds the colors of the groups. */
  const TABLE = 256;
  /** Opacity of points that are not selected, while others are, as a share of their own. */
  const UNSELECTED = 0.16;
  /** Points of less opacity lie below others. */
  const FAINT = 0.3;

  const VERTEX = `
    attribute vec2 place;
    attribute float group;
    attribute float chosen;
    uniform vec2 scale;
    uniform vec2 shift;
    uniform mediump float diameter;
    uniform float opacity;
    uniform float selecting;
    uniform float layered;
    uniform float rows;
    uniform sampler2D colors;
    varying vec4 color;
    void main() {
      vec2 entry = vec2(mod(group, ${TABLE}.0), floor(group / ${TABLE}.0));
      color = texture2D(colors, (entry + 0.5) / vec2(${TABLE}.0, rows));
      color.a *= opacity * mix(1.0, mix(${UNSELECTED}, 1.0, chosen), selecting);
      float depth = layered * step(color.a, ${FAINT}) * 0.5;
      gl_Position = vec4(place * scale + shift, depth, 1.0);
      gl_PointSize = diameter + 1.0;
    }`;
  const FRAGMENT = `
    precision mediump float;
    uniform mediump float diameter;
    varying vec4 color;
    void main() {
      float distance = length(gl_PointCoord - 0.5) * (diameter + 1.0);
      float alpha = color.a * clamp(0.5 * diameter - distance + 0.5, 0.0, 1.0);
      if (alpha <= 0.0) discard;
      gl_FragColor = vec4(color.rgb * alpha, alpha);
    }`;

  /**
   * Compiles the program, or returns `null` where the graphics driver does not.
   * @param {WebGLRenderingContext} gl
   */
  const compile = (gl) => {
    const program = gl.createProgram();
    if (!program) return null;
    for (const [type, source] of /** @type {const} */ ([
      [gl.VERTEX_SHADER, VERTEX],
      [gl.FRAGMENT_SHADER, FRAGMENT],
    ])) {
      const shader = gl.createShader(type);
      if (!shader) return null;
      gl.shaderSource(shader, source);
      gl.compileShader(shader);
      gl.attachShader(program, shader);
    }
    gl.linkProgram(program);
    return gl.getProgramParameter(program, gl.LINK_STATUS) ? program : null;
  };

  /**
   * Makes a buffer that one attribute of each point is read from.
   * @param {WebGLRenderingContext} gl
   * @param {WebGLProgram} program
   * @param {string} name
   * @param {number} size numbers per point
   * @param {number} type
   */
  const attribute = (gl, program, name, size, type) => {
    const buffer = gl.createBuffer();
    const location = gl.getAttribLocation(program, name);
    gl.bindBuffer(gl.ARRAY_BUFFER, buffer);
    gl.enableVertexAttribArray(location);
    return {
      /** @type {(values: Float32Array | Uint8Array) => void} */
      upload: (values) => {
        gl.bindBuffer(gl.ARRAY_BUFFER, buffer);
        gl.bufferData(gl.ARRAY_BUFFER, values, gl.STATIC_DRAW);
        gl.vertexAttribPointer(location, size, type, false, 0, 0);
      },
    };
  };

  /**
   * Makes a renderer on a canvas; `null` where WebGL does not work or is slow.
   * @param {HTMLCanvasElement} canvas
   * @param {WardrobeMap.Numbers} x
   * @param {WardrobeMap.Numbers} y
   * @param {Uint32Array} order in which points are drawn
   * @param {WardrobeMap.Frame} frame around whose middle coordinates are most exact
   * @param {boolean} slow whether WebGL without a graphics processor will do
   * @returns {Renderer | null}
   */
  const create = (canvas, x, y, order, frame, slow) => {
    const options = {
      antialias: false,
      // Printing reads the canvas long after it was drawn, so the drawing has to be kept.
      preserveDrawingBuffer: true,
      // A plain canvas is several times as fast as WebGL that the main processor emulates.
      failIfMajorPerformanceCaveat: !slow,
    };
    const gl = /** @type {WebGLRenderingContext | null} */ (
      canvas.getContext('webgl2', options) ?? canvas.getContext('webgl', options)
    );
    if (!gl || !gl.getParameter(gl.MAX_VERTEX_TEXTURE_IMAGE_UNITS)) return null;
    const program = compile(gl);
    if (!program) return null;
    gl.useProgram(program);
    /** @type {(name: string) => WebGLUniformLocation | null} */
    const uniform = (name) => gl.getUniformLocation(program, name);
    const at = {
      scale: uniform('scale'),
      shift: uniform('shift'),
      diameter: uniform('diameter'),
      opacity: uniform('opacity'),
      selecting: uniform('selecting'),
      layered: uniform('layered'),
      rows: uniform('rows'),
    };

    const count = order.length;
    const middleX = (frame.left + frame.right) / 2;
    const middleY = (frame.bottom + frame.top) / 2;
    const places = new Float32Array(2 * count);
    order.forEach((i, k) => {
      places[2 * k] = x[i] - middleX;
      places[2 * k + 1] = y[i] - middleY;
    });
    attribute(gl, program, 'place', 2, gl.FLOAT).upload(places);
    const group = attribute(gl, program, 'group', 1, gl.FLOAT);
    const chosen = attribute(gl, program, 'chosen', 1, gl.UNSIGNED_BYTE);
    group.upload(new Float32Array(count));
    chosen.upload(new Uint8Array(count));
    gl.bindTexture(gl.TEXTURE_2D, gl.createTexture());
    gl.texParameteri(gl.TEXTURE_2D, gl.TEXTURE_MIN_FILTER, gl.NEAREST);
    gl.texParameteri(gl.TEXTURE_2D, gl.TEXTURE_MAG_FILTER, gl.NEAREST);
    gl.texParameteri(gl.TEXTURE_2D, gl.TEXTURE_WRAP_S, gl.CLAMP_TO_EDGE);
    gl.texParameteri(gl.TEXTURE_2D, gl.TEXTURE_WRAP_T, gl.CLAMP_TO_EDGE);
    gl.enable(gl.BLEND);
    gl.blendFunc(gl.ONE, gl.ONE_MINUS_SRC_ALPHA);
    gl.depthFunc(gl.LEQUAL);
    let selecting = 0;

    return {
      name: 'webgl',
      setGroups: (groups) => group.upload(Float32Array.from(order, (i) => groups[i])),
      setColors: (colors) => {
        const rows = Math.ceil(colors.length / 4 / TABLE);
        const table = new Uint8Array(4 * TABLE * rows);
        table.set(colors);
        const format = gl.RGBA;
        const type = gl.UNSIGNED_BYTE;
        gl.texImage2D(gl.TEXTURE_2D, 0, format, TABLE, rows, 0, format, type, table);
        gl.uniform1f(at.rows, rows);
      },
      setSelected: (selected) => {
        selecting = selected ? 1 : 0;
        if (selected) chosen.upload(Uint8Array.from(order, (i) => selected[i]));
      },
      draw: (view, style) => {
        const width = Math.max(1, Math.round(view.width * style.pixelRatio));
        const height = Math.max(1, Math.round(view.height * style.pixelRatio));
        if (canvas.width !== width || canvas.height !== height) {
          canvas.width = width;
          canvas.height = height;
        }
        gl.viewport(0, 0, width, height);
        const [scaleX, scaleY] = [(2 * view.scale) / view.width, (2 * view.scale) / view.height];
        gl.uniform2f(at.scale, scaleX, scaleY);
        const [right, up] = [middleX - view.centerX, middleY - view.centerY];
        gl.uniform2f(at.shift, right * scaleX, up * scaleY);
        gl.uniform1f(at.diameter, style.diameter * style.pixelRatio);
        gl.uniform1f(at.opacity, style.opacity);
        gl.uniform1f(at.selecting, selecting);
        gl.uniform1f(at.layered, style.layered ? 1 : 0);
        if (style.layered) gl.enable(gl.DEPTH_TEST);
        else gl.disable(gl.DEPTH_TEST);
        gl.clear(gl.COLOR_BUFFER_BIT | gl.DEPTH_BUFFER_BIT);
        gl.drawArrays(gl.POINTS, 0, Math.min(count, style.count));
      },
      dispose: () => gl.getExtension('WEBGL_lose_context')?.loseContext(),
    };
  };

  const webgl = { create, UNSELECTED, FAINT };
  (globalThis.wardrobeMap ??= /** @type {any} */ ({})).webgl = webgl;
  if (typeof module !== 'undefined') module.exports = webgl;
})();
