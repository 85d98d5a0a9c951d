// The way of a job through its states.

import { COURSE, isTerminal } from "../api/job.js";
import { fill, h } from "../dom.js";
import { duration, percent } from "../format.js";

const WORDS = {
  queued: ["Waiting", "for a free worker"],
  witness: ["Witness", "every value inside the model"],
  proving: ["Proof", "commitments and the argument about them"],
  verifying: ["Check", "by the verifier, before anything leaves"],
  importing: ["Import", "the ONNX graph, in integers"],
  planning: ["Layout", "columns and rows of the circuit"],
  keys: ["Keys", "for proving and verifying"],
  done: ["Done", ""],
};

/** How many jobs come before a waiting one. */
function place(job) {
  if (job.state !== "queued" || job.position === undefined || job.position === null) return "";
  return job.position === 0 ? " (next)" : ` (${job.position} before it)`;
}

/** What can be said of a stage that runs: by time and estimate, for the whole job. */
function progress(job, fraction) {
  if (fraction === null || !job.estimate_ms) return "…";
  return `${percent(fraction, 0)} of about ${duration(job.estimate_ms)}`;
}

/** Stages that are told of as part of another one. */
const WITHIN = { witness: ["opening", "witness"] };

/** Opening a model is told of where it took longer than one notices. */
const NOTICED_MS = 50;

/** What a stage is for, and what part of its time was spent otherwise. */
function purpose(job, state) {
  const [, what] = WORDS[state];
  const opening = state === "witness" ? (job.stages ?? []).find(({ stage }) => stage === "opening") : undefined;
  return opening && opening.ms >= NOTICED_MS ? `${what}; ${duration(opening.ms)} to open it` : what;
}

function timeOf(job, state) {
  const stages = (job.stages ?? []).filter(({ stage }) => (WITHIN[state] ?? [state]).includes(stage));
  if (stages.length > 0) return stages.reduce((sum, { ms }) => sum + ms, 0);
  if (state === "queued" && job.started_at) return new Date(job.started_at) - new Date(job.created_at);
  return null;
}

function step(job, state, at, now, fraction) {
  const [title] = WORDS[state];
  const status = now > at || job.state === "done" ? "past" : now === at && !isTerminal(job) ? "present" : "ahead";
  const ms = status === "ahead" ? null : timeOf(job, state);
  const share = status === "past" ? 1 : status === "present" ? (fraction ?? 0) : 0;
  return h("li", { class: status, "aria-current": status === "present" ? "step" : null },
    h("span", { class: "stage-track", style: { "--share": share } }),
    h("span", { class: "stage-name" }, title, status === "present" ? place(job) : ""),
    h("span", { class: "stage-what" }, purpose(job, state)),
    h("span", { class: "stage-time number" }, ms === null ? (status === "present" ? progress(job, fraction) : "") : duration(ms)));
}

/** A list of stages; `show(job, fraction)` brings it up to date. */
export function createStages() {
  const list = h("ol", { class: "stages" });
  return {
    element: list,
    show(job, fraction = null) {
      const course = (COURSE[job.kind] ?? COURSE.prove).filter((state) => state !== "done");
      const now = job.state === "done" ? course.length : course.indexOf(job.state);
      const reached = now >= 0 ? now : Math.max(0, (job.stages?.length ?? 1) - 1);
      list.classList.toggle("stopped", isTerminal(job) && job.state !== "done");
      fill(list, course.map((state, at) => step(job, state, at, reached, fraction)));
    },
  };
}

/** What a job's end means, as words for a status line. */
export function outcome(job) {
  switch (job.state) {
    case "done": return "Done.";
    case "cancelled": return "Cancelled.";
    case "failed":
    case "dead": return `${job.cause?.title ?? "It failed"}${job.cause?.detail ? `: ${job.cause.detail}` : "."}`;
    default: return WORDS[job.state] ? `${WORDS[job.state][0]}…` : `${job.state}…`;
  }
}
