import { Agent } from '../../agents/agent.decorator.js';
import { DuoAgent } from '../../agents/duo-agent.js';
import { CountDown } from './count-down.tool.js';
import { SendPostcard } from './send-postcard.tool.js';

/** Offers the demonstration tools in the chats of the web page. */
@Agent({ name: 'demonstration', tools: [CountDown, SendPostcard] })
export class Demonstration extends DuoAgent {}
