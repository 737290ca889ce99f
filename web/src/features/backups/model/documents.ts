/** The folder of guide and runbooks in a repository's address; `npm run adopt` writes another one into an ERP's copy. */
export const DOCUMENTS = "blob/HEAD/docs";
