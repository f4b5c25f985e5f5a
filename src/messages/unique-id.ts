/** The id, or where it is taken already, the first free one of `id_2`, `id_3` and so on, within a length. */
export function uniqueId(id: string, isTaken: (id: string) => boolean, maxLength = Infinity): string {
  let unique = id;
  for (let repeat = 2; isTaken(unique); repeat += 1) {
    const suffix = `_${repeat}`;
    unique = id.slice(0, maxLength - suffix.length) + suffix;
  }
  return unique;
}
