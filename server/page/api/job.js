// What the page knows about jobs.

import { isAbort, pause } from "../dom.js";
import { get } from "./client.js";
import { events } from "./events.js";

const TERMINAL = new Set(["done", "failed", "cancelled", "dead"]);

/** The states of a job on its way, by kind. */
export const COURSE = {
  prove: ["queued", "witness", "proving", "verifying", "done"],
  compile: ["queued", "importing", "planning", "keys", "done"],
};

/** What a list of jobs can be filtered by: all states, and `running` for those that a worker has. */
export const STATES = [...new Set(["queued", "running", ...COURSE.prove, ...COURSE.compile, ...TERMINAL])];

/** Whether nothing will change any more. */
export function isTerminal(job) {
  return TERMINAL.has(job.state);
}

/**
 * Calls `onchange(job, fraction)` for everything that happens to the job, and gives its last state. `fraction` is how
 * much of the whole job is done by the service's estimate, or null.
 */
export async function follow(id, onchange, signal) {
  const path = `v1/jobs/${id}`;
  let job = await get(path, { signal });
  onchange(job, null);
  if (isTerminal(job)) return job;
  try {
    for await (const { data } of events(`${path}/events`, { signal })) {
      job = { ...job, state: data.state, position: data.state === job.state ? job.position : undefined };
      if (isTerminal(job)) break;
      onchange(job, data.fraction ?? null);
    }
  } catch (error) {
    if (isAbort(error)) throw error;
  }
  // The stream is a convenience: the job itself has its last word, and is asked again and again if the stream broke.
  for (;;) {
    job = await get(path, { signal });
    onchange(job, null);
    if (isTerminal(job)) return job;
    await pause(1000, signal);
  }
}
