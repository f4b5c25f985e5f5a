import { Injectable, Module } from '@nestjs/common';
import { DuoService, GitlabDuoModule } from 'nestjs-gitlab-duo';
import { z } from 'zod';

const Trip = z.strictObject({ city: z.string(), days: z.number(), sights: z.array(z.string()) });

@Injectable()
export class Planner {
  constructor(private readonly duo: DuoService) {}

  async plan(wish: string) {
    const { text, parsed } = await this.duo.chat().withSchema(Trip).ask(wish);
    const { city } = parsed; // a string: the answer is checked, and of the type that the schema makes
    return { city, text }; // the text is the JSON
  }
}

@Module({ imports: [GitlabDuoModule.forRoot()], providers: [Planner] })
export class PlannerModule {}
