import { GitlabDuoError } from './gitlab-duo.error.js';
import { ValidationError } from './request.errors.js';

/** The chat has no such message, or the message is superseded. */
export class MessageNotFoundError extends GitlabDuoError {
  readonly code = 'message_not_found';

  constructor(chatId: string, messageId: string) {
    super(
      `Chat ${chatId} has no message ${messageId}, or the message is superseded. Read the chat's messages again, and take the id from there.`,
    );
  }
}

/** What was asked of a message cannot be done with one of its role. */
export class WrongMessageRoleError extends GitlabDuoError {
  readonly code = 'wrong_message_role';

  constructor(messageId: string, wanted: 'regenerate' | 'edit') {
    super(
      wanted === 'edit'
        ? `Message ${messageId} is not one of the user, and only those can be edited. Edit the question before it instead.`
        : `Message ${messageId} answers no message of the user, so it cannot be regenerated. Take a message of the user or of its answer.`,
    );
  }
}

/** The chat has no message of the user to answer again. */
export class NoUserMessageError extends ValidationError {
  constructor(chatId: string) {
    super(`Chat ${chatId} has no message of the user to answer again. Send one first.`);
  }
}
