// The dialog for the API key.

import { apiKey, get, setApiKey } from "../api/client.js";
import { fill, h } from "../dom.js";
import { count, moment } from "../format.js";
import { facts, field, say } from "./basics.js";
import { problemBox } from "./problem.js";

let dialog;

function build() {
  const input = h("input", { type: "password", autocomplete: "off", spellcheck: "false", placeholder: "hmk_…" });
  const report = h("div", { class: "section", "aria-live": "polite" });
  const show = async () => {
    fill(report);
    if (!apiKey()) return;
    try {
      fill(report, describe(await get("v1/me")));
    } catch (error) {
      fill(report, problemBox(error));
    }
  };
  const form = h("form", {
    class: "section",
    onsubmit: async (event) => {
      event.preventDefault();
      setApiKey(input.value.trim());
      say(apiKey() ? "The key is used from now on." : "No key is used any more.");
      await show();
    },
  },
    h("h2", { id: "key-title" }, "API key"),
    h("p", { class: "muted" }, "Public models, verification and receipts need none. A key is kept in this tab only and is gone when it closes."),
    field("Key", input, "Made by whoever runs the server: hallmark keys create"),
    report,
    h("div", { class: "row" },
      h("button", { class: "primary" }, "Use this key"),
      h("button", { type: "button", onclick: () => { input.value = ""; setApiKey(""); fill(report); say("The key is forgotten."); } }, "Forget it"),
      h("button", { type: "button", class: "quiet", onclick: () => dialog.close() }, "Close")));
  dialog = h("dialog", { "aria-labelledby": "key-title" }, form);
  dialog.addEventListener("hallmark:open", () => {
    input.value = apiKey();
    show();
  });
  document.body.append(dialog);
}

function describe(me) {
  const { usage, limits } = me;
  return facts([
    ["Key", me.key?.name || me.key?.id],
    ["Tenant", me.tenant],
    ["May", me.scopes.join(", ") || "nothing"],
    ["Ends", me.key?.expires_at ? moment(me.key.expires_at) : null],
    ["Requests", `${count(limits.requests_per_minute)} a minute`],
    ["Seconds of proving today", `${usage.proof_seconds_today.toFixed(1)}${limits.proof_seconds_per_day === null ? "" : ` of ${count(limits.proof_seconds_per_day)}`}`],
  ]);
}

/** Opens the dialog. */
export function openKeyDialog() {
  if (!dialog) build();
  dialog.dispatchEvent(new Event("hallmark:open"));
  dialog.showModal();
}
