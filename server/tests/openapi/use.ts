// A program against the types that openapi-typescript makes of the description: what a client of the API wants to write.

import type { components, operations } from "./api";

type Job = components["schemas"]["Job"];
type ProofRequest = components["schemas"]["ProofRequest"];
type Accepted = operations["prove"]["responses"][202]["content"]["application/json"];
type Problem = operations["get_job"]["responses"][404]["content"]["application/problem+json"];

const request: ProofRequest = { input: { image: [0, 0.5, 1] }, private_input: true, nonce: "01", priority: 0 };

// @ts-expect-error a request needs its input
export const incomplete: ProofRequest = { private_input: true, priority: 0 };

async function send<T>(url: string, init?: RequestInit): Promise<T> {
  const answer = await fetch(url, init);
  if (answer.ok) return (await answer.json()) as T;
  const problem = (await answer.json()) as Problem;
  throw new Error(`${problem.type}: ${problem.detail} ${problem.remedy}`);
}

/** Has something proven, and gives the answer that was proven. */
export async function prove(url: string, model: string): Promise<number[]> {
  const body = JSON.stringify(request);
  const accepted: Accepted = await send(`${url}/v1/models/${model}/proofs`, { method: "POST", body });
  const job: Job = await send(`${url}/v1/jobs/${accepted.id}`);
  if (job.state !== "done" || !job.result || !("outputs" in job.result)) {
    throw new Error(job.cause?.detail ?? `the job is ${job.state}`);
  }
  return job.result.outputs.flatMap((output) => output.integers);
}

/** All own jobs. */
export async function jobs(url: string): Promise<Job[]> {
  const found: Job[] = [];
  let cursor: string | null | undefined = undefined;
  do {
    const query: string = cursor ? `?cursor=${encodeURIComponent(cursor)}` : "";
    const page: components["schemas"]["Listed_Job"] = await send(`${url}/v1/jobs${query}`);
    found.push(...page.items);
    cursor = page.next_cursor;
  } while (cursor);
  return found;
}
