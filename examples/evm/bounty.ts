// Claims a bounty that a contract pays for a proven prediction, on the node at RPC_URL:
//
// 1. deploys verifier and registry, publishes the model's key and registers the model, by the script that `hallmark evm deploy-script`
//    writes;
// 2. has a prediction proven, and shows it to verifier and registry;
// 3. puts 1 ether on an image that the model reads as a certain digit (`PredictionBounty`);
// 4. has the prediction proven again, with the nonce that the bounty has for the claimant: the proof is worth nothing elsewhere, and to
//    nobody else;
// 5. commits to the image, and shows that a claim without a commitment, before its time, with another output, or by another account
//    reverts with an error that has a name;
// 6. claims, a minute later.
//
//   HALLMARK  the program, `hallmark` if not given
//   RPC_URL   a local node, http://127.0.0.1:8545 if not given
//   WORK      a folder with the compiled model (model) and an input (input.json), the current one if not given

import { execFileSync } from "node:child_process";
import { randomBytes } from "node:crypto";
import { join, resolve } from "node:path";
import {
  type Address,
  BaseError,
  ContractFunctionRevertedError,
  type Hex,
  createPublicClient,
  createTestClient,
  createWalletClient,
  decodeAbiParameters,
  encodeAbiParameters,
  getAddress,
  http,
  padHex,
  parseEther,
  toHex,
} from "viem";
import { mnemonicToAccount } from "viem/accounts";
import { hardhat } from "viem/chains";
import { artifact, hallmark, hex, inference } from "./hallmark.js";

const url = process.env.RPC_URL ?? "http://127.0.0.1:8545";
const work = resolve(process.env.WORK ?? ".");
const model = join(work, "model");
// The accounts of every local node for development: they own nothing anywhere else.
const words = "test test test test test test test test test test test junk";
const claimant = mnemonicToAccount(words, { addressIndex: 0 });
const thief = mnemonicToAccount(words, { addressIndex: 1 });

const transport = http(url);
const node = createPublicClient({ chain: hardhat, transport });
const wallet = createWalletClient({ account: claimant, chain: hardhat, transport });
const registryAbi = artifact("HallmarkRegistry").abi;
const verifierAbi = artifact("HallmarkVerifier").abi;
const bounty = artifact("PredictionBounty");
// The bounty passes on the errors of what it calls.
const errors = [...registryAbi, ...verifierAbi].filter((item) => item.type === "error");
const bountyAbi = [...bounty.abi, ...errors];

function say(step: string, details: Record<string, unknown>) {
  console.log(`${step}: ${JSON.stringify(details, (_, value) => (typeof value === "bigint" ? Number(value) : value))}`);
}

async function mined(hash: Hex) {
  const receipt = await node.waitForTransactionReceipt({ hash });
  if (receipt.status !== "success") throw new Error(`transaction ${hash} failed`);
  return receipt;
}

/** The name of the error that a promised call reverts with. */
async function refusal(call: Promise<unknown>): Promise<string> {
  try {
    await call;
  } catch (error) {
    const reverted = error instanceof BaseError && error.walk((e) => e instanceof ContractFunctionRevertedError);
    if (reverted instanceof ContractFunctionRevertedError && reverted.data) return reverted.data.errorName;
    throw error;
  }
  throw new Error("a false claim was accepted");
}

function expect(what: string, found: unknown, wanted: unknown) {
  if (found !== wanted) throw new Error(`${what}: expected ${String(wanted)}, got ${String(found)}`);
}

function deploy(): { verifier: Address; registry: Address; key: Address; modelId: bigint; gas: Record<string, number> } {
  const script = join(work, "deploy.mjs");
  // The model is compiled with the development SRS, which a registry for anything of value refuses.
  hallmark("evm", "deploy-script", "--model", model, "--insecure-srs", "--output", script);
  const secret = toHex(claimant.getHdKey().privateKey ?? new Uint8Array());
  const env = { ...process.env, RPC_URL: url, PRIVATE_KEY: secret };
  const printed = JSON.parse(execFileSync(process.execPath, [script], { encoding: "utf8", env })) as Record<string, unknown>;
  const address = (name: string) => getAddress(hex(printed[name]));
  return {
    verifier: address("verifier"),
    registry: address("registry"),
    key: address("key"),
    modelId: BigInt(hex(printed.modelId)),
    gas: printed.gas as Record<string, number>,
  };
}

const { verifier, registry, key, modelId, gas } = deploy();
say("deployed", { verifier, registry, key, gas });

/** Proves what the model says about the input, with a nonce. */
function prove(name: string, nonce: Hex) {
  const proof = join(work, name);
  hallmark("prove", model, "--input", join(work, "input.json"), "--nonce", nonce, "--output", proof);
  return { proof, proven: inference(proof, model) };
}

