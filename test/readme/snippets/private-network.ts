import { readFileSync } from 'node:fs';
import { GitlabDuoModule } from 'nestjs-gitlab-duo';
import { Agent } from 'undici';

export function privateNetwork(authority: string) {
  return GitlabDuoModule.forRoot({ dispatcher: new Agent({ connect: { ca: readFileSync(authority) } }) });
}
