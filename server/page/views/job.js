// One job: its stages as they happen, what it made or why it did not.

import { get, send } from "../api/client.js";
import { follow, isTerminal } from "../api/job.js";
import { fill, h, isAbort } from "../dom.js";
import { bytes, count, duration, meaning, scaled, shape } from "../format.js";
import { facts, hash, insecureNote, say, stateChip, table, time, waiting } from "../parts/basics.js";
import { downloadButton } from "../parts/download.js";
import { problemBox } from "../parts/problem.js";
import { removeButton } from "../parts/remove.js";
import { createStages, outcome } from "../parts/stages.js";

export const title = "Job";

/** Fills `main`. */
export async function show(main, { id, signal }) {
  const stages = createStages();
  const state = h("span", {});
  const words = h("p", { class: "muted", role: "status" });
  const details = h("div", { class: "view" }, waiting());
  const cancel = cancelButton(id, words, signal);
  const course = h("section", { class: "section", "aria-label": "Stages", hidden: true }, stages.element, h("div", { class: "row" }, words, cancel));
  fill(main, h("div", { class: "view" },
    h("div", { class: "opening" },
      h("p", { class: "small" }, h("a", { href: "#/jobs" }, "Jobs")),
      h("h1", { tabindex: -1 }, "Job ", state),
      h("p", {}, hash(id, "job id", 40))),
    course,
    details));
  let asked = false;
  await follow(id, (job, fraction) => {
    course.hidden = false;
    fill(state, stateChip(job.state));
    stages.show(job, fraction);
    words.textContent = outcome(job);
    cancel.hidden = isTerminal(job) || job.cancel_requested;
    fill(details, about(job), isTerminal(job) ? [ending(job), links(job), removal(job, signal)] : null);
    asked ||= isTerminal(job);
  }, signal);
  const model = document.getElementById("job-srs");
  if (model && asked) await labelSrs(model, signal);
}

/** Says that the SRS is a development one, as the model knows. */
async function labelSrs(place, signal) {
  try {
    const model = await get(`v1/models/${place.dataset.model}`, { signal });
    if (model.insecure_srs) fill(place, insecureNote());
  } catch (error) {
    // A model that this key may not see leaves the label to the verification of the bundle.
    if (isAbort(error)) throw error;
  }
}

function cancelButton(id, words, signal) {
  const dialog = h("dialog", { "aria-labelledby": "cancel-title" },
    h("form", { method: "dialog", class: "section" },
      h("h2", { id: "cancel-title" }, "Cancel this job?"),
      h("p", {}, "Its work is thrown away. Others that wait move up."),
      h("div", { class: "row" },
        h("button", { value: "cancel", class: "danger" }, "Cancel the job"),
        h("button", { value: "keep", autofocus: true }, "Let it run"))));
  dialog.addEventListener("close", async () => {
    if (dialog.returnValue !== "cancel") return;
    try {
      await send("POST", `v1/jobs/${id}/cancel`, { signal });
      say("The job is being cancelled.");
    } catch (error) {
      if (!isAbort(error)) fill(words, problemBox(error));
    }
  });
  return h("div", { hidden: true }, h("button", { type: "button", class: "danger", onclick: () => dialog.showModal() }, "Cancel"), dialog);
}

function removal(job, signal) {
  return h("section", { class: "section" },
    h("h2", {}, "Delete"),
    removeButton({
      button: "Delete this job",
      question: "Delete this job?",
      words: "Its input, outputs, proof and opening are erased from the server. Its receipt stays in the log, with digests only. Bundles that you saved stay valid.",
      path: `v1/jobs/${job.id}`,
      then: "#/jobs",
      done: "The job is deleted.",
      signal,
    }));
}

