// Jobs, newest first, kept up to date while any of them runs.

import { get, query } from "../api/client.js";
import { STATES, isTerminal } from "../api/job.js";
import { fill, h, isAbort, pause } from "../dom.js";
import { duration, short } from "../format.js";
import { field, stateChip, table, time, waiting } from "../parts/basics.js";
import { problemBox } from "../parts/problem.js";

const PAGE = 30;
const REFRESH_MS = 1500;

export const title = "Jobs";

/** Fills `main`. */
export async function show(main, { search, signal }) {
  const state = select(["", ...STATES], search.get("state"), "all");
  const kind = select(["", "prove", "compile"], search.get("kind"), "all");
  const model = h("input", { type: "text", class: "mono", value: search.get("model") ?? "", placeholder: "model id", spellcheck: "false", autocomplete: "off" });
  const list = h("div", { class: "section" });
  let reading = new AbortController();
  const load = () => {
    reading.abort();
    reading = new AbortController();
    signal.addEventListener("abort", () => reading.abort(), { once: true });
    return watch(list, { state: state.value, kind: kind.value, model: model.value.trim() }, reading.signal);
  };
  for (const control of [state, kind, model]) control.addEventListener("change", load);
  fill(main, h("div", { class: "view" },
    h("div", { class: "opening" },
      h("h1", { tabindex: -1 }, "Jobs"),
      h("p", { class: "lead" }, "Proofs and compilations asked for with your key, or by everybody where the server asks for none.")),
    h("div", { class: "section" },
      h("form", { class: "filters", onsubmit: (event) => { event.preventDefault(); load(); } },
        field("State", state), field("Kind", kind), field("Model", model)),
      list)));
  await load();
}

function select(values, chosen, all) {
  return h("select", { value: chosen ?? "" }, values.map((value) => h("option", { value }, value || all)));
}

/** Shows the first page again and again while something runs, and further pages on demand. */
async function watch(list, filter, signal) {
  fill(list, waiting());
  const older = { items: [], cursor: undefined };
  const rows = h("div", {});
  const more = h("div", {});
  try {
    for (let round = 0; ; round += 1) {
      const page = await get(`v1/jobs${query({ ...filter, limit: PAGE })}`, { signal });
      if (older.cursor === undefined) older.cursor = page.next_cursor;
      render(rows, [...page.items, ...older.items]);
      if (round === 0) fill(list, rows, more);
      offerMore(more, older, page.items, rows, filter, signal);
      const busy = page.items.some((job) => !isTerminal(job));
      await pause(document.hidden ? 10 * REFRESH_MS : busy ? REFRESH_MS : 3 * REFRESH_MS, signal);
    }
  } catch (error) {
    if (!isAbort(error)) fill(list, problemBox(error, () => watch(list, filter, signal)));
  }
}

function offerMore(more, older, newest, rows, filter, signal) {
  if (!older.cursor) {
    fill(more);
    return;
  }
  if (more.firstChild) return;
  fill(more, h("button", {
    type: "button",
    onclick: async () => {
      const page = await get(`v1/jobs${query({ ...filter, limit: PAGE, cursor: older.cursor })}`, { signal });
      older.items.push(...page.items);
      older.cursor = page.next_cursor;
      render(rows, [...newest, ...older.items]);
      fill(more);
      offerMore(more, older, newest, rows, filter, signal);
    },
  }, "Older jobs"));
}

function render(rows, jobs) {
  const seen = new Set();
  const once = jobs.filter(({ id }) => !seen.has(id) && seen.add(id));
  if (once.length === 0) {
    fill(rows, h("p", { class: "muted" }, "No job fits. ", h("a", { href: "#/" }, "Have a digit proven"), "."));
    return;
  }
  // The reader's focus stays where it is when the rows are made anew.
  const focused = rows.contains(document.activeElement) ? document.activeElement.getAttribute("href") : null;
  fill(rows, table("Jobs", ["job", "kind", "state", "model", "asked for", ["took", "number"]], once.map((job) => [
    h("a", { href: `#/jobs/${job.id}` }, h("code", {}, short(job.id, 18))),
    job.kind,
    [stateChip(job.state), job.cancel_requested && !isTerminal(job) ? h("span", { class: "small muted" }, " being cancelled") : null],
    job.model_id ? h("a", { href: `#/models/${job.model_id}` }, h("code", {}, short(job.model_id, 8))) : "–",
    time(job.created_at),
    job.finished_at ? duration(new Date(job.finished_at) - new Date(job.started_at ?? job.created_at)) : "–",
  ])));
  if (focused) rows.querySelector(`a[href="${CSS.escape(focused)}"]`)?.focus({ preventScroll: true });
}
