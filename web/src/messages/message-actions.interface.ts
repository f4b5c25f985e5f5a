/** What can be done with the messages of a chat. */
export interface MessageActions {
  /** Changes a message of the user, and asks again from there. */
  edit: (messageId: string, text: string) => void;
  /** Asks for another answer instead of this one. */
  regenerate: (messageId: string) => void;
  decide: (approvalId: string, isApproved: boolean, reason?: string) => void;
}
