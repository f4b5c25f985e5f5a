// Taken once: in the context of a test each look at a global costs more than the call.
const { imul } = Math;

/**
 * How many random cases a test tries: a third of them all, whose seeds come first, or with `DUO_TEST_CASES=all` every one.
 */
export function casesOf(all: number): number {
  return process.env.DUO_TEST_CASES === 'all' ? all : Math.ceil(all / 3);
}

/** A small generator of the mulberry32 kind: the same seed gives the same whole numbers below a bound. */
export function generator(seed: number): (below: number) => number {
  let state = seed;
  return (below) => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) % below;
  };
}
