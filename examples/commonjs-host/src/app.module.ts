import { type DynamicModule, Module } from '@nestjs/common';
import { TypeOrmModule } from '@nestjs/typeorm';
import { Chat, GitlabDuoModule } from 'nestjs-gitlab-duo';
import { GitlabDuoHttpModule } from 'nestjs-gitlab-duo/http';
import { type Sandbox } from 'nestjs-gitlab-duo/sandbox';
import { ExplainController } from './explain.controller';
import { Explainer } from './explainer.service';

@Module({ controllers: [ExplainController], providers: [Explainer] })
export class AppModule {
  /** @param sandbox answers instead of GitLab */
  static with(sandbox: Sandbox | undefined): DynamicModule {
    return {
      module: AppModule,
      imports: [
        TypeOrmModule.forRoot({
          type: 'postgres',
          url: process.env.DATABASE_URL,
          autoLoadEntities: true,
          synchronize: true, // creates the tables; in production migrations do
        }),
        GitlabDuoModule.forRoot(sandbox && { apiKey: 'any', instanceUrl: sandbox.url, gatewayUrl: sandbox.url }),
        GitlabDuoModule.forFeature([Chat]),
        GitlabDuoHttpModule.register({ chat: Chat }),
      ],
    };
  }
}
