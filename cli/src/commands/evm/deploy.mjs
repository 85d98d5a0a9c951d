// Deploys Hallmark's verifier and registry where no address is given, the key of one model, and registers the model.
// Made by `hallmark evm deploy-script`. Needs viem from npm, and in the environment:
//
//   RPC_URL      the node, for example http://127.0.0.1:8545
//   PRIVATE_KEY  0x and 64 hexadecimal digits: the account that pays and owns the registered model
//
// Prints one JSON object with addresses, the registry's id of the model, and the gas of every step.

import { createPublicClient, createWalletClient, defineChain, getAddress, http } from "viem";
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

async function call(step, functionName, args) {
  const request = { address: registry, abi: settings.registryAbi, functionName, args, account };
  // A simulation names the error before anything is paid.
  const { result } = await node.simulateContract(request);
  await receipt(step, await wallet.writeContract(request));
  return result;
}

const verifier = settings.verifier ?? (await deploy("verifier", { abi: [], bytecode: settings.verifierBytecode }));
const registry =
  settings.registry ??
  (await deploy("registry", { abi: settings.registryAbi, bytecode: settings.registryBytecode, args: [verifier] }));
const key = await deploy("key", { abi: [], bytecode: settings.keyBytecode });
await call("publishKey", "publishKey", [key]);
const modelId = await call("registerModel", "registerModel", [settings.commitment]);
console.log(JSON.stringify({ model: settings.model, verifier, registry, key, modelId: `0x${modelId.toString(16)}`, gas }));
