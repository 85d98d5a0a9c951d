// A receipt's place in the log, recomputed here.

import { get } from "../api/client.js";
import { bundleDigest } from "../bundle.js";
import { fill, h } from "../dom.js";
import { short } from "../format.js";
import { canHash, isConsistent, leafHash, rootFromInclusion } from "../merkle.js";
import { hash } from "./basics.js";

const SEEN = "hallmark.head";

function cannotHash() {
  return h("p", { class: "note warn" }, "This browser cannot check the log: it hashes only on pages that come over HTTPS or from this machine.");
}

/** The leaf of a receipt. What another tenant's entry says is not shown; the log commits to its hash all the same. */
async function leafOf(receipt) {
  return receipt.entry === undefined ? receipt.leaf_hash : leafHash(new TextEncoder().encode(receipt.entry));
}

/** What an entry says that it should not, as a list of words; of a bundle, if one is given. */
async function contradictions(receipt, bundle) {
  if (receipt.entry === undefined) return [];
  const entry = JSON.parse(receipt.entry);
  const wrong = entry.index === receipt.index ? [] : [`its place is ${entry.index}`];
  if (!bundle) return wrong;
  if (entry.state !== "done") wrong.push(`its job is ${entry.state}`);
  if (entry.model_id !== bundle.model_id) wrong.push("it names another model");
  if (entry.bundle !== await bundleDigest(bundle)) wrong.push("it names another bundle");
  return wrong;
}

/**
 * Recomputes the root from a receipt, and compares it with the tree head that came with it; with a bundle, also that it is
 * the receipt of this bundle. The entry is hashed as the text that the log holds.
 */
export async function checkedInclusion({ receipt, inclusion, head }, bundle = null) {
  if (!canHash) return cannotHash();
  const steps = [];
  const leaf = await leafOf(receipt);
  const root = await rootFromInclusion(leaf, receipt.index, inclusion.tree_size, inclusion.path, (left, right) => steps.push([left, right]));
  const included = leaf === receipt.leaf_hash && root !== null && root === head.root_hash && inclusion.tree_size === head.tree_size;
  const wrong = await contradictions(receipt, bundle);
  return h("section", { class: "section" },
    h("h2", {}, "Place in the log"),
    inclusionVerdict(included, wrong, `Entry ${receipt.index} is in the log of ${head.tree_size}${bundle ? " and names this bundle" : ""}. ` +
      `Computed in this browser from the entry and ${steps.length} hashes beside its way to the root.`),
    h("ol", { class: "path" },
      h("li", {}, h("span", { class: "muted" }, "entry "), h("code", {}, short(leaf, 16))),
      steps.map(([left, right], k) => h("li", {}, h("span", { class: "muted" }, `level ${k + 1} `), h("code", {}, short(left, 8)), " + ", h("code", {}, short(right, 8)))),
      h("li", {}, h("span", { class: "muted" }, "root "), hash(root ?? "", "root", 16))));
}

function inclusionVerdict(included, wrong, words) {
  const good = included && wrong.length === 0;
  const reason = included ? `The entry is in the log but is not the receipt of this: ${wrong.join(", ")}.`
    : "The entry and the hashes beside its way do not lead to the root of the tree head.";
  return h("div", { class: `verdict ${good ? "valid" : "bad"}`, role: "status" },
    h("p", { class: "verdict-word" }, good ? "Included" : "Not included"),
    h("p", {}, good ? words : reason));
}

function seenHead() {
  try {
    return JSON.parse(localStorage.getItem(SEEN) ?? "null");
  } catch {
    return null;
  }
}

function remember(head) {
  try {
    localStorage.setItem(SEEN, JSON.stringify({ tree_size: head.tree_size, root_hash: head.root_hash }));
  } catch {
    // Without storage the next visit has nothing to compare with.
  }
}

/** Checks that the log has only grown since this browser last saw it, and remembers where it stands. */
export async function checkedGrowth(head, signal) {
  if (!canHash) return cannotHash();
  const seen = seenHead();
  const box = h("div", { class: "section" });
  if (!seen || seen.tree_size === 0) {
    remember(head);
    return fill(box, h("p", { class: "muted" }, "This browser sees the log for the first time. It remembers the head and will check that the log has only grown."));
  }
  const same = head.tree_size === seen.tree_size;
  const { path } = same || head.tree_size < seen.tree_size ? { path: [] }
    : await get(`v1/receipts/consistency?first=${seen.tree_size}&second=${head.tree_size}`, { signal });
  const good = await isConsistent(seen.tree_size, head.tree_size, seen.root_hash, head.root_hash, path);
  if (good) remember(head);
  const forget = () => {
    remember(head);
    fill(box, h("p", { class: "muted" }, "The present head is remembered."));
  };
  return fill(box, good
    ? h("p", { class: "note valid" }, same ? "Unchanged since this browser last saw it." : `Grown from ${seen.tree_size} to ${head.tree_size} entries since this browser last saw it; nothing that was there has changed. Checked here.`)
    : h("div", { class: "problem", role: "alert" }, h("p", { class: "problem-title" }, "This is not the log that this browser saw before"),
      h("p", {}, `It had ${seen.tree_size} entries with root ${short(seen.root_hash, 16)}, and the present log does not continue it. Either the server was set up anew, or its log was rewritten.`),
      h("p", {}, h("button", { type: "button", onclick: forget }, "Take the present log from now on"))));
}
