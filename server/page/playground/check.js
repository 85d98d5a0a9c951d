// Verifying the proof that was just made, and trying to make it say something else.

import { send } from "../api/client.js";
import { fill, h, isAbort } from "../dom.js";
import { copyButton, say } from "../parts/basics.js";
import { downloadButton } from "../parts/download.js";
import { problemBox } from "../parts/problem.js";
import { shell } from "../quote.js";
import { statementColumns, verdict } from "../parts/statement.js";
import { FORGERIES } from "./tamper.js";

async function verify(request, signal) {
  return (await send("POST", "v1/verifications", { json: request, accept: "application/json", signal })).json();
}

/** The two sections below a proof. */
export function createCheck({ job, model, nonce, bundle, signal }) {
  const request = { model_id: model.model_id, bundle: JSON.parse(bundle), nonce };
  return [verifySection(job, model, request, signal), tamperSection(request, signal)];
}

function verifySection(job, model, request, signal) {
  const result = h("div", { class: "section", "aria-live": "polite" });
  const key = `${model.model_id}.vk`;
  const file = shell(`hallmark-${job.id}.json`);
  const command = `hallmark verify ${file} --model ${shell(model.model_id)} --vk ${shell(key)} --nonce ${shell(request.nonce)}`;
  const button = h("button", {
    type: "button", class: "primary",
    onclick: async () => {
      button.disabled = true;
      try {
        const answer = await verify(request, signal);
        fill(result, verdict(answer), answer.valid ? statementColumns(answer.statement) : null);
      } catch (error) {
        if (!isAbort(error)) fill(result, problemBox(error));
      } finally {
        button.disabled = false;
      }
    },
  }, "Verify");
  return h("section", { class: "section step", "aria-labelledby": "verify-title" },
    h("div", { class: "opening" },
      h("h2", { id: "verify-title" }, "Verify it"),
      h("p", { class: "muted" }, "The verifier gets the bundle, the model id you expect and the nonce this page drew for the request. It shares no code with the prover and needs neither the weights nor an account.")),
    h("div", { class: "row" }, button),
    result,
    h("details", {},
      h("summary", {}, "Without trusting this server"),
      h("p", {}, "Download the bundle and the verifying key, and run the verifier on your own machine. The model id is the hash of the key; " +
        "take it from the model’s author, not from here."),
      h("p", {}, downloadButton("Download the verifying key", `v1/models/${model.model_id}/verifying-key`, key, "application/octet-stream")),
      h("div", { class: "snippet" }, h("pre", { tabindex: 0 }, h("code", {}, command)), copyButton(command, "command"))));
}

function tamperSection(request, signal) {
  const log = h("ol", { class: "forgeries", "aria-live": "polite", "aria-label": "Forgeries tried" });
  const attempt = async ({ name, forge }) => {
    const { request: forged, change } = forge(request);
    try {
      const answer = await verify(forged, signal);
      log.prepend(entry(name, change, answer));
      say(answer.valid ? "The forgery was accepted." : "The forgery was rejected.");
    } catch (error) {
      if (isAbort(error)) return;
      log.prepend(h("li", {}, h("p", {}, h("strong", {}, name), `, ${change}`), problemBox(error)));
    }
  };
  return h("section", { class: "section step", "aria-labelledby": "tamper-title" },
    h("div", { class: "opening" },
      h("h2", { id: "tamper-title" }, "Try to forge it"),
      h("p", { class: "muted" }, "Change one thing and send it to the same verifier.")),
    h("div", { class: "row" }, FORGERIES.map((forgery) =>
      h("button", { type: "button", onclick: () => attempt(forgery) }, forgery.name))),
    log);
}

function entry(name, change, answer) {
  return h("li", { class: answer.valid ? "valid" : "bad" },
    h("p", { class: "forgery-change" }, h("strong", {}, name), h("span", { class: "muted" }, ` ${change}`)),
    verdict(answer));
}
