/** The public interface of the local GitHub: README.md. Tests have `test_github.ts` besides. */
export { type GitHubOptions, type JournalEntry, type LocalGitHub, startGitHub } from "./server.ts";
export { type DispatchFault, type Faults } from "./faults.ts";
export { listWorkflowFiles, loadWorkflow } from "./workflow/load.ts";
export { Expression, toTree, type Tree } from "./workflow/tree.ts";
