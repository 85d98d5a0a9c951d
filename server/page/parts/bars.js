// The network's answer: a score per digit.

import { fill, h } from "../dom.js";
import { fixed } from "../format.js";

/** Softmax: the share of each score. */
export function shares(scores) {
  const greatest = Math.max(...scores);
  const powers = scores.map((score) => Math.exp(score - greatest));
  const sum = powers.reduce((total, power) => total + power, 0);
  return powers.map((power) => power / sum);
}

/** The index of the greatest score. */
export function argMax(scores) {
  return scores.reduce((best, score, k) => (score > scores[best] ? k : best), 0);
}

/** Ten bars; `show(scores)` brings them up to date, `show(null)` empties them. */
export function createBars() {
  const rows = Array.from({ length: 10 }, (_, digit) => {
    const track = h("span", { class: "bar-track" }, h("span", { class: "bar-fill" }));
    const value = h("span", { class: "bar-value number" }, "–");
    return { row: h("li", {}, h("span", { class: "bar-digit" }, digit), track, value), track, value };
  });
  const list = h("ol", { class: "bars", "aria-label": "Score of each digit" });
  fill(list, rows.map(({ row }) => row));
  return {
    element: list,
    show(scores) {
      const parts = scores ? shares(scores) : null;
      const best = scores ? argMax(scores) : -1;
      rows.forEach(({ row, track, value }, digit) => {
        track.style.setProperty("--share", parts ? parts[digit] : 0);
        value.textContent = scores ? fixed(scores[digit], 2) : "–";
        row.classList.toggle("best", digit === best);
      });
    },
  };
}
