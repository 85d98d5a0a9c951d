import assert from "node:assert/strict";
import { once } from "node:events";
import { createServer } from "node:http";
import { after, before, test } from "node:test";

const asked = [];
let answers = [];
let events;
const server = createServer((request, response) => {
  asked.push(request.headers);
  answers.shift()(response);
});

before(async () => {
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  globalThis.document = { baseURI: `http://127.0.0.1:${server.address().port}/` };
  ({ events } = await import("../../page/api/events.js"));
});
after(() => server.close());

const head = (response) => response.writeHead(200, { "content-type": "text/event-stream" });
const event = (id, state) => `id: ${id}\nevent: state\ndata: {"state":"${state}"}\n\n`;

async function collect() {
  asked.length = 0;
  const seen = [];
  for await (const { type, data } of events("v1/jobs/job_1/events")) seen.push([type, data.state]);
  return seen;
}

test("a stream that breaks is taken up after the last event", async () => {
  answers = [
    (response) => {
      head(response);
      // Cut within an event, which must not be told of twice or not at all.
      response.write(`: still there\n\n${event(1, "queued")}${event(2, "witness")}id: 3\nevent: sta`, () => setTimeout(() => response.destroy(), 50));
    },
    (response) => response.writeHead(503, { "content-type": "application/problem+json" }).end("{\"title\":\"Overloaded\",\"status\":503}"),
    (response) => {
      head(response);
      response.end(event(3, "proving").replaceAll("\n", "\r\n") + event(4, "done"));
    },
  ];
  assert.deepEqual(await collect(), [["state", "queued"], ["state", "witness"], ["state", "proving"], ["state", "done"]]);
  assert.deepEqual(asked.map((headers) => headers["last-event-id"]), [undefined, "2", "2"]);
});

test("a refusal is not asked for again", async () => {
  answers = [(response) => response.writeHead(404, { "content-type": "application/problem+json", "x-request-id": "r1" }).end("{\"title\":\"There is no such job\",\"status\":404}")];
  await assert.rejects(collect, (error) => error.title === "There is no such job" && error.requestId === "r1");
  assert.equal(asked.length, 1);
});
