// Compiles the contracts to artifacts/NAME.json (ABI and bytecode), or with --check compares them with what is there.

import { mkdirSync, readFileSync, readdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import solc from "solc";

const here = import.meta.dirname;
const files = readdirSync(join(here, "contracts")).filter((name) => name.endsWith(".sol"));
const input = {
  language: "Solidity",
  sources: Object.fromEntries(
    files.map((name) => [name, { content: readFileSync(join(here, "contracts", name), "utf8") }]),
  ),
  settings: {
    evmVersion: "cancun",
    viaIR: true,
    optimizer: { enabled: true, runs: 1_000_000 },
    // Bytecode depends on nothing but the code.
    metadata: { bytecodeHash: "none", appendCBOR: false },
    outputSelection: { "*": { "*": ["abi", "evm.bytecode.object", "evm.deployedBytecode.object", "evm.deployedBytecode.immutableReferences"] } },
  },
};

const output = JSON.parse(solc.compile(JSON.stringify(input)));
const problems = output.errors ?? [];
for (const problem of problems) console.error(problem.formattedMessage);
if (problems.length > 0) process.exit(1);

const compiled = Object.assign({}, ...Object.values(output.contracts));
// It dispatches by itself, so the compiler does not know that it has this interface.
compiled.HallmarkVerifier.abi = compiled.IHallmarkVerifier.abi;

mkdirSync(join(here, "artifacts"), { recursive: true });
let stale = false;
for (const [name, { abi, evm }] of Object.entries(compiled)) {
  // Interfaces and libraries have no code of their own.
  if (evm.deployedBytecode.object.length < 100) continue;
  // Where the constructor puts immutable values: byte and length.
  const immutables = Object.values(evm.deployedBytecode.immutableReferences ?? {})
    .flat()
    .map(({ start, length }) => [start, length])
    .sort(([a], [b]) => a - b);
  const artifact = {
    contract: name,
    compiler: solc.version(),
    abi,
    bytecode: `0x${evm.bytecode.object}`,
    deployedBytecode: `0x${evm.deployedBytecode.object}`,
    immutables,
  };
  const path = join(here, "artifacts", `${name}.json`);
  const text = `${JSON.stringify(artifact, null, 1)}\n`;
  if (process.argv.includes("--check")) {
    let found = "";
    try {
      found = readFileSync(path, "utf8");
    } catch {
      // Missing is as stale as different.
    }
    if (found !== text) {
      console.error(`artifacts/${name}.json is not what contracts/ compile to; run \`npm run compile\` in evm/`);
      stale = true;
    }
  } else {
    writeFileSync(path, text);
    console.log(`${name}: ${evm.deployedBytecode.object.length / 2} bytes`);
  }
}
process.exit(stale ? 1 : 0);
