import { createHash } from 'node:crypto';

/**
 * Follows a history as it is rendered, and tells which of its reasoning is still valid where a model binds that to what came
 * before it: to the system prompt and the tools, to all that was said, and to the reasoning before it, whose oldest blocks
 * may be left out (Anthropic, "Preserved thinking").
 *
 * A digest names all of these: the base, all that was said, how many pieces of reasoning came before and the last of them.
 * One piece names the one before it in the same way, so that equal ends stand for equal chains.
 */
export class PrefixChain {
  private said = '';
  private thoughts = 0;
  private lastThought = '';

  /** @param base names the system prompt and the tools */
  constructor(readonly base: string) {}

  /** The same chain, to be followed further without this one. */
  copy(): PrefixChain {
    const chain = new PrefixChain(this.base);
    chain.said = this.said;
    chain.thoughts = this.thoughts;
    chain.lastThought = this.lastThought;
    return chain;
  }

  /** Adds the content that comes next. */
  say(content: string): void {
    this.said = digestOf(this.said + content);
  }

  /** Adds reasoning that is sent next. */
  think(reasoning: string): void {
    this.thoughts += 1;
    this.lastThought = digestOf(reasoning);
  }

  /** Whether reasoning that was made under this digest may come next. */
  admits(digest: string): boolean {
    const [base, said, thoughts, lastThought] = digest.split('.');
    if (base !== this.base || said !== this.said) return false;
    return this.thoughts === 0 || (lastThought === this.lastThought && this.thoughts <= Number(thoughts));
  }

  /** What reasoning that comes next is made under. */
  get digest(): string {
    return [this.base, this.said, this.thoughts, this.lastThought].join('.');
  }
}

/** Names a text: 132 bits of its SHA-256, without a dot. */
export function digestOf(text: string): string {
  return createHash('sha256').update(text).digest('base64url').slice(0, 22);
}