// What a proof says, decoded with the shape and scale that the registry reads from the key: the integer v stands for v / 2^scaleBits.
const { proof, proven } = prove("answer.proof", padHex(claimant.address, { size: 32 }));
const tensors = (await node.readContract({
  address: registry,
  abi: registryAbi,
  functionName: "outputsOf",
  args: [modelId],
})) as { scaleBits: bigint; shape: bigint[] }[];
const [scores] = decodeAbiParameters([{ type: "int256[]" }], proven.output);
const label = scores.reduce((best, score, index) => (score > (scores[best] ?? score) ? index : best), 0);
const score = Number(scores[label]) / 2 ** Number(tensors[0]?.scaleBits ?? 0n);
say("proven", { label, score, shape: tensors[0]?.shape });

// Straight to the verifier: it returns nothing, and reverts unless the proof is valid.
const direct = hex(hallmark("evm", "calldata", proof, "--model", model, "--key", key).calldata);
await node.call({ to: verifier, data: direct });
const verifyGas = (await mined(await wallet.sendTransaction({ to: verifier, data: direct }))).gasUsed;
say("verified", { gas: verifyGas, calldataBytes: (direct.length - 2) / 2 });

// By the registry: an event that says which model gave which output.
const inferred = await mined(
  await wallet.writeContract({
    address: registry,
    abi: registryAbi,
    functionName: "verifyInference",
    args: [modelId, proven.inputCommitment, proven.output, proven.envelope],
  }),
);
expect("events of the registry", inferred.logs.length, 1);
say("registered inference", { gas: inferred.gasUsed });

// The bounty: 1 ether for an image of `label`, whatever its score, until tomorrow.
const prize = parseEther("1");
const { timestamp } = await node.getBlock();
const { contractAddress } = await mined(
  await wallet.deployContract({
    ...bounty,
    args: [registry, modelId, BigInt(label), 0n, timestamp + 86_400n],
    value: prize,
  }),
);
if (!contractAddress) throw new Error("the bounty was not deployed");
const contract = { address: contractAddress, abi: bountyAbi };
expect("balance of the bounty", await node.getBalance({ address: contractAddress }), prize);

// A proof for this claimant and this contract.
const nonce = hex(await node.readContract({ ...contract, functionName: "nonceOf", args: [claimant.address] }));
const claimed = prove("claim.proof", nonce).proven;
const salt = toHex(randomBytes(32));
const claim = (output: Hex, { account = claimant, proof = claimed.proof } = {}) => ({
  ...contract,
  functionName: "claim",
  args: [claimed.inputs, salt, output, proof],
  account,
});
const uncommitted = await refusal(node.simulateContract(claim(claimed.output)));
expect("a claim without a commitment", uncommitted, "NotCommitted");

// The claimant commits to the image, and so does somebody else: the latter has seen it somewhere, but has no proof.
async function commit(account: typeof claimant) {
  const args = [account.address, claimed.inputs, salt];
  const commitment = await node.readContract({ ...contract, functionName: "commitmentOf", args });
  await mined(await wallet.writeContract({ ...contract, functionName: "commit", args: [commitment], account }));
}
await commit(claimant);
await commit(thief);
const early = await refusal(node.simulateContract(claim(claimed.output)));
expect("a claim before its time", early, "TooEarly");

// The local node lets a minute pass.
const test = createTestClient({ chain: hardhat, mode: "hardhat", transport });
await test.increaseTime({ seconds: 60 });
await test.mine({ blocks: 1 });

// Another output than the proven one, the same proof by somebody else, and a proof for something else.
const better = encodeAbiParameters(
  [{ type: "int256[]" }],
  [scores.map((value, index) => (index === label ? value - 1n : value))],
);
const tampered = await refusal(node.simulateContract(claim(better)));
const stolen = await refusal(node.simulateContract(claim(claimed.output, { account: thief })));
const elsewhere = await refusal(node.simulateContract(claim(claimed.output, { proof: proven.proof })));
expect("a claim with another output", tampered, "InvalidProof");
expect("a claim by another account", stolen, "InvalidProof");
expect("a claim with a proof that was made for something else", elsewhere, "InvalidProof");
say("refused", { uncommitted, early, tampered, stolen, elsewhere });

const paid = await mined(await wallet.writeContract(claim(claimed.output)));
expect("balance of the bounty", await node.getBalance({ address: contractAddress }), 0n);
const again = await refusal(node.simulateContract(claim(claimed.output)));
expect("a second claim", again, "Closed");
say("paid", { label, gas: paid.gasUsed, again });
