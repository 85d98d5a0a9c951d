// The log of finished jobs: its head, whether it only grew, its entries.

import { get, query } from "../api/client.js";
import { fill, h, isAbort } from "../dom.js";
import { count, short } from "../format.js";
import { copyButton, facts, field, stateChip, table, time, waiting } from "../parts/basics.js";
import { checkedGrowth } from "../parts/inclusion.js";
import { problemBox } from "../parts/problem.js";

const PAGE = 50;

export const title = "Receipts";

/** Fills `main`. */
export async function show(main, { signal }) {
  const head = h("div", { class: "section" }, waiting());
  const entries = h("div", { class: "section" });
  fill(main, h("div", { class: "view" },
    h("div", { class: "opening" },
      h("h1", { tabindex: -1 }, "Receipts"),
      h("p", { class: "lead" }, "Every finished job is appended to a Merkle log (RFC 6962). Whoever remembers its head notices when an entry is changed, removed or slipped in.")),
    h("section", { class: "section" }, h("h2", {}, "Head"), head),
    h("section", { class: "section" }, h("div", { class: "section-head" }, h("h2", {}, "Entries"), goTo()), entries)));
  const now = await get("v1/receipts/head", { signal });
  fill(head, facts([
    ["Entries", count(now.tree_size)],
    ["Root", now.root_hash ? h("span", { class: "hash long" }, h("code", {}, now.root_hash), copyButton(now.root_hash, "root")) : "–"],
  ]));
  await Promise.all([grown(head, now, signal), list(entries, now.tree_size, signal)]);
}

async function grown(place, head, signal) {
  try {
    place.append(await checkedGrowth(head, signal));
  } catch (error) {
    if (!isAbort(error)) place.append(problemBox(error));
  }
}

function goTo() {
  const input = h("input", { type: "number", min: 0, step: 1, required: true, inputmode: "numeric" });
  return h("form", { class: "row tight end", onsubmit: (event) => { event.preventDefault(); location.hash = `#/receipts/${input.value}`; } },
    field("Entry", input), h("button", {}, "Open"));
}

/** Newest first: the log is read from its end. */
async function list(place, size, signal) {
  if (size === 0) {
    fill(place, h("p", { class: "muted" }, "No job has ended yet. ", h("a", { href: "#/" }, "Have a digit proven"), "."));
    return;
  }
  const rows = [];
  const load = async (end) => {
    const start = Math.max(0, end - PAGE);
    const { items } = await get(`v1/receipts${query({ after: start - 1, limit: end - start })}`, { signal });
    rows.push(...items.filter(({ index }) => index < end).reverse());
    fill(place, entriesTable(rows), start > 0
      ? h("button", { type: "button", onclick: () => load(start).catch((error) => { if (!isAbort(error)) place.append(problemBox(error)); }) }, "Older entries") : null);
  };
  try {
    await load(size);
  } catch (error) {
    if (!isAbort(error)) fill(place, problemBox(error));
  }
}

function entriesTable(rows) {
  return table("Entries of the log", ["entry", "job", "what", "ended", "leaf"], rows.map((receipt) => {
    const place = h("a", { href: `#/receipts/${receipt.index}` }, count(receipt.index));
    const leaf = h("code", {}, short(receipt.leaf_hash, 12));
    if (receipt.entry === undefined) return [place, h("span", { class: "muted" }, "somebody else’s"), "–", "–", leaf];
    const entry = JSON.parse(receipt.entry);
    return [
      place,
      h("code", {}, short(entry.job, 18)),
      [`${entry.kind} `, stateChip(entry.state)],
      entry.finished_ms ? time(new Date(entry.finished_ms).toISOString()) : "–",
      leaf,
    ];
  }));
}
