// A verification in words.

import { fill, h } from "../dom.js";
import { duration } from "../format.js";
import { inlineHash } from "./basics.js";

const PARTS = [
  ["bound", "Bound", "No other value passes with this proof."],
  ["hidden", "Hidden", "Not to be read from proofs alone."],
  ["revealed", "Revealed", "Given away by several proofs together."],
  ["trusted", "Trusted", "Not shown by the proof; you rely on it."],
];

/** A sentence with its long numbers cut short. */
function sentence(text) {
  return text.split(/\b([0-9a-f]{64})\b/).map((part, k) => (k % 2 ? inlineHash(part) : part));
}

/** What is bound, hidden, revealed and trusted, side by side. */
export function statementColumns(statement) {
  return h("div", { class: "statement" }, PARTS.map(([key, title, meaning]) =>
    h("section", { class: `statement-${key}` },
      h("h3", {}, title),
      h("p", { class: "small muted" }, meaning),
      h("ul", {}, (statement?.[key] ?? []).map((line) =>
        h("li", { class: line.includes("INSECURE") ? "warn-text" : undefined }, sentence(line)))))));
}

/** The verdict on one proof, as an element that takes focus so that it is read out. */
export function verdict(result) {
  const valid = result.valid === true;
  const box = h("div", { class: `verdict ${valid ? "valid" : "bad"}`, role: "status" });
  return fill(box,
    h("p", { class: "verdict-word" }, valid ? "Valid" : "Rejected"),
    h("p", {}, valid
      ? `The proof shows its statement. Checked in ${duration(result.verify_ms)}.`
      : (result.reason)));
}
