import { type Chat, type DuoTool, Tool, type ToolInput } from 'nestjs-gitlab-duo';
import { z } from 'zod';

const Payment = z.object({ amount: z.number() });

@Tool({ description: 'Pay an amount', parameters: Payment, requiresApproval: true })
export class Pay implements DuoTool<typeof Payment> {
  async execute({ amount }: ToolInput<typeof Payment>) {
    return Promise.resolve(`Paid ${amount}`);
  }
}

export async function payWith(chat: Chat, approver: string) {
  await chat.withTools(Pay).ask('call pay {"amount":50}'); // returns the message with the call: it waits
  const [call] = await chat.pendingApprovals(); // { id, name: 'pay', arguments: { amount: 50 }, status: 'pending', … }
  if (call !== undefined) await chat.approve(call.id, { by: approver });
  return chat.complete(); // runs the tool and continues the same run
}
