import { type DuoTool } from '../../tools/duo-tool.interface.js';
import { Tool } from '../../tools/tool.decorator.js';

/** Shows a call that waits for approval; it sends nothing. */
@Tool({
  description: 'Pretends to send a postcard, once a person has approved it',
  parameters: {
    type: 'object',
    properties: { to: { type: 'string' }, text: { type: 'string' } },
    required: ['to', 'text'],
    additionalProperties: false,
  },
  requiresApproval: true,
})
export class SendPostcard implements DuoTool<{ to: string; text: string }> {
  execute({ to }: { to: string; text: string }): string {
    return `Nothing was sent to ${to}: this tool is for demonstration`;
  }
}
