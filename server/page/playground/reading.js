// What the network reads while somebody draws: predictions, at most a few a second.

import { Problem, post } from "../api/client.js";
import { fill, h, isAbort, pause } from "../dom.js";
import { duration } from "../format.js";
import { argMax, createBars, shares } from "../parts/bars.js";
import { pixels, say } from "../parts/basics.js";
import { problemBox } from "../parts/problem.js";
import { inputOf } from "./models.js";

const DEBOUNCE_MS = 90;
const ANNOUNCE_MS = 900;
/** Half a stroke may drive a score past the range of the model's integers, which is no fault of anybody. */
const OUT_OF_RANGE = "input-out-of-range";

/** The prediction's panel; `read(model, cells)` asks for a new one. */
export function createReading(signal) {
  const bars = createBars();
  const digit = h("p", { class: "digit" }, "?");
  const words = h("p", { class: "muted" }, "Nothing drawn yet.");
  const image = h("div", { class: "seen" });
  const trouble = h("div", {});
  let running = false;
  let wanted = null;
  // Raised by every change of the drawing, so that the answer to an old one is not shown for a new one.
  let change = 0;
  let announcement;

  const element = h("div", { class: "reading" },
    h("div", { class: "reading-head" },
      h("div", { class: "reading-digit" }, digit, h("div", {}, h("h2", {}, "What the network reads"), words)),
      h("figure", {}, image, h("figcaption", { class: "small muted" }, "64 pixels"))),
    bars.element, trouble);

  function showEmpty() {
    digit.textContent = "?";
    words.textContent = "Nothing drawn yet.";
    bars.show(null);
    fill(trouble);
    clearTimeout(announcement);
  }

  function show(scores, ms) {
    const best = argMax(scores);
    digit.textContent = best;
    const share = shares(scores)[best];
    const certainty = share > 0.9 ? "quite sure" : share > 0.6 ? "probably" : "a guess";
    words.textContent = `${certainty}, in ${duration(ms)}`;
    bars.show(scores);
    fill(trouble);
    clearTimeout(announcement);
    announcement = setTimeout(() => say(`The network reads ${best}, ${certainty}.`), ANNOUNCE_MS);
  }

  async function loop() {
    if (running) return;
    running = true;
    try {
      while (wanted) {
        await pause(DEBOUNCE_MS, signal);
        if (wanted) await ask();
      }
    } catch (error) {
      if (!isAbort(error)) throw error;
    } finally {
      running = false;
    }
  }

  async function ask() {
    const question = wanted;
    const asked = change;
    wanted = null;
    try {
      const { model, cells } = question;
      const answer = await post(`v1/models/${model.model_id}/predictions`, { input: inputOf(model, cells) }, { signal });
      if (asked === change) show(answer.outputs[0].values, answer.run_ms);
    } catch (error) {
      if (isAbort(error)) throw error;
      if (asked === change) await refused(error, question);
    }
  }

  async function refused(error, question) {
    if (error instanceof Problem && error.type.endsWith(OUT_OF_RANGE)) {
      showOutOfRange(error);
      return;
    }
    digit.textContent = "?";
    words.textContent = "No answer.";
    bars.show(null);
    fill(trouble, problemBox(error));
    if (!(error instanceof Problem && error.retryAfter)) return;
    const asked = change;
    await pause(1000 * error.retryAfter, signal);
    if (asked === change) wanted = question;
  }

  function showOutOfRange(problem) {
    digit.textContent = "–";
    words.textContent = "outside of what it was made for";
    bars.show(null);
    fill(trouble, h("p", { class: "small muted" }, problem.detail));
  }

  return {
    element,
    read(model, cells) {
      change += 1;
      fill(image, pixels(cells));
      if (cells.every((value) => value === 0)) {
        wanted = null;
        showEmpty();
        return;
      }
      wanted = { model, cells };
      loop();
    },
  };
}
