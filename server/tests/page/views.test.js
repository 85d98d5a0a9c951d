// Models, verification, jobs, receipts.

import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, test } from "node:test";
import { BASE, DESKTOP, PHONE, accessible, downloaded, launch, picture, prove, visit } from "./browser.js";

let browser;
let job;
let model;
let bundle;

before(async () => {
  browser = await launch();
  const models = await (await fetch(`${BASE}v1/models`)).json();
  model = models.items.find(({ name }) => name.startsWith("digits"));
  const answer = await fetch(`${BASE}v1/models/${model.model_id}/proofs`, {
    method: "POST",
    headers: { "content-type": "application/json", prefer: "wait=30" },
    body: JSON.stringify({ input: { [model.inputs[0].name]: new Array(64).fill(0).map((_, k) => ([3, 4].includes(k % 8) ? 1 : 0)) }, nonce: "ab".repeat(32) }),
  });
  job = await answer.json();
  assert.equal(job.state, "done", JSON.stringify(job));
  bundle = await (await fetch(`${BASE}v1/jobs/${job.id}/bundle`, { headers: { accept: "application/json" } })).text();
});
after(() => browser.close());

for (const [name, options] of [["desktop", DESKTOP], ["phone", PHONE], ["desktop-dark", { ...DESKTOP, colorScheme: "dark" }], ["phone-dark", { ...PHONE, colorScheme: "dark" }]]) {
  test(`every view on ${name} can be read by everybody`, async () => {
    const views = { models: "#/models", model: `#/models/${model.model_id}`, verify: "#/verify", jobs: "#/jobs", job: `#/jobs/${job.id}`, receipts: "#/receipts", receipt: "#/receipts/0" };
    for (const [view, path] of Object.entries(views)) {
      await visit(browser, options, path, async (page) => {
        await page.locator(".waiting").first().waitFor({ state: "detached" });
        await page.locator("main h1").waitFor();
        assert.equal(await page.locator(".problem").count(), 0, view);
        if (view === "model") await openAll(page);
        await accessible(page);
        await picture(page, `${view}-${name}`);
      });
    }
  });
}

async function openAll(page) {
  for (const summary of await page.locator("summary").all()) await summary.click();
  await page.locator(".paper img").waitFor();
  assert.ok(await page.locator(".paper img").evaluate(async (image) => {
    await image.decode();
    return image.naturalWidth > 500;
  }));
}

test("models are found by their words and told about", async () => {
  await visit(browser, DESKTOP, "#/models", async (page) => {
    const card = page.locator(".shelf .card", { hasText: model.name }).first();
    await card.waitFor();
    assert.match(await card.textContent(), /Insecure SRS/);
    const search = page.getByLabel("Search");
    await search.fill("no model has this name");
    await page.getByText("No model fits.").waitFor();
    await search.fill(model.name);
    await card.getByRole("link", { name: model.name }).click();
    await page.getByRole("heading", { level: 1, name: model.name }).waitFor();
    assert.equal(await page.evaluate(() => document.activeElement.localName), "h1");
    await page.getByRole("heading", { name: "Layers" }).waitFor();
    const text = await page.locator("main").textContent();
    assert.ok(text.includes(model.model_id));
    for (const circuit of model.circuits) assert.ok(text.includes(`2^${circuit.k}`));
    assert.match(text, /same arg-max.*logits.*%/s);
    const key = await downloaded(page, () => page.getByRole("button", { name: "Download the verifying key" }).click());
    assert.ok(key.bytes.length > 10_000);
    const script = await page.getByRole("tabpanel").locator("code").textContent();
    const folder = mkdtempSync(join(tmpdir(), "hallmark-curl-"));
    try {
      assert.match(execFileSync("bash", ["-euc", script], { cwd: folder, encoding: "utf8" }), /"valid":true/);
    } finally {
      rmSync(folder, { recursive: true });
    }
    await page.getByRole("tab", { name: "curl" }).focus();
    await page.keyboard.press("ArrowRight");
    assert.match(await page.getByRole("tabpanel").textContent(), /from hallmark import Client/);
  });
});

test("a model is registered, and its job followed to it", async () => {
  await visit(browser, DESKTOP, "#/models", async (page) => {
    await page.getByRole("button", { name: "Register a model" }).click();
    const dialog = page.getByRole("dialog", { name: "Register a model" });
    const examples = new URL("../../../examples/digits/", import.meta.url).pathname;
    await dialog.getByLabel("ONNX file").setInputFiles(`${examples}mlp.onnx`);
    await dialog.getByLabel("Calibration data").setInputFiles(`${examples}calibration.npz`);
    assert.equal(await dialog.getByLabel("Name").inputValue(), "mlp");
    await dialog.getByLabel("Name").fill("digits-mlp");
    await dialog.getByLabel("Tags").fill("digits, dense");
    // Nothing is published that was not asked to be.
    assert.equal(await dialog.getByLabel(/Publish it/).isChecked(), false);
    await accessible(page);
    await picture(page, "register-desktop");
    await dialog.getByRole("button", { name: "Register" }).click();
    await page.getByRole("link", { name: "Open the model" }).click({ timeout: 60_000 });
    await page.getByRole("heading", { level: 1, name: "digits-mlp" }).waitFor();
    const registered = await (await fetch(`${BASE}v1/models/${page.url().split("/").at(-1)}`)).json();
    assert.deepEqual([registered.name, registered.public], ["digits-mlp", false]);
  });
});

