// Home: draw, read, prove, verify, forge.

import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { basename, dirname, join } from "node:path";
import { after, before, test } from "node:test";
import { DESKTOP, PHONE, accessible, downloaded, draw, launch, picture, prove, reads, visit } from "./browser.js";

let browser;
before(async () => { browser = await launch(); });
after(() => browser.close());

test("ten drawn digits are read as what they are", async () => {
  await visit(browser, DESKTOP, "", async (page) => {
    await page.locator(".pad").waitFor({ timeout: 60_000 });
    for (let digit = 0; digit < 10; digit += 1) {
      await draw(page, digit);
      await reads(page, digit);
      await page.getByRole("button", { name: "Clear" }).click();
    }
    assert.equal(await page.locator(".reading .digit").textContent(), "?");
    assert.ok(await page.getByRole("button", { name: "Prove it" }).isDisabled());
    // Half a digit may be something that the model was not made for; that is said, not counted as a fault.
  }, [/status of 422.*predictions/]);
});

test("a drawing is proven, verified, and cannot be forged", async () => {
  await visit(browser, DESKTOP, "", async (page) => {
    await picture(page, "playground-desktop-empty");
    await draw(page, 7);
    await reads(page, 7);
    await prove(page);
    assert.match(await page.locator(".proven h3").textContent(), /the network reads 7/);
    assert.equal(await page.locator(".proven .chip.warn").textContent(), "Insecure SRS");
    const stages = await page.locator(".stages li").evaluateAll((items) => items.map((item) => ({
      name: item.querySelector(".stage-name").textContent, past: item.classList.contains("past"), time: item.querySelector(".stage-time").textContent,
    })));
    assert.deepEqual(stages.map(({ name, past }) => [name, past]), [["Waiting", true], ["Witness", true], ["Proof", true], ["Check", true]]);
    for (const { name, time } of stages) assert.match(time, /^[\d.]+ (ms|s)$/, name);

    await page.getByRole("button", { name: "Verify", exact: true }).click();
    await page.locator(".verdict.valid").waitFor();
    const statement = page.locator(".statement");
    assert.match(await statement.locator(".statement-bound").textContent(), /the model with id [0-9a-f]{12}….*the input "image".*the output "logits".*the expected nonce/s);
    assert.match(await statement.locator(".statement-hidden").textContent(), /all values inside the model/);
    assert.match(await statement.locator(".statement-revealed").textContent(), /the weights, to whoever has a handful of proofs/);
    assert.match(await statement.locator(".statement-trusted").textContent(), /INSECURE SRS, by its points/);

    const forgeries = page.getByRole("region", { name: "Try to forge it" }).locator("button:not(.inline-hash)");
    assert.equal(await forgeries.count(), 6);
    for (let k = 0; k < 6; k += 1) {
      await forgeries.nth(k).click();
      await page.locator(".forgeries > li").nth(k).waitFor();
    }
    assert.equal(await page.locator(".forgeries .verdict.bad").count(), 6);
    assert.equal(await page.locator(".forgeries .problem, .forgeries .verdict.valid").count(), 0);
    await accessible(page);
    await picture(page, "playground-desktop");

    const json = await downloaded(page, () => page.getByRole("button", { name: "Download as JSON" }).click());
    assert.equal(JSON.parse(json.bytes).format, "hallmark-proof");
    const binary = await downloaded(page, () => page.getByRole("button", { name: "Download as binary" }).click());
    assert.match(binary.name, /^hallmark-job_[0-9a-f]{32}\.proof$/);
    assert.ok(binary.bytes.length > 1000 && binary.bytes.length < json.bytes.length);

    // What the page says about checking without the server is done to the letter.
    await page.locator("summary", { hasText: "Without trusting this server" }).click();
    const key = await downloaded(page, () => page.getByRole("button", { name: "Download the verifying key" }).click());
    const snippet = await page.locator(".snippet code").textContent();
    const folder = mkdtempSync(join(tmpdir(), "hallmark-offline-"));
    try {
      for (const { name, bytes } of [json, key]) writeFileSync(join(folder, name), bytes);
      const program = process.env.PAGE_TEST_PROGRAM;
      assert.equal(basename(program), "hallmark");
      const env = { ...process.env, PATH: `${dirname(program)}:${process.env.PATH}` };
      assert.match(execFileSync("sh", ["-c", snippet], { cwd: folder, env, encoding: "utf8" }), /VALID/);
    } finally {
      rmSync(folder, { recursive: true });
    }
  }, [/status of 422.*predictions/]);
});

