// A server that asks everybody for a key.

import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { after, before, test } from "node:test";
import { DESKTOP, accessible, launch, picture, prove, reads, visit } from "./browser.js";
import { startServer } from "./server.js";

let browser;
let server;
let key;

before(async () => {
  const program = process.env.PAGE_TEST_PROGRAM;
  server = await startServer(program, ["--set", "access.anonymous=[]"]);
  key = JSON.parse(execFileSync(program, ["--json", "keys", "create", "readers", "--data", server.folder], { encoding: "utf8" })).key;
  browser = await launch();
});
after(async () => {
  await browser?.close();
  await server?.stop();
});

test("without a key the page says so; with one it works, in this tab only", async () => {
  await visit(browser, { ...DESKTOP, server: server.base }, "", async (page) => {
    await page.getByRole("button", { name: /^A handwritten 8/ }).first().click();
    const problem = page.locator(".reading .problem");
    await problem.waitFor();
    assert.match(await problem.textContent(), /API key/);
    await accessible(page);
    await picture(page, "no-key-desktop");

    await problem.getByRole("button", { name: "Enter an API key" }).click();
    const dialog = page.getByRole("dialog", { name: "API key" });
    await dialog.getByLabel("Key").fill("hmk_nobody_has_this");
    await dialog.getByRole("button", { name: "Use this key" }).click();
    await dialog.locator(".problem").waitFor();
    await dialog.getByLabel("Key").fill(key);
    await dialog.getByRole("button", { name: "Use this key" }).click();
    await dialog.getByText("read, predict, prove").waitFor();
    await accessible(page);
    await picture(page, "key-desktop");
    await dialog.getByRole("button", { name: "Close" }).click();
    assert.equal(await page.locator("#key-button").textContent(), "Key in use");

    await page.getByRole("button", { name: /^A handwritten 8/ }).first().click();
    await reads(page, 8);
    await prove(page);
    await page.goto(`${server.base}#/jobs`);
    await page.locator("a[href^='#/jobs/job_']").first().click();
    await page.getByRole("heading", { name: "Files" }).waitFor();

    const kept = await page.evaluate((secret) => ({
      session: JSON.stringify(sessionStorage).includes(secret), local: JSON.stringify(localStorage).includes(secret), cookie: document.cookie,
    }), key);
    assert.deepEqual(kept, { session: true, local: false, cookie: "" });
    const other = await page.context().newPage();
    await other.goto(`${server.base}#/jobs`);
    await other.locator(".problem").waitFor();

    await page.locator("#key-button").click();
    await dialog.getByRole("button", { name: "Forget it" }).click();
    await page.locator(".problem").first().waitFor();
    assert.equal(await page.evaluate(() => sessionStorage.length), 0);
  }, [/status of 40[13]/]);
});
