import { Injectable } from '@nestjs/common';
import { type DuoTool, Tool } from 'nestjs-gitlab-duo';
import { z } from 'zod';

@Injectable()
export class Stations {
  async read(city: string) {
    return Promise.resolve({ city, sky: 'clear', celsius: 21 });
  }
}

@Tool({ description: 'Current weather', parameters: z.object({ city: z.string() }) })
export class Weather implements DuoTool<{ city: string }> {
  constructor(private readonly stations: Stations) {}

  async execute({ city }: { city: string }) {
    return this.stations.read(city);
  }
}
