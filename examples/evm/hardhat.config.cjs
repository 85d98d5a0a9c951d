// A local chain under the rules of the main network.
module.exports = {
  networks: { hardhat: { hardfork: "osaka", chainId: 31337 } },
};
