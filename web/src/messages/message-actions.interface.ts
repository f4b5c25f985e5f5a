/** What can be done with the messages of a chat. */
export interface MessageActions {
  decide: (approvalId: string, isApproved: boolean, reason?: string) => void;
}
