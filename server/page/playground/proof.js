// "Prove it": from the drawing to a job, its stages, and the answer with its proof.

import { post, save, send } from "../api/client.js";
import { follow } from "../api/job.js";
import { fill, h, isAbort } from "../dom.js";
import { bytes, duration, randomHex } from "../format.js";
import { argMax } from "../parts/bars.js";
import { choice, facts, hash, insecureChip, pixels, say } from "../parts/basics.js";
import { downloadButton } from "../parts/download.js";
import { problemBox } from "../parts/problem.js";
import { createStages, outcome } from "../parts/stages.js";
import { createCheck } from "./check.js";
import { inputOf } from "./models.js";

/** The section; `drawing()` gives `{ model, cells }` or null. */
export function createProof(drawing, signal) {
  const secret = choice("Keep the drawing private:", "the proof shows a commitment to it instead of its pixels.");
  const button = h("button", { type: "button", class: "primary", disabled: true, onclick: prove }, "Prove it");
  const status = h("p", { class: "muted", role: "status" }, "Draw something first.");
  const stages = createStages();
  const answer = h("div", { class: "section" });
  stages.element.hidden = true;

  const element = h("section", { class: "section step", "aria-labelledby": "prove-title" },
    h("div", { class: "opening" },
      h("h2", { id: "prove-title" }, "Have it proven"),
      h("p", { class: "muted" }, "The server runs the network in integers and proves that it did: with these weights, on these pixels, with this result. " +
        "The answer leaves only after the verifier has accepted its proof.")),
    secret.element,
    h("div", { class: "row" }, button, status),
    stages.element, answer);

  async function prove() {
    const { model, cells } = drawing() ?? {};
    if (!model) return;
    const nonce = randomHex(32);
    button.disabled = true;
    fill(answer);
    stages.element.hidden = false;
    try {
      const job = await post(`v1/models/${model.model_id}/proofs`,
        { input: inputOf(model, cells), nonce, private_input: secret.box.checked },
        { headers: { "idempotency-key": randomHex(16) }, signal });
      const last = await follow(job.id, (now, fraction) => {
        stages.show(now, fraction);
        status.textContent = outcome(now);
      }, signal);
      if (last.state === "done") await present(last, model, nonce, cells);
    } catch (error) {
      if (!isAbort(error)) fill(answer, problemBox(error));
    } finally {
      button.disabled = drawing() === null;
    }
  }

  async function present(job, model, nonce, cells) {
    const bundle = await (await send("GET", `v1/jobs/${job.id}/bundle`, { accept: "application/json", signal })).text();
    const digit = argMax(job.result.outputs[0].integers);
    status.textContent = `Proven in ${duration(new Date(job.finished_at) - new Date(job.created_at))}, from request to answer.`;
    say(`Proven: the network reads ${digit}.`);
    fill(answer, proven(job, model, digit, bundle, cells), createCheck({ job, model, nonce, bundle, signal }));
  }

  return {
    element,
    drawn(empty) {
      button.disabled = empty;
      if (empty) status.textContent = "Draw something first.";
      else if (status.textContent === "Draw something first.") status.textContent = "";
    },
  };
}

function part(title, value, words) {
  return h("div", {}, h("h4", {}, title), h("div", { class: "proven-value" }, value), h("p", { class: "small muted" }, words));
}

/** What stands for the input in the statement. */
function input(bundle, cells) {
  return bundle.input_commitment
    ? [hash(bundle.input_commitment, "commitment", 12), "hidden behind this commitment"]
    : [h("div", { class: "seen" }, pixels(cells, "The drawing’s 64 pixels")), "64 pixels, in the clear"];
}

function proven(job, model, digit, bundle, cells) {
  const { result } = job;
  const name = `hallmark-${job.id}`;
  return h("div", { class: "card proven" },
    h("h3", {}, `Proven: the network reads ${digit} `, model.insecure_srs ? insecureChip() : null),
    h("div", { class: "proven-parts" },
      part("This model", hash(model.model_id, "model id", 12), model.name),
      part("This input", ...input(JSON.parse(bundle), cells)),
      part("This answer", h("span", { class: "digit" }, digit), "the greatest of ten scores")),
    h("div", { class: "section" },
      facts([
        ["Proof", bytes(result.bundle.proof_bytes)],
        ["Bundle", `${bytes(result.bundle.bytes)} with the statement`],
        ["Its digest", hash(result.bundle.digest, "digest of the bundle")],
        ["Receipt", result.receipt_index === undefined || result.receipt_index === null ? null
          : h("a", { href: `#/receipts/${result.receipt_index}` }, `entry ${result.receipt_index} of the log`)],
        ["Job", h("a", { href: `#/jobs/${job.id}` }, "stages, memory, links")],
      ]),
      h("div", { class: "row" },
        h("button", { type: "button", onclick: () => save(bundle, `${name}.json`, "application/json") }, "Download as JSON"),
        downloadButton("Download as binary", `v1/jobs/${job.id}/bundle`, `${name}.proof`, "application/octet-stream"))));
}
