import assert from "node:assert/strict";
import { test } from "node:test";
import { FULL, SIDE, raster } from "../../page/playground/raster.js";
import { SAMPLES } from "../../page/playground/samples.js";
import { STROKES } from "./digits.js";

const points = (strokes) => strokes.map((stroke) => stroke.map(([x, y]) => ({ x, y })));
const sum = (cells) => cells.reduce((total, value) => total + value, 0);

test("nothing drawn is nothing", () => {
  assert.deepEqual([...raster([])], new Array(SIDE * SIDE).fill(0));
  assert.deepEqual([...raster([[]])], new Array(SIDE * SIDE).fill(0));
});

test("a digit fills the height and has the ink of the training data, wherever and however large it was drawn", () => {
  const ink = SAMPLES.map(({ cells }) => sum(cells));
  for (const [digit, strokes] of STROKES.entries()) {
    const cells = raster(points(strokes));
    const small = raster(points(strokes.map((stroke) => stroke.map(([x, y]) => [0.1 + 0.4 * x, 0.5 + 0.4 * y]))));
    assert.deepEqual(small, cells, `digit ${digit}`);
    assert.ok(cells.every((value) => value >= 0 && value <= FULL));
    assert.ok(sum(cells.slice(0, SIDE)) > 0 && sum(cells.slice(-SIDE)) > 0, `digit ${digit} does not fill the height`);
    assert.ok(sum(cells) >= 0.8 * Math.min(...ink) && sum(cells) <= 1.1 * Math.max(...ink), `digit ${digit} has ink ${sum(cells)}`);
  }
});

test("a dot is a blot, not an error", () => {
  const cells = raster([[{ x: 0.2, y: 0.9 }]]);
  assert.ok(sum(cells) > 0 && sum(cells) < 100);
});