function about(job) {
  return h("section", { class: "section" },
    h("h2", {}, "About"),
    facts([
      ["Kind", job.kind],
      ["Model", job.model_id ? h("a", { href: `#/models/${job.model_id}` }, h("code", {}, job.model_id.slice(0, 16), "…")) : null],
      ["Asked for", time(job.created_at)],
      ["Began", job.started_at ? time(job.started_at) : null],
      ["Ended", job.finished_at ? time(job.finished_at) : null],
      ["Estimate", job.estimate_ms && !isTerminal(job) ? duration(job.estimate_ms) : null],
      ["Attempt", job.attempt ? `${job.attempt} of ${job.max_attempts}` : null],
      ["Priority", job.priority ? String(job.priority) : null],
      ["Worker", job.worker],
      ["Peak memory", job.peak_memory_bytes ? bytes(job.peak_memory_bytes) : null],
      ["Input", job.kind === "prove" ? (job.private_input ? "private: a commitment is in the proof" : "public: in the proof") : null],
      ["Nonce", job.nonce ? hash(job.nonce, "nonce") : null],
      ["Metadata", job.metadata && Object.keys(job.metadata).length > 0 ? h("code", {}, JSON.stringify(job.metadata)) : null],
    ]));
}

function ending(job) {
  if (job.state !== "done") {
    return job.cause ? h("section", { class: "section" }, h("h2", {}, "Cause"),
      h("div", { class: "problem" }, h("p", { class: "problem-title" }, job.cause.title ?? job.cause.type), h("p", {}, job.cause.detail), h("p", { class: "small muted" }, h("code", {}, job.cause.type)))) : null;
  }
  if (job.kind === "compile") {
    return h("section", { class: "section" }, h("h2", {}, "Result"),
      h("p", {}, h("a", { class: "button", href: `#/models/${job.result.model_id}` }, "Open the model")));
  }
  return h("section", { class: "section" },
    h("h2", {}, "Answer"),
    h("div", { id: "job-srs", data: { model: job.model_id } }),
    (job.result.outputs ?? []).map(output));
}

function output(tensor) {
  const SHOWN = 64;
  const rows = tensor.integers.slice(0, SHOWN).map((integer, k) => [
    k === tensor.argmax ? h("strong", {}, `${k} · greatest`) : String(k), count(integer).replace("-", "−"), scaled(tensor.values[k], tensor.scale_bits ?? 8),
  ]);
  const name = `${tensor.name} (${shape(tensor.shape)}, ${meaning(tensor)})`;
  return [
    h("h3", {}, h("code", {}, tensor.name), ` ${shape(tensor.shape)}, ${meaning(tensor)}`),
    table(name, ["element", ["integer", "number"], ["value", "number"]], rows),
    tensor.integers.length > SHOWN ? h("p", { class: "muted" }, `… and ${count(tensor.integers.length - SHOWN)} more in the bundle.`) : null,
  ];
}

function links(job) {
  if (job.kind !== "prove" || job.state !== "done") return null;
  const own = `v1/jobs/${job.id}`;
  const name = `hallmark-${job.id}`;
  const { bundle, receipt_index: receipt } = job.result;
  return h("section", { class: "section" },
    h("h2", {}, "Files"),
    facts([
      ["Proof", bytes(bundle.proof_bytes)],
      ["Bundle", bytes(bundle.bytes)],
      ["Digest", hash(bundle.digest, "digest of the bundle")],
      ["Receipt", receipt === undefined || receipt === null ? null : h("a", { href: `#/receipts/${receipt}` }, `entry ${receipt} of the log`)],
    ]),
    h("div", { class: "row" },
      downloadButton("Bundle, JSON", `${own}/bundle`, `${name}.json`, "application/json"),
      downloadButton("Bundle, binary", `${own}/bundle`, `${name}.proof`, "application/octet-stream"),
      job.links.audit ? downloadButton("Audit file", `${own}/audit`, `${name}-audit.json`, "application/json") : null,
      job.links.opening ? downloadButton("Opening of the private input (secret)", `${own}/opening`, `${name}-opening.json`, "application/json") : null));
}
