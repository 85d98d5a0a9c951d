// Server-sent events over fetch, because EventSource cannot send the API key.

import { isAbort, pause } from "../dom.js";
import { Problem, send } from "./client.js";

const RETRIES = 6;

/** One block of `field: value` lines as an event, or null if it carries no data. */
function parseEvent(block) {
  const event = { type: "message", data: [], id: undefined };
  for (const line of block.split("\n")) {
    const [, field, value] = /^([^:]*):? ?(.*)$/.exec(line) ?? [];
    if (field === "event") event.type = value;
    else if (field === "data") event.data.push(value);
    else if (field === "id") event.id = value;
  }
  return event.data.length ? { ...event, data: event.data.join("\n") } : null;
}

/** The events in a response's body. */
async function* readEvents(body) {
  const reader = body.pipeThrough(new TextDecoderStream()).getReader();
  let rest = "";
  try {
    for (;;) {
      const { value, done } = await reader.read();
      if (done) return;
      rest = (rest + value).replaceAll("\r\n", "\n");
      const blocks = rest.split("\n\n");
      rest = blocks.pop();
      for (const block of blocks) {
        const event = parseEvent(block);
        if (event) yield event;
      }
    }
  } finally {
    reader.cancel().catch(() => {});
  }
}

/**
 * Events of a job until the service ends the stream. A broken connection is taken up again after the last event that
 * came, with growing pauses.
 */
export async function* events(path, { signal } = {}) {
  let last;
  let failures = 0;
  for (;;) {
    try {
      const headers = last === undefined ? {} : { "last-event-id": last };
      const response = await send("GET", path, { accept: "text/event-stream", headers, signal });
      for await (const event of readEvents(response.body)) {
        failures = 0;
        if (event.id !== undefined) last = event.id;
        yield { type: event.type, data: JSON.parse(event.data) };
      }
      return;
    } catch (error) {
      const refused = error instanceof Problem && error.status >= 400 && error.status < 500 && error.status !== 429;
      failures += 1;
      if (isAbort(error) || refused || failures > RETRIES) throw error;
      await pause(250 * 2 ** failures, signal);
    }
  }
}
