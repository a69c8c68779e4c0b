/** Exit code of a crash, from sysexits.h. */
const EX_SOFTWARE = 70;

/** Ends the process at an error that nobody caught, and tells its class. Node would print its message, which may hold anything. */
export function endOnCrash(): void {
  process.on("uncaughtException", (error: unknown) => {
    console.error(`The service crashed (${error instanceof Error ? error.constructor.name : typeof error}).`);
    process.exit(EX_SOFTWARE);
  });
}
