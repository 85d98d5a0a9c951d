// Deploys Hallmark's verifier and registry where no address is given, publishes the key of one model, and registers the model.
// Whatever is there already is compared with what this script would have deployed.
// Made by `hallmark evm deploy-script`. Needs viem from npm, and in the environment:
//
//   RPC_URL      the node, for example http://127.0.0.1:8545
//   PRIVATE_KEY  0x and 64 hexadecimal digits: the account that pays and owns the registered model
//
// Prints one JSON object with addresses, the registry's id of the model, and the gas of every step.

import { createPublicClient, createWalletClient, defineChain, getAddress, http, isAddressEqual } from "viem";
import { privateKeyToAccount } from "viem/accounts";

const settings = "SETTINGS";

const { RPC_URL: url, PRIVATE_KEY: secret } = process.env;
if (!url || !secret) {
  console.error("RPC_URL and PRIVATE_KEY have to be set");
  process.exit(2);
}
const transport = http(url);
const id = await createPublicClient({ transport }).getChainId();
const chain = defineChain({
  id,
  name: `chain ${id}`,
  nativeCurrency: { name: "Ether", symbol: "ETH", decimals: 18 },
  rpcUrls: { default: { http: [url] } },
});
const account = privateKeyToAccount(secret);
const node = createPublicClient({ chain, transport });
const wallet = createWalletClient({ account, chain, transport });
const abi = [...settings.registryAbi, ...settings.errorsAbi];
const gas = {};

async function receipt(step, hash) {
  const found = await node.waitForTransactionReceipt({ hash });
  if (found.status !== "success") throw new Error(`${step} failed in transaction ${hash}`);
  gas[step] = Number(found.gasUsed);
  return found;
}

async function deploy(step, parameters) {
  const { contractAddress } = await receipt(step, await wallet.deployContract(parameters));
  return getAddress(contractAddress);
}

async function read(functionName, args = []) {
  return node.readContract({ address: registry, abi, functionName, args });
}

async function call(step, functionName, args) {
  const request = { address: registry, abi, functionName, args, account };
  // A simulation names the error before anything is paid.
  const { result } = await node.simulateContract(request);
  await receipt(step, await wallet.writeContract(request));
  return result;
}

function expect(what, found, wanted) {
  if (found !== wanted) throw new Error(`${what} is ${found}, not ${wanted}`);
}

// The code at an address, with zeros where the constructor put values.
async function code(address, immutables = []) {
  let found = (await node.getCode({ address })) ?? "0x";
  for (const [start, length] of immutables) {
    found = found.slice(0, 2 + 2 * start) + "00".repeat(length) + found.slice(2 + 2 * (start + length));
  }
  return found;
}

const verifier = settings.verifier ?? (await deploy("verifier", { abi: [], bytecode: settings.verifierBytecode }));
const registry =
  settings.registry ??
  (await deploy("registry", {
    abi,
    bytecode: settings.registryBytecode,
    args: [verifier, ...settings.srs, settings.insecureSrs],
  }));

// A registry that somebody else deployed is what it says only if its code and its verifier's are the known ones.
const own = await read("verifier");
if (settings.verifier && !isAddressEqual(own, verifier)) throw new Error(`the registry's verifier is ${own}, not ${verifier}`);
expect(`the code at ${own} (verifier)`, await code(own), settings.verifierCode);
expect(`the code at ${registry} (registry)`, await code(registry, settings.registryImmutables), settings.registryCode);
const insecureSrs = await read("insecureSrs");
if (insecureSrs && !settings.insecureSrs) throw new Error("the registry's reference string is insecure; --insecure-srs accepts that");

// What the registry has made and kept is compared with what it was given.
await call("publishKey", "publishKey", [settings.keyData]);
const key = await read("keys", [settings.commitment.vkHash]);
expect(`the code at ${key} (key)`, await code(key), `0x00${settings.keyData.slice(2)}`);
const modelId = await call("registerModel", "registerModel", [settings.commitment]);
const [commitment, deprecated, owner] = await read("getModel", [modelId]);
for (const [name, wanted] of Object.entries(settings.commitment)) expect(`the registered ${name}`, commitment[name], wanted);
expect("deprecation", deprecated, false);
expect("the model's owner", getAddress(owner), account.address);
expect("the model's key", await read("keyOf", [modelId]), key);
console.log(
  JSON.stringify({
    model: settings.model,
    verifier: getAddress(own),
    registry,
    key,
    modelId: `0x${modelId.toString(16)}`,
    srs: await read("srs"),
    insecureSrs,
    gas,
  }),
);
