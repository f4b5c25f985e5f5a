import { type AddressInfo, type Server } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import {
  ForbiddenException,
  Inject,
  Injectable,
  type INestApplication,
  Module,
  Scope,
  type Type,
  UnauthorizedException,
} from '@nestjs/common';
import { REQUEST } from '@nestjs/core';
import { FastifyAdapter } from '@nestjs/platform-fastify';
import { Test } from '@nestjs/testing';
import { TypeOrmModule } from '@nestjs/typeorm';
import { GitlabDuoHttpModule, type OwnerResolver } from '../../src/http/index.js';
import { Chat, DuoChatService, GitlabDuoModule } from '../../src/index.js';
import { type Sandbox, startSandbox } from '../../src/sandbox/index.js';
import { createTestDatabase, type TestDatabase } from '../database/test-database.js';
import { type HttpAnswer, HttpClient } from './support/http-client.js';
import { KeptLogger } from './support/kept-logger.js';
import { sandboxOptions } from './support/test-module.js';

interface HostRequest {
  headers: Record<string, string | undefined>;
}

/** The host's own users, as the resolvers below need them. */
@Injectable()
class Sessions {
  async userOf(cookie: string | undefined): Promise<unknown> {
    await sleep(1);
    if (cookie === undefined) throw new UnauthorizedException('Sign in first.');
    if (cookie === 'suspended') throw new ForbiddenException('Your account is suspended.');
    const users: Record<string, unknown> = {
      undefined: undefined,
      null: null,
      empty: '',
      blank: ' ',
      number: 7,
      list: ['anna'],
    };
    return cookie in users ? users[cookie] : cookie;
  }
}

@Module({ providers: [Sessions], exports: [Sessions] })
class SessionsModule {}

@Injectable()
class SessionOwner implements OwnerResolver {
  constructor(@Inject(Sessions) private readonly sessions: Sessions) {}

  async resolve(request: HostRequest): Promise<string> {
    return (await this.sessions.userOf(request.headers.cookie)) as string;
  }
}

@Injectable({ scope: Scope.REQUEST })
class RequestScopedOwner implements OwnerResolver {
  constructor(
    @Inject(Sessions) private readonly sessions: Sessions,
    @Inject(REQUEST) private readonly request: HostRequest,
  ) {}

  async resolve(): Promise<string> {
    return (await this.sessions.userOf(this.request.headers.cookie)) as string;
  }
}

describe.each<[string, Type<OwnerResolver>, FastifyAdapter | undefined]>([
  ['a class that needs providers of the host, on Express', SessionOwner, undefined],
  ['a class that needs providers of the host, on Fastify', SessionOwner, new FastifyAdapter()],
  ['a class of the request, on Express', RequestScopedOwner, undefined],
  ['a class of the request, on Fastify', RequestScopedOwner, new FastifyAdapter()],
])('An owner resolved by %s', (_name, owner, adapter) => {
  let database: TestDatabase;
  let sandbox: Sandbox;
  let app: INestApplication;
  let client: HttpClient;
  const logger = new KeptLogger();

  beforeAll(async () => {
    database = await createTestDatabase();
    sandbox = await startSandbox({ chunkDelayMs: 0 });
    const module = await Test.createTestingModule({
      imports: [
        TypeOrmModule.forRoot({ type: 'postgres', url: database.url, autoLoadEntities: true, synchronize: true }),
        GitlabDuoModule.forRoot(sandboxOptions(sandbox)),
        GitlabDuoHttpModule.register({ chat: Chat, owner, imports: [SessionsModule] }),
        GitlabDuoHttpModule.register({ chat: Chat, path: 'shared' }),
      ],
    }).compile();
    module.useLogger(logger);
    app = adapter ? module.createNestApplication(adapter) : module.createNestApplication();
    await app.listen(0, '127.0.0.1');
    const { port } = (app.getHttpServer() as Server).address() as AddressInfo;
    client = new HttpClient(`http://127.0.0.1:${port}`);
  });
  afterAll(async () => {
    await app.close();
    await sandbox.close();
    await database.drop();
  });

  function send(method: string, path: string, cookie?: string): Promise<HttpAnswer> {
    return client.send(method, path, undefined, cookie === undefined ? {} : { cookie });
  }

  it('is the caller', async () => {
    const created = await send('POST', '/chats', 'anna');
    const { id } = created.body as { id: string };
    const statuses = await Promise.all(
      ['anna', 'bert'].map(async (who) => (await send('GET', `/chats/${id}`, who)).status),
    );
    expect(statuses).toEqual([200, 404]);
    const chats = app.get<DuoChatService<Chat>>(DuoChatService, { strict: false });
    expect((await chats.find(id, { ownerId: 'anna' })).ownerId).toBe('anna');
  });

  it("can be refused, with the status of Nest's exception", async () => {
    const nobody = await send('GET', '/chats');
    expect([nobody.status, nobody.body]).toMatchObject([401, { code: 'unauthorized', detail: 'Sign in first.' }]);
    expect(nobody.get('content-type')).toContain('application/problem+json');
    const suspended = await send('POST', '/chats', 'suspended');
    expect([suspended.status, suspended.body]).toMatchObject([403, { code: 'forbidden' }]);
  });

  it.each([
    ['undefined', 'undefined'],
    ['empty', 'an empty one'],
    ['blank', 'an empty one'],
    ['number', 'a value of the type number'],
    ['list', 'a value of the type object'],
  ])('is a server error if the class returns one that is %s', async (cookie, told) => {
    const unowned = await send('POST', '/shared');
    const { id } = unowned.body as { id: string };
    for (const [method, path] of [
      ['GET', `/chats/${id}`],
      ['GET', '/chats'],
      ['POST', '/chats'],
    ] as const) {
      logger.lines.length = 0;
      const answer = await send(method, path, cookie);
      expect([answer.status, answer.body]).toMatchObject([500, { code: 'internal_error' }]);
      expect(logger.lines.join('\n')).toContain(
        `${owner.name}.resolve() must name the owner by a string that is not empty, or return null for chats without an owner; it returned ${told}.`,
      );
    }
  });

  it('is null if the class returns null', async () => {
    const unowned = await send('POST', '/shared');
    const { id } = unowned.body as { id: string };
    const created = await send('POST', '/chats', 'null');
    const own = created.body as { id: string };
    expect((await send('GET', `/chats/${own.id}`, 'null')).status).toBe(200);
    expect((await send('GET', `/chats/${own.id}`, 'anna')).status).toBe(404);
    expect((await send('GET', `/chats/${id}`, 'anna')).status).toBe(404);
  });

  it('is null without a class', async () => {
    const created = await send('POST', '/shared', 'anna');
    const { id } = created.body as { id: string };
    expect((await send('GET', `/shared/${id}`)).status).toBe(200);
    expect((await send('GET', `/chats/${id}`, 'anna')).status).toBe(404);
  });
});
