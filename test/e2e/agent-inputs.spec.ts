import { describe, expect, it } from '@jest/globals';
import { Module } from '@nestjs/common';
import { z } from 'zod';
import { Agent, type AgentContext, Chat, DuoAgent, DuoChatService } from '../../src/index.js';
import { useTestHost } from './support/use-test-host.js';

/** No JSON Schema can say it: nobody tells a model what an agent is made with. */
const inputs = z.object({ since: z.coerce.date(), team: z.string().transform((name) => name.toUpperCase()) });
type Inputs = z.output<typeof inputs>;

@Agent({ inputs })
class Historian extends DuoAgent<Inputs> {
  override instructions({ inputs: { since, team } }: AgentContext<Inputs>): string {
    return `From ${since.getUTCFullYear()} on, for ${team}.`;
  }

  override tools({ inputs: { since } }: AgentContext<Inputs>): [] {
    expect(since).toBeInstanceOf(Date);
    return [];
  }
}

@Agent({ inputs: z.object({ since: z.date() }) })
class Purist extends DuoAgent<{ since: Date }> {}

const stay = z.object({ days: z.string().transform(Number), team: z.string().default('core') });

/** Callers give a text, and it sees a number. */
@Agent({ inputs: stay })
class Host extends DuoAgent<typeof stay> {
  override instructions({ inputs: { days, team } }: AgentContext<typeof stay>): string {
    return `For ${days + 1} days, with ${team}.`;
  }
}

@Module({ providers: [Historian, Purist, Host] })
class AgentsModule {}

describe('Agent inputs that JSON Schema cannot express', () => {
  const host = useTestHost([Chat], { imports: [AgentsModule] });
  const since = new Date('2026-01-31');

  const system = () => host.sandbox.calls.lastRequests['anthropic-messages']?.body as { system: { text: string }[] };

  it('are validated and transformed, in memory and wherever a chat is loaded', async () => {
    const given = { since, team: 'sales' };
    await host.app.get(Historian).ask('Hello', { inputs: given });
    expect(system().system[0]?.text).toBe('From 2026 on, for SALES.');
    const { id } = await host.app.get(Historian).createChat({ inputs: given });
    await host.app.get<DuoChatService<Chat>>(DuoChatService).ref(id).ask('Hello');
    expect(system().system[0]?.text).toBe('From 2026 on, for SALES.');
  });

  it('are stored as given, and transformed each time that a chat is loaded', async () => {
    await host.app.get(Host).ask('Hello', { inputs: { days: '3' } });
    expect(system().system[0]?.text).toBe('For 4 days, with core.');
    const chat = await host.app.get(Host).createChat({ inputs: { days: '3' } });
    expect(chat.agentInputs).toEqual({ days: '3' });
    await host.app.get(Host).syncInstructions(chat);
    await (await host.app.get(Host).find(chat.id)).ask('Hello');
    expect(system().system[0]?.text).toBe('For 4 days, with core.');
  });

  it('are refused before storing if they could not be read again', async () => {
    await host.app.get(Purist).ask('Hello', { inputs: { since } });
    await expect(host.app.get(Purist).createChat({ inputs: { since } })).rejects.toMatchObject({
      code: 'validation_failed',
      message: expect.stringContaining('since'),
    });
  });
});
