import { Controller, Get, UseFilters, UseGuards } from '@nestjs/common';
import { HealthCheckService, HealthIndicatorService, type HealthCheckResult } from '@nestjs/terminus';
import { InjectDataSource } from '@nestjs/typeorm';
import { DataSource } from 'typeorm';
import { SqlClient, statement } from '../chats/store/sql-client.js';
import { DuoService } from '../conversation/duo.service.js';
import { DatabaseUnavailableError } from '../errors/chat.errors.js';
import { ServerBusyError } from '../errors/request.errors.js';
import { type LastExchange } from '../gateway/last-exchange.interface.js';
import { ProblemFilter } from '../http/problem.filter.js';
import { RequestGuard } from '../http/request.guard.js';
import { RunService } from '../runs/run.service.js';

const DATABASE_TIMEOUT_MS = 2_000;
const PING = statement('SELECT 1 AS answer');

/** Whether the server can take asks. The result of the last exchange with GitLab is shown, but does not count. */
export interface Readiness extends HealthCheckResult {
  gateway: { lastExchange: LastExchange | null };
}

/** Whether the process lives, and whether it can take asks: it does not stop, and its database answers. */
@Controller('health')
@UseFilters(ProblemFilter)
@UseGuards(RequestGuard)
export class HealthController {
  private readonly database: SqlClient;

  constructor(
    private readonly health: HealthCheckService,
    private readonly indicators: HealthIndicatorService,
    private readonly duo: DuoService,
    private readonly runs: RunService,
    @InjectDataSource() dataSource: DataSource,
  ) {
    this.database = new SqlClient(dataSource);
  }

  @Get('live')
  live(): { status: 'ok' } {
    return { status: 'ok' };
  }

  @Get('ready')
  async ready(): Promise<Readiness> {
    if (this.runs.isStopping) throw new ServerBusyError('The server is stopping.', { isRetryable: true });
    const database = this.indicators.check('database').attempt(async () => {
      await this.database.rows(PING, []);
    });
    try {
      const result = await this.health.check([() => database.withTimeout(DATABASE_TIMEOUT_MS)]);
      return { ...result, gateway: { lastExchange: this.duo.lastExchange ?? null } };
    } catch (cause) {
      throw new DatabaseUnavailableError('The database does not answer.', { cause });
    }
  }
}
