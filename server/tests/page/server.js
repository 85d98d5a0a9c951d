// The real server, on a port of its own and with an empty data folder.

import { spawn } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";

const START_MS = 60_000;

/** A port that nothing listens on. */
async function freePort() {
  const probe = createServer();
  await new Promise((resolve) => probe.listen(0, "127.0.0.1", resolve));
  const { port } = probe.address();
  await new Promise((resolve) => probe.close(resolve));
  return port;
}

/** The environment without what would set something in a server. */
function withoutSettings(environment) {
  return Object.fromEntries(Object.entries(environment).filter(([name]) => !name.startsWith("HALLMARK_")));
}

/** Starts `hallmark serve` and waits until it has compiled its first model. Gives its address and a function that stops it. */
export async function startServer(program, settings = []) {
  const folder = mkdtempSync(join(tmpdir(), "hallmark-page-"));
  const port = await freePort();
  const child = spawn(program, ["serve", "--bind", `127.0.0.1:${port}`, "--data", folder, ...settings], {
    stdio: ["ignore", "ignore", "pipe"],
    env: { ...withoutSettings(process.env), XDG_CACHE_HOME: join(folder, "cache"), NO_COLOR: "1" },
  });
  let log = "";
  child.stderr.on("data", (text) => { log = (log + text).slice(-20_000); });
  const ended = new Promise((resolve) => child.on("exit", resolve));
  const stop = async () => {
    child.kill("SIGTERM");
    const late = setTimeout(() => child.kill("SIGKILL"), 15_000);
    await ended;
    clearTimeout(late);
    rmSync(folder, { recursive: true, force: true });
  };
  const base = `http://127.0.0.1:${port}/`;
  const deadline = Date.now() + START_MS;
  for (;;) {
    if (child.exitCode !== null) throw new Error(`the server ended with ${child.exitCode}:\n${log}`);
    const ready = await fetch(`${base}v1/models`).then(async (response) => response.ok && (await response.json()).items.length > 0, () => false);
    if (ready) return { base, folder, stop, log: () => log };
    if (Date.now() > deadline) {
      await stop();
      throw new Error(`the server was not ready after ${START_MS} ms:\n${log}`);
    }
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
}
