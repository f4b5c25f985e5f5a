import { inspect, isDeepStrictEqual } from 'node:util';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { Inject, Injectable, Module, type ModuleMetadata, type Type } from '@nestjs/common';
import { Test, type TestingModule } from '@nestjs/testing';
import { TypeOrmModule, type TypeOrmModuleOptions } from '@nestjs/typeorm';
import {
  Column,
  DataSource,
  DefaultNamingStrategy,
  Entity,
  JoinColumn,
  ManyToOne,
  type ObjectLiteral,
  OneToMany,
  PrimaryGeneratedColumn,
  type Relation,
} from 'typeorm';
import {
  ActsAsChat,
  ActsAsMessage,
  Chat,
  ConfigurationError,
  DUO_ENTITIES,
  DuoChatService,
  getDuoChatToken,
  GitlabDuoModule,
  InjectDuoChat,
  Message,
} from '../../src/index.js';
import { type Sandbox, startSandbox } from '../../src/sandbox/index.js';
import { createTestDatabase, type TestDatabase } from '../database/test-database.js';
import { sandboxOptions } from './support/test-module.js';

@Entity('customers')
class Customer {
  @PrimaryGeneratedColumn()
  id!: number;

  @Column({ type: 'text' })
  name!: string;

  @OneToMany(() => SupportChat, 'customer')
  chats?: Relation<SupportChat>[];
}

@Entity('support_messages')
class SupportMessage extends ActsAsMessage<SupportChat>({ chat: () => SupportChat }) {
  @Column({ type: 'integer', default: 0 })
  stars!: number;
}

@Entity('support_chats')
class SupportChat extends ActsAsChat<SupportMessage>({
  messages: () => SupportMessage,
  model: 'duo-chat-gpt-5-1',
  kind: 'support',
  default: true,
}) {
  @Column({ type: 'text', nullable: true })
  subject!: string | null;

  @ManyToOne(() => Customer, 'chats', { nullable: true, eager: true })
  @JoinColumn({ name: 'customer_id' })
  customer?: Relation<Customer> | null;
}

@Entity('lesson_messages')
class LessonMessage extends ActsAsMessage<Lesson>({ chat: () => Lesson }) {}

@Entity('lessons')
class Lesson extends ActsAsChat<LessonMessage>({ messages: () => LessonMessage, model: 'duo-chat-haiku-4-5' }) {}

let sandbox: Sandbox;
let database: TestDatabase;
const opened: TestingModule[] = [];

beforeAll(async () => {
  sandbox = await startSandbox({ chunkDelayMs: 0 });
});
afterAll(() => sandbox.close());
beforeEach(async () => {
  database = await createTestDatabase();
});
afterEach(async () => {
  await Promise.all(opened.splice(0).map((app) => app.close()));
  await database.drop();
});

const postgres = (entities: unknown[], options: object = {}): TypeOrmModuleOptions =>
  ({
    type: 'postgres',
    url: database.url,
    entities,
    synchronize: true,
    retryAttempts: 0,
    ...options,
  }) as TypeOrmModuleOptions;

/** Starts a host with these modules and providers. */
async function start(imports: ModuleMetadata['imports'] = [], providers: Type[] = []): Promise<TestingModule> {
  const app = await Test.createTestingModule({
    imports: [GitlabDuoModule.forRoot(sandboxOptions(sandbox)), ...imports],
    providers,
  }).compile();
  opened.push(app);
  app.useLogger(false);
  await app.init();
  return app;
}

const startWith = (entities: unknown[], kinds: Parameters<typeof GitlabDuoModule.forFeature>[0], options?: object) =>
  start([TypeOrmModule.forRoot(postgres(entities, options)), GitlabDuoModule.forFeature(kinds)]);

const ALL = [SupportChat, SupportMessage, Customer, Lesson, LessonMessage, ...DUO_ENTITIES];

function serviceOf<C>(app: TestingModule, chat: new () => C, dataSource?: string): DuoChatService<C & Chat> {
  return app.get(getDuoChatToken(chat as never, dataSource), { strict: false });
}

