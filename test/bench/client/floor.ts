import { Agent, request } from 'undici';
import { type Contestant } from './contestant.interface.js';

/** The least that reading a stream can cost: no checks, no messages, no answer. */
export function floor(url: string, path: string): Contestant {
  const dispatcher = new Agent();
  const body = JSON.stringify({ stream: true, messages: [{ role: 'user', content: 'Tell me a story' }] });
  return {
    async read(onChunks) {
      const headers = { 'content-type': 'application/json' };
      const response = await request(url + path, { dispatcher, method: 'POST', headers, body });
      await new Promise((resolve, reject) => {
        let rest = '';
        response.body.on('data', (bytes: Buffer) => {
          const frames = (rest + bytes.toString()).split('\n\n');
          rest = frames.pop() ?? '';
          let count = 0;
          for (const frame of frames) {
            const data = frame.slice(frame.indexOf('data: ') + 6);
            if (data !== '[DONE]' && isText(JSON.parse(data) as WireEvent)) count += 1;
          }
          onChunks(count);
        });
        response.body.on('end', resolve);
        response.body.on('error', reject);
      });
    },
    close: () => dispatcher.destroy(),
  };
}

interface WireEvent {
  type?: string;
  choices?: { delta: { content?: string } }[];
}

function isText({ type, choices }: WireEvent): boolean {
  if (choices) return Boolean(choices[0]?.delta.content);
  return type === 'content_block_delta' || type === 'response.output_text.delta';
}
