const unsafe = /[^a-zA-Z0-9_-]/g;

// OpenAI's Chat Completions takes the shortest ids of the three.
const longest = 40;

/**
 * Gives the tool calls of one request ids that every vendor accepts and that occur once. The first call keeps an id that
 * is fine, so that a history renders the same while it grows.
 */
export class CallIds {
  private readonly taken = new Set<string>();

  next(id: string): string {
    const safe = id.replace(unsafe, '_').slice(0, longest) || 'call';
    let unique = safe;
    for (let repeat = 2; this.taken.has(unique); repeat++) {
      const suffix = `_${repeat}`;
      unique = safe.slice(0, longest - suffix.length) + suffix;
    }
    this.taken.add(unique);
    return unique;
  }
}
