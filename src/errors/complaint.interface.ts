/** What a vendor refuses of a request, as far as it says so: a part of the history, or to enforce a schema. */
export interface Complaint {
  /**
   * `image` and `document` where it does not say which one, `media` for too many or too large files, `reasoning` for what
   * its model has thought earlier, `part` for whatever stands at the path; `schema` for that of the answer.
   */
  about: 'image' | 'document' | 'media' | 'reasoning' | 'part' | 'schema';
  /** Where it stands in the request, in the vendor's notation, such as `messages.3.content.1.image` or `input[2].output[0]`. */
  path?: string;
  /** How many files are too many, at least. */
  excess?: number;
  /** In the vendor's words, without the path. */
  reason: string;
}
