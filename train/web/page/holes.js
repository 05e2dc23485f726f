// Filling of holes in people, as bgfg's train/inference/holes.py does it: dips of alpha that a person encloses, and in
// which the network is nowhere sure of the scene, are filled level by level.

const LEVELS = Array.from({ length: 9 }, (_, i) => Math.fround(0.1 + 0.1 * i));

// A dip that falls below this is a gap through which the scene is seen.
const SURE = 0.05;

/** Fill the doubtful dips of alpha (h, w) in 0..1, in place. */
export function fillHoles(alpha, size_px) {
  for (const level of LEVELS) fillDips(alpha, size_px, level);
}

function fillDips(alpha, [height_px, width_px], level) {
  const seen = new Uint8Array(alpha.length), region = new Int32Array(alpha.length);
  for (let start = 0; start < alpha.length; start++) {
    if (seen[start] || alpha[start] >= level) continue;
    // The region of pixels below the level, by their sides: `region` is what was found of it, in the order of finding.
    let count = 0, lowest = 1, touchesBorder = false;
    const visit = (at) => {
      if (seen[at] || alpha[at] >= level) return;
      seen[at] = 1;
      region[count++] = at;
    };
    visit(start);
    for (let i = 0; i < count; i++) {
      const at = region[i], x = at % width_px, y = (at - x) / width_px;
      lowest = Math.min(lowest, alpha[at]);
      touchesBorder ||= x === 0 || y === 0 || x === width_px - 1 || y === height_px - 1;
      if (x > 0) visit(at - 1);
      if (x < width_px - 1) visit(at + 1);
      if (y > 0) visit(at - width_px);
      if (y < height_px - 1) visit(at + width_px);
    }
    if (touchesBorder || lowest < SURE) continue;
    for (let i = 0; i < count; i++) alpha[region[i]] = level;
  }
}
