import { Controller, Get, UseFilters } from '@nestjs/common';
import { HealthCheckService, TypeOrmHealthIndicator, type HealthCheckResult } from '@nestjs/terminus';
import { DatabaseUnavailableError } from '../errors/chat.errors.js';
import { ProblemFilter } from '../http/problem.filter.js';

const DATABASE_TIMEOUT_MS = 2_000;

/** Whether the process lives, and whether it can take asks: that is, whether its database answers. */
@Controller('health')
@UseFilters(ProblemFilter)
export class HealthController {
  constructor(
    private readonly health: HealthCheckService,
    private readonly database: TypeOrmHealthIndicator,
  ) {}

  @Get('live')
  live(): { status: 'ok' } {
    return { status: 'ok' };
  }

  @Get('ready')
  async ready(): Promise<HealthCheckResult> {
    try {
      return await this.health.check([() => this.database.pingCheck('database', { timeout: DATABASE_TIMEOUT_MS })]);
    } catch (cause) {
      throw new DatabaseUnavailableError('The database does not answer.', { isRetryable: true, cause });
    }
  }
}
