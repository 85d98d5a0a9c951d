// Numbers, times and sizes for people.

const whole = new Intl.NumberFormat("en", { useGrouping: true });

/** 3818 → "3 818". */
export function count(n) {
  return n === null || n === undefined ? "–" : whole.format(n).replaceAll(",", "\u202f");
}

/** 9376 → "9.4 kB". */
export function bytes(n) {
  if (n === null || n === undefined) return "–";
  if (n < 1000) return `${n} bytes`;
  let [value, unit] = [n / 1000, "kB"];
  for (const next of ["MB", "GB"]) {
    // As it is written: what is rounded up to a thousand is one of the next.
    if (Math.round(value) < 1000) break;
    [value, unit] = [value / 1000, next];
  }
  return `${value.toFixed(value < 99.95 ? 1 : 0)} ${unit}`;
}

/** 38.4 → "38 ms", 1500 → "1.5 s". */
export function duration(ms) {
  if (ms === null || ms === undefined) return "–";
  // As it is written: what is rounded up to the next unit is written in that.
  if (ms < 9.95) return `${ms.toFixed(1)} ms`;
  if (ms < 999.5) return `${Math.round(ms)} ms`;
  if (ms < 59_950) return `${(ms / 1000).toFixed(1)} s`;
  const seconds = Math.round(ms / 1000);
  return `${Math.floor(seconds / 60)} min ${seconds % 60} s`;
}

/** 0.9844 → "98.4 %". */
export function percent(fraction, digits = 1) {
  return fraction === null || fraction === undefined ? "–" : `${(100 * fraction).toFixed(digits)} %`;
}

/** A real number with four significant digits. */
export function real(value) {
  if (value === null || value === undefined) return "–";
  const size = Math.abs(value);
  if (size !== 0 && (size < 1e-4 || size >= 1e6)) return value.toExponential(3);
  return String(Number(value.toPrecision(4)));
}

/** A number with so many digits after the point, and a minus sign that is one. */
export function fixed(value, digits) {
  return value.toFixed(digits).replace("-", "−");
}

/** The value of an integer in units of 2^-bits, with as many digits as the unit has. */
export function scaled(value, bits) {
  return fixed(value, Math.max(0, Math.min(8, Math.ceil(bits * Math.log10(2)))));
}

/** What the integers of a tensor stand for. */
export function meaning(tensor) {
  if (tensor.element === "integer" || tensor.element === "boolean") return `${tensor.element}s`;
  if (tensor.element === "quantized") return `${tensor.scale} · (integers − ${tensor.zero_point})`;
  return `integers / 2^${tensor.scale_bits}`;
}

/** The step from one number of a tensor to the next, from its kind in a report. */
export function step(kind) {
  if (kind?.real) return `1/2^${kind.real.scale_bits}`;
  if (kind?.quantized) return String(kind.quantized.scale);
  return "1";
}

/** [1, 8, 8] → "1×8×8". */
export function shape(dimensions) {
  return dimensions?.length ? dimensions.join("×") : "scalar";
}

const moments = new Intl.DateTimeFormat(undefined, { dateStyle: "medium", timeStyle: "medium" });

/** An RFC 3339 time in the reader's zone. */
export function moment(text) {
  const date = new Date(text);
  return Number.isNaN(date.getTime()) ? String(text) : moments.format(date);
}

/** How long ago that was. */
export function ago(text, now = Date.now()) {
  const seconds = Math.round((now - new Date(text).getTime()) / 1000);
  if (!Number.isFinite(seconds)) return "";
  if (seconds < 5) return "now";
  const steps = [[60, "s", 1], [3600, "min", 60], [86_400, "h", 3600], [Infinity, "d", 86_400]];
  const [, unit, size] = steps.find(([limit]) => seconds < limit);
  return `${Math.floor(seconds / size)} ${unit} ago`;
}

/** The first digits of a long number. */
export function short(hex, digits = 12) {
  return hex && hex.length > digits + 4 ? `${hex.slice(0, digits)}…` : (hex ?? "–");
}

/** Bytes as lower-case hexadecimal digits. */
export function toHex(array) {
  return Array.from(array, (byte) => byte.toString(16).padStart(2, "0")).join("");
}

/** Hexadecimal digits as bytes. */
export function fromHex(text) {
  if (!/^([0-9a-f]{2})*$/i.test(text)) throw new TypeError("not hexadecimal digits");
  return Uint8Array.from(text.match(/../g) ?? [], (pair) => Number.parseInt(pair, 16));
}

/** So many random bytes in hexadecimal digits. */
export function randomHex(length) {
  return toHex(crypto.getRandomValues(new Uint8Array(length)));
}

/** Bytes as base64. */
export function toBase64(array) {
  let text = "";
  for (const byte of array) text += String.fromCharCode(byte);
  return btoa(text);
}

/** Base64 as bytes. */
export function fromBase64(text) {
  return Uint8Array.from(atob(text), (character) => character.charCodeAt(0));
}
