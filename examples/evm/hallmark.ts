// The `hallmark` program and the compiled contracts.

import { execFileSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { type Abi, type Hex, isHex } from "viem";

const program = process.env.HALLMARK ?? "hallmark";

/** Runs a command and returns what `--json` prints. */
export function hallmark(...args: string[]): Record<string, unknown> {
  const text = execFileSync(program, ["--quiet", "--json", ...args], { encoding: "utf8", maxBuffer: 1 << 28 });
  return JSON.parse(text) as Record<string, unknown>;
}

/** A value that has to be a string of hexadecimal digits. */
export function hex(value: unknown): Hex {
  if (typeof value !== "string" || !isHex(value)) throw new Error(`not hexadecimal: ${String(value)}`);
  return value;
}

/** A compiled contract: its interface (ABI) and the bytes that deploy it. */
export function artifact(name: string): { abi: Abi; bytecode: Hex } {
  const path = join(import.meta.dirname, "../../evm/artifacts", `${name}.json`);
  const { abi, bytecode } = JSON.parse(readFileSync(path, "utf8")) as { abi: Abi; bytecode: unknown };
  return { abi, bytecode: hex(bytecode) };
}

/** What a contract is called with for one proof. */
export interface Inference {
  /** The packed input. */
  inputs: Hex;
  /** `abi.encode(int256[])` of all outputs' integers. */
  output: Hex;
  /** The proof. */
  proof: Hex;
  /** The registry's commitment to nonce and input. */
  inputCommitment: Hex;
  /** Nonce, input and proof as the registry takes them. */
  envelope: Hex;
}

/** The parts of the call that `hallmark evm calldata` makes of a proof. */
export function inference(proof: string, model: string): Inference {
  const call = hallmark("evm", "calldata", proof, "--model", model);
  return {
    inputs: hex(call.inputs),
    output: hex(call.output),
    proof: hex(call.proof),
    inputCommitment: hex(call.input_commitment),
    envelope: hex(call.envelope),
  };
}
