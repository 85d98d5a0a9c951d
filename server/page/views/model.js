// One model: what its id commits to, how well its integers follow the floats, what its proofs cost.

import { get, send } from "../api/client.js";
import { fill, h, isAbort } from "../dom.js";
import { bytes, count, duration, meaning, percent, real, shape, step } from "../format.js";
import { chip, copyButton, facts, hash, insecureChip, insecureNote, publisher, table, time, waiting } from "../parts/basics.js";
import { downloadButton } from "../parts/download.js";
import { problemBox } from "../parts/problem.js";
import { removeButton } from "../parts/remove.js";
import { snippets } from "../parts/snippets.js";

export const title = "Model";

/** Fills `main`. */
export async function show(main, { id, signal }) {
  const view = h("div", { class: "view" }, h("h1", { tabindex: -1 }, "Model"), waiting());
  fill(main, view);
  const model = await get(`v1/models/${id}`, { signal });
  document.title = `${model.name} · Hallmark`;
  const report = h("section", { class: "section" }, waiting());
  const layout = h("section", { class: "section" }, waiting());
  fill(view, heading(model), identity(model), circuits(model), report, layout, use(model), model.mine ? removal(model, signal) : null);
  // Read out like a fresh page: the heading was replaced.
  view.querySelector("h1").focus({ preventScroll: true });
  await Promise.all([
    into(report, async () => accuracy(await get(`v1/models/${id}/report`, { signal }), model)),
    into(layout, async () => layoutSection(await get(`v1/models/${id}/layout`, { signal }), model, signal)),
  ]);
}

/** Fills a section by itself, so that what one endpoint refuses does not hide the others. */
async function into(section, make) {
  try {
    fill(section, await make());
  } catch (error) {
    if (!isAbort(error)) fill(section, problemBox(error, () => into(section, make)));
  }
}

function heading(model) {
  return h("div", { class: "opening" },
    h("p", { class: "small" }, h("a", { href: "#/models" }, "Models")),
    h("h1", { tabindex: -1 }, publisher(model), model.name, model.version ? h("span", { class: "muted" }, ` ${model.version}`) : null),
    h("div", { class: "row tight" },
      model.deprecated ? chip("deprecated", "warn") : null,
      chip(model.public === false ? "private" : "public"),
      model.operator ? chip("the operator’s") : null,
      model.mine ? chip("this key’s") : null,
      model.insecure_srs ? insecureChip() : null,
      (model.tags ?? []).map((tag) => h("a", { class: "chip plain", href: `#/models?tag=${encodeURIComponent(tag)}` }, tag))),
    model.description ? h("p", { class: "lead" }, model.description) : null);
}

function tensors(list) {
  return (list ?? []).map((tensor) => h("span", { class: "block" }, h("code", {}, tensor.name), ` ${shape(tensor.shape)}, ${meaning(tensor)}`));
}

/** What the points of an SRS say about its origin. */
const PROVENANCE = {
  insecure: "its secret is public",
  ceremony: "a ceremony’s, recognised by its points",
  unknown: "proofs are worth what its makers’ word is worth",
};

function identity(model) {
  return h("section", { class: "section" },
    h("h2", {}, "Identity"),
    model.insecure_srs ? insecureNote() : null,
    facts([
      ["Model id", h("span", { class: "hash long" }, h("code", {}, model.model_id), copyButton(model.model_id, "model id"))],
      ["Registered", time(model.created_at)],
      ["Licence", model.licence],
      ["Parameters", count(model.parameters)],
      ["Precision", `${model.bits} bits; scales from ${model.calibration}`],
      ["SRS", [`${model.srs}: ${PROVENANCE[model.srs_provenance] ?? "unknown"} `, hash(model.srs_digest, "SRS digest")]],
      ["Layout for", model.target === "evm" ? "EVM contracts: few columns" : "fast proofs: many columns"],
      ["Input", tensors(model.inputs)],
      ["Output", tensors(model.outputs)],
    ]),
    h("div", { class: "row" },
      downloadButton("Download the verifying key", `v1/models/${model.model_id}/verifying-key`, `${model.model_id}.vk`, "application/octet-stream"),
      h("a", { class: "button", href: `#/verify?model=${model.model_id}` }, "Verify a proof of it")));
}

function circuits(model) {
  const rows = (model.circuits ?? []).map((circuit) => [
    circuit.visibility.startsWith("private") ? "private inputs" : "public inputs",
    `2^${circuit.k}`, count(circuit.advice_columns), count(circuit.fixed_columns), bytes(circuit.proof_bytes),
    duration(circuit.prove_ms_estimate), bytes(circuit.memory_bytes_estimate),
  ]);
  return h("section", { class: "section" },
    h("h2", {}, "Circuits"),
    table("Circuits", ["circuit for", ["rows", "number"], ["advice columns", "number"], ["fixed columns", "number"], ["proof", "number"],
      ["time, estimated", "number"], ["memory, estimated", "number"]], rows));
}

