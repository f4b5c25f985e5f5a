// Loaded into a server before its own code: tells its parent what the process has used so far, and what it holds once
// its garbage is collected.
process.on('message', (question) => {
  if (question === 'memory') globalThis.gc();
  process.send(question === 'memory' ? process.memoryUsage() : process.cpuUsage());
});
