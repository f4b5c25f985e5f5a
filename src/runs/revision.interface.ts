/** What of a chat a run takes back before it answers: the messages concerned are superseded when it begins. */
export interface Revision {
  /** `regenerate` takes back what came after a user message and answers that again; `edit` replaces the message as well. */
  type: 'regenerate' | 'edit';
  /**
   * The id of the user message, ours or a client's own; to regenerate, of any message of its answer, too. `null` stands
   * for the last user message.
   */
  messageId: string | null;
}
