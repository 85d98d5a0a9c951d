// Requests to the service, against a server that answers as told.

import assert from "node:assert/strict";
import { once } from "node:events";
import { createServer } from "node:http";
import { after, before, beforeEach, test } from "node:test";

let asked = [];
let answers = [];
const stored = new Map();
const heard = [];
const server = createServer(async (request, response) => {
  const body = Buffer.concat(await request.toArray()).toString();
  asked.push({ method: request.method, path: request.url, headers: request.headers, body });
  answers.shift()(response);
});

let client;
let job;
before(async () => {
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  globalThis.document = {
    baseURI: `http://127.0.0.1:${server.address().port}/folder/#/jobs`,
    dispatchEvent: (event) => heard.push(event.type),
  };
  globalThis.sessionStorage = {
    getItem: (name) => stored.get(name) ?? null,
    setItem: (name, value) => stored.set(name, value),
    removeItem: (name) => stored.delete(name),
  };
  client = await import("../../page/api/client.js");
  job = await import("../../page/api/job.js");
});
after(() => server.close());
beforeEach(() => {
  asked = [];
  stored.clear();
});

const json = (value, status = 200, headers = {}) => (response) =>
  response.writeHead(status, { "content-type": "application/json", ...headers }).end(JSON.stringify(value));
const text = (value, status, headers = {}) => (response) => response.writeHead(status, headers).end(value);

test("addresses lie under the page's own folder, however the service writes them", async () => {
  answers = [json({ a: 1 }), json({ b: 2 }), json({ c: 3 })];
  assert.deepEqual(await client.get("v1/me"), { a: 1 });
  assert.deepEqual(await client.get("/v1/jobs?limit=2"), { b: 2 });
  assert.deepEqual(await client.post("//v1/x", { input: [1] }), { c: 3 });
  assert.deepEqual(asked.map(({ method, path }) => `${method} ${path}`), ["GET /folder/v1/me", "GET /folder/v1/jobs?limit=2", "POST /folder/v1/x"]);
  assert.deepEqual([asked[0].headers.accept, asked[0].headers["content-type"]], ["application/json", undefined]);
  assert.deepEqual([asked[2].body, asked[2].headers["content-type"]], ["{\"input\":[1]}", "application/json"]);
});

test("the key goes with every request from when it is set until it is forgotten", async () => {
  answers = [json({}), json({}), json({})];
  await client.get("v1/me");
  client.setApiKey("hmk_a");
  assert.equal(client.apiKey(), "hmk_a");
  await client.send("POST", "v1/x", { text: "{}", headers: { prefer: "wait=60" } });
  client.setApiKey("");
  await client.get("v1/me");
  assert.deepEqual(asked.map(({ headers }) => headers.authorization), [undefined, "Bearer hmk_a", undefined]);
  assert.deepEqual([asked[1].headers.prefer, asked[1].headers["content-type"], asked[1].body], ["wait=60", "application/json", "{}"]);
  assert.deepEqual(heard, ["hallmark:key", "hallmark:key"]);
});

test("a browser that stores nothing has no key", () => {
  const storage = globalThis.sessionStorage;
  globalThis.sessionStorage = { getItem: () => { throw new Error("denied"); } };
  assert.equal(client.apiKey(), "");
  globalThis.sessionStorage = storage;
});

test("a refusal is told in the service's words, and anything else by its status", async () => {
  const whole = { type: "urn:hallmark:problem:rate-limited", title: "Too many requests", detail: "61 in a minute", remedy: "Wait.", request_id: "r1", status: 429 };
  const cases = [
    [json(whole, 429, { "retry-after": "7" }), { ...whole, requestId: "r1", retryAfter: 7 }],
    [json({}, 500, { "x-request-id": "r2" }), { title: "The service answered 500", requestId: "r2", status: 500, retryAfter: null, type: "about:blank" }],
    [text("<html>", 502, { "retry-after": "soon" }), { title: "The service answered 502", status: 502, detail: "", retryAfter: null }],
    [text("{broken", 503, { "content-type": "application/problem+json", "retry-after": "-1" }), { title: "The service answered 503", retryAfter: null }],
    [text("", 404), { title: "The service answered 404", status: 404, requestId: "" }],
  ];
  for (const [answer, expected] of cases) {
    answers = [answer];
    const problem = await client.get("v1/x").then(() => assert.fail("no problem"), (error) => error);
    assert.ok(problem instanceof client.Problem && problem instanceof Error);
    delete expected.request_id;
    for (const [name, value] of Object.entries(expected)) assert.equal(problem[name], value, name);
    assert.equal(problem.message, problem.detail || problem.title);
  }
});

test("a connection that breaks is a problem, and going elsewhere is none", async () => {
  answers = [(response) => response.destroy()];
  await assert.rejects(client.get("v1/x"), (error) => error instanceof client.Problem && error.title === "The service cannot be reached" && error.status === 0);
  const visit = new AbortController();
  answers = [() => visit.abort()];
  await assert.rejects(client.get("v1/x", { signal: visit.signal }), (error) => error.name === "AbortError");
});

test("a query has what is given, and nothing else", () => {
  assert.equal(client.query({ q: "a b&c", limit: 0, mine: true, tag: "", state: null, kind: undefined, public: false }), "?q=a+b%26c&limit=0&mine=true");
  assert.equal(client.query({}), "");
});

const state = (name, more = {}) => ({ id: "job_1", state: name, position: 3, ...more });
const stream = (...blocks) => (response) => response.writeHead(200, { "content-type": "text/event-stream" }).end(blocks.join(""));
const event = (data) => `data: ${JSON.stringify(data)}\n\n`;

async function followed() {
  const seen = [];
  const last = await job.follow("job_1", ({ state, position }, fraction) => seen.push([state, position, fraction]));
  return [seen, last];
}

test("a job is followed to its end, which it says itself", async () => {
  answers = [json(state("queued")), stream(event({ state: "queued" }), event({ state: "proving", fraction: 0.5 }), event({ state: "done" }), event({ state: "queued" })), json(state("done", { result: 1 }))];
  const [seen, last] = await followed();
  assert.deepEqual(seen, [["queued", 3, null], ["queued", 3, null], ["proving", undefined, 0.5], ["done", 3, null]]);
  assert.equal(last.result, 1);
  answers = [json(state("failed"))];
  assert.deepEqual(await followed(), [[["failed", 3, null]], state("failed")]);
});

test("a stream that cannot be had is no reason to give a job up", async () => {
  answers = [json(state("queued")), text("", 404), json(state("proving")), json(state("cancelled"))];
  const [seen, last] = await followed();
  assert.deepEqual([seen.map(([name]) => name), last.state], [["queued", "proving", "cancelled"], "cancelled"]);
  const visit = new AbortController();
  answers = [json(state("queued")), (response) => { stream()(response); visit.abort(); }];
  await assert.rejects(job.follow("job_1", () => {}, visit.signal), (error) => error.name === "AbortError");
});

test("every state on a job's way can be filtered by, once", () => {
  for (const course of Object.values(job.COURSE)) for (const name of course) assert.ok(job.STATES.includes(name), name);
  assert.equal(new Set(job.STATES).size, job.STATES.length);
  for (const name of ["failed", "cancelled", "dead", "running"]) assert.ok(job.STATES.includes(name));
});
