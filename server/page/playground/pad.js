// The drawing pad: strokes by mouse, finger or pen; single pixels by keyboard.

import { h } from "../dom.js";
import { FULL, SIDE, raster } from "./raster.js";

const RESOLUTION = 640;
/** A stroke takes a new point only if the pen moved this far, in shares of the pad. */
const LEAST_MOVE = 0.008;
const PEN_WIDTH = 0.075;
const MOVES = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, -1], ArrowDown: [0, 1] };
const LABEL = "Drawing pad. Draw with mouse, finger or pen; or move over eight by eight pixels with the arrow keys, " +
  "darken with Space, lighten with Backspace, and draw along with Shift and an arrow.";

/**
 * A pad that holds either strokes or pixels. `onchange(cells)` is called with 64 values of 0 to 16 whenever the image
 * changes, `say(text)` with what the keyboard did.
 */
export class Pad {
  #canvas;
  #context;
  #strokes = [];
  #cells = null;
  #cursor = null;
  #pen = null;
  #history = [];
  #onchange;
  #say;

  constructor({ onchange, say, signal }) {
    this.#onchange = onchange;
    this.#say = say;
    this.#canvas = h("canvas", {
      class: "pad", width: RESOLUTION, height: RESOLUTION, tabindex: 0,
      role: "application", "aria-roledescription": "drawing pad", "aria-label": LABEL,
    });
    this.#context = this.#canvas.getContext("2d");
    const on = (name, handler) => this.#canvas.addEventListener(name, handler, { signal });
    on("pointerdown", (event) => this.#down(event));
    on("pointermove", (event) => this.#move(event));
    for (const name of ["pointerup", "pointercancel"]) on(name, (event) => this.#up(event));
    on("keydown", (event) => this.#key(event));
    on("focus", () => this.#draw());
    on("blur", () => {
      this.#cursor = null;
      this.#draw();
    });
    const dark = matchMedia("(prefers-color-scheme: dark)");
    dark.addEventListener("change", () => this.#draw(), { signal });
    document.addEventListener("hallmark:theme", () => this.#draw(), { signal });
  }

  get element() {
    return this.#canvas;
  }

  get empty() {
    return this.cells().every((value) => value === 0);
  }

  get canUndo() {
    return this.#history.length > 0;
  }

  /** What the network is given: 64 values of 0 to 16, by rows. */
  cells() {
    return this.#cells ? this.#cells.slice() : raster(this.#strokes);
  }

  /** Shows an image of pixels. */
  setCells(cells) {
    this.#remember();
    this.#cells = Uint8Array.from(cells);
    this.#strokes = [];
    this.#changed();
  }

  clear() {
    if (!this.empty) this.#remember();
    this.#cells = null;
    this.#strokes = [];
    this.#changed();
  }

  undo() {
    const before = this.#history.pop();
    if (!before) return;
    this.#strokes = before.strokes;
    this.#cells = before.cells;
    this.#changed();
  }

  /** Draws what there is; called once the pad is in the page and knows its colours. */
  refresh() {
    this.#draw();
  }

  #remember() {
    this.#history.push({ strokes: this.#strokes.map((stroke) => stroke.slice()), cells: this.#cells?.slice() ?? null });
    if (this.#history.length > 200) this.#history.shift();
  }

  #changed() {
    this.#draw();
    this.#onchange(this.cells());
  }

  #point(event) {
    const box = this.#canvas.getBoundingClientRect();
    const share = (value, size) => Math.max(0, Math.min(1, value / size));
    return { x: share(event.clientX - box.left, box.width), y: share(event.clientY - box.top, box.height) };
  }

  #down(event) {
    if (event.button !== 0 || this.#pen !== null) return;
    event.preventDefault();
    this.#canvas.focus({ preventScroll: true });
    this.#canvas.setPointerCapture(event.pointerId);
    this.#remember();
    // A sample, or pixels set by keyboard, make room for a new drawing.
    if (this.#cells) this.#strokes = [];
    this.#cells = null;
    this.#cursor = null;
    this.#pen = event.pointerId;
    this.#strokes.push([this.#point(event)]);
    this.#changed();
  }

  #move(event) {
    if (event.pointerId !== this.#pen) return;
    const stroke = this.#strokes.at(-1);
    let grew = false;
    // Browsers that keep no coalesced events give none or an empty list.
    const parts = event.getCoalescedEvents?.() ?? [];
    for (const part of parts.length > 0 ? parts : [event]) {
      const point = this.#point(part);
      const last = stroke.at(-1);
      if (Math.hypot(point.x - last.x, point.y - last.y) < LEAST_MOVE) continue;
      stroke.push(point);
      grew = true;
    }
    if (grew) this.#changed();
  }

  #up(event) {
    if (event.pointerId !== this.#pen) return;
    this.#pen = null;
    this.#changed();
  }

  #key(event) {
    if (event.ctrlKey || event.metaKey || event.altKey) return;
    const move = MOVES[event.key];
    const paint = { " ": FULL, Enter: FULL, Backspace: 0, Delete: 0 }[event.key];
    if (!move && paint === undefined) return;
    event.preventDefault();
    this.#cursor ??= { x: 3, y: 3 };
    if (move) {
      const inside = (value) => Math.max(0, Math.min(SIDE - 1, value));
      this.#cursor = { x: inside(this.#cursor.x + move[0]), y: inside(this.#cursor.y + move[1]) };
    }
    if (paint !== undefined) this.#paint(paint);
    else if (event.shiftKey) this.#paint(FULL);
    else this.#draw();
    const { x, y } = this.#cursor;
    this.#say(`Row ${y + 1}, column ${x + 1}: ${this.cells()[y * SIDE + x]} of ${FULL}`);
  }

  #paint(value) {
    const index = this.#cursor.y * SIDE + this.#cursor.x;
    const cells = this.cells();
    if (cells[index] === value && this.#cells) {
      this.#draw();
      return;
    }
    this.#remember();
    cells[index] = value;
    this.#cells = cells;
    this.#strokes = [];
    this.#changed();
  }

  #draw() {
    const context = this.#context;
    const style = getComputedStyle(this.#canvas);
    const cell = RESOLUTION / SIDE;
    context.clearRect(0, 0, RESOLUTION, RESOLUTION);
    const ink = style.color;
    if (this.#cells) {
      context.fillStyle = ink;
      this.#cells.forEach((value, index) => {
        context.globalAlpha = value / FULL;
        context.fillRect((index % SIDE) * cell, Math.floor(index / SIDE) * cell, cell, cell);
      });
      context.globalAlpha = 1;
    }
    context.strokeStyle = style.borderTopColor;
    context.lineWidth = 1.5;
    for (let k = 1; k < SIDE; k += 1) {
      context.beginPath();
      context.moveTo(k * cell, 0);
      context.lineTo(k * cell, RESOLUTION);
      context.moveTo(0, k * cell);
      context.lineTo(RESOLUTION, k * cell);
      context.stroke();
    }
    context.strokeStyle = ink;
    context.lineWidth = PEN_WIDTH * RESOLUTION;
    context.lineCap = "round";
    context.lineJoin = "round";
    for (const stroke of this.#strokes) this.#line(stroke);
    if (this.#cursor) {
      context.strokeStyle = style.outlineColor || ink;
      context.lineWidth = 8;
      context.strokeRect(this.#cursor.x * cell + 4, this.#cursor.y * cell + 4, cell - 8, cell - 8);
    }
  }

  #line(stroke) {
    const context = this.#context;
    context.beginPath();
    context.moveTo(stroke[0].x * RESOLUTION, stroke[0].y * RESOLUTION);
    // A dot is a line to itself.
    for (const { x, y } of stroke.length > 1 ? stroke.slice(1) : stroke) context.lineTo(x * RESOLUTION, y * RESOLUTION);
    context.stroke();
  }
}
