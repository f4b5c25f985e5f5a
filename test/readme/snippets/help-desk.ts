import { Injectable, Module } from '@nestjs/common';
import { TypeOrmModule } from '@nestjs/typeorm';
import { Chat, DuoChatService, GitlabDuoModule, InjectDuoChat } from 'nestjs-gitlab-duo';
import { Customer, Ticket } from './tickets.js';

@Injectable()
export class HelpDesk {
  constructor(
    @InjectDuoChat(Ticket) private readonly tickets: DuoChatService<Ticket>,
    @InjectDuoChat(Chat, 'archive') private readonly archive: DuoChatService<Chat>,
  ) {}

  async open(ownerId: string, subject: string, customer: Customer) {
    const ticket = await this.tickets.create({ ownerId, entity: { subject, customer } });
    await ticket.ask(`A customer writes: ${subject}`);
    return ticket;
  }

  async summarise(ticketId: string, ownerId: string) {
    const { items } = await this.tickets.messages(ticketId, { ownerId });
    const chat = await this.archive.create({ ownerId });
    return chat.ask(`Sum up: ${items.map(({ role, text }) => `${role}: ${text}`).join('\n')}`);
  }
}

@Module({
  imports: [GitlabDuoModule.forFeature([Ticket]), GitlabDuoModule.forFeature([Chat], 'archive')],
  providers: [HelpDesk],
  exports: [HelpDesk],
})
export class HelpDeskModule {}

const postgres = { type: 'postgres', autoLoadEntities: true, synchronize: true } as const;

@Module({
  imports: [
    TypeOrmModule.forRoot({ ...postgres, url: process.env.DATABASE_URL }),
    TypeOrmModule.forRoot({ ...postgres, url: process.env.ARCHIVE_URL, name: 'archive' }),
    TypeOrmModule.forFeature([Customer]),
    GitlabDuoModule.forRoot(),
    HelpDeskModule,
  ],
})
export class HostModule {}
