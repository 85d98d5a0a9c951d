import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { before, test } from "node:test";
import { bundleDigest } from "../../page/bundle.js";
import { BASE } from "./browser.js";

let model;
before(async () => {
  const { items } = await (await fetch(`${BASE}v1/models`)).json();
  model = items.find(({ name }) => name.startsWith("digits"));
});

for (const secret of [false, true]) {
  test(`the digest of a bundle's JSON form is that of its compact form, ${secret ? "private" : "public"} input`, async () => {
    const answer = await fetch(`${BASE}v1/models/${model.model_id}/proofs`, {
      method: "POST",
      headers: { "content-type": "application/json", prefer: "wait=30" },
      body: JSON.stringify({ input: { [model.inputs[0].name]: new Array(64).fill(0.5) }, private_input: secret, nonce: "07" }),
    });
    const job = await answer.json();
    const bundle = async (accept) => fetch(`${BASE}v1/jobs/${job.id}/bundle`, { headers: { accept } });
    const json = await (await bundle("application/json")).json();
    const binary = Buffer.from(await (await bundle("application/octet-stream")).arrayBuffer());
    assert.equal(await bundleDigest(json), createHash("sha256").update(binary).digest("hex"));
    assert.equal(await bundleDigest(json), job.result.bundle.digest);
    json.outputs[0][0] += 1;
    assert.notEqual(await bundleDigest(json), job.result.bundle.digest);
    json.outputs[0][0] = 2 ** 53;
    await assert.rejects(bundleDigest(json), RangeError);
  });
}
