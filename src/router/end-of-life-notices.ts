import { Logger } from '@nestjs/common';
import { endOfLifeNotice } from '../models/life-cycle.js';
import { type Model } from '../models/model.interface.js';

/** Warns of models whose end of life is announced or past: once of each, and once more when the day has come. */
export class EndOfLifeNotices {
  private readonly logger = new Logger('Models');
  private readonly given = new Set<string>();

  /** Warns of a model that is about to be used, unless that was said before. */
  mind(model: Model): void {
    const notice = endOfLifeNotice(model);
    if (notice === undefined || this.given.has(notice)) return;
    this.given.add(notice);
    this.logger.warn(notice);
  }
}
