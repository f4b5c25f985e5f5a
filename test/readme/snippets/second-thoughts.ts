import { type Chat } from 'nestjs-gitlab-duo';

export async function secondThoughts(chat: Chat, questionId: string) {
  const other = await chat.edit(questionId, 'Name a river in Portugal.');
  const better = await chat.regenerate(other.id, { model: 'duo-chat-gpt-5-1' }); // without an id: the last question
  await chat.deleteMessage(better.id);
  return better;
}
