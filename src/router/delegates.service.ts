import { Injectable } from '@nestjs/common';
import { type Delegate } from '../delegates/delegate.interface.js';
import { type Model } from '../models/model.interface.js';
import { delegateOf } from './delegate-of.js';

/** Where the router finds the delegates. */
@Injectable()
export class DelegateRegistry {
  /** The delegate that speaks the model's API. */
  get(model: Model): Delegate {
    return delegateOf(model);
  }
}
