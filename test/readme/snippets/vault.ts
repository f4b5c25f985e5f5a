import { Injectable, Module } from '@nestjs/common';
import { GitlabDuoModule } from 'nestjs-gitlab-duo';

/** Your own: wherever the tokens of your users are. */
@Injectable()
export class Vault {
  gitlabTokenOf(ownerId: string | null): string {
    return `glpat-of-${ownerId ?? 'nobody'}`;
  }
}

@Module({ providers: [Vault], exports: [Vault] })
export class VaultModule {}

@Module({
  imports: [
    GitlabDuoModule.forRootAsync({
      imports: [VaultModule],
      inject: [Vault],
      useFactory: (vault: Vault) => ({ credentials: ({ ownerId }) => vault.gitlabTokenOf(ownerId) }),
    }),
  ],
})
export class TokensModule {}
