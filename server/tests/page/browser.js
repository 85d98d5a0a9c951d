// A real browser, and what the tests do with it.

import assert from "node:assert/strict";
import { mkdirSync, readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { join } from "node:path";
import { chromium } from "playwright-core";
import { STROKES } from "./digits.js";

const AXE = readFileSync(createRequire(import.meta.url).resolve("axe-core/axe.min.js"), "utf8");
const FLAGS = ["--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking", "--disable-component-update", "--disable-sync"];
const RULES = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"];

/** Where the service under test is. */
export const BASE = process.env.PAGE_TEST_URL;
const SCREENSHOTS = process.env.PAGE_TEST_PICTURES;

export const DESKTOP = { viewport: { width: 1200, height: 900 } };
export const PHONE = { viewport: { width: 360, height: 740 }, hasTouch: true, isMobile: true };

/** Starts Chromium. */
export function launch() {
  return chromium.launch({ executablePath: process.env.CHROMIUM ?? "/usr/bin/chromium", args: FLAGS });
}

/**
 * Opens the page in a fresh profile, gives it to `use`, and fails if the page logged an error that `expected` (a list of
 * patterns) does not name. `options` are the browser's, and `server` where another server than the shared one is meant.
 */
export async function visit(browser, { server = BASE, ...options }, path, use, expected = []) {
  const context = await browser.newContext({ reducedMotion: "reduce", ...options });
  const page = await context.newPage();
  const errors = [];
  page.on("pageerror", (error) => errors.push(error.message));
  page.on("console", (message) => message.type() === "error" && errors.push(`${message.text()} ${message.location().url}`));
  page.on("request", (request) => {
    if (!request.url().startsWith(server) && !request.url().startsWith("blob:")) errors.push(`asks elsewhere: ${request.url()}`);
  });
  try {
    await page.goto(`${server}${path}`);
    await use(page);
    assert.deepEqual(errors.filter((error) => !expected.some((pattern) => pattern.test(error))), []);
  } finally {
    await context.close();
  }
}

/** Draws the digit on the pad with the mouse. */
export async function draw(page, digit) {
  const pad = page.locator(".pad");
  await pad.scrollIntoViewIfNeeded();
  const box = await pad.boundingBox();
  for (const stroke of STROKES[digit]) {
    const points = stroke.map(([x, y]) => [box.x + x * box.width, box.y + y * box.height]);
    await page.mouse.move(...points[0]);
    await page.mouse.down();
    for (const point of points.slice(1)) await page.mouse.move(...point, { steps: 3 });
    await page.mouse.up();
  }
}

/** Waits until the network reads that digit. */
export async function reads(page, digit) {
  await page.waitForFunction((wanted) => document.querySelector(".reading .digit")?.textContent === String(wanted), digit, { timeout: 10_000 });
}

/** Has what is on the pad proven and waits for the answer. */
export async function prove(page) {
  await page.getByRole("button", { name: "Prove it" }).click();
  await page.locator(".proven").waitFor({ timeout: 30_000 });
}

/** Fails if axe-core finds something that a person with a disability would stumble over, or if the page is too wide. */
export async function accessible(page) {
  await page.evaluate(AXE);
  const { violations } = await page.evaluate((values) => globalThis.axe.run(document, { runOnly: { type: "tag", values } }), RULES);
  const found = violations.map(({ id, help, nodes }) => `${id}: ${help}: ${nodes.map(({ html, failureSummary }) => `${html} ${failureSummary}`).join("\n  ")}`);
  assert.deepEqual(found, [], page.url());
  const surplus = await page.evaluate(() => document.documentElement.scrollWidth - innerWidth);
  assert.ok(surplus <= 0, `${page.url()} is ${surplus} pixels wider than the screen`);
}

/** Keeps a picture of the whole page for people to look at. */
export async function picture(page, name) {
  if (!SCREENSHOTS) return;
  mkdirSync(SCREENSHOTS, { recursive: true });
  await page.evaluate(() => scrollTo(0, 0));
  await page.screenshot({ path: join(SCREENSHOTS, `${name}.png`), fullPage: true });
}

/** The file that a click lets the browser save: its name and bytes. */
export async function downloaded(page, click) {
  const [download] = await Promise.all([page.waitForEvent("download"), click()]);
  return { name: download.suggestedFilename(), bytes: readFileSync(await download.path()) };
}
