import { type GitlabDuoModuleOptions } from '../config/gitlab-duo-options.interface.js';
import { type Environment } from './environment.js';
import { type Output } from './output.js';

/** What the server runs on. */
export interface Running {
  url: string;
  environment: Environment;
  databaseUrl: string;
  gitlab: GitlabDuoModuleOptions;
}

/** Says where the server listens, what it runs on and, to a person, a first call to try. */
export function welcome(output: Output, { url, environment, databaseUrl, gitlab }: Running): void {
  const { apiKeys } = environment;
  const database = withoutSecrets(databaseUrl);
  const gateway = gitlab.gatewayUrl ?? 'https://cloud.gitlab.com';
  if (output.isJson) {
    output.say(`nestjs-gitlab-duo listens on ${url} and takes calls`, { database, gateway, apiKeys: apiKeys.length });
    return;
  }
  const key = apiKeys.length > 0 ? ' -H "authorization: Bearer $KEY"' : '';
  output.say(`
  nestjs-gitlab-duo listens on ${url}

  Database  ${database}${environment.databaseUrl === undefined ? ' (embedded; set DATABASE_URL for another)' : ''}
  Gateway   ${environment.gitlabToken === undefined ? `SANDBOX at ${gateway} (set GITLAB_TOKEN for GitLab Duo)` : gateway}
  Keys      ${apiKeys.length > 0 ? `required: API_KEYS has ${apiKeys.length}` : 'not required: only this machine gets in, as the owner local (set API_KEYS to let others in)'}

  Chat      open ${url} in a browser

  Try it${key && ', with one of the keys in $KEY'}:
    CHAT=$(curl -s -X POST ${url}/chats${key} | sed 's/.*"id":"\\([^"]*\\)".*/\\1/')
    curl -N ${url}/chats/$CHAT/messages${key} -H 'content-type: application/json' -H 'accept: text/event-stream' -d '{"content":"Tell me a story"}'
`);
}

/** Without the password, which may stand in the query too, as `?password=`. */
function withoutSecrets(databaseUrl: string): string {
  const url = new URL(databaseUrl);
  url.password = '';
  url.search = '';
  url.hash = '';
  return url.href;
}
