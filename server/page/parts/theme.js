// Light, dark, or what the system says.

import { fill, s } from "../dom.js";
import { say } from "./basics.js";

const THEMES = ["system", "light", "dark"];
const NEXT = { system: "light", light: "dark", dark: "system" };
const PICTURES = {
  light: "M12 8a4 4 0 1 0 0 8 4 4 0 0 0 0-8zM12 2v3M12 19v3M2 12h3M19 12h3M5 5l2 2M17 17l2 2M5 19l2-2M17 7l2-2",
  dark: "M20 14a8 8 0 1 1-10-10 7 7 0 0 0 10 10z",
};

function current() {
  const theme = document.documentElement.dataset.theme;
  return THEMES.includes(theme) ? theme : "system";
}

function apply(theme) {
  if (theme === "system") delete document.documentElement.dataset.theme;
  else document.documentElement.dataset.theme = theme;
  try {
    if (theme === "system") localStorage.removeItem("hallmark.theme");
    else localStorage.setItem("hallmark.theme", theme);
  } catch {
    // The choice then lasts as long as the page.
  }
  document.dispatchEvent(new CustomEvent("hallmark:theme"));
}

/** Makes the button go through the themes. */
export function startTheme(button) {
  const show = () => {
    const theme = current();
    button.setAttribute("aria-label", `Colours: ${theme}. Change to ${NEXT[theme]}.`);
    button.title = `Colours: ${theme}`;
    fill(button, s("svg", { viewBox: "0 0 24 24", width: 20, height: 20, fill: theme === "system" ? "currentColor" : "none", stroke: "currentColor", "stroke-width": 2, "stroke-linecap": "round", "aria-hidden": "true" },
      s("path", theme === "system" ? { d: "M12 3a9 9 0 1 0 0 18z" } : { d: PICTURES[theme] }),
      theme === "system" ? s("circle", { cx: 12, cy: 12, r: 9, fill: "none" }) : null));
  };
  button.addEventListener("click", () => {
    apply(NEXT[current()]);
    show();
    say(`Colours: ${current()}`);
  });
  show();
}
