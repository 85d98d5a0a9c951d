// Pages of other servers in the same browser: they neither change nor read anything here.

import assert from "node:assert/strict";
import { createServer } from "node:http";
import { after, before, test } from "node:test";
import { BASE, launch } from "./browser.js";

let browser;
let elsewhere;
before(async () => {
  browser = await launch();
  elsewhere = createServer((_, response) => {
    response.setHeader("content-type", "text/html");
    response.end("<!doctype html><title>elsewhere</title>");
  });
  await new Promise((resolve) => elsewhere.listen(0, "127.0.0.1", resolve));
});
after(async () => {
  await browser.close();
  elsewhere.close();
});

const jobs = async () => (await (await fetch(`${BASE}v1/jobs`)).json()).items.length;

test("another page registers no model and opens no stream", async () => {
  const before = await jobs();
  const page = await browser.newPage();
  // The same machine under another port, and under another name: other origins, the first of the same site.
  for (const name of ["127.0.0.1", "localhost"]) {
    await page.goto(`http://${name}:${elsewhere.address().port}/`);
    const [refused, unread] = await page.evaluate(async (base) => {
      const form = new FormData();
      form.set("model", new Blob(["not really a model"]), "m.onnx");
      const sent = await fetch(`${base}v1/models`, { method: "POST", mode: "no-cors", body: form });
      const read = await fetch(`${base}v1/jobs`).then(() => "read", () => "refused");
      return [sent.type, read];
    }, BASE);
    assert.deepEqual([refused, unread], ["opaque", "refused"]);
  }
  await page.close();
  assert.equal(await jobs(), before);
});

test("a name that points here is not taken for this server's", async () => {
  const { port } = new URL(BASE);
  const rebound = await browser.browserType().launch({
    executablePath: process.env.CHROMIUM ?? "/usr/bin/chromium",
    args: ["--no-sandbox", "--host-resolver-rules=MAP rebound.example 127.0.0.1"],
  });
  try {
    const page = await rebound.newPage();
    const answer = await page.goto(`http://rebound.example:${port}/v1/jobs`);
    assert.equal(answer.status(), 421);
    assert.match(await answer.text(), /unknown-host/);
  } finally {
    await rebound.close();
  }
});
