import { type GitlabDuoModuleOptions } from '../config/gitlab-duo-options.interface.js';
import { type Environment } from './environment.js';

/** Prints where the server listens, what it runs on, and a first call to try. */
export function welcome(
  url: string,
  environment: Environment,
  databaseUrl: string,
  gitlab: GitlabDuoModuleOptions,
): void {
  const isSandbox = environment.gitlabToken === undefined;
  console.log(`
  nestjs-gitlab-duo listens on ${url}

  Database  ${withoutPassword(databaseUrl)}${environment.databaseUrl === undefined ? ' (embedded; set DATABASE_URL for another)' : ''}
  Gateway   ${isSandbox ? `SANDBOX at ${gitlab.gatewayUrl ?? ''} (set GITLAB_TOKEN for GitLab Duo)` : (gitlab.gatewayUrl ?? 'https://cloud.gitlab.com')}

  Try it:
    CHAT=$(curl -s -X POST ${url}/chats | sed 's/.*"id":"\\([^"]*\\)".*/\\1/')
    curl -N ${url}/chats/$CHAT/messages -H 'content-type: application/json' -H 'accept: text/event-stream' -d '{"content":"Tell me a story"}'
`);
}

function withoutPassword(databaseUrl: string): string {
  const url = new URL(databaseUrl);
  url.password = '';
  return url.href;
}
