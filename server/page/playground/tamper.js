// Forgeries: what somebody would change who wants a proof to say something else.

import { fromBase64, randomHex, short, toBase64 } from "../format.js";

function copy(bundle) {
  return structuredClone(bundle);
}

function raiseOutput(request) {
  const bundle = copy(request.bundle);
  const outputs = bundle.outputs[0];
  // The digit that came second is made the answer; the smallest lie would be one unit, and is refused just the same.
  const order = outputs.map((_, digit) => digit).sort((a, b) => outputs[b] - outputs[a]);
  const [best, second] = order;
  const before = outputs[second];
  outputs[second] = outputs[best] + 1;
  return { request: { ...request, bundle }, change: `score of ${second}: ${before} → ${outputs[second]}, so that it says ${second}` };
}

function nudgeOutput(request) {
  const bundle = copy(request.bundle);
  const before = bundle.outputs[0][0];
  bundle.outputs[0][0] = before + 1;
  return { request: { ...request, bundle }, change: `score of 0: ${before} → ${before + 1}, the smallest step there is` };
}

function flipProofBit(request) {
  const bundle = copy(request.bundle);
  const proof = fromBase64(bundle.proof);
  const at = Math.floor(Math.random() * proof.length);
  const bit = Math.floor(Math.random() * 8);
  proof[at] ^= 1 << bit;
  bundle.proof = toBase64(proof);
  return { request: { ...request, bundle }, change: `bit ${bit} of byte ${at} of ${proof.length} flipped` };
}

function changeInput(request) {
  const bundle = copy(request.bundle);
  if (bundle.input_commitment) {
    const digits = bundle.input_commitment;
    bundle.input_commitment = (digits[0] === "0" ? "1" : "0") + digits.slice(1);
    return { request: { ...request, bundle }, change: `commitment to the drawing: ${short(digits, 8)} → ${short(bundle.input_commitment, 8)}` };
  }
  const pixels = bundle.inputs[0];
  const at = pixels.indexOf(Math.max(...pixels));
  const before = pixels[at];
  // Of an empty drawing all are 0 already.
  pixels[at] = before === 0 ? 1 : 0;
  return { request: { ...request, bundle }, change: `pixel ${at % 8 + 1} of row ${Math.floor(at / 8) + 1}: ${before} → ${pixels[at]}` };
}

function askAnother(request) {
  const nonce = randomHex(32);
  return { request: { ...request, nonce }, change: `expected nonce ${short(nonce, 8)} instead of ${short(request.nonce, 8)}` };
}

function claimOtherModel(request) {
  const id = request.model_id;
  const other = id.slice(0, -1) + (id.endsWith("0") ? "1" : "0");
  return { request: { ...request, bundle: { ...copy(request.bundle), model_id: other } }, change: `model id in the bundle: …${id.slice(-4)} → …${other.slice(-4)}` };
}

/** Every forgery: what it is called, and how it turns a good verification request into a false one. */
export const FORGERIES = [
  { name: "Give another answer", forge: raiseOutput },
  { name: "Move one score by one unit", forge: nudgeOutput },
  { name: "Swap in another drawing", forge: changeInput },
  { name: "Flip one bit of the proof", forge: flipProofBit },
  { name: "Replay it for another request", forge: askAnother },
  { name: "Name another model", forge: claimOtherModel },
];
