import { type Delegate, type RenderedRequest, type SentRequest } from '../delegates/delegate.interface.js';
import { sourceAt } from '../delegates/source-at.js';
import { sourceOf } from '../delegates/source.js';
import { type Complaint } from '../errors/complaint.interface.js';
import { PartRefusedError, PayloadTooLargeError } from '../errors/upstream.errors.js';
import { type JsonValue } from '../messages/json.interface.js';
import { type ModelMessage } from '../messages/message.interface.js';
import { type ModelEvent } from '../messages/model-request.interface.js';
import { type FilePart, type Part } from '../messages/part.interface.js';
import { type RejectedPlace, withRejected } from '../messages/with-rejected.js';
import { type Model } from '../models/model.interface.js';
import { type RefusedSchemas } from './refused-schemas.js';

/** How often one step is sent again without what the vendor has refused of it. */
const MAX_RESENDS = 12;
/** How many files are tried one by one, where the vendor does not say which; then all that it may mean are left out. */
const MAX_GUESSES = 4;

/** What is tried where the vendor does not say which file it means. */
interface Guess {
  about: Complaint['about'];
  /** As the request was before. */
  request: SentRequest;
  pending: readonly RejectedPlace[];
  /** The vendor means at least one of these. */
  files: Part[];
  tried: number;
}

/**
 * Leaves out of a request what its vendor refuses: at once, and each part once. Where the vendor refuses to enforce a schema,
 * that goes out in a weaker form.
 */
export class Rejections {
  private resends = 0;
  private mediaGuesses = 0;
  private guess: Guess | undefined;
  private pending: RejectedPlace[] = [];
  /** The request without what has been refused of it. */
  rendered: RenderedRequest;

  constructor(
    private readonly delegate: Delegate,
    private readonly model: Model,
    private request: SentRequest,
    private readonly schemas: RefusedSchemas,
  ) {
    const { outputSchema: schema } = request;
    if (schema && schemas.has(model, schema)) this.request = { ...request, isSchemaRefused: true };
    this.rendered = delegate.render(model, this.request);
  }

  /** What is sent: the request without what has been refused of it. */
  get sent(): SentRequest {
    return this.request;
  }

  /** Whether the error says what to leave out: the request then is without it. */
  leaveOut(error: unknown): boolean {
    const complaint = complaintIn(error);
    if (complaint === undefined || this.resends >= MAX_RESENDS) return false;
    if (complaint.about === 'schema') return this.weaken(complaint);
    const parts = this.refused(complaint);
    const { messages } = this.request;
    const places = parts.flatMap((part) => placesOf(part, messages));
    if (places.length === 0) return false;
    const { vendor } = this.model;
    const rejected = places.map((place) => ({ ...place, vendor, reason: complaint.reason }));
    this.resends += 1;
    this.pending.push(...rejected);
    this.request = { ...this.request, messages: withRejected(messages, rejected) };
    this.rendered = this.delegate.render(this.model, this.request);
    return true;
  }

  /** Whether parts were left out that have not been reported yet. */
  get isUntold(): boolean {
    return this.pending.length > 0;
  }

  /** Tells what was left out, each part once: to be remembered, once the vendor no longer complains. */
  told(): ModelEvent[] {
    return this.pending.splice(0).map((place) => ({ type: 'part-rejected', ...place }));
  }

  private weaken({ reason }: Complaint): boolean {
    const { outputSchema: schema } = this.request;
    if (schema === undefined || !this.rendered.isSchemaEnforced) return false;
    this.schemas.add(this.model, schema, reason);
    this.guess = undefined;
    this.resends += 1;
    this.request = { ...this.request, isSchemaRefused: true };
    this.rendered = this.delegate.render(this.model, this.request);
    return true;
  }

  private refused(complaint: Complaint): object[] {
    const items = this.rendered.pieces();
    const named = complaint.path === undefined ? undefined : (sourceAt(items, complaint.path) as Part | undefined);
    const parts = sourcesIn(items) as Part[];
    if (complaint.about !== this.guess?.about) this.guess = undefined;
    switch (complaint.about) {
      case 'reasoning': {
        // What comes behind one that is not valid is bound to it, or made by the same other account.
        const thoughts = parts.filter(({ type }) => type === 'reasoning');
        return thoughts.slice(
          Math.max(
            0,
            thoughts.findIndex((part) => part === named),
          ),
        );
      }
      case 'part':
        return named === undefined || this.isAsked(named) ? [] : [named];
      case 'media':
        return this.oldest(parts.filter(isFile), complaint.excess ?? 1);
      default: {
        const files = parts.filter((part) => isFile(part) && isImage(part) === (complaint.about === 'image'));
        const found = files.find((file) => file === named || isMentioned(file as FilePart, complaint.reason));
        if (found === undefined) return this.guessed(complaint.about, files.reverse());
        this.guess = undefined;
        return [found];
      }
    }
  }

  /** So many files, or all of them once that was too often too few. */
  private oldest(files: Part[], count: number): Part[] {
    this.mediaGuesses += 1;
    return this.mediaGuesses > MAX_GUESSES ? files : files.slice(0, count);
  }

  /** The next of the files that may be meant, with the request as it was before the last guess, which was wrong. */
  private guessed(about: Complaint['about'], candidates: Part[]): Part[] {
    const { request, pending } = this;
    const guess = this.guess ?? { about, request, pending, files: candidates, tried: 0 };
    const { files, tried } = guess;
    const most = Math.min(files.length, MAX_GUESSES);
    this.guess = { ...guess, tried: tried + 1 };
    this.request = guess.request;
    this.pending = [...guess.pending];
    if (tried < most) return files.slice(tried, tried + 1);
    return tried === most && files.length > 1 ? files : [];
  }

  /** Whether this is a text of the question itself. */
  private isAsked(part: Part): boolean {
    const last = this.request.messages.findLast(({ role }) => role !== 'system');
    return part.type === 'text' && last?.role === 'user' && last.parts.includes(part);
  }
}

/** What the error says of the history; undefined for any other error. */
export function complaintIn(error: unknown): Complaint | undefined {
  if (error instanceof PartRefusedError) return error.complaint;
  return error instanceof PayloadTooLargeError ? { about: 'media', reason: 'the request was too large' } : undefined;
}

/** The parts that a request is made of, in order. */
function sourcesIn(items: readonly JsonValue[]): object[] {
  const sources = new Set<object>();
  const collect = (value: JsonValue | undefined): void => {
    if (typeof value !== 'object' || value === null) return;
    const source = sourceOf(value);
    if (source) sources.add(source);
    for (const inner of Object.values(value)) collect(inner);
  };
  for (const item of items) collect(item);
  return [...sources];
}

function placesOf(part: object, messages: readonly ModelMessage[]): Pick<RejectedPlace, 'message' | 'part' | 'file'>[] {
  return messages.flatMap(({ parts }, message) =>
    parts.flatMap((candidate, index) => {
      if (candidate === part) return [{ message, part: index }];
      const files: readonly FilePart[] = (candidate.type === 'tool-result' && candidate.files) || [];
      return files.flatMap((file, at) => (file === part ? [{ message, part: index, file: at }] : []));
    }),
  );
}

function isFile(part: Part): boolean {
  return part.type === 'file';
}

function isImage(part: Part): boolean {
  return part.type === 'file' && /^image\//i.test(part.mediaType);
}

function isMentioned({ url }: FilePart, reason: string): boolean {
  return url !== undefined && reason.includes(url);
}
