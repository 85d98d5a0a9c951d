import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { test } from "node:test";
import { isConsistent, leafHash, rootFromInclusion } from "../../page/merkle.js";

// The tree of RFC 6962, section 2.1, straight from its recursive definition.
const sha256 = (...parts) => createHash("sha256").update(Buffer.concat(parts)).digest();
const leaf = (k) => sha256(Buffer.of(0), Buffer.from(`entry ${k}`));
const split = (n) => 2 ** Math.ceil(Math.log2(n) - 1);

function root(from, to) {
  if (to - from === 1) return leaf(from);
  const middle = from + split(to - from);
  return sha256(Buffer.of(1), root(from, middle), root(middle, to));
}

function inclusion(index, from, to) {
  if (to - from === 1) return [];
  const middle = from + split(to - from);
  return index < middle ? [...inclusion(index, from, middle), root(middle, to)] : [...inclusion(index, middle, to), root(from, middle)];
}

function consistency(first, from, to, whole) {
  if (first === to) return whole ? [] : [root(from, to)];
  const middle = from + split(to - from);
  return first <= middle ? [...consistency(first, from, middle, whole), root(middle, to)]
    : [...consistency(first, middle, to, false), root(from, middle)];
}

const hex = (hash) => hash.toString("hex");
const SIZES = Array.from({ length: 20 }, (_, k) => k + 1);

test("a leaf is hashed with its prefix", async () => {
  assert.equal(await leafHash(Buffer.from("entry 3")), hex(leaf(3)));
  // The empty entry, known from certificate transparency's test vectors.
  assert.equal(await leafHash(new Uint8Array()), "6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d");
});

test("every entry of every small tree leads to its root, and to no other one", async () => {
  for (const size of SIZES) {
    for (let index = 0; index < size; index += 1) {
      const path = inclusion(index, 0, size).map(hex);
      assert.equal(await rootFromInclusion(hex(leaf(index)), index, size, path), hex(root(0, size)), `${index} of ${size}`);
      assert.notEqual(await rootFromInclusion(hex(leaf(index + 1)), index, size, path), hex(root(0, size)));
      assert.equal(await rootFromInclusion(hex(leaf(index)), index, size, [...path, hex(leaf(0))]), null, "a path that is too long");
      if (path.length > 0) assert.equal(await rootFromInclusion(hex(leaf(index)), index, size, path.slice(1)), null, "a path that is too short");
    }
    assert.equal(await rootFromInclusion(hex(leaf(0)), size, size, []), null, "an index outside of the tree");
  }
});

test("a tree is consistent with what it grew from, and with nothing else", async () => {
  for (const second of SIZES) {
    for (let first = 1; first <= second; first += 1) {
      const path = consistency(first, 0, second, true).map(hex);
      const [old, young] = [hex(root(0, first)), hex(root(0, second))];
      assert.ok(await isConsistent(first, second, old, young, path), `${first} in ${second}`);
      assert.ok(!(await isConsistent(first, second, hex(leaf(99)), young, path)), "another old root");
      assert.ok(!(await isConsistent(first, second, old, hex(leaf(99)), path)), "another new root");
      assert.ok(!(await isConsistent(first, second, old, young, [...path, old])), "a path that is too long");
      if (path.length > 0) assert.ok(!(await isConsistent(first, second, old, young, path.slice(1))), "a path that is too short");
    }
  }
  assert.ok(!(await isConsistent(3, 2, hex(root(0, 3)), hex(root(0, 2)), [])), "a tree that shrank");
});
