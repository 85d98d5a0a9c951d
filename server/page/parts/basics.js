// Small pieces that every view uses.

import { h, s, uniqueId } from "../dom.js";
import { ago, moment, short } from "../format.js";

/** The words that say what the page just did, for those who cannot see it. */
const announcer = h("p", { class: "visually-hidden", role: "status", "aria-live": "polite" });
document.body.append(announcer);

/** Has a screen reader say the text. */
export function say(text) {
  announcer.textContent = text;
}

/** Copies `text`, and says so for a moment in the place of what `button` shows. */
async function copy(button, text, what) {
  const shown = button.textContent;
  button.disabled = true;
  try {
    await navigator.clipboard.writeText(text);
    button.textContent = "Copied";
    say(`${what} copied`);
  } catch {
    button.textContent = "Not allowed";
    say("The browser does not let this page copy.");
  }
  setTimeout(() => {
    button.textContent = shown;
    button.disabled = false;
  }, 1200);
}

/** A button that copies `text`. */
export function copyButton(text, what) {
  const button = h("button", { type: "button", class: "copy", "aria-label": `Copy ${what}`, onclick: () => copy(button, text, what) }, "Copy");
  return button;
}

/** A long number within a sentence, by its first digits; a click copies all of it. */
export function inlineHash(value, digits = 12) {
  const button = h("button", {
    type: "button", class: "inline-hash", title: `${value}\nClick to copy`, "aria-label": `${short(value, digits)} copy the whole number`,
    onclick: () => copy(button, value, "The number"),
  }, short(value, digits));
  return button;
}

/** A long number by its first digits, with a button for all of them. */
export function hash(value, what, digits = 16) {
  if (!value) return h("span", { class: "muted" }, "–");
  return h("span", { class: "hash" }, h("code", { title: value }, short(value, digits)), copyButton(value, what));
}

/** A small label: kind is `plain`, `valid`, `bad`, `warn` or `busy`. */
export function chip(text, kind = "plain") {
  return h("span", { class: `chip ${kind}` }, text);
}

/** What is said wherever the development SRS is behind something. */
export function insecureChip() {
  return h("span", { class: "chip warn", title: "Made with an SRS whose secret is public: anybody can forge such proofs." },
    "Insecure SRS");
}

/** The same at length. */
export function insecureNote() {
  return h("p", { class: "note warn" },
    h("strong", {}, "Insecure SRS. "),
    "Its secret is public, so anybody can forge these proofs. For real use the model is compiled with the SRS of a ceremony.");
}

const STATES = { done: "valid", failed: "bad", dead: "bad", cancelled: "plain", queued: "plain" };

/** A job's state. */
export function stateChip(state) {
  return chip(state, STATES[state] ?? "busy");
}

/** A time, by how long ago it was. */
export function time(text) {
  return text ? h("time", { datetime: text, title: moment(text) }, ago(text)) : "–";
}

/** Terms with their descriptions; entries without one are left out. */
export function facts(entries) {
  return h("dl", { class: "facts" }, entries
    .filter(([, value]) => value !== undefined && value !== null && value !== "")
    .map(([term, ...value]) => h("div", {}, h("dt", {}, term), h("dd", {}, value))));
}

/** A table; a header entry is a text, or `[text, "number"]` for a column of numbers. */
export function table(caption, header, rows) {
  const number = (k) => (Array.isArray(header[k]) ? "number" : undefined);
  return h("div", { class: "scroll", tabindex: 0, role: "region", "aria-label": caption },
    h("table", {},
      h("caption", { class: "visually-hidden" }, caption),
      h("thead", {}, h("tr", {}, header.map((cell, k) =>
        h("th", { scope: "col", class: number(k) }, Array.isArray(cell) ? cell[0] : cell)))),
      h("tbody", {}, rows.map((row) => h("tr", {}, row.map((cell, k) =>
        k === 0 ? h("th", { scope: "row" }, cell) : h("td", { class: number(k) }, cell)))))));
}

/** A labelled input with a hint below. */
export function field(label, control, hint) {
  const id = uniqueId("field");
  control.id = id;
  if (hint) control.setAttribute("aria-describedby", `${id}-hint`);
  return h("div", { class: "field" }, h("label", { for: id }, label), control,
    hint ? h("p", { class: "hint", id: `${id}-hint` }, hint) : null);
}

/** A check box with its label and an explanation. */
export function choice(label, hint, attributes = {}) {
  const id = uniqueId("choice");
  const box = h("input", { type: "checkbox", id, ...attributes });
  return { box, element: h("div", { class: "choice" }, box, h("label", { for: id }, label, hint ? h("span", { class: "hint" }, ` ${hint}`) : null)) };
}

/** A picture of 8 × 8 values of 0 to 16. */
export function pixels(cells, label) {
  const side = Math.round(Math.sqrt(cells.length));
  return s("svg", { class: "pixels", viewBox: `0 0 ${side} ${side}`, role: label ? "img" : null, "aria-label": label, "aria-hidden": label ? null : "true" },
    Array.from(cells, (value, k) => (value > 0
      ? s("rect", { x: k % side, y: Math.floor(k / side), width: 1.02, height: 1.02, "fill-opacity": (value / 16).toFixed(3) })
      : null)));
}

/** Words while something is being loaded. */
export function waiting(text = "Loading…") {
  return h("p", { class: "muted waiting", role: "status" }, text);
}

/** Goes before a model's name, which is its publisher's word for it: neither is shown without the other. */
export function publisher(model) {
  return model.publisher ? h("span", { class: "muted" }, `${model.publisher}/`) : null;
}
