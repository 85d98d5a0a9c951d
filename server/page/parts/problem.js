// What went wrong, in the service's own words.

import { h } from "../dom.js";
import { Problem } from "../api/client.js";

/** Text whose parts between backticks are code. */
function prose(text) {
  return text.split("`").map((part, k) => (k % 2 ? h("code", {}, part) : part));
}

/** A box with title, detail, remedy and request id of an error; `again` is called by its button. */
export function problemBox(error, again) {
  const problem = error instanceof Problem ? error : new Problem({
    title: "This page failed", detail: String(error?.message ?? error), remedy: "Reload it; if that does not help, please report what you did.",
  });
  if (!(error instanceof Problem)) console.error(error);
  const needsKey = problem.status === 401 || problem.status === 403;
  return h("div", { class: "problem", role: "alert" },
    h("p", { class: "problem-title" }, problem.title),
    problem.detail ? h("p", {}, prose(problem.detail)) : null,
    problem.remedy ? h("p", {}, prose(problem.remedy)) : null,
    problem.retryAfter ? h("p", {}, `Try again in ${problem.retryAfter} s.`) : null,
    needsKey || again ? h("p", { class: "row" },
      needsKey ? h("button", { type: "button", onclick: () => document.dispatchEvent(new CustomEvent("hallmark:enter-key")) }, "Enter an API key") : null,
      again ? h("button", { type: "button", onclick: again }, "Try again") : null) : null,
    problem.requestId ? h("p", { class: "small muted" }, "Request ", h("code", {}, problem.requestId)) : null);
}
