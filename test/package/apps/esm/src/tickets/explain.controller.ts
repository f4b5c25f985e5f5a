import { Body, Controller, Post } from '@nestjs/common';
import { DuoChatService, InjectDuoChat } from 'nestjs-gitlab-duo';
import { Ticket } from './ticket.entity.js';

@Controller('explain')
export class ExplainController {
  constructor(@InjectDuoChat(Ticket) private readonly tickets: DuoChatService<Ticket>) {}

  @Post()
  async explain(@Body() { topic }: { topic: string }): Promise<{ text: string; chunks: string[] }> {
    const ticket = await this.tickets.create({ instructions: 'Be brief.' });
    const chunks: string[] = [];
    const { text } = await ticket.ask(`Explain ${topic}`, (chunk) => chunks.push(chunk.text));
    return { text, chunks };
  }
}
