// A button that deletes something, after a question.

import { send } from "../api/client.js";
import { fill, h, isAbort, uniqueId } from "../dom.js";
import { say } from "./basics.js";
import { problemBox } from "./problem.js";

/** `path` is what is deleted, `then` the view to go to, `done` what is said. */
export function removeButton({ button, question, words, path, then, done, signal }) {
  const id = uniqueId("remove");
  const outcome = h("div", { "aria-live": "polite" });
  const dialog = h("dialog", { "aria-labelledby": id },
    h("form", { method: "dialog", class: "section" },
      h("h2", { id }, question),
      h("p", {}, words),
      h("div", { class: "row" },
        h("button", { value: "remove", class: "danger" }, "Delete"),
        h("button", { value: "keep", autofocus: true }, "Keep"))));
  dialog.addEventListener("close", async () => {
    if (dialog.returnValue !== "remove") return;
    try {
      await send("DELETE", path, { signal });
      say(done);
      location.hash = then;
    } catch (error) {
      if (!isAbort(error)) fill(outcome, problemBox(error));
    }
  });
  return h("div", {}, h("button", { type: "button", class: "danger", onclick: () => dialog.showModal() }, button), dialog, outcome);
}
