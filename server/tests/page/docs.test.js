// The description of the API in the browser, under a policy that allows no inline script or style.

import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { BASE, DESKTOP, launch, picture, visit } from "./browser.js";

let browser;
before(async () => { browser = await launch(); });
after(() => browser.close());

// The library sets one style inline, which the policy blocks and nothing misses. Scripts and other places are not excused.
const BLOCKED = [/^Applying inline style violates .*\/docs\/swagger-ui-bundle\.js$/];

test("the description is shown and requests can be tried, with no inline script and nothing from elsewhere", async () => {
  const { headers } = await fetch(`${BASE}docs/`);
  const policy = headers.get("content-security-policy");
  assert.match(policy, /script-src 'self'; style-src 'self';/);
  assert.doesNotMatch(policy, /unsafe/);
  await visit(browser, DESKTOP, "docs/", async (page) => {
    await page.getByRole("heading", { name: /Hallmark/ }).waitFor();
    const operation = page.locator(".opblock", { has: page.locator("[data-path='/v1/models']") }).first();
    await operation.locator(".opblock-summary-control").click();
    await operation.getByRole("button", { name: "Try it out" }).click();
    const [answer] = await Promise.all([
      page.waitForResponse((response) => response.url().startsWith(`${BASE}v1/models`)),
      operation.getByRole("button", { name: "Execute" }).click(),
    ]);
    assert.equal(answer.status(), 200);
    await operation.locator(".responses-table .microlight").first().waitFor();
    await picture(page, "docs-desktop");
  }, BLOCKED);
});
