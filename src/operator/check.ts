import type { Command } from "./command.ts";

/** Checks that a service can start. */
export const check: Command = {
  argument: null,
  options: {},
  usage: ["check"],
  meaning: "Checks the settings and the ledger as a start does, and changes nothing.",
  prepare() {
    return async ({ config, ledger }) => {
      const isPrepared = await ledger.check();
      const { APP_MODE: mode, unknownSettings } = config;
      const warnings = unknownSettings.map((name) => `Warning: ${name} begins like a setting and is none.`);
      const found = isPrepared
        ? "The ledger answers, and LEDGER_KEY opens it."
        : "The ledger does not have the tables of this version. A start makes them.";
      return {
        text: [`The settings can be used (${mode}).`, ...warnings, found].join("\n"),
        data: { mode, unknownSettings, ledger: { isPrepared } },
      };
    };
  },
};
