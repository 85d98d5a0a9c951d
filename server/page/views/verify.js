// For somebody who was handed a proof: drop it, say which model is expected, read what it binds.

import { get, send } from "../api/client.js";
import { fill, h, isAbort } from "../dom.js";
import { bytes, toBase64 } from "../format.js";
import { checkedInclusion } from "../parts/inclusion.js";
import { choice, facts, field, hash, say } from "../parts/basics.js";
import { problemBox } from "../parts/problem.js";
import { statementColumns, verdict } from "../parts/statement.js";
import { readDocument } from "../parts/document.js";

const MAX_BYTES = 64 * 1024 * 1024;

export const title = "Verify";

/** Fills `main`. */
export async function show(main, { search, signal }) {
  let document = null;
  const id = h("input", { type: "text", class: "mono", list: "known-models", spellcheck: "false", autocomplete: "off", pattern: "[0-9a-f]{64}", required: true, value: search.get("model") ?? "", placeholder: "64 hexadecimal digits" });
  const nonce = h("input", { type: "text", class: "mono", spellcheck: "false", autocomplete: "off", pattern: "([0-9a-fA-F]{2}){0,32}", placeholder: "up to 64 hexadecimal digits" });
  const ceremonies = choice("Only known ceremonies", "an SRS that is recognised by its points as a ceremony’s outcome");
  const strict = choice("Refuse an insecure SRS", "whose secret is public, by its points, so that anybody can forge proofs");
  const known = h("datalist", { id: "known-models" });
  const loaded = h("div", { class: "section", "aria-live": "polite" });
  const result = h("div", { class: "section", "aria-live": "polite" });
  const submit = h("button", { class: "primary", disabled: true }, "Verify");

  async function take(file) {
    fill(result);
    fill(loaded);
    document = null;
    submit.disabled = true;
    try {
      if (file.size > MAX_BYTES) throw new TypeError(`It has ${bytes(file.size)}; the limit is ${bytes(MAX_BYTES)}.`);
      document = readDocument(file.name, new Uint8Array(await file.arrayBuffer()));
      submit.disabled = false;
      fill(loaded, describe(document, id));
      say(`${file.name} is loaded.`);
    } catch (error) {
      fill(loaded, h("div", { class: "problem", role: "alert" }, h("p", { class: "problem-title" }, `${file.name} is no proof bundle`), h("p", {}, error.message)));
    }
  }

  async function verify(event) {
    event.preventDefault();
    submit.disabled = true;
    try {
      fill(result, await verified(document, { id: id.value.trim(), nonce: nonce.value.trim().toLowerCase(), strict: strict.box.checked, ceremonies: ceremonies.box.checked, signal }));
    } catch (error) {
      if (!isAbort(error)) fill(result, problemBox(error));
    } finally {
      submit.disabled = document === null;
    }
  }

  fill(main, h("div", { class: "view" },
    h("div", { class: "opening" },
      h("h1", { tabindex: -1 }, "Verify a proof"),
      h("p", { class: "lead" }, "Drop a bundle or an audit file, say which model you expect, and read what is bound, what is hidden and what you have to trust. No account needed.")),
    h("form", { class: "section verify-form", onsubmit: verify },
      dropZone(take, signal), loaded,
      field("Expected model id", id, "From the model’s author: what you compare with must not come from the proof."),
      known,
      field("Expected nonce", nonce, "If you gave one with your request. Without it, an old proof of the same answer passes too."),
      strict.element,
      ceremonies.element,
      h("div", { class: "row" }, submit)),
    result));
  get("v1/models?limit=100", { signal }).then(({ items }) => {
    fill(known, items.map((model) => h("option", { value: model.model_id }, model.reference ?? model.name)));
  }).catch(() => {});
}

function dropZone(take, signal) {
  const file = h("input", { type: "file", id: "bundle-file", class: "visually-hidden", accept: ".json,.proof,.bin,.ndjson,application/json,application/octet-stream", onchange: () => file.files[0] && take(file.files[0]) });
  const zone = h("div", { class: "drop" },
    file,
    h("label", { for: "bundle-file", class: "button" }, "Choose a file"),
    h("p", { class: "muted" }, "or drop it anywhere on this page: a bundle (JSON or binary) or an audit file"));
  const over = (event) => {
    event.preventDefault();
    zone.classList.add("over");
  };
  document.addEventListener("dragover", over, { signal });
  document.addEventListener("dragleave", () => zone.classList.remove("over"), { signal });
  document.addEventListener("drop", (event) => {
    event.preventDefault();
    zone.classList.remove("over");
    if (event.dataTransfer.files[0]) take(event.dataTransfer.files[0]);
  }, { signal });
  return zone;
}

function describe(document, id) {
  const claimed = document.claims?.model_id;
  return h("div", { class: "card" },
    h("h2", {}, document.name),
    facts([
      ["Kind", document.kind === "audit" ? "audit file: a bundle with its receipt" : `bundle, ${document.kind === "binary" ? "binary" : "JSON"}`],
      ["Size", bytes(document.bytes.length)],
      ["Says it is of", claimed ? [hash(claimed, "model id"), " ", h("button", { type: "button", class: "small-button", onclick: () => { id.value = claimed; id.focus(); } }, "Expect this one")] : null],
    ]),
    claimed ? h("p", { class: "small muted" }, "What the file says about itself is a claim. Expect this model only if its author told you this id.") : null);
}

/** The request's body. A bundle's JSON goes in as it is, so that no integer loses digits on the way. */
function body(document, { id, nonce, strict, ceremonies }) {
  const fields = { model_id: id, ...(nonce ? { nonce } : {}), ...(strict ? { refuse_insecure: true } : {}), ...(ceremonies ? { only_ceremonies: true } : {}) };
  if (document.bundleText === null) return JSON.stringify({ ...fields, bundle_base64: toBase64(document.bundleBytes) });
  return `${JSON.stringify(fields).slice(0, -1)},"bundle":${document.bundleText}}`;
}

async function verified(document, wish) {
  const answer = await (await send("POST", "v1/verifications", { text: body(document, wish), accept: "application/json", signal: wish.signal })).json();
  say(answer.valid ? "The proof is valid." : "The proof was rejected.");
  return [
    verdict(answer),
    answer.valid ? statementColumns(answer.statement) : null,
    document.kind === "audit" ? await checkedInclusion(document.audit, document.claims) : null,
  ];
}
