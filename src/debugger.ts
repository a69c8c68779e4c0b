/** Takes SIGUSR1 from Node, which would open its debugger, and with it every secret, to all programs of this machine. */
export function refuseDebugger(): void {
  process.on("SIGUSR1", () => {});
}
