// The dialog that registers a model.

import { send } from "../api/client.js";
import { fill, h, isAbort } from "../dom.js";
import { choice, field } from "./basics.js";
import { problemBox } from "./problem.js";

/** Opens the dialog; a model that is accepted leads to its compile job. */
export function openUpload(signal) {
  const file = h("input", { type: "file", accept: ".onnx,application/octet-stream", required: true });
  const calibration = h("input", { type: "file", accept: ".npz,.npy,.json" });
  const name = h("input", { type: "text", required: true, maxlength: 100, autocomplete: "off", spellcheck: "false" });
  const version = h("input", { type: "text", placeholder: "1", maxlength: 40, autocomplete: "off" });
  const tags = h("input", { type: "text", placeholder: "vision, demo", autocomplete: "off" });
  const description = h("textarea", { rows: 2, maxlength: 2000 });
  const target = h("select", {}, h("option", { value: "fast" }, "fast proofs"), h("option", { value: "evm" }, "EVM contracts"));
  const secret = choice("Also make a circuit for private inputs", "", { checked: true });
  // Private unless asked otherwise: what was once public may have been copied.
  const open = choice("Publish it:", "everybody who reaches this server may see it, run it and download its key");
  const outcome = h("div", { "aria-live": "polite" });
  const submit = h("button", { class: "primary" }, "Register");
  const dialog = h("dialog", { "aria-labelledby": "upload-title" });
  file.addEventListener("change", () => {
    name.value ||= (file.files[0]?.name ?? "").replace(/\.onnx$/i, "");
  });

  function form() {
    const data = new FormData();
    data.set("options", new Blob([JSON.stringify({
      name: name.value.trim(),
      version: version.value.trim() || "1",
      target: target.value,
      private_input: secret.box.checked,
      public: open.box.checked,
      description: description.value.trim(),
      tags: tags.value.split(",").map((tag) => tag.trim()).filter(Boolean),
    })], { type: "application/json" }));
    data.set("model", file.files[0], file.files[0].name);
    if (calibration.files[0]) data.set("calibration", calibration.files[0], calibration.files[0].name);
    return data;
  }

  async function upload(event) {
    event.preventDefault();
    submit.disabled = true;
    fill(outcome, h("p", { class: "muted" }, "Sending…"));
    try {
      const answer = await (await send("POST", "v1/models", { body: form(), accept: "application/json", signal })).json();
      dialog.close();
      location.hash = answer.state ? `#/jobs/${answer.id}` : `#/models/${answer.model_id}`;
    } catch (error) {
      if (!isAbort(error)) fill(outcome, problemBox(error));
    } finally {
      submit.disabled = false;
    }
  }

  fill(dialog, h("form", { class: "section", onsubmit: upload },
    h("h2", { id: "upload-title" }, "Register a model"),
    field("ONNX file", file),
    field("Calibration data", calibration, "Typical inputs (.npz, .npy or JSON), from which the scales are chosen. Without them they are guessed from random inputs."),
    h("div", { class: "pair" }, field("Name", name), field("Version", version)),
    h("div", { class: "pair" }, field("Tags", tags), field("Layout for", target)),
    field("Description", description),
    secret.element, open.element, outcome,
    h("div", { class: "row" }, submit, h("button", { type: "button", class: "quiet", onclick: () => dialog.close() }, "Close"))));
  dialog.addEventListener("close", () => dialog.remove());
  document.body.append(dialog);
  dialog.showModal();
}
