/** Removes the query of the request's URL from a text, because it may contain a password or a token under any name. */
export function withoutQuery(text: string, url = ''): string {
  const at = url.indexOf('?');
  return at < 0 || at === url.length - 1 ? text : text.replaceAll(url.slice(at), '');
}