async function remove(page, what, question) {
  await page.getByRole("button", { name: what }).click();
  const dialog = page.getByRole("dialog", { name: question });
  assert.equal(await page.evaluate(() => document.activeElement.textContent), "Keep");
  await dialog.getByRole("button", { name: "Delete" }).click();
}

test("a job and a model are deleted after a question, the receipt stays", async () => {
  const { items } = await (await fetch(`${BASE}v1/models?q=digits-mlp&mine=true`)).json();
  const [mlp] = items;
  const answer = await fetch(`${BASE}v1/models/${mlp.model_id}/proofs`, {
    method: "POST", headers: { "content-type": "application/json", prefer: "wait=30" }, body: JSON.stringify({ input: new Array(64).fill(0) }),
  });
  const made = await answer.json();
  assert.equal(made.state, "done", JSON.stringify(made));
  await visit(browser, DESKTOP, `#/jobs/${made.id}`, async (page) => {
    await page.getByRole("heading", { name: "Files" }).waitFor();
    await remove(page, "Delete this job", "Delete this job?");
    await page.getByRole("heading", { level: 1, name: "Jobs" }).waitFor();
    await page.locator(`a[href="#/jobs/${job.id}"]`).waitFor();
    assert.equal(await page.locator(`a[href="#/jobs/${made.id}"]`).count(), 0);
    assert.equal((await fetch(`${BASE}v1/jobs/${made.id}`)).status, 404);
    const { receipt } = await (await fetch(`${BASE}v1/receipts/${made.result.receipt_index}`)).json();
    assert.equal(JSON.parse(receipt.entry).bundle, made.result.bundle.digest);
    await page.goto(`${BASE}#/models/${mlp.model_id}`);
    await page.getByRole("heading", { level: 1, name: "digits-mlp" }).waitFor();
    await remove(page, "Delete this model", "Delete this model?");
    await page.getByRole("heading", { level: 1, name: "Models" }).waitFor();
    assert.equal((await fetch(`${BASE}v1/models/${mlp.model_id}`)).status, 404);
  });
});

async function drop(page, name, text) {
  await page.locator("#bundle-file").setInputFiles({ name, mimeType: "application/octet-stream", buffer: Buffer.from(text) });
}

test("a good bundle is valid, in JSON and in binary form", async () => {
  await visit(browser, DESKTOP, "#/verify", async (page) => {
    await drop(page, "bundle.json", bundle);
    await page.getByRole("button", { name: "Expect this one" }).click();
    await page.getByLabel("Expected nonce").fill("ab".repeat(32));
    await page.getByRole("button", { name: "Verify", exact: true }).click();
    await page.locator(".verdict.valid").waitFor();
    assert.match(await page.locator(".statement-bound").textContent(), /it answers this request/);
    await accessible(page);
    await picture(page, "verify-valid-desktop");
  });
  const binary = await (await fetch(`${BASE}v1/jobs/${job.id}/bundle`, { headers: { accept: "application/octet-stream" } })).arrayBuffer();
  await visit(browser, DESKTOP, `#/verify?model=${model.model_id}`, async (page) => {
    await drop(page, "bundle.proof", new Uint8Array(binary));
    await page.getByRole("button", { name: "Verify", exact: true }).click();
    await page.locator(".verdict.valid").waitFor();
    assert.match(await page.locator(".statement-bound").textContent(), /was not compared/);
  });
});

test("an audit file is checked with its place in the log", async () => {
  const audit = await (await fetch(`${BASE}v1/jobs/${job.id}/audit`)).text();
  await visit(browser, DESKTOP, `#/verify?model=${model.model_id}`, async (page) => {
    await drop(page, "audit.json", audit);
    await page.getByRole("button", { name: "Verify", exact: true }).click();
    await page.getByText("Included", { exact: true }).waitFor();
    assert.equal(await page.locator(".verdict.valid").count(), 2);
  });
});

