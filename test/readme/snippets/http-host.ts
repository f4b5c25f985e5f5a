import { Injectable, Module, UnauthorizedException } from '@nestjs/common';
import { APP_FILTER, NestFactory } from '@nestjs/core';
import { FastifyAdapter, type NestFastifyApplication } from '@nestjs/platform-fastify';
import { TypeOrmModule } from '@nestjs/typeorm';
import { Chat, GitlabDuoModule } from 'nestjs-gitlab-duo';
import {
  GitlabDuoHttpModule,
  MESSAGE_BODY_LIMIT,
  ModelsController,
  type OwnerResolver,
  ProblemFilter,
} from 'nestjs-gitlab-duo/http';

/** Your own: whoever knows who is signed in. */
@Injectable()
export class Sessions {
  userOf(cookie: string | undefined): string | undefined {
    return /\buser=(\w+)/.exec(cookie ?? '')?.[1];
  }
}

@Module({ providers: [Sessions], exports: [Sessions] })
export class SessionsModule {}

@Injectable()
export class SessionOwner implements OwnerResolver {
  constructor(private readonly sessions: Sessions) {}

  resolve(request: { headers: { cookie?: string } }): string {
    const user = this.sessions.userOf(request.headers.cookie);
    if (user === undefined) throw new UnauthorizedException('Sign in first.');
    return user;
  }
}

@Module({
  imports: [
    TypeOrmModule.forRoot({
      type: 'postgres',
      url: process.env.DATABASE_URL,
      autoLoadEntities: true,
      synchronize: true,
    }),
    GitlabDuoModule.forRoot(),
    GitlabDuoHttpModule.register({ chat: Chat, path: 'chats', imports: [SessionsModule], owner: SessionOwner }),
  ],
  controllers: [ModelsController],
  providers: [{ provide: APP_FILTER, useClass: ProblemFilter }],
})
export class WebModule {}

export async function start(port: number) {
  const adapter = new FastifyAdapter({ bodyLimit: MESSAGE_BODY_LIMIT }); // room for files
  const app = await NestFactory.create<NestFastifyApplication>(WebModule, adapter);
  app.enableShutdownHooks(); // SIGTERM then stores what the runs have said so far
  await app.listen(port);
  return app;
}
