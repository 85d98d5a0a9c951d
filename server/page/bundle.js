// The digest by which receipts name a bundle: SHA-256 of its compact form (docs/proof-format.md), from its JSON form.

import { fromBase64, fromHex, toHex } from "./format.js";

const MAGIC = new TextEncoder().encode("HMKPROOF");
const VISIBILITY = ["public", "private-input", "public-batch"];
const TRANSCRIPT = ["blake2b", "keccak"];

function u32(value) {
  const bytes = new Uint8Array(4);
  new DataView(bytes.buffer).setUint32(0, value, true);
  return bytes;
}

function integers(values) {
  const bytes = new Uint8Array(8 * values.length);
  const view = new DataView(bytes.buffer);
  values.forEach((value, k) => {
    if (!Number.isSafeInteger(value)) throw new RangeError("an integer of the bundle is too large for this browser to read exactly");
    view.setBigInt64(8 * k, BigInt(value), true);
  });
  return [u32(values.length), bytes];
}

function tensors(list) {
  return [u32(list.length), ...list.flatMap(integers)];
}

function tag(words, word) {
  const index = words.indexOf(word);
  if (index < 0) throw new RangeError(`the bundle has ${JSON.stringify(word)} where one of ${words.join(", ")} is expected`);
  return Uint8Array.of(index);
}

/** The compact form of a bundle that was parsed from its JSON form. */
function compact(bundle) {
  const commitment = bundle.input_commitment;
  const proof = fromBase64(bundle.proof);
  return [
    MAGIC, u32(bundle.version), fromHex(bundle.model_id), tag(VISIBILITY, bundle.visibility), tag(TRANSCRIPT, bundle.transcript),
    fromHex(bundle.srs_digest), fromHex(bundle.nonce),
    Uint8Array.of(commitment ? 1 : 0), commitment ? fromHex(commitment) : new Uint8Array(),
    ...tensors(bundle.inputs ?? []), ...tensors(bundle.outputs), u32(proof.length), proof,
  ];
}

/**
 * The digest, in hexadecimal digits.
 * @throws {RangeError} if the bundle has something that cannot be encoded exactly
 */
export async function bundleDigest(bundle) {
  const bytes = await new Blob(compact(bundle)).arrayBuffer();
  return toHex(new Uint8Array(await crypto.subtle.digest("SHA-256", bytes)));
}
