import { ConfigModule, registerAs } from '@nestjs/config';
import { type Environment, readEnvironment } from './environment.js';

const settings = registerAs('server', () => readEnvironment(process.env));

/**
 * Reads the server's settings from its environment and from the file `.env` of the working directory, where there is
 * one. What the environment has, be it empty, the file does not change.
 * @throws ConfigurationError which names every value that cannot work
 */
export async function loadEnvironment(): Promise<Environment> {
  await ConfigModule.forRoot({ load: [settings] });
  return settings();
}