describe('Kinds of chat', () => {
  it('coexist, with entities listed by hand', async () => {
    const app = await startWith(ALL, [SupportChat, Lesson]);
    const support = serviceOf(app, SupportChat);
    const lessons = serviceOf(app, Lesson);
    const customer = await app.get(DataSource).getRepository(Customer).save({ name: 'Ann' });
    const chat = await support.create({ ownerId: 'ann', entity: { subject: 'Printer', customer } });
    const lesson = await lessons.create({ ownerId: 'ann' });
    const answers = await Promise.all([chat.ask('It burns'), lesson.ask('Teach me')]);
    expect(answers.map((answer) => [answer.constructor, answer.model, answer.seq])).toEqual([
      [SupportMessage, 'duo-chat-gpt-5-1', 1],
      [LessonMessage, 'duo-chat-haiku-4-5', 1],
    ]);
    const runs: unknown[] = await app.get(DataSource).query('SELECT chat_kind FROM duo_runs ORDER BY 1');
    expect(runs).toEqual([{ chat_kind: 'lessons' }, { chat_kind: 'support' }]);
    await expect(lessons.find(chat.id, { ownerId: 'ann' })).rejects.toMatchObject({ code: 'chat_not_found' });
    expect((await support.list({ ownerId: 'ann' })).items).toMatchObject([{ id: chat.id, subject: 'Printer' }]);
    await lessons.delete(lesson.id, { ownerId: 'ann' });
    expect(await chat.ask('Still there?')).toMatchObject({ seq: 3 });
  });

  it('have messages of their own class, with its columns', async () => {
    const app = await startWith(ALL, [SupportChat, Lesson]);
    const support: DuoChatService<SupportChat> = app.get(getDuoChatToken(SupportChat), { strict: false });
    const chat = await support.create({});
    await chat.ask('It burns');
    await app.get(DataSource).query('UPDATE support_messages SET stars = seq + 4');
    const { items } = await support.messages(chat.id);
    // Its type has them as well: `stars` is no column of the library.
    const messages: SupportMessage[] = items;
    expect(messages.map((message) => [message.constructor, message.stars])).toEqual([
      [SupportMessage, 4],
      [SupportMessage, 5],
    ]);
    const answer: SupportMessage = await chat.ask('Still there?');
    expect(answer.seq).toBe(3);
  });

  it('work in named data sources, created by factories', async () => {
    const archive = await createTestDatabase();
    const app = await start([
      TypeOrmModule.forRootAsync({
        useFactory: () => postgres([SupportChat, SupportMessage, Customer, ...DUO_ENTITIES]),
      }),
      TypeOrmModule.forRootAsync({
        name: 'archive',
        useFactory: () => Promise.resolve(postgres([Lesson, LessonMessage, ...DUO_ENTITIES], { url: archive.url })),
      }),
      GitlabDuoModule.forFeature([SupportChat]),
      GitlabDuoModule.forFeature([Lesson], 'archive'),
    ]);
    const chat = await serviceOf(app, SupportChat).create();
    const lesson = await serviceOf(app, Lesson, 'archive').create();
    expect((await Promise.all([chat.ask('One'), lesson.ask('Two')])).map(({ seq }) => seq)).toEqual([1, 1]);
    expect((await serviceOf(app, Lesson, 'archive').messages(lesson.id)).items).toHaveLength(2);
    await Promise.all(opened.splice(0).map((one) => one.close()));
    await archive.drop();
  });

  it('work in two applications of one process', async () => {
    const [one, two] = [await startWith(ALL, [Lesson]), await startWith(ALL, [Lesson])];
    const chat = await serviceOf(one, Lesson).create();
    const same = await serviceOf(two, Lesson).find(chat.id);
    expect([(await chat.ask('One')).seq, (await same.ask('Two')).seq, (await chat.ask('Three')).seq]).toEqual([
      1, 3, 5,
    ]);
    await opened.shift()?.close();
    expect((await same.ask('Four')).seq).toBe(7);
    await expect(chat.ask('Five')).rejects.toMatchObject({ code: 'server_busy' });
  });

  it.each<[string, object]>([
    ['a schema', { schema: 'desk' }],
    ['a prefix', { entityPrefix: 'app_' }],
    [
      'a naming strategy',
      {
        namingStrategy: new (class extends DefaultNamingStrategy {
          override tableName(target: string, given: string | undefined): string {
            return `The ${super.tableName(target, given)}`.toUpperCase();
          }
          override columnName(property: string, given: string, prefixes: string[]): string {
            return given ? super.columnName(property, given, prefixes) : property;
          }
        })(),
      },
    ],
  ])('work under %s', async (_name, options) => {
    const source = await new DataSource(postgres([]) as never).initialize();
    await source.query('CREATE SCHEMA desk');
    await source.destroy();
    const app = await startWith(ALL, [SupportChat, Lesson], options);
    const support = serviceOf(app, SupportChat);
    const chat = await support.create();
    await chat.ask('One');
    expect((await chat.ask('Two')).seq).toBe(3);
    const changed = await support.update(chat.id, { title: 'x', instructions: 'Be brief.' });
    expect(changed).toEqual(await support.find(chat.id));
    expect(await support.ref(chat.id).usage()).toMatchObject({ attempts: 2 });
    await support.delete(chat.id);
    expect((await support.list()).items).toEqual([]);
  });
});

