/** The public interface of the local GitHub: README.md. Tests also use `test_github.ts`. */
export { type GitHubOptions, type JournalEntry, type LocalGitHub, startGitHub } from "./server.ts";
export { type DispatchFault, type Faults } from "./faults.ts";
export { listWorkflowFiles, loadWorkflow } from "./workflow/load.ts";
export { Expression, toTree, type Tree } from "./workflow/tree.ts";
