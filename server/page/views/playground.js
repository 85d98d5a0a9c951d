// Home: draw a digit, see it read, have it proven, verify the proof, try to forge it.

import { fill, h } from "../dom.js";
import { bytes, count } from "../format.js";
import { hash, insecureNote, pixels, say, waiting } from "../parts/basics.js";
import { digitModels } from "../playground/models.js";
import { Pad } from "../playground/pad.js";
import { createProof } from "../playground/proof.js";
import { createReading } from "../playground/reading.js";
import { SAMPLES } from "../playground/samples.js";

const SHOWN_SAMPLES = 10;

export const title = "Playground";

/** Fills `main`. */
export async function show(main, { signal }) {
  const place = h("div", { class: "view" });
  const body = h("div", { class: "view" }, waiting("Looking for a model that reads digits…"));
  fill(place,
    h("div", { class: "opening" },
      h("h1", { tabindex: -1 }, "This model. This input. This answer."),
      h("p", { class: "lead" }, "Draw a digit. A neural network reads it and proves what it read: anybody can check the proof in milliseconds, " +
        "without the weights and without trusting this server.")),
    body);
  fill(main, place);
  const models = await digitModels(signal, () => fill(body, waiting("The server is compiling the digits model. This takes a few seconds…")));
  fill(body, workbench(models, signal));
}

function workbench(models, signal) {
  let model = models[0];
  const reading = createReading(signal);
  const about = h("div", {});
  const undo = h("button", { type: "button", disabled: true, onclick: () => pad.undo() }, "Undo");
  const clear = h("button", { type: "button", disabled: true, onclick: () => pad.clear() }, "Clear");
  const onchange = (cells) => {
    reading.read(model, cells);
    proof.drawn(pad.empty);
    undo.disabled = !pad.canUndo;
    clear.disabled = pad.empty;
  };
  const pad = new Pad({ onchange, say, signal });
  const proof = createProof(() => (pad.empty ? null : { model, cells: pad.cells() }), signal);
  const choose = (chosen) => {
    model = chosen;
    fill(about, aboutModel(model));
    reading.read(model, pad.cells());
  };
  choose(model);
  requestAnimationFrame(() => pad.refresh());
  return [
    h("div", { class: "bench" },
      h("section", { class: "section bench-draw", "aria-labelledby": "draw-title" },
        h("div", { class: "section-head" }, h("h2", { id: "draw-title" }, "Draw a digit"), h("div", { class: "row tight" }, undo, clear)),
        pad.element),
      h("div", { class: "section bench-read" }, reading.element, modelPicker(models, choose), about),
      samples((sample) => {
        pad.setCells(sample.cells);
        say(`A handwritten ${sample.label} is on the pad.`);
      })),
    proof.element,
  ];
}

function samples(onpick) {
  let from = 0;
  const list = h("ul", { class: "samples" });
  const show = () => fill(list, Array.from({ length: SHOWN_SAMPLES }, (_, k) => {
    const sample = SAMPLES[(from + k) % SAMPLES.length];
    return h("li", {}, h("button", { type: "button", "aria-label": `A handwritten ${sample.label}, image ${sample.index} of the test set`, onclick: () => onpick(sample) },
      pixels(sample.cells)));
  }));
  show();
  return h("div", { class: "section bench-samples" },
    h("div", { class: "section-head nowrap" },
      h("h3", {}, "Or take one it has never seen"),
      h("button", { type: "button", class: "quiet", onclick: () => { from += SHOWN_SAMPLES; show(); say("Other images are shown."); } }, "Others")),
    list);
}

function modelPicker(models, onchoose) {
  if (models.length < 2) return null;
  const select = h("select", { "aria-label": "Model", onchange: () => onchoose(models[select.selectedIndex]) },
    models.map((model) => h("option", {}, model.reference ?? model.name)));
  return select;
}

function aboutModel(model) {
  const circuit = model.circuits?.[0];
  return h("div", { class: "section" },
    h("p", { class: "small" },
      h("a", { href: `#/models/${model.model_id}` }, model.reference ?? model.name), ` · ${count(model.parameters)} parameters`,
      circuit ? ` · 2^${circuit.k} rows · proofs of ${bytes(circuit.proof_bytes)}` : "", " · ",
      hash(model.model_id, "model id", 12)),
    model.insecure_srs ? insecureNote() : null);
}
