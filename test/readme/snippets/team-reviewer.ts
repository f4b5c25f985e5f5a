import { Injectable } from '@nestjs/common';
import { Agent, type AgentContext, DuoAgent } from 'nestjs-gitlab-duo';
import { z } from 'zod';

@Injectable()
export class StyleGuides {
  async of(team: string) {
    return Promise.resolve(`The team ${team} writes short functions.`);
  }
}

@Agent({ model: 'duo-chat-gpt-5-2', inputs: z.object({ team: z.string() }) })
export class TeamReviewer extends DuoAgent<{ team: string }> {
  constructor(private readonly guides: StyleGuides) {
    super();
  }

  override async instructions({ inputs }: AgentContext<{ team: string }>) {
    return `You are a senior developer. ${await this.guides.of(inputs.team)}`;
  }

  async reviewFor(team: string, code: string, ownerId: string) {
    const chat = await this.createChat({ ownerId, inputs: { team } });
    return chat.ask(`Review this: ${code}`);
  }
}
