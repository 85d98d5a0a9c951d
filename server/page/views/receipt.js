// One entry of the log, and whether it is really in it.

import { get } from "../api/client.js";
import { fill, h } from "../dom.js";
import { facts, hash, waiting } from "../parts/basics.js";
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
  const entry = JSON.parse(receipt.entry);
  fill(body,
    await checkedInclusion(proof),
    h("section", { class: "section" },
      h("h2", {}, "Entry"),
      facts([
        ["Job", entry.job_id ? h("a", { href: `#/jobs/${entry.job_id}` }, h("code", {}, entry.job_id)) : null],
        ["Leaf", hash(receipt.leaf_hash, "hash of the leaf")],
      ]),
      h("p", { class: "muted" }, "As it was hashed:"),
      h("div", { class: "snippet" }, h("pre", { tabindex: 0, class: "wrap" }, h("code", {}, receipt.entry)))));
}
