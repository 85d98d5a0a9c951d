// Entry: navigation between the views, theme, key.

import { apiKey, get, save, send } from "./api/client.js";
import { fill, h, isAbort } from "./dom.js";
import { chip, insecureChip } from "./parts/basics.js";
import { openKeyDialog } from "./parts/key.js";
import { problemBox } from "./parts/problem.js";
import { startTheme } from "./parts/theme.js";
import * as job from "./views/job.js";
import * as jobs from "./views/jobs.js";
import * as model from "./views/model.js";
import * as models from "./views/models.js";
import * as playground from "./views/playground.js";
import * as receipt from "./views/receipt.js";
import * as receipts from "./views/receipts.js";
import * as verify from "./views/verify.js";

const ROUTES = [
  [/^\/$/, playground],
  [/^\/models$/, models],
  [/^\/models\/(?<id>[0-9a-f]{64})$/, model],
  [/^\/verify$/, verify],
  [/^\/jobs$/, jobs],
  [/^\/jobs\/(?<id>[\w-]+)$/, job],
  [/^\/receipts$/, receipts],
  [/^\/receipts\/(?<index>\d+)$/, receipt],
];

const main = document.getElementById("main");
let visit = new AbortController();
let first = true;

/** The path and query behind the `#` of the address. */
function place() {
  const [path, search = ""] = (location.hash.slice(1) || "/").split("?");
  return { path, search: new URLSearchParams(search) };
}

function markTab(path) {
  for (const link of document.querySelectorAll(".tabs a")) {
    const target = link.getAttribute("href").slice(1);
    const here = target === "/" ? path === "/" : path === target || path.startsWith(`${target}/`);
    if (here) link.setAttribute("aria-current", "page");
    else link.removeAttribute("aria-current");
  }
}

async function navigate() {
  if (location.hash === "#main") return;
  visit.abort();
  visit = new AbortController();
  const { signal } = visit;
  const { path, search } = place();
  const [pattern, view] = ROUTES.find(([expression]) => expression.test(path)) ?? [];
  markTab(path);
  document.title = `${view?.title ?? "Not found"} · Hallmark`;
  if (!first) scrollTo(0, 0);
  try {
    if (!view) throw new Error(`There is no view at ${path}.`);
    const shown = view.show(main, { ...pattern.exec(path).groups, search, signal });
    if (!first) focusHeading();
    first = false;
    await shown;
  } catch (error) {
    if (!isAbort(error) && !signal.aborted) failed(error, view);
  }
}

function focusHeading() {
  (main.querySelector("h1") ?? main).focus({ preventScroll: true });
}

function failed(error, view) {
  const box = problemBox(error, view ? navigate : undefined);
  const old = main.querySelector(".waiting");
  if (old) old.replaceWith(box);
  else fill(main, h("div", { class: "view" }, h("h1", { tabindex: -1 }, view?.title ?? "Not found"), box));
}

function showKey() {
  const button = document.getElementById("key-button");
  button.textContent = apiKey() ? "Key in use" : "API key";
  button.toggleAttribute("data-set", apiKey() !== "");
}

async function describeService() {
  const line = document.getElementById("service");
  try {
    const service = await get("v1/");
    fill(line, `Hallmark ${service.version ?? ""} `, service.insecure_srs ? insecureChip() : null);
  } catch {
    fill(line, chip("The service does not answer", "bad"));
  }
}

/** A link cannot send the key, so the audit trail is fetched and saved. */
async function saveAudit(event) {
  event.preventDefault();
  const line = document.getElementById("service");
  try {
    const response = await send("GET", "v1/audit.ndjson");
    save(await response.blob(), "hallmark-audit.ndjson", "application/x-ndjson");
  } catch (error) {
    fill(line, problemBox(error));
  }
}

startTheme(document.getElementById("theme-button"));
document.getElementById("key-button").addEventListener("click", openKeyDialog);
// The button of a refusal says so, wherever it is shown.
document.addEventListener("hallmark:enter-key", openKeyDialog);
document.addEventListener("hallmark:key", () => {
  showKey();
  navigate();
});
addEventListener("hashchange", navigate);
document.getElementById("audit-link").addEventListener("click", saveAudit);
document.querySelector(".skip").addEventListener("click", (event) => {
  event.preventDefault();
  main.focus();
  main.scrollIntoView();
});
showKey();
describeService();
navigate();