function accuracy(report, model) {
  const accuracyOf = report.accuracy ?? model.accuracy ?? {};
  const outputs = (accuracyOf.outputs ?? []).map((output) => [
    h("code", {}, output.name), percent(output.argmax_agreement), real(output.max_abs_error), real(output.mean_abs_error), real(output.max_abs_value),
  ]);
  const inner = (accuracyOf.tensors ?? []).map((tensor) => [
    h("code", {}, tensor.name), tensor.op, `[${count(tensor.interval?.[0])}, ${count(tensor.interval?.[1])}]`,
    `[${count(tensor.observed?.[0])}, ${count(tensor.observed?.[1])}]`, step(tensor.kind),
    tensor.signal_to_noise_db === null || tensor.signal_to_noise_db === undefined ? "–" : `${tensor.signal_to_noise_db.toFixed(1)} dB`,
  ]);
  return [
    h("h2", {}, "Accuracy against the float model"),
    h("p", { class: "muted" }, `Compared on ${count(accuracyOf.samples)} calibration samples`,
      accuracyOf.refused ? `; ${count(accuracyOf.refused)} were refused because a value left its interval` : "", "."),
    table("Accuracy of the outputs", ["output", ["same arg-max", "number"], ["greatest error", "number"], ["mean error", "number"], ["greatest value", "number"]], outputs),
    inner.length === 0 ? null : h("details", {}, h("summary", {}, `All ${inner.length} tensors`),
      table("Tensors", ["tensor", "operation", ["interval", "number"], ["observed", "number"], ["unit", "number"], ["signal to noise", "number"]], inner)),
  ];
}

function layoutSection(layout, model, signal) {
  const summary = layout.layout ?? layout;
  const greatest = Math.max(...(summary.layers ?? []).map((layer) => layer.share), 1e-9);
  const layers = (summary.layers ?? []).map((layer) => [
    layer.name, layer.op, layer.output_shape.length > 0 ? shape(layer.output_shape) : "–", count(layer.cells), count(layer.weights), count(layer.lookups),
    h("span", { class: "share" }, h("span", { class: "share-bar", style: { "--share": layer.share / greatest } }), percent(layer.share)),
  ]);
  return [
    h("h2", {}, "Layers"),
    h("ol", { class: "steps" }, model.layers.map((line) => h("li", {}, h("code", {}, line)))),
    h("p", { class: "muted" }, "What each layer takes of the circuit: cells are committed for every proof, weights once. Products of weights take no cells."),
    table("Layers", ["layer", "operation", ["output", "number"], ["cells", "number"], ["weights", "number"], ["lookups", "number"], ["share of cost", "number"]], layers),
    picture(model.model_id, signal),
  ];
}

function picture(id, signal) {
  const place = h("div", { class: "section" });
  const details = h("details", { class: "picture" }, h("summary", {}, "Picture of all columns"), place);
  details.addEventListener("toggle", () => {
    if (details.open && place.childNodes.length === 0) into(place, () => columns(id, signal));
  });
  return details;
}

async function columns(id, signal) {
  const svg = await (await send("GET", `v1/models/${id}/layout.svg`, { signal })).text();
  const url = URL.createObjectURL(new Blob([svg], { type: "image/svg+xml" }));
  signal.addEventListener("abort", () => URL.revokeObjectURL(url), { once: true });
  return [
    h("div", { class: "scroll paper", tabindex: 0, role: "region", "aria-label": "Picture of all columns" },
      h("img", { src: url, alt: "Columns of the circuit from left to right, coloured by the layer whose cells they hold" })),
    h("p", {}, h("a", { href: url, target: "_blank" }, "Open it alone"), " to read the names of the blocks."),
  ];
}

function removal(model, signal) {
  return h("section", { class: "section" },
    h("h2", {}, "Delete"),
    removeButton({
      button: "Delete this model",
      question: "Delete this model?",
      words: `It goes from your models, and its files from the server when nobody else has it. Proofs that were made stay; who wants to check them needs the verifying key, so save it first.${model.public === false ? "" : " Others can no longer use it."}`,
      path: `v1/models/${model.model_id}`,
      then: "#/models",
      done: "The model is deleted.",
      signal,
    }));
}

function use(model) {
  return h("section", { class: "section" },
    h("h2", {}, "Use it from a program"),
    snippets(model));
}

