import assert from "node:assert/strict";
import { test } from "node:test";
import * as format from "../../page/format.js";

/** Every row: what is given, what is written. */
function table(write, rows) {
  for (const [given, written] of rows) assert.equal(write(given), written, JSON.stringify(given));
}

test("numbers are written in the unit that they are in once they are rounded", () => {
  table(format.bytes, [
    [0, "0 bytes"], [999, "999 bytes"], [1000, "1.0 kB"], [9376, "9.4 kB"], [99_949, "99.9 kB"], [99_951, "100 kB"], [999_499, "999 kB"],
    [999_950, "1.0 MB"], [999_499_999, "999 MB"], [999_600_000, "1.0 GB"], [5e12, "5000 GB"], [null, "–"], [undefined, "–"],
  ]);
  table(format.duration, [
    [0, "0.0 ms"], [9.94, "9.9 ms"], [9.96, "10 ms"], [38.4, "38 ms"], [999.4, "999 ms"], [999.6, "1.0 s"], [1500, "1.5 s"], [59_949, "59.9 s"],
    [59_951, "1 min 0 s"], [61_499, "1 min 1 s"], [119_600, "2 min 0 s"], [3_600_000, "60 min 0 s"], [null, "–"],
  ]);
  table(format.percent, [[0.9844, "98.4 %"], [0, "0.0 %"], [1, "100.0 %"], [null, "–"]]);
  assert.equal(format.percent(0.5, 0), "50 %");
  table(format.count, [[3818, "3\u202f818"], [1e6, "1\u202f000\u202f000"], [7, "7"], [undefined, "–"]]);
  table(format.real, [
    [0, "0"], [0.5, "0.5"], [123.456, "123.5"], [-1 / 3, "-0.3333"], [0.00012, "0.00012"], [0.00001, "1.000e-5"], [1e6, "1.000e+6"], [null, "–"],
  ]);
});

test("an integer has as many digits as its unit, and a minus sign that is one", () => {
  assert.equal(format.scaled(-1.5, 1), "−1.5");
  assert.equal(format.scaled(3, 0), "3");
  assert.equal(format.scaled(1 / 16, 4), "0.06");
  assert.equal(format.scaled(1 / 3, 60), "0.33333333");
});

test("what integers stand for is said by their kind", () => {
  assert.equal(format.meaning({ element: "real", scale_bits: 12 }), "integers / 2^12");
  assert.equal(format.meaning({ element: "integer" }), "integers");
  assert.equal(format.meaning({ element: "boolean" }), "booleans");
  assert.equal(format.meaning({ element: "quantized", scale: 0.5, zero_point: 3 }), "0.5 · (integers − 3)");
  assert.equal(format.step({ real: { scale_bits: 12 } }), "1/2^12");
  assert.equal(format.step({ quantized: { scale: 0.25 } }), "0.25");
  assert.equal(format.step(undefined), "1");
  table(format.shape, [[[1, 8, 8], "1×8×8"], [[3], "3"], [[], "scalar"], [undefined, "scalar"]]);
});

test("times are told as how long ago they were, and what is no time is shown as it is", () => {
  const now = Date.parse("2026-01-02T00:00:00Z");
  const ago = (seconds) => format.ago(new Date(now - 1000 * seconds).toISOString(), now);
  table(ago, [
    [0, "now"], [4, "now"], [5, "5 s ago"], [59, "59 s ago"], [60, "1 min ago"], [3599, "59 min ago"], [3600, "1 h ago"], [86_399, "23 h ago"],
    [86_400, "1 d ago"], [-60, "now"],
  ]);
  assert.equal(format.ago("soon", now), "");
  assert.equal(format.moment("soon"), "soon");
  assert.match(format.moment("2026-01-02T00:00:00Z"), /202[56]/);
});

test("bytes go through hexadecimal digits and base64 and come back", () => {
  const all = Uint8Array.from({ length: 256 }, (_, byte) => byte);
  assert.deepEqual(format.fromHex(format.toHex(all)), all);
  assert.deepEqual(format.fromHex(format.toHex(all).toUpperCase()), all);
  assert.deepEqual(format.fromBase64(format.toBase64(all)), all);
  assert.equal(format.toBase64(all), Buffer.from(all).toString("base64"));
  assert.deepEqual(format.fromHex(""), new Uint8Array());
  for (const text of ["0", "0g", "0x00", " 00", "00\n"]) assert.throws(() => format.fromHex(text), TypeError, text);
  assert.match(format.randomHex(32), /^[0-9a-f]{64}$/);
  assert.notEqual(format.randomHex(32), format.randomHex(32));
  assert.equal(format.short("ab".repeat(32)), "abababababab…");
  assert.equal(format.short("ab".repeat(8)), "ab".repeat(8));
  assert.equal(format.short(undefined), "–");
});