test("bad bundles are rejected with a reason", async () => {
  const changed = JSON.parse(bundle);
  changed.outputs[0][0] += 1;
  const cases = [
    ["changed.json", JSON.stringify(changed), {}, ".verdict.bad"],
    ["other-nonce.json", bundle, { nonce: "cd".repeat(32) }, ".verdict.bad"],
    ["insecure.json", bundle, { strict: true }, ".verdict.bad"],
    ["no-ceremony.json", bundle, { ceremonies: true }, ".verdict.bad"],
    ["cut.proof", Buffer.from("HMPF and then nothing"), {}, ".problem"],
  ];
  await visit(browser, DESKTOP, `#/verify?model=${model.model_id}`, async (page) => {
    for (const [name, text, { nonce = "", strict = false, ceremonies = false }, selector] of cases) {
      await drop(page, name, text);
      await page.getByLabel("Expected nonce").fill(nonce);
      await page.getByLabel(/Refuse an insecure SRS/).setChecked(strict);
      await page.getByLabel(/Only known ceremonies/).setChecked(ceremonies);
      await page.getByRole("button", { name: "Verify", exact: true }).click();
      await page.locator(selector).waitFor();
      assert.equal(await page.locator(".verdict.valid").count(), 0, name);
    }
    await picture(page, "verify-malformed-desktop");
    for (const [name, text, words] of [["cut.json", bundle.slice(0, 500), "begins like JSON"], ["other.json", "{\"a\":1}", "neither a bundle"], ["empty", "", "empty"]]) {
      await drop(page, name, text);
      await page.locator(".problem", { hasText: words }).waitFor();
      assert.ok(await page.getByRole("button", { name: "Verify", exact: true }).isDisabled(), name);
    }
    await accessible(page);
  }, [/status of 4\d\d.*verifications/]);
});

test("jobs are listed and filtered", async () => {
  await visit(browser, DESKTOP, "#/jobs", async (page) => {
    await page.locator(`a[href="#/jobs/${job.id}"]`).waitFor();
    await page.getByLabel("State").selectOption("cancelled");
    await page.getByText("No job fits.").waitFor();
    await page.getByLabel("State").selectOption("done");
    await page.locator(`a[href="#/jobs/${job.id}"]`).click();
    await page.getByRole("heading", { name: "Files" }).waitFor();
    const audit = await downloaded(page, () => page.getByRole("button", { name: "Audit file" }).click());
    assert.ok(JSON.parse(audit.bytes));
  });
});

test("a job that is not there is a problem in the service's words", async () => {
  await visit(browser, DESKTOP, `#/jobs/job_${"0".repeat(32)}`, async (page) => {
    const problem = page.locator(".problem");
    await problem.waitFor();
    assert.match(await problem.textContent(), /Request/);
    await accessible(page);
    await picture(page, "problem-desktop");
  }, [/status of 404/]);
  await visit(browser, DESKTOP, "#/nowhere", async (page) => {
    await page.getByText("There is no view at /nowhere.").waitFor();
  }, [/no view at/]);
});

test("receipts: the browser itself finds the entry in the log, and that the log only grew", async () => {
  await visit(browser, DESKTOP, "#/receipts", async (page) => {
    await page.getByText("for the first time").waitFor();
    await page.goto(`${BASE}#/`);
    await page.getByRole("button", { name: /^A handwritten 6/ }).first().click();
    await prove(page);
    await page.locator(".proven a[href^='#/receipts/']").click();
    await page.getByText("Included", { exact: true }).waitFor();
    await page.getByRole("navigation", { name: "Views" }).getByRole("link", { name: "Receipts" }).click();
    await page.getByText(/Grown from \d+ to \d+ entries/).waitFor();
    await page.reload();
    await page.getByText("Unchanged since this browser last saw it.").waitFor();
    const trail = await downloaded(page, () => page.getByRole("link", { name: "Audit trail" }).click());
    assert.ok(trail.bytes.toString().trim().split("\n").map((line) => JSON.parse(line)).length > 0);
    await page.evaluate(() => localStorage.setItem("hallmark.head", JSON.stringify({ tree_size: 1, root_hash: "00".repeat(32) })));
    await page.reload();
    await page.getByText("This is not the log that this browser saw before").waitFor();
  });
});

// Last, because it fills the list of jobs.
test("a job that waits is cancelled", async () => {
  const input = { [model.inputs[0].name]: new Array(64).fill(0.25) };
  const requests = new Array(200).fill({ input, priority: -10 });
  const answer = await fetch(`${BASE}v1/models/${model.model_id}/proofs/batch`, {
    method: "POST", headers: { "content-type": "application/json" }, body: JSON.stringify({ requests }),
  });
  const { jobs } = await answer.json();
  await visit(browser, DESKTOP, `#/jobs/${jobs.at(-1).id}`, async (page) => {
    await page.getByRole("button", { name: "Cancel", exact: true }).click();
    const dialog = page.getByRole("dialog", { name: "Cancel this job?" });
    assert.equal(await page.evaluate(() => document.activeElement.textContent), "Let it run");
    await picture(page, "cancel-desktop");
    await dialog.getByRole("button", { name: "Cancel the job" }).click();
    await page.locator("h1 .chip", { hasText: "cancelled" }).waitFor({ timeout: 5000 });
  });
  for (const { id } of jobs) await fetch(`${BASE}v1/jobs/${id}/cancel`, { method: "POST" });
});
