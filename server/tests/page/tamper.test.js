import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { test } from "node:test";
import { bundleDigest } from "../../page/bundle.js";
import { FORGERIES } from "../../page/playground/tamper.js";

function request(change = {}) {
  return {
    model_id: "0a".repeat(32),
    nonce: "0b".repeat(32),
    bundle: {
      version: 2, model_id: "0a".repeat(32), visibility: "public", transcript: "blake2b", srs_digest: "0c".repeat(32), nonce: "0b".repeat(32),
      inputs: [Array.from({ length: 64 }, (_, k) => k % 17)], outputs: [[5, -3, 9, 0, 9, 1, 2, 4, 8, 7]], proof: btoa("a proof"), ...change,
    },
  };
}

const cases = {
  public: request(),
  private: request({ visibility: "private-input", inputs: null, input_commitment: "0d".repeat(32) }),
  "an empty drawing": request({ inputs: [new Array(64).fill(0)] }),
  "scores that are equal": request({ outputs: [new Array(10).fill(0)] }),
};

for (const [name, honest] of Object.entries(cases)) {
  test(`every forgery says something else than what was proven: ${name}`, async () => {
    const before = structuredClone(honest);
    const digest = await bundleDigest(honest.bundle);
    for (const { name: title, forge } of FORGERIES) {
      const { request: forged, change } = forge(honest);
      assert.deepEqual(honest, before, `${title} leaves the honest request alone`);
      assert.ok(change.length > 0);
      const changed = (await bundleDigest(forged.bundle)) !== digest;
      assert.ok(changed !== (forged.nonce !== honest.nonce), `${title} changes the bundle or the nonce, and not both`);
    }
    const [{ forge }] = FORGERIES;
    const [best, lie] = [honest, forge(honest).request].map(({ bundle }) => bundle.outputs[0].indexOf(Math.max(...bundle.outputs[0])));
    assert.notEqual(best, lie, "another digit is the answer");
  });
}

test("what has no exact compact form has no digest", async () => {
  for (const change of [{ visibility: "secret" }, { transcript: "md5" }, { outputs: [[0.5]] }, { outputs: [[2 ** 53]] }, { nonce: "0" }, { model_id: "zz" }, { proof: "%" }]) {
    await assert.rejects(async () => bundleDigest(request(change).bundle), `${JSON.stringify(change)}`);
  }
  const digests = await Promise.all(["public", "private-input", "public-batch"].map((visibility) => bundleDigest(request({ visibility }).bundle)));
  assert.equal(new Set(digests).size, 3);
});

test("the compact form is laid out as docs/proof-format.md says, byte for byte", async () => {
  const u32 = (value) => { const bytes = Buffer.alloc(4); bytes.writeUInt32LE(value); return bytes; };
  const list = (values) => [u32(values.length), ...values.map((value) => { const bytes = Buffer.alloc(8); bytes.writeBigInt64LE(BigInt(value)); return bytes; })];
  const hex = (text) => Buffer.from(text, "hex");
  const fields = (visibility, commitment, inputs, outputs) => Buffer.concat([
    Buffer.from("HMKPROOF"), u32(2), hex("0a".repeat(32)), Buffer.of(visibility), Buffer.of(1), hex("0c".repeat(32)), hex("0b".repeat(32)),
    commitment ? Buffer.concat([Buffer.of(1), hex(commitment)]) : Buffer.of(0),
    u32(inputs.length), ...inputs.flatMap(list), u32(outputs.length), ...outputs.flatMap(list), u32(7), Buffer.from("a proof"),
  ]);
  const outputs = [[-1, 2 ** 40, 0], []];
  for (const [change, expected] of [
    [{ inputs: [[1, -2]], outputs }, fields(0, null, [[1, -2]], outputs)],
    [{ visibility: "private-input", inputs: null, input_commitment: "0d".repeat(32), outputs }, fields(1, "0d".repeat(32), [], outputs)],
    [{ visibility: "public-batch", inputs: [[1], [2]], outputs }, fields(2, null, [[1], [2]], outputs)],
  ]) {
    const digest = createHash("sha256").update(expected).digest("hex");
    assert.equal(await bundleDigest(request({ transcript: "keccak", ...change }).bundle), digest, change.visibility);
  }
});
