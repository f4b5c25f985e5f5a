// Loaded into a server before its own code: tells its parent what the process has used so far; or what it holds once its
// garbage is collected, with the most that it has held, in bytes.
process.on('message', (question) => {
  if (question !== 'memory') return process.send(process.cpuUsage());
  globalThis.gc();
  process.send({ ...process.memoryUsage(), peak: process.resourceUsage().maxRSS * 1024 });
});
