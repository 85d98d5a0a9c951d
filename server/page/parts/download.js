// Files of the service, fetched with the key and saved by the browser.

import { save, send } from "../api/client.js";
import { h } from "../dom.js";
import { problemBox } from "./problem.js";

/** A button that saves what the service has at `path`. A refusal is shown beside it. */
export function downloadButton(label, path, name, type) {
  let trouble;
  const button = h("button", {
    type: "button",
    onclick: async () => {
      trouble?.remove();
      button.disabled = true;
      try {
        const response = await send("GET", path, { accept: type });
        save(await response.arrayBuffer(), name, type);
      } catch (error) {
        trouble = problemBox(error);
        button.after(trouble);
      } finally {
        button.disabled = false;
      }
    },
  }, label);
  return button;
}
