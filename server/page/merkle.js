// Inclusion and consistency in a Merkle tree of RFC 6962, computed here: the service that keeps the log is not asked
// whether its own proofs are right.

import { fromHex, toHex } from "./format.js";

/** Whether this browser can hash here: WebCrypto is there over HTTPS and on loopback addresses only. */
export const canHash = globalThis.crypto?.subtle !== undefined;

const LEAF = 0;
const NODE = 1;

async function sha256(...parts) {
  const bytes = new Uint8Array(parts.reduce((sum, part) => sum + part.length, 0));
  let at = 0;
  for (const part of parts) {
    bytes.set(part, at);
    at += part.length;
  }
  return new Uint8Array(await crypto.subtle.digest("SHA-256", bytes));
}

/** The hash of an entry's bytes as a leaf, in hexadecimal digits. */
export async function leafHash(bytes) {
  return toHex(await sha256(Uint8Array.of(LEAF), bytes));
}

async function nodeHash(left, right) {
  return toHex(await sha256(Uint8Array.of(NODE), fromHex(left), fromHex(right)));
}

/** Whether `value` is a whole number that arithmetic here is exact for. */
function isCount(value) {
  return Number.isSafeInteger(value) && value >= 0;
}

const half = (n) => Math.floor(n / 2);
const isOdd = (n) => n % 2 === 1;

/**
 * The root that follows from a leaf, its index, the tree's size and the path of siblings (RFC 9162, 2.1.3.2), or null if
 * the path has the wrong length. `onstep(left, right)` is called with what is hashed.
 */
export async function rootFromInclusion(leaf, index, size, path, onstep = () => {}) {
  if (!isCount(index) || !isCount(size) || index >= size) return null;
  let node = index;
  let last = size - 1;
  let hash = leaf;
  for (const sibling of path) {
    if (last === 0) return null;
    if (isOdd(node) || node === last) {
      onstep(sibling, hash);
      hash = await nodeHash(sibling, hash);
      while (!isOdd(node) && node !== 0) [node, last] = [half(node), half(last)];
    } else {
      onstep(hash, sibling);
      hash = await nodeHash(hash, sibling);
    }
    [node, last] = [half(node), half(last)];
  }
  return last === 0 ? hash : null;
}

/**
 * Whether the tree of `second` entries with root `secondRoot` begins with the tree of `first` entries with root
 * `firstRoot` (RFC 9162, 2.1.4.2).
 */
export async function isConsistent(first, second, firstRoot, secondRoot, path) {
  if (!isCount(first) || !isCount(second) || first > second) return false;
  if (first === second) return path.length === 0 && firstRoot === secondRoot;
  if (first === 0) return path.length === 0;
  const isPower = Number.isInteger(Math.log2(first)) && 2 ** Math.log2(first) === first;
  const hashes = isPower ? [firstRoot, ...path] : [...path];
  if (hashes.length === 0) return false;
  let node = first - 1;
  let last = second - 1;
  while (isOdd(node)) [node, last] = [half(node), half(last)];
  let [old, young] = [hashes[0], hashes[0]];
  for (const hash of hashes.slice(1)) {
    if (last === 0) return false;
    if (isOdd(node) || node === last) {
      old = await nodeHash(hash, old);
      young = await nodeHash(hash, young);
      while (!isOdd(node) && node !== 0) [node, last] = [half(node), half(last)];
    } else {
      young = await nodeHash(young, hash);
    }
    [node, last] = [half(node), half(last)];
  }
  return last === 0 && old === firstRoot && young === secondRoot;
}
