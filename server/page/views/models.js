// The registered models.

import { apiKey, get, query } from "../api/client.js";
import { fill, h, isAbort } from "../dom.js";
import { bytes, count, short } from "../format.js";
import { chip, choice, field, insecureChip, publisher, waiting } from "../parts/basics.js";
import { problemBox } from "../parts/problem.js";
import { openUpload } from "../parts/upload.js";

const PAGE = 30;
const DEBOUNCE_MS = 250;

export const title = "Models";

/** Fills `main`. */
export async function show(main, { search, signal }) {
  const text = h("input", { type: "search", value: search.get("q") ?? "", autocomplete: "off", placeholder: "name, tag or description" });
  const mine = choice("Only this key’s", "", { checked: search.get("mine") === "true" });
  const tag = search.get("tag");
  const list = h("div", { class: "section", "aria-live": "polite" });
  const load = () => loadInto(list, { q: text.value.trim(), tag, mine: mine.box.checked }, signal);
  let timer;
  text.addEventListener("input", () => {
    clearTimeout(timer);
    timer = setTimeout(load, DEBOUNCE_MS);
  });
  mine.box.addEventListener("change", load);
  fill(main, h("div", { class: "view" },
    h("div", { class: "opening" },
      h("h1", { tabindex: -1 }, "Models"),
      h("p", { class: "lead" }, "A model’s id commits to its weights, scales and arithmetic. A new version is a new id; an old one never changes.")),
    h("div", { class: "section" },
      h("form", { class: "filters", role: "search", onsubmit: (event) => { event.preventDefault(); load(); } },
        field("Search", text),
        apiKey() ? mine.element : null,
        tag ? h("p", {}, chip(`tag: ${tag}`), " ", h("a", { href: "#/models" }, "all models")) : null,
        h("button", { type: "button", onclick: () => openUpload(signal) }, "Register a model")),
      list)));
  await load();
}

async function loadInto(list, filter, signal) {
  fill(list, waiting());
  try {
    const shelf = h("ul", { class: "shelf" });
    const more = h("div", {});
    await loadPage(shelf, more, filter, null, signal);
    fill(list, shelf.children.length > 0 ? [shelf, more] : h("p", { class: "muted" }, filter.q || filter.tag || filter.mine
      ? "No model fits." : "No model is registered yet. A fresh server is still compiling its first one."));
  } catch (error) {
    if (!isAbort(error)) fill(list, problemBox(error, () => loadInto(list, filter, signal)));
  }
}

async function loadPage(shelf, more, filter, cursor, signal) {
  const page = await get(`v1/models${query({ ...filter, limit: PAGE, cursor })}`, { signal });
  shelf.append(...page.items.map(card));
  fill(more, page.next_cursor
    ? h("button", { type: "button", onclick: () => loadPage(shelf, more, filter, page.next_cursor, signal).catch((error) => { if (!isAbort(error)) fill(more, problemBox(error)); }) }, "More models")
    : null);
}

function card(model) {
  const circuit = model.circuits?.[0];
  return h("li", { class: "card" },
    h("div", { class: "section-head" },
      h("h2", {}, publisher(model), h("a", { href: `#/models/${model.model_id}` }, model.name), model.version ? h("span", { class: "muted" }, ` ${model.version}`) : null),
      h("span", { class: "row tight" },
        model.operator ? chip("the operator’s") : null,
        model.deprecated ? chip("deprecated", "warn") : null,
        model.public === false ? chip("private") : null,
        model.insecure_srs ? insecureChip() : null)),
    model.description ? h("p", {}, model.description) : null,
    h("p", { class: "small muted number" },
      [`${count(model.parameters)} parameters`, `${model.bits} bits`, circuit ? `2^${circuit.k} rows` : null,
        circuit ? `proofs of ${bytes(circuit.proof_bytes)}` : null, model.licence].filter(Boolean).join(" · ")),
    h("p", { class: "small" }, h("code", {}, short(model.model_id, 24)),
      (model.tags ?? []).map((name) => [" ", h("a", { class: "chip plain", href: `#/models?tag=${encodeURIComponent(name)}` }, name)])));
}
