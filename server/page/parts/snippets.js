// The same request as a program would make it, in tabs.

import { address, apiKey } from "../api/client.js";
import { h, uniqueId } from "../dom.js";
import { curl, python } from "../programs.js";
import { copyButton } from "./basics.js";

/** Snippets in tabs. */
export function snippets(model) {
  const server = address("").href;
  const withKey = apiKey() !== "";
  const panels = [["curl", curl(model, server, withKey)], ["Python", python(model, server, withKey)]].map(([name, code]) => {
    const id = uniqueId("snippet");
    const tab = h("button", { type: "button", role: "tab", id: `${id}-tab`, "aria-controls": id }, name);
    const panel = h("div", { class: "snippet", role: "tabpanel", id, "aria-labelledby": `${id}-tab` },
      h("pre", { tabindex: 0 }, h("code", {}, code)), copyButton(code, `the ${name} example`));
    return { tab, panel };
  });
  const select = (chosen) => panels.forEach(({ tab, panel }, k) => {
    tab.setAttribute("aria-selected", String(k === chosen));
    tab.tabIndex = k === chosen ? 0 : -1;
    panel.hidden = k !== chosen;
  });
  panels.forEach(({ tab }, k) => {
    tab.addEventListener("click", () => select(k));
    tab.addEventListener("keydown", (event) => {
      const step = { ArrowRight: 1, ArrowLeft: -1 }[event.key];
      if (!step) return;
      const next = (k + step + panels.length) % panels.length;
      select(next);
      panels[next].tab.focus();
    });
  });
  select(0);
  return h("div", { class: "tabbed" }, h("div", { role: "tablist", "aria-label": "Language", class: "tablist" }, panels.map(({ tab }) => tab)), panels.map(({ panel }) => panel));
}
