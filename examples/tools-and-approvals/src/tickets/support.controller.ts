import { Body, Controller, Headers, Post } from '@nestjs/common';
import { HeaderOwner } from '../header-owner.js';
import { SupportAgent } from './support.agent.js';

/** Opens tickets: the inputs of an agent come from the application, never from a client of its HTTP module. */
@Controller('support')
export class SupportController {
  constructor(
    private readonly owners: HeaderOwner,
    private readonly agent: SupportAgent,
  ) {}

  @Post()
  async open(
    @Headers() headers: Record<string, string>,
    @Body() { customer, question }: { customer: string; question: string },
  ): Promise<{ id: string; text: string }> {
    const ownerId = this.owners.resolve({ headers });
    const ticket = await this.agent.createChat({ ownerId, inputs: { customer }, title: question });
    const { text } = await ticket.ask(question);
    return { id: ticket.id, text };
  }
}
