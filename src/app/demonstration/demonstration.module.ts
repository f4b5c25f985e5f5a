import { Module } from '@nestjs/common';
import { CountDown } from './count-down.tool.js';
import { Demonstration } from './demonstration.agent.js';
import { SendPostcard } from './send-postcard.tool.js';

/** What a server on the sandbox offers, so that tool calls and approvals can be seen without a model. */
@Module({ providers: [CountDown, SendPostcard, Demonstration] })
export class DemonstrationModule {}
