// Starts the real server and runs all tests against it.
//
//   npm ci && node run.js
//
// PAGE_TEST_PROGRAM names the program (target/release/hallmark), CHROMIUM the browser (/usr/bin/chromium), PAGE_TEST_PICTURES a folder
// for pictures of every view.

import { spawn } from "node:child_process";
import { readdirSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { startServer } from "./server.js";

const here = dirname(fileURLToPath(import.meta.url));
const program = process.env.PAGE_TEST_PROGRAM ?? join(here, "../../../target/release/hallmark");
const names = process.argv.slice(2);
const files = names.length > 0 ? names : readdirSync(here).filter((name) => name.endsWith(".test.js"));

const server = await startServer(program);
let code = 1;
try {
  const flags = ["--test", "--test-concurrency=1", "--test-reporter=spec"];
  const tests = spawn(process.execPath, [...flags, ...files], {
    cwd: here,
    stdio: "inherit",
    env: { ...process.env, PAGE_TEST_PROGRAM: program, PAGE_TEST_URL: server.base },
  });
  code = await new Promise((resolve) => tests.on("exit", (status) => resolve(status ?? 1)));
  if (code !== 0) console.error(`\nThe end of the server's log:\n${server.log().slice(-4000)}`);
} finally {
  await server.stop();
}
process.exit(code);
