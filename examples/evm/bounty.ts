// Claims a bounty that a contract pays for a proven prediction, on the node at RPC_URL:
//
// 1. deploys verifier, registry and the model's key, and registers the model, by the script that `hallmark evm deploy-script` writes;
// 2. puts 1 ether on an image that the model reads as a certain digit (`PredictionBounty`);
// 3. has the prediction proven, with the claimant's address as nonce, so that nobody else can claim with the proof;
// 4. shows that a claim with another output, and one by another account, revert with errors that have names;
// 5. claims.
//
//   HALLMARK  the program, `hallmark` if not given
//   RPC_URL   a local node, http://127.0.0.1:8545 if not given
//   WORK      a folder with the compiled model (model) and an input (input.json), the current one if not given

import { execFileSync } from "node:child_process";
import { join, resolve } from "node:path";
import {
  type Address,
  BaseError,
  ContractFunctionRevertedError,
  type Hex,
  createPublicClient,
  createWalletClient,
  decodeAbiParameters,
  encodeAbiParameters,
  getAddress,
  http,
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
  hallmark("evm", "deploy-script", "--model", model, "--output", script);
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

// A proof whose nonce is the claimant's address, and what it says, decoded with the shape and scale that the registry reads from the
// key: the integer v stands for v / 2^scaleBits.
const proof = join(work, "answer.proof");
hallmark("prove", model, "--input", join(work, "input.json"), "--nonce", claimant.address, "--output", proof);
const proven = inference(proof, model);
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

// The bounty: 1 ether for an image of `label`, whatever its score.
const prize = parseEther("1");
const { contractAddress } = await mined(
  await wallet.deployContract({ ...bounty, args: [registry, modelId, BigInt(label), 0n], value: prize }),
);
if (!contractAddress) throw new Error("the bounty was not deployed");
expect("balance of the bounty", await node.getBalance({ address: contractAddress }), prize);
const claim = (output: Hex, account = claimant) => ({
  address: contractAddress,
  abi: bountyAbi,
  functionName: "claim",
  args: [proven.inputs, output, proven.proof],
  account,
});

// Another output than the proven one, and the same proof by somebody else.
const better = encodeAbiParameters(
  [{ type: "int256[]" }],
  [scores.map((value, index) => (index === label ? value - 1n : value))],
);
const tampered = await refusal(node.simulateContract(claim(better)));
const stolen = await refusal(node.simulateContract(claim(proven.output, thief)));
expect("a claim with another output", tampered, "ProofInvalid");
expect("a claim by another account", stolen, "ProofInvalid");
say("refused", { tampered, stolen });

const paid = await mined(await wallet.writeContract(claim(proven.output)));
expect("balance of the bounty", await node.getBalance({ address: contractAddress }), 0n);
const again = await refusal(node.simulateContract(claim(proven.output)));
expect("a second claim", again, "AlreadyPaid");
say("paid", { label, gas: paid.gasUsed, again });