describe('The default DuoChatService', () => {
  @Injectable()
  class Plain {
    constructor(readonly chats: DuoChatService) {}
  }
  @Injectable()
  class ByProperty {
    @Inject(DuoChatService)
    readonly chats!: DuoChatService;
  }
  @Injectable()
  class Named {
    constructor(@InjectDuoChat(Lesson) readonly lessons: DuoChatService<Lesson>) {}
  }
  const root = () => TypeOrmModule.forRoot(postgres([Chat, Message, ...ALL]));
  const { forFeature } = {
    forFeature: (...kinds: Parameters<typeof GitlabDuoModule.forFeature>[0]) => GitlabDuoModule.forFeature(kinds),
  };

  it('belongs to the only kind', async () => {
    const app = await start([root(), forFeature(Lesson)], [Plain, ByProperty]);
    expect(app.get(Plain).chats).toBe(serviceOf(app, Lesson));
    expect(app.get(ByProperty).chats).toBe(app.get(DuoChatService));
  });

  it('belongs to the only kind, even if several modules name it', async () => {
    @Module({ imports: [forFeature(Lesson)], providers: [Plain] })
    class LessonsModule {}
    const app = await start([root(), LessonsModule, forFeature(Lesson)], [ByProperty]);
    expect(app.get(Plain, { strict: false }).chats).toBe(app.get(ByProperty).chats);
  });

  it('belongs to the default kind', async () => {
    const app = await start([root(), forFeature(Chat, SupportChat, Lesson)], [Plain]);
    expect(app.get(Plain).chats).toBe(serviceOf(app, SupportChat));
  });

  it('is not required with several kinds', async () => {
    const app = await start([root(), forFeature(Chat, Lesson)], [Named]);
    expect(app.get(Named).lessons).toBe(serviceOf(app, Lesson));
    const apart = await start([root(), forFeature(Chat), forFeature(Lesson)], [Named]);
    expect(apart.get(Named).lessons).toBe(serviceOf(apart, Lesson));
  });

  it.each<[string, () => ModuleMetadata['imports'], Type[], string]>([
    ['several kinds of one module', () => [forFeature(Chat, Lesson)], [Plain], 'Chat, Lesson'],
    ['several kinds of several modules', () => [forFeature(Chat), forFeature(Lesson)], [Plain], 'Chat, Lesson'],
    ['several kinds, by property', () => [forFeature(Lesson), forFeature(Chat)], [ByProperty], 'Lesson, Chat'],
    ['a kind beside the default', () => [forFeature(Lesson), forFeature(SupportChat)], [Plain], 'Lesson, SupportChat'],
  ])('stops the start if it is ambiguous between %s', async (_name, imports, providers, names) => {
    const error: unknown = await start([root(), ...(imports() ?? [])], providers).then(
      () => 'It started',
      (reason: unknown) => reason,
    );
    expect(error).toBeInstanceOf(ConfigurationError);
    expect((error as Error).message).toMatch(
      new RegExp(`injects a plain DuoChatService, .*: ${names}\\. Inject one by @InjectDuoChat\\(.*default: true`),
    );
  });

  it('stops the start with two default kinds', async () => {
    @Entity('other_messages')
    class OtherMessage extends ActsAsMessage<Other>({ chat: () => Other }) {}
    @Entity('others')
    class Other extends ActsAsChat<OtherMessage>({ messages: () => OtherMessage, default: true }) {}
    const message =
      'Several kinds of chat are marked as default: SupportChat, Other. Keep default: true on one of them.';
    expect(() => forFeature(SupportChat, Lesson, Other)).toThrow(new ConfigurationError(message));
    const source = TypeOrmModule.forRoot(postgres([...ALL, Other, OtherMessage]));
    await expect(start([source, forFeature(SupportChat), forFeature(Other)])).rejects.toThrow(message);
  });
});

