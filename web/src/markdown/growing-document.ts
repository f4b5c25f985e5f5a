import { Lexer, type Token, type TokensList } from 'marked';

/** How many blocks at the end may still change when more text comes: a fence may turn out to be part of a paragraph. */
const UNSETTLED_BLOCKS = 2;

/** The blocks of a text that is being written: while it grows, only its end is read again. */
export class GrowingDocument {
  private tokens: Token[] = [];
  private links: TokensList['links'] = {};

  /** How many definitions of links the text has: a late one turns text of earlier blocks into links. */
  get definitions(): number {
    return Object.keys(this.links).length;
  }

  /**
   * The blocks of the text.
   * @param isGrowing whether more may come; a text that is complete is read as a whole
   */
  read(text: string, isGrowing: boolean): readonly Token[] {
    const source = text.replaceAll(/\r\n?/g, '\n');
    const settled = isGrowing ? this.settled(source) : [];
    const length = settled.reduce((sum, { raw }) => sum + raw.length, 0);
    const reader = new Lexer();
    if (length > 0) reader.tokens.links = { ...this.links };
    const rest = reader.lex(source.slice(length));
    this.links = rest.links;
    this.tokens = [...settled, ...rest];
    return this.tokens;
  }

  /** The blocks that the text still begins with and that its end can no longer change. */
  private settled(source: string): Token[] {
    const blocks = this.tokens.flatMap(({ type }, index) => (type === 'space' ? [] : [index]));
    const kept = this.tokens.slice(0, blocks.at(-UNSETTLED_BLOCKS) ?? 0);
    let offset = 0;
    for (const { raw } of kept) {
      if (!source.startsWith(raw, offset)) return [];
      offset += raw.length;
    }
    return kept;
  }
}
