import { afterAll, afterEach, beforeAll, describe, expect, it } from '@jest/globals';
import {
  type CallHandler,
  type CanActivate,
  ClassSerializerInterceptor,
  Controller,
  type ExecutionContext,
  ForbiddenException,
  Get,
  type INestApplication,
  Injectable,
  Module,
  type NestInterceptor,
  ValidationPipe,
  VersioningType,
} from '@nestjs/common';
import { Reflector } from '@nestjs/core';
import { Test } from '@nestjs/testing';
import { TypeOrmModule } from '@nestjs/typeorm';
import { map, type Observable, tap, timeout } from 'rxjs';
import { Entity } from 'typeorm';
import { GitlabDuoHttpModule, ModelsController, type OwnerResolver, ProblemFilter } from '../../src/http/index.js';
import { ActsAsChat, ActsAsMessage, Chat, GitlabDuoModule } from '../../src/index.js';
import { type Sandbox, startSandbox } from '../../src/sandbox/index.js';
import { createTestDatabase, type TestDatabase } from '../database/test-database.js';
import { HttpClient } from './support/http-client.js';
import { KeptLogger } from './support/kept-logger.js';
import { sandboxOptions } from './support/test-module.js';
import { expressApp, fastifyApp, PLATFORMS } from './support/test-server.js';
import { until } from './support/until.js';
import { imagePart } from '../sample-files.js';

@Entity('ticket_messages')
class TicketMessage extends ActsAsMessage<Ticket>({ chat: () => Ticket }) {}

@Entity('tickets')
class Ticket extends ActsAsChat<TicketMessage>({ messages: () => TicketMessage, model: 'duo-chat-gpt-5-1' }) {}

interface HostRequest {
  headers: Record<string, string | undefined>;
}

/** Who asks, by a header. */
@Injectable()
class Users {
  of(request: HostRequest): string | null {
    return request.headers['x-user'] ?? null;
  }
}

@Module({ providers: [Users], exports: [Users] })
class UsersModule {}

@Injectable()
class HasUser implements CanActivate {
  constructor(private readonly users: Users) {}

  canActivate(context: ExecutionContext): boolean {
    return this.users.of(context.switchToHttp().getRequest<HostRequest>()) !== null;
  }
}

@Injectable()
class UserOwner implements OwnerResolver {
  constructor(private readonly users: Users) {}

  resolve(request: HostRequest): string | null {
    return this.users.of(request);
  }
}

class NotMallory implements CanActivate {
  canActivate(context: ExecutionContext): boolean {
    if (context.switchToHttp().getRequest<HostRequest>().headers['x-user'] !== 'mallory') return true;
    throw new ForbiddenException('Mallory is banned.');
  }
}

class Wrapping implements NestInterceptor {
  intercept(_context: ExecutionContext, next: CallHandler): Observable<unknown> {
    return next.handle().pipe(
      timeout(10_000),
      map((data: unknown) => (data === undefined ? data : { data })),
    );
  }
}

@Controller('own')
class OwnController {
  @Get()
  get(): { own: true } {
    return { own: true };
  }
}

type Prepare = (app: INestApplication) => void;

