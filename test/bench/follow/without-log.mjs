// Loaded into our server before its own code: its runs have no log, as those of chats in memory.
import { RunLogs } from '../../../dist/runs/run-logs.service.js';

const { open } = RunLogs.prototype;
RunLogs.prototype.open = function (run, _log, fence) {
  return open.call(this, run, undefined, fence);
};