test("a private drawing stays out of the proof", async () => {
  await visit(browser, DESKTOP, "", async (page) => {
    await page.getByRole("button", { name: /^A handwritten 3/ }).first().click();
    await reads(page, 3);
    await page.getByLabel(/Keep the drawing private/).check();
    await prove(page);
    const { bytes } = await downloaded(page, () => page.getByRole("button", { name: "Download as JSON" }).click());
    const bundle = JSON.parse(bytes);
    assert.equal(bundle.inputs, undefined);
    assert.match(bundle.input_commitment, /^[0-9a-f]{64}$/);
    await page.getByRole("button", { name: "Verify", exact: true }).click();
    await page.locator(".verdict.valid").waitFor();
    assert.match(await page.locator(".statement-bound").textContent(), /a hiding commitment to the inputs/);
    assert.match(await page.locator(".statement-hidden").textContent(), /the inputs/);
    await page.getByRole("button", { name: "Swap in another drawing" }).click();
    await page.locator(".forgeries .verdict.bad").waitFor();
  });
});

test("everything works by keyboard", async () => {
  await visit(browser, DESKTOP, "", async (page) => {
    await page.locator(".pad").waitFor({ timeout: 60_000 });
    await page.keyboard.press("Tab");
    assert.equal(await page.evaluate(() => document.activeElement.textContent), "Skip to the content");
    await page.keyboard.press("Enter");
    assert.equal(await page.evaluate(() => document.activeElement.id), "main");
    await tabTo(page, (element) => element.classList.contains("pad"));

    // A thick one: two columns from top to bottom.
    for (const key of ["ArrowUp", "ArrowUp", "ArrowUp"]) await page.keyboard.press(key);
    await page.keyboard.press("Space");
    for (let row = 1; row < 8; row += 1) await page.keyboard.press("Shift+ArrowDown");
    await page.keyboard.press("Shift+ArrowRight");
    for (let row = 1; row < 8; row += 1) await page.keyboard.press("Shift+ArrowUp");
    assert.match(await page.locator("body > [role=status]").textContent(), /^Row 1, column 5: 16 of 16$/);
    await reads(page, 1);
    await page.keyboard.press("Backspace");
    assert.match(await page.locator("body > [role=status]").textContent(), /^Row 1, column 5: 0 of 16$/);

    await tabTo(page, (element) => element.getAttribute("aria-label")?.startsWith("A handwritten 4"));
    await page.keyboard.press("Enter");
    await reads(page, 4);
    await tabTo(page, (element) => element.textContent === "Prove it");
    await page.keyboard.press("Enter");
    await page.locator(".proven").waitFor({ timeout: 30_000 });
    await tabTo(page, (element) => element.textContent === "Verify" && element.localName === "button");
    await page.keyboard.press("Space");
    await page.locator(".verdict.valid").waitFor();
    await tabTo(page, (element) => element.textContent === "Move one score by one unit");
    await page.keyboard.press("Enter");
    await page.locator(".forgeries .verdict.bad").waitFor();

    await page.locator("#key-button").focus();
    await page.keyboard.press("Enter");
    await page.getByRole("dialog", { name: "API key" }).waitFor();
    await page.keyboard.press("Escape");
    assert.equal(await page.evaluate(() => document.activeElement.id), "key-button");
  });
});

/** Presses Tab until the focus is on an element that fits, as somebody without a mouse does. */
async function tabTo(page, fits) {
  for (let press = 0; press < 120; press += 1) {
    await page.keyboard.press("Tab");
    if (await page.evaluate(`(${fits})(document.activeElement)`)) return;
  }
  assert.fail(`the keyboard does not come to ${fits}`);
}

test("on a phone, by finger, in the dark", async () => {
  await visit(browser, { ...PHONE, colorScheme: "dark" }, "", async (page) => {
    await page.locator(".pad").waitFor({ timeout: 60_000 });
    await accessible(page);
    await page.getByRole("button", { name: /^A handwritten 2/ }).first().tap();
    await reads(page, 2);
    await page.getByRole("button", { name: "Prove it" }).tap();
    await page.locator(".proven").waitFor({ timeout: 30_000 });
    await page.getByRole("button", { name: "Verify", exact: true }).tap();
    await page.locator(".verdict.valid").waitFor();
    await page.getByRole("button", { name: "Flip one bit of the proof" }).tap();
    await page.locator(".forgeries .verdict.bad").waitFor();
    await accessible(page);
    await picture(page, "playground-phone-dark");
  });
  await visit(browser, PHONE, "", async (page) => {
    await draw(page, 5);
    await reads(page, 5);
    await accessible(page);
    await picture(page, "playground-phone");
  }, [/status of 422.*predictions/]);
});

test("the colours can be chosen and stay", async () => {
  await visit(browser, { ...DESKTOP, colorScheme: "light" }, "", async (page) => {
    const paper = () => page.evaluate(() => getComputedStyle(document.documentElement).backgroundColor);
    const light = await paper();
    const button = page.locator("#theme-button");
    await button.click();
    await button.click();
    assert.match(await button.getAttribute("aria-label"), /^Colours: dark/);
    assert.notEqual(await paper(), light);
    await page.reload();
    assert.notEqual(await paper(), light);
  });
});
