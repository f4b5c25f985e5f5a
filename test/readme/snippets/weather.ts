import { Injectable } from '@nestjs/common';
import { type DuoTool, Tool, type ToolInput } from 'nestjs-gitlab-duo';
import { z } from 'zod';

@Injectable()
export class Stations {
  async read(city: string) {
    return Promise.resolve({ city, sky: 'clear', celsius: 21 });
  }
}

const Place = z.object({ city: z.string() });

@Tool({ description: 'Current weather', parameters: Place })
export class Weather implements DuoTool<typeof Place> {
  constructor(private readonly stations: Stations) {}

  async execute({ city }: ToolInput<typeof Place>) {
    return this.stations.read(city);
  }
}
