// Images of handwritten digits that the networks were not trained on: the first three of each digit of
// examples/digits/test.npz (UCI's optical recognition of handwritten digits). One character is a pixel: 0 to 9, then a to g for
// 10 to 16.

import { FULL } from "./raster.js";

const DIGITS = "0123456789abcdefg";

const IMAGES = [
  { index: 22, label: 0, pixels: "003b710000afee0002ga1c4002g3048005c0068001c00b9000f9ef10004ff400" },
  { index: 0, label: 1, pixels: "000fc100005gg600002gg300002gg100006gd000001gg200003gf300000fg100" },
  { index: 9, label: 2, pixels: "004eg50004ggg8000af9g400012de000002g6000007g0570008gdg60002fg600" },
  { index: 4, label: 3, pixels: "008dc30006f79c0000007b000004f300000ag90000004f7000b21f70008ggc00" },
  { index: 32, label: 4, pixels: "0001bc000009d100008f300002g615200cd8dg900ggdbg600340be000001gc00" },
  { index: 1, label: 5, pixels: "002ffgb0008gb30000d9000005g39b300affggb006ga7g500034f800004f7000" },
  { index: 2, label: 6, pixels: "0019eb1000af9d5003g7000005ggga0007gbag5002g50c8000afdg500009c700" },
  { index: 3, label: 7, pixels: "0038cfg200ceadf000112e600028dg80009gga500018c100000e8000002g5000" },
  { index: 6, label: 8, pixels: "007ff60004ggbf0007gaag1003bgg60001fga00005g5e00001d3e100005ff200" },
  { index: 15, label: 9, pixels: "002agb1000ddag8004e18e1004fcf8000067e5000120c50008f6d400005bg300" },
  { index: 26, label: 0, pixels: "0058b50000dgcc0001g9093003g6066003b1056000c00b6000e5cf10006gd200" },
  { index: 8, label: 1, pixels: "000fb000006gg20000agg10002ggg30007gge000003fa000000f7000000e4000" },
  { index: 17, label: 2, pixels: "008ff20002gdca0003f19b000001f800000ad100008g700006ggd7610075cgf2" },
  { index: 5, label: 3, pixels: "01cf500004f8f3000031e400004eg100001aef4000000c800484ag4002cgd600" },
  { index: 37, label: 4, pixels: "000b8000006f200000d8047005g22d900afcfe1006g9g5000006e100000e7000" },
  { index: 7, label: 5, pixels: "0068ce0005gfc70008gd400002b8eb0000000f1000000e500198ce1000afc300" },
  { index: 16, label: 6, pixels: "000ee100003ge00000ag200000gg830003gf8e2000gb0ba0009e7ga0000cge10" },
  { index: 13, label: 7, pixels: "003bgf2004ga4g4007605g100000ac000009gga00006f610000d9000001f2000" },
  { index: 11, label: 8, pixels: "006a940000eagg1004f19g0003ggg80000ceg50000c19c0000g6e900008c6100" },
  { index: 63, label: 9, pixels: "005f700000egg50000deef00003beg3000006g2000004g700001bg60004fga00" },
  { index: 27, label: 0, pixels: "0029ec0000cgaf1004e32660057003800470018003c1058000ac7e30001cg800" },
  { index: 23, label: 1, pixels: "002fe10000bgg40004ggg10007gge00009ggb00001dg9000005g5000002e9000" },
  { index: 33, label: 2, pixels: "009b200008gec00009a5f00005a4g1000005f000002d921000agfef000799c40" },
  { index: 14, label: 3, pixels: "018aea000ca66g2003007e1000009b0000002g10000008c000402b9000cgec40" },
  { index: 39, label: 4, pixels: "0009e100002g800000ce100005g421000cd1e8101ggggf30058bf100000ag300" },
  { index: 10, label: 5, pixels: "008cec3000c5030000g2410004gecf400040088001000b5006e12f10008eg400" },
  { index: 30, label: 6, pixels: "00099000003f400000ac000000c8430000egce5000ca04d0009b06g10008ef80" },
  { index: 19, label: 7, pixels: "006fe10000dgg2000038g200026cg7200dgggg900adg7100006e000000a80000" },
  { index: 18, label: 8, pixels: "001add1001da4e4008d07c0002cef200005ff20000873d3000880d40001bgg20" },
  { index: 69, label: 9, pixels: "004ad60001gecg3004g63g4000cggg5000044g8000000f5000577g40002ef900" },
];

/** `{ index, label, cells }` for every image: its place in the test set, what its writer meant, and its 64 pixels. */
export const SAMPLES = IMAGES.map(({ index, label, pixels }) => ({
  index,
  label,
  cells: Uint8Array.from(pixels, (character) => Math.min(FULL, DIGITS.indexOf(character))),
}));
