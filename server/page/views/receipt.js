// One entry of the log, and whether it is really in it.

import { get } from "../api/client.js";
import { fill, h } from "../dom.js";
import { moment, short } from "../format.js";
import { facts, hash, stateChip, waiting } from "../parts/basics.js";
import { checkedInclusion } from "../parts/inclusion.js";

export const title = "Receipt";

/** Fills `main`. */
export async function show(main, { index, signal }) {
  const body = h("div", { class: "view" }, waiting());
  fill(main, h("div", { class: "view" },
    h("div", { class: "opening" },
      h("p", { class: "small" }, h("a", { href: "#/receipts" }, "Receipts")),
      h("h1", { tabindex: -1 }, `Entry ${index}`)),
    body));
  const proof = await get(`v1/receipts/${index}`, { signal });
  const { receipt } = proof;
  fill(body, await checkedInclusion(proof), receipt.entry === undefined ? withheld(receipt) : told(receipt));
}

function withheld(receipt) {
  return h("section", { class: "section" },
    h("h2", {}, "Entry"),
    h("p", { class: "muted" }, "What it says is shown to those whose job it was. The log commits to it by its hash."),
    facts([["Leaf", hash(receipt.leaf_hash, "hash of the leaf")]]));
}

function told(receipt) {
  const entry = JSON.parse(receipt.entry);
  return h("section", { class: "section" },
    h("h2", {}, "Entry"),
    facts([
      ["Job", h("a", { href: `#/jobs/${entry.job}` }, h("code", {}, entry.job))],
      ["What", [`${entry.kind} `, stateChip(entry.state)]],
      ["Cause", entry.cause],
      ["Model", entry.model_id ? h("a", { href: `#/models/${entry.model_id}` }, h("code", {}, short(entry.model_id, 16))) : null],
      ["Bundle", entry.bundle ? hash(entry.bundle, "digest of the bundle") : null],
      ["Ended", entry.finished_ms ? moment(new Date(entry.finished_ms).toISOString()) : null],
      ["Leaf before", entry.previous ? hash(entry.previous, "hash of the leaf before") : null],
      ["Leaf", hash(receipt.leaf_hash, "hash of the leaf")],
    ]),
    h("p", { class: "muted" }, "As it was hashed:"),
    h("div", { class: "snippet" }, h("pre", { tabindex: 0, class: "wrap" }, h("code", {}, receipt.entry))));
}
