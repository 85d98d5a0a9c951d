// Ten digits as somebody would draw them: strokes of points in shares of the pad.

function arc(x, y, width, height, from, to) {
  const steps = 24;
  return Array.from({ length: steps + 1 }, (_, k) => {
    const angle = ((from + ((to - from) * k) / steps) * Math.PI) / 180;
    return [x + width * Math.cos(angle), y + height * Math.sin(angle)];
  });
}

/** `STROKES[digit]` is a list of strokes, a stroke a list of `[x, y]`. Angles grow clockwise from the right. */
export const STROKES = [
  [arc(0.5, 0.5, 0.2, 0.33, -90, 270)],
  [[[0.4, 0.3], [0.55, 0.17], [0.55, 0.84]]],
  [[...arc(0.5, 0.34, 0.19, 0.18, -170, 40), [0.32, 0.82], [0.72, 0.82]]],
  [[...arc(0.48, 0.33, 0.18, 0.16, -160, 90), ...arc(0.48, 0.66, 0.2, 0.18, -90, 160)]],
  [[[0.45, 0.15], [0.28, 0.58], [0.74, 0.58]], [[0.6, 0.4], [0.58, 0.86]]],
  [[[0.7, 0.16], [0.36, 0.16], [0.34, 0.46], ...arc(0.48, 0.64, 0.2, 0.2, -110, 150)]],
  [[[0.6, 0.14], [0.42, 0.35], ...arc(0.5, 0.66, 0.18, 0.18, -180, 180)]],
  [[[0.28, 0.18], [0.72, 0.18], [0.5, 0.52], [0.42, 0.85]]],
  [[...arc(0.5, 0.33, 0.16, 0.16, 90, 450), ...arc(0.5, 0.67, 0.19, 0.18, -90, 270)]],
  [[...arc(0.5, 0.35, 0.18, 0.18, 0, 360), [0.66, 0.5], [0.6, 0.84]]],
];
