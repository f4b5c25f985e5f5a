import { type GitlabDuoModuleOptions } from '../config/gitlab-duo-options.interface.js';
import { type Environment } from './environment.js';

/** Prints where the server listens, what it runs on, and a first call to try. */
export function welcome(
  url: string,
  environment: Environment,
  databaseUrl: string,
  gitlab: GitlabDuoModuleOptions,
): void {
  const { apiKeys } = environment;
  const key = apiKeys.length > 0 ? ' -H "authorization: Bearer $KEY"' : '';
  const isSandbox = environment.gitlabToken === undefined;
  console.log(`
  nestjs-gitlab-duo listens on ${url}

  Database  ${withoutPassword(databaseUrl)}${environment.databaseUrl === undefined ? ' (embedded; set DATABASE_URL for another)' : ''}
  Gateway   ${isSandbox ? `SANDBOX at ${gitlab.gatewayUrl ?? ''} (set GITLAB_TOKEN for GitLab Duo)` : (gitlab.gatewayUrl ?? 'https://cloud.gitlab.com')}
  Keys      ${apiKeys.length > 0 ? `required: API_KEYS has ${apiKeys.length}` : 'not required: only this machine gets in, as the owner local (set API_KEYS to let others in)'}

  Try it${key && ', with one of the keys in $KEY'}:
    CHAT=$(curl -s -X POST ${url}/chats${key} | sed 's/.*"id":"\\([^"]*\\)".*/\\1/')
    curl -N ${url}/chats/$CHAT/messages${key} -H 'content-type: application/json' -H 'accept: text/event-stream' -d '{"content":"Tell me a story"}'
`);
}

function withoutPassword(databaseUrl: string): string {
  const url = new URL(databaseUrl);
  url.password = '';
  return url.href;
}
