import { Argument, type CommandUnknownOpts, CommanderError } from "@commander-js/extra-typings";
import { form } from "./arguments.ts";

/** Prints a script for a shell, without settings. The script asks no process for words, which would take long in a pod. */
export const completion = form("completion", "Prints a script for completion in a shell.")
  .addArgument(new Argument("<shell>", "the shell").choices(["bash", "zsh"] as const))
  .action((shell, _, { parent: line }) => {
    if (shell === "zsh") console.log("autoload -U +X bashcompinit && bashcompinit");
    console.log(scriptFor(line!));
    throw new CommanderError(0, "completion", "");
  });

/** Writes a function of bash. It finds the command among the words before, and then the words that may follow. */
function scriptFor(line: CommandUnknownOpts): string {
  const cases = casesOf(line, "");
  return `_operator() {
  local path= word words
  for word in "\${COMP_WORDS[@]:1:COMP_CWORD-1}"; do
    case "$path $word" in ${cases.map(([path]) => `"${path}"`).join("|")}) path+=" $word" ;; esac
  done
  case "$path \${COMP_WORDS[COMP_CWORD-1]}" in
${cases.map(([path, words, valued]) => `    ${valued}) words= ;;\n    "${path} "*) words="${words}" ;;`).join("\n")}
  esac
  COMPREPLY=($(compgen -W "$words" -- "\${COMP_WORDS[COMP_CWORD]}"))
}
complete -o default -F _operator operator`;
}

/** Returns the path of each command, the words that may follow, and a pattern of its options after which a value stands. Inner commands come first. */
function casesOf(
  command: CommandUnknownOpts,
  path: string,
): (readonly [path: string, words: string, valued: string])[] {
  const { commands, options, registeredArguments } = command;
  const valued = options.filter(({ required }) => required).map(({ long }) => `"${path} ${long}"`);
  const choices = registeredArguments.flatMap(({ argChoices = [] }) => argChoices);
  const words = [...commands.map((below) => below.name()), ...choices, ...options.map(({ long }) => long)];
  const below = commands.flatMap((one) => casesOf(one, `${path} ${one.name()}`));
  return [...below, [path, words.join(" "), valued.join("|") || "-"]];
}
