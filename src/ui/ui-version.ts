import { ValidationError } from '../errors/request.errors.js';
import { type HttpRequest } from '../http/http.interface.js';

/** The major versions of AI SDK whose clients are served. */
export const UI_VERSIONS = [5, 6, 7] as const;

/**
 * A major version of AI SDK.
 * @publicApi
 */
export type UiVersion = (typeof UI_VERSIONS)[number];

/** What clients of 5 and 6 take alike, wherever no call needs an approval. */
export const DEFAULT_UI_VERSION: UiVersion = 6;

/**
 * The version of a request's client: by the query `uiVersion` or the header `X-UI-Version`, else the given one.
 * @throws ValidationError for another one
 */
export function uiVersionOf({ headers, url = '' }: HttpRequest, otherwise: UiVersion): UiVersion {
  const query = new URLSearchParams(url.split('?')[1]).get('uiVersion');
  const given = query ?? headers['x-ui-version'];
  if (given === undefined) return otherwise;
  const version = UI_VERSIONS.find((known) => String(known) === given);
  if (version !== undefined) return version;
  throw new ValidationError(`uiVersion, or X-UI-Version, must be one of ${UI_VERSIONS.join(', ')}.`);
}
