import { Controller, Get, UseFilters, UseGuards } from '@nestjs/common';
import { type Model } from '../models/model.interface.js';
import { ModelRegistry } from '../models/model-registry.js';
import { ProblemFilter } from './problem.filter.js';
import { RequestGuard } from './request.guard.js';

/** `GET /models`: the catalogue. */
@Controller('models')
@UseFilters(ProblemFilter)
@UseGuards(RequestGuard)
export class ModelsController {
  constructor(private readonly models: ModelRegistry) {}

  @Get()
  list(): { items: readonly Model[]; nextCursor: null } {
    return { items: this.models.list(), nextCursor: null };
  }
}