describe('A kind with a mistake', () => {
  it('stops the start with missing entities', async () => {
    const advice =
      'Set autoLoadEntities: true, or list your chat and message entities and ...DUO_ENTITIES under entities.';
    await expect(startWith([Chat, Message], [Chat])).rejects.toThrow(
      new ConfigurationError(`The data source does not know the entity DuoRun. ${advice}`),
    );
    await expect(startWith(DUO_ENTITIES, [Chat])).rejects.toThrow(
      new ConfigurationError(`The data source does not know the entity Chat. ${advice}`),
    );
  });

  it('stops the start with an invalid chat or message class', () => {
    class Untitled extends ActsAsChat<Message>({ messages: () => Message }) {}
    class Plain {
      readonly text = '';
    }
    @Entity('wrongs')
    class Wrong extends ActsAsChat<Plain>({ messages: () => Plain }) {}
    @Entity('lasts')
    class Last extends ActsAsChat<Message>({ messages: () => undefined }) {}
    expect(() => GitlabDuoModule.forFeature([Untitled])).toThrow(
      new ConfigurationError("Untitled is not an entity: decorate it with @Entity('its_table')."),
    );
    expect(() => GitlabDuoModule.forFeature([Plain as never])).toThrow(
      /^Plain is not a chat: let it extend ActsAsChat/,
    );
    expect(() => GitlabDuoModule.forFeature([Wrong])).toThrow(
      /^The messages of Wrong are Plain, which does not act as a message: let it extend ActsAsMessage<Wrong>/,
    );
    expect(() => GitlabDuoModule.forFeature([Last])).toThrow(/^The messages of Last are undefined, which/);
  });

  it('stops the start with the messages of another chat', async () => {
    @Entity('strays')
    class Stray extends ActsAsChat<LessonMessage>({ messages: () => LessonMessage }) {}
    await expect(startWith([Stray, ...ALL], [Stray], { synchronize: false })).rejects.toThrow(
      /^The messages of Stray are LessonMessage, whose chat is Lesson\. Each kind of chat needs a message entity of its own/,
    );
    @Entity('sub_lessons')
    class SubLesson extends Lesson {}
    await expect(startWith([SubLesson, ...ALL], [SubLesson], { synchronize: false })).rejects.toThrow(
      /^The messages of SubLesson are LessonMessage, whose chat is Lesson/,
    );
  });

  it('stops the start with a required column of messages that is never set', async () => {
    @Entity('graded_messages')
    class GradedMessage extends ActsAsMessage<Graded>({ chat: () => Graded }) {
      @Column({ type: 'integer' })
      grade!: number;
    }
    @Entity('graded')
    class Graded extends ActsAsChat<GradedMessage>({ messages: () => GradedMessage }) {}
    await expect(startWith([Graded, GradedMessage, ...DUO_ENTITIES], [Graded])).rejects.toThrow(
      /^GradedMessage\.grade must be nullable or have a default of the database/,
    );
  });

  it('stops the start with two kinds of one name, or on one table', async () => {
    @Entity('first_messages')
    class FirstMessage extends ActsAsMessage<First>({ chat: () => First }) {}
    @Entity('firsts')
    class First extends ActsAsChat<FirstMessage>({ messages: () => FirstMessage, kind: 'lessons' }) {}
    await expect(startWith([First, FirstMessage, ...ALL], [Lesson, First])).rejects.toThrow(
      new ConfigurationError(
        'The kinds of chat Lesson and First have one name, "lessons". Set another one by ActsAsChat({ kind: \'…\' }) on one of them.',
      ),
    );
    @Entity('second_messages')
    class SecondMessage extends ActsAsMessage<Second>({ chat: () => Second }) {}
    @Entity('lessons')
    class Second extends ActsAsChat<SecondMessage>({ messages: () => SecondMessage, kind: 'second' }) {}
    await expect(startWith([Second, SecondMessage, ...ALL], [Lesson, Second], { synchronize: false })).rejects.toThrow(
      new ConfigurationError(
        'The kinds of chat Lesson and Second share the table "lessons". Give each its own chat and message entities, with tables of their own.',
      ),
    );
  });

  it('stops the start with a data source that is not PostgreSQL', async () => {
    await expect(startWith(ALL, [Lesson], { type: 'cockroachdb', manualInitialization: true })).rejects.toThrow(
      new ConfigurationError(
        `Chats live in PostgreSQL, and the data source is of the type "cockroachdb". Use type: 'postgres'.`,
      ),
    );
  });

  it('stops the start with a data source that is not initialized', async () => {
    await expect(startWith(ALL, [Lesson], { manualInitialization: true })).rejects.toThrow(
      new ConfigurationError(
        'Chats need an initialized data source: leave manualInitialization off in TypeOrmModule.forRoot().',
      ),
    );
  });

  it('stops the start with a naming strategy that renames explicit names', async () => {
    const namingStrategy = new (class extends DefaultNamingStrategy {
      override columnName(property: string, given: string, prefixes: string[]): string {
        return super.columnName(property, given, prefixes).replace('expires_at', 'expiresat');
      }
    })();
    await expect(startWith(ALL, [Lesson], { namingStrategy })).rejects.toThrow(
      /^The naming strategy of the data source calls the column "expires_at" of DuoInstance "expiresat"\./,
    );
  });

  it('stops the start with an unknown model', async () => {
    @Entity('typo_messages')
    class TypoMessage extends ActsAsMessage<Typo>({ chat: () => Typo }) {}
    @Entity('typos')
    class Typo extends ActsAsChat<TypoMessage>({ messages: () => TypoMessage, model: 'duo-chat-opus-46' }) {}
    await expect(startWith([Typo, TypoMessage, ...DUO_ENTITIES], [Typo])).rejects.toThrow(
      /Did you mean "duo-chat-opus-4-6"/,
    );
  });
});

