// Requests to the service this page comes from. Addresses are relative to the page, so that a proxy may serve it under a
// folder.

const KEY = "hallmark.key";

/** A refusal by the service (RFC 9457), or that it could not be asked. */
export class Problem extends Error {
  constructor(fields, status = 0) {
    super(fields.detail || fields.title || "The request failed.");
    this.name = "Problem";
    this.type = fields.type ?? "about:blank";
    this.title = fields.title ?? "The request failed";
    this.detail = fields.detail ?? "";
    this.remedy = fields.remedy ?? "";
    this.requestId = fields.request_id ?? "";
    this.status = fields.status ?? status;
    this.retryAfter = fields.retryAfter ?? null;
  }
}

/** The key of this session, or an empty string. It stays in this tab and is gone when the tab closes. */
export function apiKey() {
  try {
    return sessionStorage.getItem(KEY) ?? "";
  } catch {
    return "";
  }
}

/** Keeps the key for this tab, or forgets it if it is empty. */
export function setApiKey(text) {
  if (text) sessionStorage.setItem(KEY, text);
  else sessionStorage.removeItem(KEY);
  document.dispatchEvent(new CustomEvent("hallmark:key"));
}

async function problemOf(response) {
  const text = await response.text();
  let fields = {};
  if (response.headers.get("content-type")?.includes("json")) {
    try {
      fields = JSON.parse(text);
    } catch {
      fields = {};
    }
  }
  fields.title ??= `The service answered ${response.status}`;
  fields.request_id ??= response.headers.get("x-request-id") ?? "";
  const seconds = Number(response.headers.get("retry-after"));
  fields.retryAfter = Number.isFinite(seconds) && seconds > 0 ? seconds : null;
  return new Problem(fields, response.status);
}

/**
 * Sends a request and gives the response if it succeeded. `path` is relative to the page, or absolute with a slash as in
 * the service's links.
 * @throws {Problem}
 */
export async function send(method, path, { body, json, text, accept, headers = {}, signal } = {}) {
  const all = new Headers(headers);
  if (accept) all.set("accept", accept);
  if (json !== undefined || text !== undefined) all.set("content-type", "application/json");
  if (apiKey()) all.set("authorization", `Bearer ${apiKey()}`);
  let response;
  try {
    response = await fetch(address(path), {
      method,
      headers: all,
      body: json === undefined ? (text ?? body) : JSON.stringify(json),
      signal,
      credentials: "omit",
    });
  } catch (error) {
    if (error?.name === "AbortError") throw error;
    throw new Problem({
      title: "The service cannot be reached",
      detail: "No answer came from the server of this page.",
      remedy: "Check that it is running and that you are connected, then try again.",
    });
  }
  if (!response.ok) throw await problemOf(response);
  return response;
}

/** A path of the service as an address under the page's own folder. */
export function address(path) {
  return new URL(path.replace(/^\/+/, ""), document.baseURI.replace(/#.*$/, ""));
}

/** GETs JSON. */
export async function get(path, options = {}) {
  return (await send("GET", path, { accept: "application/json", ...options })).json();
}

/** POSTs JSON and reads JSON. */
export async function post(path, json, options = {}) {
  return (await send("POST", path, { json, accept: "application/json", ...options })).json();
}

/** A query of the entries that have a value. */
export function query(entries) {
  const search = new URLSearchParams();
  for (const [name, value] of Object.entries(entries)) {
    if (value !== undefined && value !== null && value !== "" && value !== false) search.set(name, value);
  }
  const text = search.toString();
  return text ? `?${text}` : "";
}

/** Lets the browser save bytes or text under a name. */
export function save(content, name, type) {
  const url = URL.createObjectURL(new Blob([content], { type }));
  const link = document.createElement("a");
  link.href = url;
  link.download = name;
  link.click();
  setTimeout(() => URL.revokeObjectURL(url), 10_000);
}
