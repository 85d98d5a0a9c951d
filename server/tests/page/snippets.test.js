// Snippets of models with hostile names: they are run, nothing happens besides, and the names arrive as they are.

import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { mkdtempSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { createServer } from "node:http";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, beforeEach, test } from "node:test";
import { promisify } from "node:util";
import { curl, python } from "../../page/programs.js";
import * as quote from "../../page/quote.js";

const run = promisify(execFile);
const JOB = "job_0123456789abcdef0123456789abcdef";
const HOSTILE = [
  "x$(touch owned)", "`touch owned`", "$((1+1))", "${HOME}", "'; touch owned; '", "\"; touch owned; \"", "\"]}}'; touch owned #", "a\ntouch owned\n",
  "\\", "\\'", "\\\"", "'\"'\"'", "!!", "*", "~", "%s%n", "{a,b}", "-d @/etc/passwd", "\r\x1b[201~touch owned\r", "\x7f\x9b31m", "\u202egnp.\u2028\u2029",
  "ключ 鍵 🔑", "\"] * 1, __import__('os').system('touch owned'), [\"", "{__import__('os').system('touch owned')}", "\0", "</code><script>1</script>",
];

let server;
let asked;
let folder;
before(async () => {
  server = createServer(async (request, response) => {
    const chunks = await request.toArray();
    asked.push({ path: request.url, authorization: request.headers.authorization, body: Buffer.concat(chunks).toString() });
    const answers = { proofs: { id: JOB }, bundle: { note: "$(touch owned) `touch owned` ' \" %s" }, verifications: { valid: true } };
    response.end(JSON.stringify(answers[request.url.split("/").at(-1)]));
  });
  await new Promise((resolve) => server.listen(0, "127.0.0.1", resolve));
});
after(() => server.close());
beforeEach(() => {
  asked = [];
  folder = mkdtempSync(join(tmpdir(), "hallmark-snippet-"));
});

function model(names) {
  return { model_id: "0a".repeat(32), inputs: names.map((name, k) => ({ name, shape: [1, k + 1] })) };
}

/** What the snippet's program is asked to prove, by its inputs. */
function expected(names) {
  return Object.fromEntries(names.map((name, k) => [name, new Array(k + 1).fill(0)]));
}

async function inFolder(program, code, environment = {}) {
  const { stdout } = await run(program, ["-c", code], { cwd: folder, env: { PATH: process.env.PATH, HOME: folder, ...environment } });
  return stdout;
}

function nothingBut(...names) {
  assert.deepEqual(readdirSync(folder).sort(), names.sort());
  rmSync(folder, { recursive: true });
}

for (const shell of ["sh", "bash"]) {
  test(`hostile names stay names in ${shell}`, async () => {
    // A proxy may serve the page below a folder whose name is hostile as well.
    const path = "/it's$(touch owned)`touch owned`[1-9]{a,b}/";
    const address = new URL(path, `http://127.0.0.1:${server.address().port}`).href;
    const code = curl(model(HOSTILE), address, true);
    assert.match(code, /^[\n -~]*$/, "only what can be seen is copied");
    assert.equal(await inFolder(shell, code, { HALLMARK_KEY: "hmk_a" }), JSON.stringify({ valid: true }));
    nothingBut("bundle.json", "job.json");
    const [proofs, bundle, verifications] = asked;
    const base = new URL(address).pathname;
    assert.equal(proofs.path, `${base}v1/models/${"0a".repeat(32)}/proofs`);
    assert.equal(proofs.authorization, "Bearer hmk_a");
    assert.deepEqual(JSON.parse(proofs.body), { input: expected(HOSTILE) });
    assert.equal(bundle.path, `${base}v1/jobs/${JOB}/bundle`);
    assert.deepEqual(JSON.parse(verifications.body).bundle.note, "$(touch owned) `touch owned` ' \" %s");
  });
}

test("each hostile name alone, in a shell", async () => {
  for (const name of HOSTILE) {
    asked = [];
    await inFolder("sh", curl(model([name]), `http://127.0.0.1:${server.address().port}/`, false));
    assert.deepEqual(JSON.parse(asked[0].body), { input: { [name]: [0] } }, JSON.stringify(name));
    assert.equal(asked[0].authorization, undefined);
    assert.deepEqual(readdirSync(folder).sort(), ["bundle.json", "job.json"], JSON.stringify(name));
  }
  nothingBut("bundle.json", "job.json");
});

test("hostile names stay names in Python", async () => {
  // Stands for the client and shows what it is given.
  writeFileSync(join(folder, "hallmark.py"), `
import json
from types import SimpleNamespace as Record

class Client:
    def __init__(self, *given):
        print(json.dumps(given))

    def prove(self, model, values):
        print(json.dumps([model, values]))
        return Record(outputs=0, nonce="00")

    def verify(self, proof, **given):
        print(json.dumps(given))
        return Record(statement=Record(bound=[]))
`);
  const address = "http://127.0.0.1:1/it's%22$(touch%20owned)/";
  const code = python(model(HOSTILE), address, true);
  assert.match(code, /^[\n -~]*$/, "only what can be seen is copied");
  const lines = (await inFolder("python3", code, { HALLMARK_KEY: "hmk_a", PYTHONDONTWRITEBYTECODE: "1" })).trim().split("\n");
  nothingBut("hallmark.py");
  assert.deepEqual(JSON.parse(lines[0]), [address.slice(0, -1), "hmk_a"]);
  assert.deepEqual(JSON.parse(lines[1]), ["0a".repeat(32), expected(HOSTILE)]);
});

test("every character of the first two planes is written so that the language reads it back", async () => {
  const all = [];
  for (let point = 1; point < 0x20000; point += point < 0x3100 ? 1 : 97) if (point < 0xd800 || point > 0xdfff) all.push(String.fromCodePoint(point));
  const text = all.join("");
  assert.equal(JSON.parse(quote.json(text)), text);
  const literal = quote.python(text);
  writeFileSync(join(folder, "text.py"), `import json\nprint(json.dumps(${literal}))\n`);
  const { stdout } = await run("python3", ["text.py"], { cwd: folder, maxBuffer: 1 << 24 });
  assert.equal(JSON.parse(stdout), text);
  const visible = Array.from({ length: 95 }, (_, k) => String.fromCharCode(32 + k)).join("");
  assert.equal(await inFolder("sh", `printf %s ${quote.shell(visible)}`), visible);
  for (const hidden of ["\n", "\u00e9", "\x1b", "\0"]) assert.throws(() => quote.shell(hidden), RangeError);
  nothingBut("text.py");
});