describe('An entity of a kind', () => {
  let source: DataSource;
  let support: DuoChatService<SupportChat>;

  beforeEach(async () => {
    const app = await startWith(ALL, [SupportChat, Lesson]);
    source = app.get(DataSource);
    support = serviceOf(app, SupportChat);
  });

  const answers = async (chat: SupportChat | null | undefined): Promise<void> => {
    expect(chat).toBeInstanceOf(SupportChat);
    expect(await chat?.ask('Hello')).toMatchObject({ chatId: chat?.id, role: 'assistant' });
  };

  it('is bound by every way of loading it', async () => {
    const customer = await source.getRepository(Customer).save({ name: 'Ann' });
    const { id } = await support.create({ entity: { subject: 'Printer', customer } });
    const chats = source.getRepository(SupportChat);
    const { id: messageId } = await support.ref(id).ask('Hello');
    const builder = () => chats.createQueryBuilder('chat').where('chat.id = :id', { id });
    const loaded = [
      await chats.findOneBy({ id }),
      (await chats.find({ where: { id }, relations: { messages: true } }))[0],
      (await chats.findAndCount())[0][0],
      await builder().getOne(),
      (await builder().leftJoinAndSelect('chat.messages', 'message').getMany())[0],
      (await builder().getRawAndEntities()).entities[0],
      (
        await source
          .getRepository(SupportMessage)
          .findOneOrFail({ where: { id: messageId }, relations: { chat: true } })
      ).chat,
      (await source.getRepository(Customer).findOneOrFail({ where: {}, relations: { chats: { messages: true } } }))
        .chats?.[0],
      await builder()
        .relation('messages')
        .of(messageId)
        .loadOne<SupportChat>()
        .then(() => builder().getOne()),
      await chats.preload({ id, subject: 'Ink' }),
    ];
    for (const chat of loaded) await answers(chat);
  });

  it('is bound by every way of saving it', async () => {
    const chats = source.getRepository(SupportChat);
    const inserted = chats.create({ subject: 'inserted' });
    // Its type of a partial entity is too deep for TypeScript.
    const untyped = source.getRepository<ObjectLiteral>(SupportChat);
    await untyped.insert(inserted);
    const built = chats.create({ subject: 'built' });
    await untyped.createQueryBuilder().insert().values(built).execute();
    const made = Object.assign(new SupportChat(), { subject: 'made' });
    for (const chat of [
      await chats.save(chats.create({ subject: 'saved' })),
      (await chats.save([chats.create(), chats.create()]))[1],
      await source.manager.save(made),
      inserted,
      built,
    ]) {
      await answers(chat);
      expect(chat).toMatchObject({ model: 'duo-chat-gpt-5-1', ownerId: null });
    }
  });

  it('gets its id and its model when it is saved as a plain object, and can be asked by its id', async () => {
    const plain = await source.getRepository(SupportChat).save({ subject: 'plain' });
    expect(plain).toMatchObject({ id: expect.any(String), model: 'duo-chat-gpt-5-1' });
    expect((await support.ref(plain.id).ask('Hello')).seq).toBe(1);
    const { identifiers } = await source.getRepository(SupportChat).insert({ subject: 'plain' });
    expect((await support.ref(String(identifiers[0]?.id)).ask('Hello')).seq).toBe(1);
  });

  it('is bound in a transaction, and can be asked once that has ended', async () => {
    let created: SupportChat | undefined;
    await source.transaction(async (manager) => {
      created = await manager.save(manager.create(SupportChat, { subject: 'x' }));
      await expect(created.ask('Too soon')).rejects.toMatchObject({ code: 'chat_not_found' });
    });
    await answers(created);
    await source.transaction(async (manager) => {
      await answers(await manager.findOneByOrFail(SupportChat, { id: created?.id }));
    });
  });

  it('explains what to do if it is not bound', async () => {
    const { id } = await support.create();
    const chats = source.getRepository(SupportChat);
    const unbound = [
      new SupportChat(),
      chats.create({ id }),
      await chats.createQueryBuilder('chat').where({ id }).callListeners(false).getOneOrFail(),
      Object.assign(new SupportChat(), await support.find(id)),
    ];
    for (const chat of unbound) {
      const error = /^This SupportChat is not bound to its service\. .*forFeature\(\[SupportChat\]\)/;
      await expect(chat.ask('Hello')).rejects.toThrow(error);
      await expect(chat.complete()).rejects.toThrow(error);
      await expect(chat.stream('Hello').next()).rejects.toThrow(error);
      await expect(chat.usage()).rejects.toThrow(error);
      await expect(chat.addMessage({ role: 'user', content: 'x' })).rejects.toThrow(error);
    }
  });

  it('explains what to do if a query omitted its id or owner', async () => {
    await support.create({ ownerId: 'ann' });
    const partial = await source.getRepository(SupportChat).find({ select: { id: true, subject: true } });
    const error = /^This SupportChat was loaded without its id or its ownerId: select both/;
    await expect(partial[0]?.ask('Hello')).rejects.toThrow(error);
    await expect(partial[0]?.usage()).rejects.toThrow(error);
    await expect(partial[0]?.addMessage({ role: 'user', content: 'x' })).rejects.toThrow(error);
  });

  it('exposes nothing of its service', async () => {
    const { id } = await support.create({ title: 'x' });
    const [one, two] = [await support.find(id), await source.getRepository(SupportChat).findOneByOrFail({ id })];
    const unbound = await source
      .getRepository(SupportChat)
      .createQueryBuilder('chat')
      .leftJoinAndSelect('chat.customer', 'customer')
      .where({ id })
      .callListeners(false)
      .getOneOrFail();
    one.withTemperature(1);
    for (const other of [two, unbound]) {
      expect(isDeepStrictEqual(one, other)).toBe(true);
      expect(one).toStrictEqual(other);
      expect(inspect(one, { showHidden: true, depth: null })).toBe(inspect(other, { showHidden: true, depth: null }));
      expect(JSON.stringify(one)).toBe(JSON.stringify(other));
      expect(structuredClone(one)).toStrictEqual(Object.assign({}, other));
      expect(Object.assign({}, one)).toStrictEqual(Object.assign({}, other));
      expect(Reflect.ownKeys(one)).toEqual(Reflect.ownKeys(other));
    }
  });
});
