// The same request as a program would make it.

import { address, apiKey } from "../api/client.js";
import { h, uniqueId } from "../dom.js";
import { copyButton } from "./basics.js";

function zeros(model) {
  const input = model.inputs?.[0] ?? { name: "input", shape: [1] };
  const size = input.shape.reduce((product, dimension) => product * dimension, 1);
  return { name: input.name, size };
}

function curl(model, server) {
  const { name, size } = zeros(model);
  const key = apiKey() ? " \\\n  -H \"Authorization: Bearer $HALLMARK_KEY\"" : "";
  const values = `$(printf '0,%.0s' $(seq ${size - 1}))0`;
  return `# an answer with its proof; waits for up to 60 seconds
curl -s ${server}v1/models/${model.model_id}/proofs${key} \\
  -H "Content-Type: application/json" -H "Prefer: wait=60" \\
  -d "{\\"input\\": {\\"${name}\\": [${values}]}}" > job.json

# the bundle, and what it binds
job=$(grep -o "job_[0-9a-f]*" job.json | head -n 1)
curl -s ${server}v1/jobs/$job/bundle${key} > bundle.json
curl -s ${server}v1/verifications -H "Content-Type: application/json" \\
  -d "{\\"model_id\\": \\"${model.model_id}\\", \\"bundle\\": $(cat bundle.json)}"`;
}

function python(model, server) {
  const { name, size } = zeros(model);
  const key = apiKey() ? ", os.environ[\"HALLMARK_KEY\"]" : "";
  return `${key ? "import os\n\n" : ""}from hallmark import Client

client = Client("${server.replace(/\/$/, "")}"${key})
proof = client.prove("${model.model_id}", {"${name}": [0.0] * ${size}})
print(proof.outputs)

verdict = client.verify(proof, model="${model.model_id}", nonce=proof.nonce)
print(*verdict.statement.bound, sep="\\n")`;
}

/** Snippets in tabs. */
export function snippets(model) {
  const server = address("").href;
  const panels = [["curl", curl(model, server)], ["Python", python(model, server)]].map(([name, code]) => {
    const id = uniqueId("snippet");
    const tab = h("button", { type: "button", role: "tab", id: `${id}-tab`, "aria-controls": id }, name);
    const panel = h("div", { class: "snippet", role: "tabpanel", id, "aria-labelledby": `${id}-tab` },
      h("pre", { tabindex: 0 }, h("code", {}, code)), copyButton(code, `the ${name} example`));
    return { tab, panel };
  });
  const select = (chosen) => panels.forEach(({ tab, panel }, k) => {
    tab.setAttribute("aria-selected", String(k === chosen));
    tab.tabIndex = k === chosen ? 0 : -1;
    panel.hidden = k !== chosen;
  });
  panels.forEach(({ tab }, k) => {
    tab.addEventListener("click", () => select(k));
    tab.addEventListener("keydown", (event) => {
      const step = { ArrowRight: 1, ArrowLeft: -1 }[event.key];
      if (!step) return;
      const next = (k + step + panels.length) % panels.length;
      select(next);
      panels[next].tab.focus();
    });
  });
  select(0);
  return h("div", { class: "tabbed" }, h("div", { role: "tablist", "aria-label": "Language", class: "tablist" }, panels.map(({ tab }) => tab)), panels.map(({ panel }) => panel));
}