describe.each(PLATFORMS)('A host application on %s', (platform) => {
  let sandbox: Sandbox;
  let database: TestDatabase;
  let app: INestApplication | undefined;

  beforeAll(async () => {
    sandbox = await startSandbox({ chunkDelayMs: 0 });
    database = await createTestDatabase();
  });
  afterEach(async () => {
    await app?.close();
    app = undefined;
    sandbox.reset();
  });
  afterAll(async () => {
    await sandbox.close();
    await database.drop();
  });

  /** Starts a host with two kinds of chat, each at a path of its own. */
  async function start(prepare: Prepare = () => undefined, prefix = ''): Promise<HttpClient> {
    const host = await Test.createTestingModule({
      imports: [
        TypeOrmModule.forRoot({ type: 'postgres', url: database.url, autoLoadEntities: true, synchronize: true }),
        GitlabDuoModule.forRoot(sandboxOptions(sandbox)),
        GitlabDuoHttpModule.register({ chat: Chat }),
        GitlabDuoHttpModule.register({
          chat: Ticket,
          path: 'support/tickets',
          imports: [UsersModule],
          guards: [HasUser],
          owner: UserOwner,
        }),
      ],
      controllers: [OwnController, ModelsController],
      providers: [ProblemFilter],
    }).compile();
    host.useLogger(false);
    app = platform === 'fastify' ? fastifyApp(host) : expressApp(host);
    prepare(app);
    await app.listen(0, '127.0.0.1');
    return new HttpClient((await app.getUrl()) + prefix);
  }

  const anna = { 'x-user': 'anna' };

  it('does not start with two kinds on one path', async () => {
    const host = await Test.createTestingModule({
      imports: [
        TypeOrmModule.forRoot({ type: 'postgres', url: database.url, autoLoadEntities: true, synchronize: true }),
        GitlabDuoModule.forRoot(sandboxOptions(sandbox)),
        GitlabDuoHttpModule.register({ chat: Chat }),
        GitlabDuoHttpModule.register({ chat: Ticket, path: '/chats' }),
      ],
    }).compile();
    host.useLogger(false);
    app = platform === 'fastify' ? fastifyApp(host) : expressApp(host);
    await expect(app.init()).rejects.toThrow(
      platform === 'fastify'
        ? "already declared for route '/chats'"
        : 'Two kinds of chat are mounted at /chats. Give each',
    );
  });

  it('serves each kind from its own tables, to its own owners', async () => {
    const client = await start();
    const chatId = await client.createChat();
    const created = await client.send('POST', '/support/tickets', { title: 'Broken' }, anna);
    const ticket = created.body as { id: string };
    expect([created.status, ticket]).toMatchObject([201, { title: 'Broken', model: 'duo-chat-gpt-5-1' }]);
    const asked = await client.send('POST', `/support/tickets/${ticket.id}/messages`, { content: 'Hello' }, anna);
    expect([asked.status, asked.body]).toMatchObject([201, { chatId: ticket.id, model: 'duo-chat-gpt-5-1' }]);
    expect((await client.send('GET', `/chats/${ticket.id}`)).status).toBe(404);
    expect((await client.send('GET', `/support/tickets/${chatId}`, undefined, anna)).status).toBe(404);
    expect((await client.send('GET', `/support/tickets/${ticket.id}`, undefined, { 'x-user': 'bert' })).status).toBe(
      404,
    );
    const list = (await client.send('GET', '/support/tickets', undefined, anna)).body as { items: object[] };
    expect(list.items).toMatchObject([{ id: ticket.id }]);
  });

  it('applies the guards of a kind to that kind only', async () => {
    const client = await start();
    const refused = await client.send('GET', '/support/tickets', undefined, { 'x-request-id': 'r-1' });
    expect([refused.status, refused.get('x-request-id'), refused.body]).toMatchObject([
      403,
      'r-1',
      { code: 'forbidden', requestId: 'r-1' },
    ]);
    expect((await client.send('GET', '/chats')).status).toBe(200);
  });

  it('applies the host’s global guards, with their own errors', async () => {
    const client = await start((host) => host.useGlobalGuards(new NotMallory()));
    const refused = await client.send('POST', '/chats', {}, { 'x-user': 'mallory' });
    expect(refused.get('content-type')).toMatch(/^application\/problem\+json/);
    expect([refused.status, refused.body]).toMatchObject([403, { code: 'forbidden', detail: 'Mallory is banned.' }]);
    expect((await client.send('POST', '/chats', {}, anna)).status).toBe(201);
  });

  it('works under a prefix and a version', async () => {
    const client = await start((host) => {
      host.setGlobalPrefix('api');
      host.enableVersioning({ type: VersioningType.URI, defaultVersion: '2' });
    }, '/api/v2');
    const chatId = await client.createChat();
    expect(await client.ask(chatId, 'Hello')).toMatchObject({ seq: 1 });
    expect((await client.events(chatId, 'Again')).at(-1)).toMatchObject({ type: 'run-end' });
    expect(await client.json('GET', '/models')).toMatchObject({ items: expect.any(Array) });
    expect((await client.send('GET', '/support/tickets', undefined, anna)).status).toBe(200);
  });

  it.each<[string, ConstructorParameters<typeof ValidationPipe>[0]]>([
    ['strict', { whitelist: true, forbidNonWhitelisted: true, forbidUnknownValues: true }],
    ['transforming', { transform: true, whitelist: true }],
    ['converting', { transform: true, transformOptions: { enableImplicitConversion: true } }],
  ])('works with a %s ValidationPipe of the host', async (_name, options) => {
    const client = await start((host) => host.useGlobalPipes(new ValidationPipe(options)));
    const params = { temperature: 1, thinking: { effort: 'low' } };
    const created = await client.json('POST', '/chats', { params, metadata: { a: [1, { b: null }] } });
    expect(created).toMatchObject({ params, metadata: { a: [1, { b: null }] } });
    const chatId = created.id as string;
    expect(await client.ask(chatId, 'Hello')).toMatchObject({ status: 'complete' });
    expect((await client.events(chatId, 'Again')).at(-1)).toMatchObject({ type: 'run-end' });
    const attachments = [{ mediaType: 'image/png', data: imagePart().data }];
    expect(await client.json('POST', `/chats/${chatId}/messages`, { content: 'Look', attachments })).toMatchObject({
      seq: 5,
    });
    expect(await client.json('GET', `/chats/${chatId}/messages?after=0&limit=2`)).toMatchObject({ nextCursor: '2' });
    for (const [method, path, body] of [
      ['GET', '/chats?limit=x', undefined],
      ['GET', '/chats?limit=1000', undefined],
      ['POST', '/chats', { params: { temperature: 3 } }],
      ['POST', '/chats', `{"metadata":{"a":${'['.repeat(2_000)}${']'.repeat(2_000)}}}`],
      ['POST', `/chats/${chatId}/messages`, {}],
    ] as const) {
      const refused = await client.send(method, path, body);
      expect([refused.status, refused.body]).toMatchObject([400, { code: 'validation_failed' }]);
    }
  });

  it('works with interceptors of the host', async () => {
    const client = await start((host) => {
      host.useGlobalInterceptors(new ClassSerializerInterceptor(host.get(Reflector)), new Wrapping());
    });
    const created = await client.json<{ data: { id: string } }>('POST', '/chats', { metadata: { a: 1 } });
    expect(created.data).toMatchObject({ metadata: { a: 1 } });
    const { id } = created.data;
    expect(await client.json('POST', `/chats/${id}/messages`, { content: 'Hello' })).toMatchObject({
      data: { seq: 1 },
    });
    const events = await client.events(id, 'Again');
    expect([events[0]?.type, events.at(-1)?.type]).toEqual(['run-start', 'run-end']);
    expect((await client.send('DELETE', `/chats/${id}`)).status).toBe(204);
  });

  it.each<[string, NestInterceptor['intercept']]>([
    ['wraps every answer', (_context, next) => next.handle().pipe(map((data: unknown) => ({ data })))],
    [
      'sets a header when all is done',
      (context, next) =>
        next.handle().pipe(
          tap(() => {
            const response = context.switchToHttp().getResponse<object>();
            app?.getHttpAdapter().setHeader(response, 'x-after', '1');
          }),
        ),
    ],
  ])('logs nothing for events if an interceptor of the host %s', async (_name, intercept) => {
    const logger = new KeptLogger();
    const client = await start((started) => {
      started.useLogger(logger);
      started.useGlobalInterceptors({ intercept });
    });
    const created = await client.json<{ id?: string; data?: { id: string } }>('POST', '/chats', {});
    const events = await client.events(created.data?.id ?? String(created.id), 'Hello');
    expect(events.at(-1)).toMatchObject({ type: 'run-end', data: { status: 'completed' } });
    await app?.close();
    expect(logger.lines.join('\n')).not.toMatch(/failed|headers/i);
  });

  it('logs a failure of the host after the events are sent', async () => {
    const logger = new KeptLogger();
    const client = await start((started) => {
      started.useLogger(logger);
      const audit = (answer: unknown): void => {
        if (answer === undefined) throw new Error('The audit is down.');
      };
      started.useGlobalInterceptors({ intercept: (_context, next) => next.handle().pipe(tap(audit)) });
    });
    const chatId = await client.createChat();
    await client.events(chatId, 'Hello');
    await app?.close();
    expect(logger.lines.join('\n')).toMatch(/Request [\da-f-]{36} failed[^]*The audit is down\./);
  });

  it('survives a time-out of the host, before and after the first event', async () => {
    const client = await start((host) => {
      host.useGlobalInterceptors({ intercept: (_context, next) => next.handle().pipe(timeout(3_000)) });
    });
    const chatId = await client.createChat();
    sandbox.fault({ fault: 'stream-stall', afterChunks: 1, delayMs: 4_000 });
    const told = await client.events(chatId, 'one two three story');
    expect(told.at(-1)).toMatchObject({ type: 'run-end', data: { status: 'completed' } });
    sandbox.fault({ fault: 'stream-late-first-byte', delayMs: 5_000 });
    const refused = await client.openEvents(chatId, 'Hello');
    expect([refused.status, await refused.json()]).toMatchObject([500, { code: 'internal_error' }]);
    await until(async () => (await client.messages(chatId)).length === 4);
    expect((await client.messages(chatId))[3]).toMatchObject({ role: 'assistant', status: 'complete' });
  });

  it('leaves the host’s own errors to the host, unless it uses the filter', async () => {
    const client = await start();
    expect(await client.json('GET', '/own')).toEqual({ own: true });
    expect((await client.send('GET', '/nowhere')).body).toMatchObject({ statusCode: 404, error: 'Not Found' });
    await app?.close();
    const filtered = await start((host) => host.useGlobalFilters(host.get(ProblemFilter)));
    expect((await filtered.send('GET', '/nowhere')).body).toMatchObject({ code: 'not_found' });
  });
});
