import { visitChats, visitExplain, visitSupport } from './visit.js';

/** An application of `examples/`. */
export interface Example {
  readonly name: string;
  /** Calls the running application, and throws where an answer is not what its README promises. */
  visit(url: string): Promise<void>;
}

export const EXAMPLES: readonly Example[] = [
  { name: 'minimal-host', visit: (url) => visitExplain(`${url}/explain`) },
  {
    name: 'tools-and-approvals',
    async visit(url) {
      await visitChats(`${url}/tickets`, { 'x-user': 'anna' });
      await visitSupport(url);
    },
  },
  {
    name: 'commonjs-host',
    async visit(url) {
      await visitChats(`${url}/chats`);
      await visitExplain(`${url}/explain`);
    },
  },
];
