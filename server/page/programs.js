// Requests as a program makes them. Everything that comes from a model or an address is quoted for the language.

import * as quote from "./quote.js";

/** The inputs' names, and how many numbers each takes. */
function inputs(model) {
  const size = (shape) => shape.reduce((product, dimension) => product * Number(dimension), 1);
  return (model.inputs ?? []).map(({ name, shape }) => ({ name, size: size(shape) }));
}

/** So many zeros between commas, made by the shell. */
function shellZeros(size) {
  return size <= 1 ? "'0'" : `"$(printf '0,%.0s' $(seq ${size - 1}))0"`;
}

/** A request to prove zeros, and one that verifies the answer, for a POSIX shell with curl. `withKey`: a key is needed. */
export function curl(model, server, withKey) {
  const key = withKey ? " \\\n  -H \"Authorization: Bearer $HALLMARK_KEY\"" : "";
  const id = encodeURIComponent(model.model_id);
  const body = inputs(model).map(({ name, size }, k) =>
    quote.shell(`${k === 0 ? "{\"input\": {" : "], "}${quote.json(name)}: [`) + shellZeros(size)).join("");
  return `# an answer with its proof; waits for up to 60 seconds
curl -sg ${quote.shell(`${server}v1/models/${id}/proofs`)}${key} \\
  -H "Content-Type: application/json" -H "Prefer: wait=60" \\
  -d ${body}${quote.shell("]}}")} > job.json

# the bundle, and what it binds
job=$(grep -o "job_[0-9a-f]*" job.json | head -n 1)
curl -sg ${quote.shell(`${server}v1/jobs/`)}"$job/bundle"${key} > bundle.json
printf '{"model_id": "%s", "bundle": %s}' ${quote.shell(id)} "$(cat bundle.json)" |
  curl -sg ${quote.shell(`${server}v1/verifications`)} -H "Content-Type: application/json" --data-binary @-`;
}

/** The same with the Python client. */
export function python(model, server, withKey) {
  const key = withKey ? ", os.environ[\"HALLMARK_KEY\"]" : "";
  const id = quote.python(model.model_id);
  const values = inputs(model).map(({ name, size }) => `${quote.python(name)}: [0.0] * ${size}`);
  return `${withKey ? "import os\n\n" : ""}from hallmark import Client

client = Client(${quote.python(server.replace(/\/$/, ""))}${key})
proof = client.prove(${id}, {${values.join(", ")}})
print(proof.outputs)

verdict = client.verify(proof, model=${id}, nonce=proof.nonce)
print(*verdict.statement.bound, sep="\\n")`;
}
