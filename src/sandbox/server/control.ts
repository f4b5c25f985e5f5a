import { type IncomingMessage } from 'node:http';

import { readFaultPlan } from '../faults/fault-plan.js';
import { parseJson } from '../json.js';
import { type Sandbox } from '../sandbox.interface.js';
import { type Reply } from './reply.js';
import { readBody } from './read-body.js';

/** The parts of a sandbox that the control routes use. */
export interface Controls extends Pick<Sandbox, 'fault' | 'calls'> {
  dropFaults(): void;
}

type Route = (controls: Controls, request: IncomingMessage) => Reply | Promise<Reply>;

const ROUTES: Record<string, Route> = {
  'GET /sandbox/calls': (controls) => ({ status: 200, body: controls.calls }),
  'POST /sandbox/faults': planFault,
  'DELETE /sandbox/faults': (controls) => {
    controls.dropFaults();
    return { status: 200, body: { faults: [] } };
  },
};

/** Finds the control route of a method and URL. Tests in another process control a sandbox by these routes. */
export function findControl(method: string, url: string): Route | undefined {
  return ROUTES[`${method} ${url}`];
}

async function planFault(controls: Controls, request: IncomingMessage): Promise<Reply> {
  try {
    const plan = readFaultPlan(parseJson(await readBody(request)));
    controls.fault(plan);
    return { status: 201, body: plan };
  } catch (error) {
    if (!(error instanceof TypeError)) throw error;
    return { status: 400, body: { detail: error.message } };
  }
}
