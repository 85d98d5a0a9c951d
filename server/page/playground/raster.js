// From strokes to the eight by eight pixels of the network's training data.
//
// That data (UCI's optical digits) was made by fitting each digit into 32 × 32 points and counting the inked ones in
// blocks of 4 × 4: every digit fills the full height, and has about 300 inked points whatever its shape. The same is done
// here: the strokes are fitted to the square, then as thick a pen is taken as gives that much ink.

/** Pixels on a side of what the network reads. */
export const SIDE = 8;
/** Greatest value of a pixel. */
export const FULL = 16;

const POINTS = 32;
const BLOCK = POINTS / SIDE;
/** Ink of an average digit of the training data, in points. */
const INK = 305;
const PEN = { least: 1.2, usual: 2, greatest: 3.4 };
/** The widest a digit may get, in points. Those of the training data are 23 wide on average. */
const WIDEST = 25;
/** The horizontal centre of the training data's digits, a little left of the square's. */
const CENTRE = 16.2;
/** Small drawings are not blown up further than this. */
const MAX_SCALE = 4;

function bounds(points) {
  const box = { left: Infinity, right: -Infinity, top: Infinity, bottom: -Infinity };
  for (const { x, y } of points) {
    box.left = Math.min(box.left, x);
    box.right = Math.max(box.right, x);
    box.top = Math.min(box.top, y);
    box.bottom = Math.max(box.bottom, y);
  }
  return box;
}

/** The strokes (points in 0..1) in the coordinates of the square of 32 points. */
function fit(strokes) {
  const { left, right, top, bottom } = bounds(strokes.flat());
  const height = POINTS - 2 * PEN.usual;
  const width = WIDEST - 2 * PEN.usual;
  const scale = Math.min(
    bottom > top ? height / (bottom - top) : Infinity,
    right > left ? width / (right - left) : Infinity,
    MAX_SCALE * POINTS,
  );
  const place = ({ x, y }) => ({
    x: CENTRE + scale * (x - (left + right) / 2),
    y: POINTS / 2 + scale * (y - (top + bottom) / 2),
  });
  return strokes.map((stroke) => stroke.map(place));
}

function distance(x, y, from, to) {
  const dx = to.x - from.x;
  const dy = to.y - from.y;
  const length = dx * dx + dy * dy;
  const along = length === 0 ? 0 : Math.max(0, Math.min(1, ((x - from.x) * dx + (y - from.y) * dy) / length));
  return Math.hypot(x - from.x - along * dx, y - from.y - along * dy);
}

/** How far each point of the square is from the middle of the nearest stroke. */
function distances(strokes) {
  const field = new Float64Array(POINTS * POINTS).fill(Infinity);
  for (const stroke of strokes) {
    for (let k = 0; k < Math.max(1, stroke.length - 1); k += 1) {
      const from = stroke[k];
      const to = stroke[k + 1] ?? from;
      for (let index = 0; index < field.length; index += 1) {
        const d = distance((index % POINTS) + 0.5, Math.floor(index / POINTS) + 0.5, from, to);
        if (d < field[index]) field[index] = d;
      }
    }
  }
  return field;
}

/** How much of a point is inked by a pen of that radius. */
function coverage(d, radius) {
  return Math.max(0, Math.min(1, radius - d + 0.5));
}

function penFor(field) {
  let [low, high] = [PEN.least, PEN.greatest];
  for (let step = 0; step < 12; step += 1) {
    const middle = (low + high) / 2;
    const ink = field.reduce((sum, d) => sum + coverage(d, middle), 0);
    if (ink < INK) low = middle;
    else high = middle;
  }
  return (low + high) / 2;
}

/** Strokes of points in 0..1 as 64 values from 0 to 16, by rows. */
export function raster(strokes) {
  const cells = new Uint8Array(SIDE * SIDE);
  const drawn = strokes.filter((stroke) => stroke.length > 0);
  if (drawn.length === 0) return cells;
  const field = distances(fit(drawn));
  const radius = penFor(field);
  const sums = new Float64Array(cells.length);
  field.forEach((d, index) => {
    const column = Math.floor((index % POINTS) / BLOCK);
    const row = Math.floor(index / POINTS / BLOCK);
    sums[row * SIDE + column] += coverage(d, radius);
  });
  return cells.map((_, index) => Math.min(FULL, Math.round(sums[index])));
}
