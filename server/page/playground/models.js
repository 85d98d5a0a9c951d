// Which of the server's models read eight by eight pixels.

import { get } from "../api/client.js";
import { pause } from "../dom.js";

function elements(tensor) {
  return (tensor?.shape ?? []).reduce((product, size) => product * size, 1);
}

/** Whether the playground can draw for that model: 64 numbers in, ten scores out. */
function fits(model) {
  return model.inputs?.length === 1 && elements(model.inputs[0]) === 64
    && model.outputs?.length === 1 && elements(model.outputs[0]) === 10 && !model.deprecated;
}

/**
 * The models the playground works with, the networks of the demo first. Waits while a fresh server still compiles them;
 * `onwait` is called once then.
 */
export async function digitModels(signal, onwait) {
  for (let round = 0; ; round += 1) {
    const { items } = await get("v1/models?limit=100", { signal });
    const models = items.filter(fits).sort((a, b) => Number(b.name.startsWith("digits")) - Number(a.name.startsWith("digits")));
    if (models.length > 0) return models;
    if (round === 0) onwait();
    await pause(1000, signal);
  }
}

/** The request's input for 64 values of 0 to 16. */
export function inputOf(model, cells) {
  return { [model.inputs[0].name]: Array.from(cells, (value) => value / 16) };
}
