import { Injectable, Module } from '@nestjs/common';
import { DuoService, GitlabDuoModule } from 'nestjs-gitlab-duo';

@Injectable()
export class Translator {
  constructor(private readonly duo: DuoService) {}

  async translate(text: string) {
    const chat = this.duo.chat({ model: 'duo-chat-haiku-4-5', instructions: 'Translate into French.' });
    return chat.ask(text);
  }
}

@Module({ imports: [GitlabDuoModule.forRoot()], providers: [Translator] })
export class TranslatorModule {}
